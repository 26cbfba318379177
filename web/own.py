"""Our own datasets, for the list and the pages: a generation flows in; a small store with their records flows out.

They are those that `/catalogue` publishes beside what was harvested: our graph, and the datasets that its sources name.
They stand in a graph of their own, as a harvested catalogue does, so that they are listed and shown in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from flask import url_for

from graph.catalogue.keep.places import Places
from graph.catalogue.publish.fitting import fit
from graph.catalogue.publish.named import NamedDatasets
from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.own import GRAPH, Addresses, graph_record, legislation
from graph.catalogue.publish.possible import Around
from graph.catalogue.publish.stock import Stock
from graph.names import CATALOGUE, RDFS
from graph.settings import Settings
from graph.sparql.literals import protect_quad
from graph.store.generation import Generation

OWN = "own"  # in place of a catalogue's slug
LABEL = "pmkg itself"


def own_datasets(store: ox.Store, generation: Generation, settings: Settings) -> ox.Store:
    """The records of our own datasets, with the addresses that this server is asked by."""
    places, found = Places(OWN), ox.Store()
    for triple in _records(store, generation, settings):
        found.add(protect_quad(ox.Quad(triple.subject, triple.predicate, triple.object, places.statements)))
    label = ox.Literal(LABEL, language="en")
    found.add(ox.Quad(places.statements, ox.NamedNode(RDFS + "label"), label, places.record))
    return found


def _records(store: ox.Store, generation: Generation, settings: Settings) -> Iterator[ox.Triple]:
    addresses = Addresses(
        home=url_for("pages.home", _external=True),
        about=url_for("pages.about", _external=True),
        data=url_for("graph_store.read", _external=True),
        sparql=url_for("sparql.sparql", _external=True),
        catalogue=url_for("catalogue.catalogue", _external=True),
    )
    named, stock = NamedDatasets(store), Stock(store)
    datasets = [GRAPH, *named.datasets()]
    triples = [*graph_record(generation, Operator.of(settings, addresses.about), addresses), *legislation()]
    for dataset in datasets[1:]:
        triples += named.record(dataset, addresses.home)
    yield from fit(datasets, triples, Around(stock.summary, stock.series), f"{CATALOGUE}{OWN}#text-").triples
