"""The catalogue, page by page: a generation and what is known of the server flow in, a page's statements flow out.

Each page states the catalogue itself, the datasets on it with all that their records lead to, our record of each, and
where the next page is (hydra). It stands alone: concepts of the EU's lists come with their labels and lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import pyoxigraph as ox

from graph.catalogue.publish import identifiers
from graph.catalogue.publish.fitting import Fitted, Note, fit
from graph.catalogue.publish.named import NamedDatasets
from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.own import ENGLISH, GRAPH, LEGISLATION, Addresses, graph_record, legislation, service_node
from graph.catalogue.publish.possible import Around
from graph.catalogue.publish.says import english, say, typed
from graph.catalogue.publish.stock import Entry, Stock
from graph.catalogue.publish.writable import as_iri
from graph.catalogue.validate import lists
from graph.names import CATALOGUE, DCTERMS, SKOS
from graph.rdf.index import TYPE, str_of
from graph.store.generation import Generation

NODE = ox.NamedNode(identifiers.NODE)
TITLE = "Catalogue of health datasets of pmkg"
DESCRIPTION = (
    "Datasets from the catalogues that this server harvests, as their records say, in the form of DCAT-AP 3.0.1 and "
    "HealthDCAT-AP Release 8; datasets that its own sources name; and its knowledge graph of personalised medicine."
)
_TAXONOMIES = (lists.DATA_THEME, lists.HEALTH_CATEGORY)
_NAMESPACE = identifiers.NODE + "#text-"  # of texts that become nodes


@dataclass(frozen=True)
class Page:
    """One page: its number of how many, the datasets on it, its statements, and what was changed or refused."""

    number: int
    last: int
    total: int
    datasets: tuple[str, ...]
    triples: tuple[ox.Triple, ...] = field(repr=False)
    notes: tuple[Note, ...] = field(repr=False, default=())


class PublishedCatalogue:
    """All that one generation publishes."""

    def __init__(self, store: ox.Store, generation: Generation, size: int) -> None:
        self.stock, self.named = Stock(store), NamedDatasets(store)
        self.generation, self.size = generation, size

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Every dataset, our own first, in the order of the pages."""
        own = [GRAPH, *self._own]
        return (*own, *(dataset for dataset in self.stock.entries if dataset not in own))

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-len(self.datasets) // self.size))

    def on_page(self, number: int) -> tuple[str, ...]:
        return self.datasets[(number - 1) * self.size : number * self.size]

    def page(self, number: int, operator: Operator, addresses: Addresses, licence: str = "", more: str = "") -> Page:
        """One page; `more` is what its address says besides the number, so that a client gets the same form of all."""
        here = self.on_page(number)
        own = [triple for dataset in here for triple in self._own_record(dataset, operator, addresses)]
        fitted = self._fit(here, own)
        found = dict.fromkeys(self._catalogue(here, operator, addresses, licence))
        found.update(dict.fromkeys(_paging(number, self.last, len(self.datasets), addresses.catalogue, more)))
        found.update(fitted.triples)
        found.update(dict.fromkeys(triple for dataset in here for triple in self._records(dataset)))
        found.update(dict.fromkeys(_of_lists(found)))
        return Page(number, self.last, len(self.datasets), here, tuple(found), tuple(fitted.notes))

    def notes(self, datasets: Iterable[str]) -> list[Note]:
        """What is published of harvested datasets otherwise than it was harvested."""
        return self._fit([dataset for dataset in datasets if dataset in self._harvested]).notes

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self.named.datasets())

    @cached_property
    def _harvested(self) -> frozenset[str]:
        return frozenset(self.stock.entries) - self._own - {GRAPH}

    def _fit(self, datasets: Iterable[str], own: Iterable[ox.Triple] = ()) -> Fitted:
        harvested = [dataset for dataset in datasets if dataset in self._harvested]
        triples = chain(own, *(self.stock.statements(dataset) for dataset in harvested))
        return fit(datasets, triples, Around(self.stock.summary, self.stock.series), _NAMESPACE)

    def _own_record(self, dataset: str, operator: Operator, addresses: Addresses) -> Iterator[ox.Triple]:
        if dataset == GRAPH:
            yield from graph_record(self.generation, operator, addresses)
        elif dataset in self._own:
            yield from self.named.record(dataset, addresses.home)

    def _catalogue(
        self, here: Iterable[str], operator: Operator, addresses: Addresses, licence: str
    ) -> Iterator[ox.Triple]:
        home = ox.NamedNode(addresses.home)
        yield from say(
            NODE,
            [
                ("rdf:type", "dcat:Catalog"),
                ("dcterms:title", english(TITLE)),
                ("dcterms:description", english(DESCRIPTION)),
                ("dcterms:publisher", operator.node),
                ("dcterms:language", ENGLISH),
                ("dcatap:applicableLegislation", LEGISLATION),
                ("dcterms:modified", typed(self.generation.created, "dateTime")),
                ("foaf:homepage", home),
                *(("dcat:themeTaxonomy", ox.NamedNode(scheme)) for scheme in _TAXONOMIES),
                *(("dcat:dataset", ox.NamedNode(dataset)) for dataset in here),
            ],
        )
        yield from say(home, [("rdf:type", "foaf:Document")])
        yield from say(ENGLISH, [("rdf:type", "dcterms:LinguisticSystem")])
        if GRAPH in here:  # which describes the service
            yield from say(NODE, [("dcat:service", service_node(addresses))])
        if address := as_iri(licence):
            yield from say(NODE, [("dcterms:license", address)])
            yield from say(address, [("rdf:type", "dcterms:LicenseDocument")])
        yield from legislation()
        yield from operator.statements()

    def _records(self, dataset: str) -> Iterator[ox.Triple]:
        """Our records of a dataset: since when we know it, when it changed, and where it stands."""
        for entry in self.stock.records(dataset):
            if entry.record and entry.modified is not None:
                record = ox.NamedNode(entry.record)
                yield from say(NODE, [("dcat:record", record)])
                yield from say(record, _recorded(entry))


