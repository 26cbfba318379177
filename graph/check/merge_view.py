"""A store's graphs as one: patterns flow in, the triples of their RDF merge flow out; so does a change to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from graph.names import RDF, RDFS
from graph.rdf.index import Term

TYPE, SUBCLASS = ox.NamedNode(RDF + "type"), ox.NamedNode(RDFS + "subClassOf")
DEFAULT = ox.DefaultGraph()
Values = defaultdict[tuple[Term, Term], set[Term]]  # by node and predicate

# A node with no more statements than this is read in one go, which is quicker than one look-up for each predicate.
FEW = 64


class TooMuchError(Exception):
    """More was read than looking at everything would cost. It stays inside: validation then looks at all."""


class Merge:
    """The RDF merge of all graphs of a store, each triple once.

    `union` says that the store's default graph is this merge already. No more than `limit` quads are read.
    """

    def __init__(self, store: ox.Store, *, union: bool, limit: int) -> None:
        self._store = store
        self._graph = DEFAULT if union else None
        self._left = limit
        self._around: dict[tuple[Term, bool], dict[ox.NamedNode, list[Term]] | None] = {}
        self._found: dict[tuple[Term, ox.NamedNode, bool, int | None], list[Term]] = {}

    def holds(self, triple: ox.Triple) -> bool:
        return any(self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, self._graph))

    def values(
        self, node: Term, predicate: ox.NamedNode, *, inverse: bool = False, enough: int | None = None
    ) -> list[Term]:
        """The objects of a node's triples with a predicate, or (inverse) the subjects; no more than are enough.

        Raises:
            TooMuchError: reading them takes more than the limit.
        """
        around = self._read_around(node, inverse)
        if around is not None:
            return around.get(predicate, [])
        key = node, predicate, inverse, enough
        if key not in self._found:
            ends = (quad.subject if inverse else quad.object for quad in self._quads(node, predicate, inverse))
            self._found[key] = list(islice(dict.fromkeys(ends) if enough is None else ends, enough))
        return self._found[key]

    def statements(self, node: Term) -> Iterator[tuple[ox.NamedNode, Term]]:
        """Predicate and object of every triple about a node.

        Raises:
            TooMuchError: reading them takes more than the limit.
        """
        around = self._read_around(node, inverse=False)
        if around is not None:
            yield from ((predicate, value) for predicate, values in around.items() for value in values)
        else:
            yield from dict.fromkeys((quad.predicate, quad.object) for quad in self._quads(node, None, False))

    def _read_around(self, node: Term, inverse: bool) -> dict[ox.NamedNode, list[Term]] | None:
        """All about a node by predicate, or None where that is much."""
        key = node, inverse
        if key not in self._around:
            quads = list(islice(self._quads(node, None, inverse), FEW + 1))
            found: dict[ox.NamedNode, dict[Term, None]] = defaultdict(dict)
            for quad in quads:
                found[quad.predicate][quad.subject if inverse else quad.object] = None
            few = len(quads) <= FEW
            self._around[key] = {predicate: list(values) for predicate, values in found.items()} if few else None
        return self._around[key]

    def _quads(self, node: Term, predicate: ox.NamedNode | None, inverse: bool) -> Iterator[ox.Quad]:
        if inverse:
            quads = self._store.quads_for_pattern(None, predicate, node, self._graph)
        elif isinstance(node, ox.NamedNode | ox.BlankNode):
            quads = self._store.quads_for_pattern(node, predicate, None, self._graph)
        else:
            return
        for quad in quads:
            self._left -= 1
            if self._left < 0:
                raise TooMuchError
            yield quad


class Change:
    """The triples that a change put into the merge and took out of it."""

    def __init__(self, store: ox.Store, merge: Merge, added: Collection[ox.Quad], removed: Collection[ox.Quad]) -> None:
        added, removed = _as_stored(added), _as_stored(removed)
        ours, known = set(added), set[ox.Triple]()
        self.added = set[ox.Triple]()
        for quad in added:
            if quad.triple not in known:
                known.add(quad.triple)
                # In another graph it was before, and so in the merge; the default graph may be the merge itself.
                held = store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
                if not any(other not in ours and other.graph_name != DEFAULT for other in held):
                    self.added.add(quad.triple)
        self.removed = {triple for triple in {quad.triple for quad in removed} if not merge.holds(triple)}
        self.all = self.added | self.removed


def _as_stored(quads: Collection[ox.Quad]) -> list[ox.Quad]:
    """The quads with the literals that a store makes of theirs: it keeps values, such as 1 for `01`."""
    scratch = ox.Store()
    scratch.extend(quads)
    return list(scratch)


class Classes:
    """Which of the known classes a node has, after a change or (before) without it."""

    def __init__(self, merge: Merge, known: Collection[ox.NamedNode], change: Change | None = None) -> None:
        self._merge = merge
        self._known = frozenset(known)
        self._above: dict[Term, frozenset[Term]] = {}
        self._added: Values = defaultdict(set)
        self._removed: Values = defaultdict(set)
        for found, triples in ((self._added, change.added), (self._removed, change.removed)) if change else ():
            for triple in triples:
                found[triple.subject, triple.predicate].add(triple.object)

    def of(self, node: Term) -> frozenset[Term]:
        return frozenset().union(*(self.above(kind) for kind in self._values(node, TYPE)))

    def above(self, kind: Term) -> frozenset[Term]:
        """The known classes among a class and all above it."""
        if kind not in self._above:
            self._above[kind] = self._known.intersection(self.closure(kind))
        return self._above[kind]

    def closure(self, kind: Term) -> set[Term]:
        """A class and all above it."""
        seen, waiting = {kind}, [kind]
        while waiting:
            for parent in self._values(waiting.pop(), SUBCLASS):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return seen

    def _values(self, node: Term, predicate: ox.NamedNode) -> Iterable[Term]:
        now = self._merge.values(node, predicate)
        added, removed = self._added.get((node, predicate)), self._removed.get((node, predicate))
        return {*now, *(removed or ())} - (added or set()) if added or removed else now
