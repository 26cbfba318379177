"""The whole dataset as an answer: a store flows in, every statement with its graph, each once, flows out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyoxigraph as ox

from graph.sparql.literals import unprotect_quad

# What stands for such an answer where a query is listed or looked over; it is not what the engine is asked.
TEXT = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


class Everything:
    """An answer that holds the named graphs and, where it is not their merge, the default graph."""

    is_graph = True

    def __init__(self, store: ox.Store, *, is_merge: bool) -> None:
        self._store = store
        self._is_merge = is_merge

    def serialize(self, output: BinaryIO, format: ox.RdfFormat) -> None:
        """Write it in a format that names graphs."""
        ox.serialize(self._quads(), output, format=format)

    def _quads(self) -> Iterator[ox.Quad]:
        graphs: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = list(self._store.named_graphs())
        if not self._is_merge:
            graphs.append(ox.DefaultGraph())
        for graph in graphs:
            yield from map(unprotect_quad, self._store.quads_for_pattern(None, None, None, graph))
