"""What one write changes: statements to add and to remove flow in, the exact difference to the state before flows out.

The difference is what roles are checked on, what is validated, and what the merge is brought up to date by, so that all
of that costs what the change is worth and not what the store is worth. A change too large to be worth tracking is only
counted; it is then treated as one that may touch everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from graph.names import PROVENANCE_GRAPH, UNNAMED_GRAPH
from graph.sparql.literals import Protection, unprotect_quad
from graph.store.draft import DEFAULT_GRAPH

MOST_TRACKED = 200_000
BATCH = 5_000  # statements that go into the store at once
MANY = 100_000  # and where there are many

GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
UNNAMED = ox.NamedNode(UNNAMED_GRAPH)
PROVENANCE = ox.NamedNode(PROVENANCE_GRAPH)


class Change:
    """Changes a store and keeps account of it.

    Where the default graph is the merge of the named ones (`union`), it follows at once, and what a writer puts into it
    goes into a named graph of its own; what a writer takes out of it is taken out of every graph that states it.
    """

    def __init__(self, store: ox.Store, *, union: bool, most_tracked: int = MOST_TRACKED) -> None:
        self.store = store
        self.union = union
        self.added: set[ox.Quad] = set()
        self.removed: set[ox.Quad] = set()
        self.graphs: set[GraphName] = set()  # whose statements, or whose existence, changed
        self.is_tracked = True
        self.graph_changes: set[GraphName] = set()  # which graphs came to be or went without a statement
        self._protection = Protection()
        self.triples = 0  # how many more the default graph holds now
        self.quads = 0  # and how many more the named graphs do
        self._most_tracked = most_tracked
        self._counts: Counter[bool] = Counter()  # how many were added (True) and removed (False) while not tracked

    @property
    def is_empty(self) -> bool:
        return self.is_tracked and not (self.added or self.removed or self.graph_changes)

    @property
    def has_protected(self) -> bool:
        """Whether a literal went in that the engine would have changed; see `graph.sparql.literals`."""
        return self._protection.found

    @property
    def additions(self) -> int:
        return len(self.added) + self._counts[True]

    @property
    def removals(self) -> int:
        return len(self.removed) + self._counts[False]

    def add(self, quads: Iterable[ox.Quad], *, many: bool = False) -> None:
        """State each quad, where it is not stated yet.

        `many` go into files at once, which pays from some 100,000 on.
        """
        waiting = iter(quads)
        size, put = (MANY, self.store.bulk_extend) if many else (BATCH, self.store.extend)
        while batch := {self._placed(quad) for quad in islice(waiting, size)}:
            new = [quad for quad in batch if quad not in self.store]
            put(new)
            for quad in new:
                self._note(quad, self.added, self.removed, is_addition=True)
            if self.union:
                merged = {ox.Quad(quad.subject, quad.predicate, quad.object) for quad in new}
                missing = [quad for quad in merged if quad not in self.store]
                put(missing)
                self.triples += len(missing)

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Take each quad back, where it is stated."""
        for quad in quads:
            kept = self._protection.quad(quad)
            if self.union and quad.graph_name == DEFAULT_GRAPH:
                self._remove_each(list(self._statements(kept)))
            elif kept in self.store:
                self._remove_each([kept])

    def create(self, graph: ox.NamedNode) -> None:
        """Make a graph exist, empty."""
        if not self.store.contains_named_graph(graph):
            self.store.add_graph(graph)
            self._note_graph(graph)

    def empty(self, graph: GraphName, *, drop: bool) -> None:
        """Take back all that a graph states and, where `drop`, the graph too."""
        target = UNNAMED if self.union and graph == DEFAULT_GRAPH else graph
        self._remove_each(self.store.quads_for_pattern(None, None, None, target))
        if drop and not isinstance(target, ox.DefaultGraph) and self.store.contains_named_graph(target):
            self.store.remove_graph(target)
            self._note_graph(target)

    def statements(self, graph: GraphName) -> Iterator[ox.Quad]:
        """What a graph states now."""
        return map(unprotect_quad, self.store.quads_for_pattern(None, None, None, graph))

    def named_graphs(self) -> list[ox.NamedNode | ox.BlankNode]:
        """Every named graph but the one that tells of the writes themselves."""
        return [graph for graph in self.store.named_graphs() if not (self.union and graph == PROVENANCE)]

    def _placed(self, quad: ox.Quad) -> ox.Quad:
        """A quad as it is stored, in the graph where it is stored."""
        kept = self._protection.quad(quad)
        if self.union and quad.graph_name == DEFAULT_GRAPH:
            return ox.Quad(kept.subject, kept.predicate, kept.object, UNNAMED)
        return kept

    def _remove_each(self, quads: Iterable[ox.Quad]) -> None:
        for quad in list(quads):
            self.store.remove(quad)
            self._note(quad, self.removed, self.added, is_addition=False)
            if self.union and next(self._statements(quad), None) is None:
                self.store.remove(ox.Quad(quad.subject, quad.predicate, quad.object))
                self.triples -= 1

    def _statements(self, quad: ox.Quad) -> Iterator[ox.Quad]:
        """The same statement in every named graph."""
        found = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return (quad for quad in found if quad.graph_name != DEFAULT_GRAPH)

    def _note_graph(self, graph: GraphName) -> None:
        self.graphs.add(graph)
        self.graph_changes ^= {graph}

    def _note(self, quad: ox.Quad, into: set[ox.Quad], against: set[ox.Quad], *, is_addition: bool) -> None:
        self.graphs.add(quad.graph_name)
        if quad.graph_name == DEFAULT_GRAPH:
            self.triples += 1 if is_addition else -1
        else:
            self.quads += 1 if is_addition else -1
        if not self.is_tracked:
            self._counts[is_addition] += 1
        elif quad in against:
            against.discard(quad)
        else:
            into.add(quad)
            self._bound()

    def _bound(self) -> None:
        if len(self.added) + len(self.removed) > self._most_tracked:
            self._counts[True] += len(self.added)
            self._counts[False] += len(self.removed)
            self.added.clear()
            self.removed.clear()
            self.is_tracked = False
