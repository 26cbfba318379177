"""One named graph of a store, by predicate: a graph's name flows in; its texts, nodes and values flow out."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import pyoxigraph as ox

from graph.names import RDF
from graph.rdf.index import str_of
from graph.sparql.literals import unprotect
from web.texts import Texts, plain

TYPE = ox.NamedNode(RDF + "type")


class Slice:
    """One named graph, by predicate; literals are what they were before they were stored."""

    def __init__(self, store: ox.Store, graph: str) -> None:
        self._store, self._graph = store, ox.NamedNode(graph)

    def pairs(self, predicate: str) -> Iterator[tuple[str, Any]]:
        """Each subject with each of its values."""
        for quad in self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, self._graph):
            yield str_of(quad.subject), unprotect(quad.object)

    def instances(self, kind: str) -> set[str]:
        quads = self._store.quads_for_pattern(None, TYPE, ox.NamedNode(kind), self._graph)
        return {str_of(quad.subject) for quad in quads}

    def nodes(self, predicate: str) -> dict[str, list[str]]:
        """The IRIs and blank nodes that each subject leads to."""
        found: dict[str, list[str]] = {}
        for subject, term in self.pairs(predicate):
            if not isinstance(term, ox.Literal):
                found.setdefault(subject, []).append(str_of(term))
        return found

    def texts(self, predicate: str, among: Container[str] | None = None) -> dict[str, Texts]:
        """The words that each subject, or each of these, has there, by language."""
        found: dict[str, list[tuple[str, str]]] = {}
        for quad in self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, self._graph):
            subject = str_of(quad.subject)
            if among is None or subject in among:
                term = unprotect(quad.object)
                if isinstance(term, ox.Literal):
                    found.setdefault(subject, []).append((term.language or "", plain(term.value)))
        return {subject: tuple(sorted(texts)) for subject, texts in found.items()}

    def values(self, predicate: str) -> dict[str, str]:
        """One literal or IRI of each subject, as text."""
        return {subject: term.value for subject, term in self.pairs(predicate)}
