"""A store's catalogues, one node at a time: a store flows in, datasets and what is said of a node flow out.

It answers what `Index` answers, from the store, so that ten thousand records take no more memory than one. What is said
of a dataset in two catalogues is taken together.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.catalogue.records import DATASET, node_of
from graph.names import CATALOGUE, RDF
from graph.rdf.index import Term

_MANY = 5_000  # nodes whose statements are remembered


class Statements:
    """What the harvested catalogues of a store state."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._known: dict[str, dict[str, list[Term]]] = {}

    def datasets(self, slug: str | None = None) -> list[str]:
        """The datasets of one catalogue, or of all."""
        graph = None if slug is None else ox.NamedNode(CATALOGUE + slug)
        typed = self._store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(DATASET), graph)
        found = {quad.subject.value for quad in typed if isinstance(quad.subject, ox.NamedNode) and is_harvested(quad)}
        return sorted(found)

    def predicates(self, subject: str) -> Iterator[str]:
        return iter(self._of(subject))

    def objects(self, subject: str, predicate: str) -> list[Term]:
        return self._of(subject).get(predicate, [])

    def iris(self, subject: str, predicate: str) -> list[str]:
        return [term.value for term in self.objects(subject, predicate) if isinstance(term, ox.NamedNode)]

    def literals(self, subject: str, predicate: str) -> list[ox.Literal]:
        return [term for term in self.objects(subject, predicate) if isinstance(term, ox.Literal)]

    def _of(self, subject: str) -> dict[str, list[Term]]:
        known = self._known.get(subject)
        if known is None:
            if len(self._known) >= _MANY:
                self._known.clear()
            known = self._known[subject] = {}
            for quad in self._store.quads_for_pattern(node_of(subject), None, None, None):  # type: ignore[arg-type]
                if is_harvested(quad):
                    known.setdefault(quad.predicate.value, []).append(quad.object)
        return known


def is_harvested(quad: ox.Quad) -> bool:
    """Whether a catalogue itself says it: what is below its graph is our bookkeeping."""
    graph = quad.graph_name
    return (
        isinstance(graph, ox.NamedNode)
        and graph.value.startswith(CATALOGUE)
        and "/" not in graph.value.removeprefix(CATALOGUE)
    )
