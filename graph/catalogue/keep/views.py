"""A catalogue as it is stored and as it was just read, looked at alike: a node flows in, what is said of it flows out.

What a record is, `graph.catalogue.records` says: a dataset's statements, and those of the nodes that they lead to, as
far as the next dataset or catalogue. Here it is walked forwards and backwards without reading the whole of a store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Protocol

import pyoxigraph as ox

from graph.catalogue.records import CATALOG, CATALOG_RECORD, DATASET, SERIES
from graph.rdf.index import TYPE
from graph.sparql.literals import unprotect_quad

Node = ox.NamedNode | ox.BlankNode
Path = tuple[str, ...]

A = ox.NamedNode(TYPE)
DATASET_CLASS = ox.NamedNode(DATASET)
HEADS = frozenset(map(ox.NamedNode, (DATASET, SERIES, CATALOG, CATALOG_RECORD)))  # what has a record of its own


class View(Protocol):
    """One state of a catalogue."""

    def statements(self, node: Node) -> Iterable[ox.Triple]:
        """What is said of a node."""

    def referring(self, node: Node) -> Iterable[Node]:
        """The nodes that something is said of with this node."""


class Fresh:
    """What was read."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = triples if isinstance(triples, set | frozenset) else frozenset(triples)

    @cached_property
    def by_subject(self) -> dict[Node, list[ox.Triple]]:
        found: dict[Node, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(_node(triple.subject), []).append(triple)
        return found

    @cached_property
    def _by_object(self) -> dict[Node, list[Node]]:
        found: dict[Node, list[Node]] = defaultdict(list)
        for triple in self.triples:
            if isinstance(triple.object, ox.NamedNode | ox.BlankNode) and triple.predicate != A:
                found[triple.object].append(_node(triple.subject))
        return found

    @cached_property
    def datasets(self) -> frozenset[ox.NamedNode]:
        """The datasets that have an IRI, as all have after mending."""
        typed = (t.subject for t in self.triples if t.object == DATASET_CLASS and t.predicate == A)
        return frozenset(node for node in typed if isinstance(node, ox.NamedNode))

    @cached_property
    def _heads(self) -> frozenset[object]:
        return frozenset(t.subject for t in self.triples if t.predicate == A and t.object in HEADS)

    def is_head(self, node: Node) -> bool:
        """Whether a node has a record of its own."""
        return node in self._heads

    def statements(self, node: Node) -> Iterable[ox.Triple]:
        return self.by_subject.get(node, ())

    def referring(self, node: Node) -> Iterable[Node]:
        return self._by_object.get(node, ())


class Stored:
    """What one graph of a store says."""

    def __init__(self, store: ox.Store, graph: ox.NamedNode) -> None:
        self._store = store
        self._graph = graph

    def __iter__(self) -> Iterator[ox.Triple]:
        return self._triples(None, None, None)

    @property
    def is_empty(self) -> bool:
        return next(iter(self), None) is None

    @cached_property
    def datasets(self) -> frozenset[ox.NamedNode]:
        """The datasets in it, those too that the source does not have any more."""
        typed = (triple.subject for triple in self._triples(None, A, DATASET_CLASS))
        return frozenset(node for node in typed if isinstance(node, ox.NamedNode))

    def statements(self, node: Node) -> Iterable[ox.Triple]:
        return self._triples(node, None, None)

    def referring(self, node: Node) -> Iterable[Node]:
        return [_node(triple.subject) for triple in self._triples(None, None, node) if triple.predicate != A]

    def values(self, node: Node, predicate: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]:
        return [triple.object for triple in self._triples(node, ox.NamedNode(predicate), None)]

    def _triples(self, node: Node | None, predicate: ox.NamedNode | None, value: Node | None) -> Iterator[ox.Triple]:
        for quad in self._store.quads_for_pattern(node, predicate, value, self._graph):
            yield unprotect_quad(quad).triple


def is_head(view: View, node: Node) -> bool:
    """Whether a node has a record of its own."""
    return any(triple.predicate == A and triple.object in HEADS for triple in view.statements(node))


def record(view: View, head: Node) -> Iterator[tuple[Path, ox.Triple]]:
    """The statements of a record, each with the properties that lead to it, its own the last."""
    seen: set[Node] = {head}
    waiting: list[tuple[Node, Path]] = [(head, ())]
    while waiting:
        node, path = waiting.pop()
        for triple in view.statements(node):
            step = (*path, triple.predicate.value)
            yield step, triple
            value = triple.object
            if isinstance(value, ox.NamedNode | ox.BlankNode) and value not in seen and triple.predicate != A:
                seen.add(value)
                if not is_head(view, value):
                    waiting.append((value, step))


def heads_of(view: View, nodes: Iterable[Node]) -> set[Node]:
    """The nodes whose records the nodes belong to; what nothing leads to stands for itself."""
    found, seen = set[Node](), set[Node]()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if is_head(view, node):
            found.add(node)
        else:
            referring = list(view.referring(node))
            waiting.extend(referring)
            if not referring:
                found.add(node)
    return found


def _node(term: object) -> Node:
    assert isinstance(term, ox.NamedNode | ox.BlankNode)
    return term
