"""A generation that is being written: statements flow into its store, and what it counts and notes flows out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from graph.sparql.literals import Protection
from graph.store.generation import Generation

DEFAULT_GRAPH = ox.DefaultGraph()


@dataclass
class Draft:
    """A generation being written: change `store`, note what you like in `metadata`; do not use it afterwards.

    `number` is the one that it will have, `parent` the generation that it is to follow, if there is one. A writer that
    keeps account of what it changes sets `counts` (the statements of the default graph, and those of named graphs) and
    keeps the merge up to date itself; for others both are made by looking at the whole store.
    """

    store: ox.Store
    number: int
    parent: Generation | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    counts: tuple[int, int] | None = None
    bulk: bool = False
    protected: bool = False  # whether it holds literals in the form of `graph.sparql.literals`; noted in the metadata

    def publish(self, quads: Iterable[ox.Quad]) -> None:
        """Add many statements fast; they are visible to queries on the draft at once."""
        self.bulk = True
        protection = Protection()
        self.store.bulk_extend(protection.quads(quads))
        self.protected |= protection.found

    def complete(self, *, union: bool) -> tuple[int, int]:
        """Make the merge where nobody kept it up to date, and have everything in files; the counts."""
        if union and self.counts is None:
            merge_into_default_graph(self.store)
        if self.bulk:
            self.store.optimize()  # it makes reads two to four times faster; not worth it for a few changes
        self.store.flush()
        return self.counts or count(self.store)


def count(store: ox.Store) -> tuple[int, int]:
    """The statements of the default graph, and those of the named graphs."""
    triples = sum(1 for _ in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
    return triples, len(store) - triples


def merge_into_default_graph(store: ox.Store) -> None:
    """Make the default graph the RDF merge of the named graphs: each triple once, blank nodes kept."""
    if next(store.quads_for_pattern(None, None, None, DEFAULT_GRAPH), None) is None:
        quads = store.quads_for_pattern(None, None, None, None)
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    else:  # only what differs is written: a small change to a large store stays small on disk
        store.update("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }")
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }")