def _recorded(entry: Entry) -> Iterator[tuple[str, ox.NamedNode | ox.Literal | str]]:
    assert entry.modified is not None
    yield "rdf:type", "dcat:CatalogRecord"
    yield "foaf:primaryTopic", ox.NamedNode(entry.dataset)
    yield "dcterms:isPartOf", ox.NamedNode(CATALOGUE + entry.slug)
    yield "dcterms:modified", entry.modified
    if entry.issued is not None:
        yield "dcterms:issued", entry.issued
    if isinstance(entry.source, ox.NamedNode):
        yield "prov:wasDerivedFrom", entry.source


def _paging(number: int, last: int, total: int, address: str, more: str) -> Iterator[ox.Triple]:
    """Where this page stands among the others, as Hydra says it."""

    def page(place: int) -> ox.NamedNode:
        return ox.NamedNode(f"{address}?page={place}{more}")

    view = page(number)
    yield from say(NODE, [("rdf:type", "hydra:Collection"), ("hydra:view", view)])
    yield from say(NODE, [("hydra:totalItems", typed(str(total), "integer"))])
    yield from say(view, [("rdf:type", "hydra:PartialCollectionView")])
    yield from say(view, [("hydra:first", page(1)), ("hydra:last", page(last))])
    if number > 1:
        yield from say(view, [("hydra:previous", page(number - 1))])
    if number < last:
        yield from say(view, [("hydra:next", page(number + 1))])


def _of_lists(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """What the closed lists say of their concepts that are spoken of, and what each of these lists is called."""
    named = {str_of(triple.object) for triple in triples if isinstance(triple.object, ox.NamedNode)}
    said = lists.triples_for(sorted(named))
    yield from sorted(said, key=str)
    schemes = {str_of(triple.object) for triple in said if triple.predicate.value == SKOS + "inScheme"}
    for scheme in sorted(schemes | (named & lists.all_lists().schemes.keys())):
        node, title = ox.NamedNode(scheme), lists.all_lists().schemes[scheme].title
        yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(SKOS + "ConceptScheme"))
        yield ox.Triple(node, ox.NamedNode(DCTERMS + "title"), english(title))
