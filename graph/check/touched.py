"""Validate what a change touches: a store and the change to it flow in, the report about the touched nodes flows out.

The dependencies of the shapes are walked backwards from the changed triples to the focus nodes whose results may have
changed, and forwards from these to the data that their results hang on. A SHACL engine validates that little graph.
Where that is not possible or does not pay, everything is validated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from graph.check.compiled import CompiledShapes, key_of
from graph.check.dependencies import Dependencies, NotAnalysableError
from graph.check.merge_view import DEFAULT, SUBCLASS, TYPE, Change, Classes, Merge, TooMuchError
from graph.check.report import Report
from graph.check.shapes import Result, merged
from graph.names import BASE, INFERRED_GRAPH, ONTOLOGY_GRAPH, PROVENANCE_GRAPH
from graph.rdf.index import Index, Term

# Beyond this much, looking at everything is no slower.
MOST_CHANGED = 20_000
MOST_READ = 50_000

# What a machine writes about things is no fact about them.
MACHINE_GRAPHS = frozenset(map(ox.NamedNode, (INFERRED_GRAPH, PROVENANCE_GRAPH)))
_ONTOLOGY = ox.NamedNode(ONTOLOGY_GRAPH)

Visit = tuple[int, Term]  # a state of the automaton and a node that is in it


class Shapes:
    """Shapes that are read once and validate many states of a store, from any thread.

    The data graph is the RDF merge of all graphs, the inferred one included: what a query sees as its default graph.
    As in `check_shapes`, individuals that an outside ontology brings along are not held to the shapes.

    Raises:
        RdfSyntaxError: a shape file is not valid Turtle.
        CheckFailedError: the engine refuses the shapes.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._prepare(merged(files))

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> Shapes:
        """The shapes of a shapes graph."""
        shapes = cls.__new__(cls)
        shapes._prepare(list(triples))
        return shapes

    def _prepare(self, triples: list[ox.Triple]) -> None:
        index = Index(triples)
        self._compiled = CompiledShapes(triples, index)
        self.obstacle = ""  # why only full validation is possible, or ''
        try:
            self._dependencies = Dependencies(index)
        except NotAnalysableError as error:
            self.obstacle = str(error)

    def validate(
        self, store: ox.Store, added: Collection[ox.Quad], removed: Collection[ox.Quad], *, union: bool
    ) -> Report:
        """The results about all nodes that a change touches, in the store as the change left it.

        `added` and `removed` are exactly the quads that the store has now and had not before, and the other way round.
        `union` says that the default graph is the merge of the named ones. Results about other nodes are as before.
        """
        if self.obstacle or len(added) + len(removed) > MOST_CHANGED:
            return self.validate_all(store, union=union)
        merge = Merge(store, union=union, limit=MOST_READ)
        try:
            touched = Touched(self._dependencies, merge, Change(store, merge, added, removed))
            nodes = touched.nodes(_outside_subjects(added, removed))
            data = touched.data(nodes)
        except TooMuchError:
            return self.validate_all(store, union=union)
        keys = frozenset(map(key_of, nodes))
        return Report(tuple(_held(store, self._compiled.results(data, keys), union)), keys)

    def validate_all(self, store: ox.Store, *, union: bool) -> Report:
        """The results about all nodes."""
        graphs = [DEFAULT] if union else [DEFAULT, *store.named_graphs()]
        return Report(tuple(_held(store, self._compiled.results_of_all(store, graphs), union)))


class Touched:
    """The walks through a store, after a change, along what verdicts depend on."""

    def __init__(self, dependencies: Dependencies, merge: Merge, change: Change) -> None:
        self._dependencies = dependencies
        self._merge = merge
        self._change = change
        self._before = Classes(merge, dependencies.known_classes, change)
        self._after = Classes(merge, dependencies.known_classes)
        self._referring = set[Term]()
        self._placed = set[Term]()  # classes whose place in the hierarchy is among the data already

    def nodes(self, others: Iterable[Term]) -> set[Term]:
        """The nodes whose results may have changed, and the others that are given.

        A result changes only where a walk from its focus node meets a changed triple, or a node that has a class more
        or less. The first such place on the walk is reached by triples that were there before and after.
        """
        seeds, found = list[Visit](), set(others)
        for triple in self._change.all:
            self._seed_triple(triple, seeds, found)
        for node, kind in self._reclassified():
            seeds.extend((state, node) for state in self._dependencies.asked.get(kind, ()))
            if kind in self._dependencies.of_class:
                found.add(node)
        found |= self._focus_nodes(seeds)
        if self._dependencies.reported:
            found |= self._reported(found)
        return found

    def _seed_triple(self, triple: ox.Triple, seeds: list[Visit], found: set[Term]) -> None:
        by_predicate = self._dependencies.by_predicate
        for predicate in (triple.predicate, None):
            for step in by_predicate.get(predicate, ()):
                seeds.append((step.start, triple.object if step.inverse else triple.subject))
        if triple.predicate in self._dependencies.of_subjects:
            found.add(triple.subject)
        if triple.predicate in self._dependencies.of_objects:
            found.add(triple.object)

    def _reclassified(self) -> Iterator[tuple[Term, ox.NamedNode]]:
        """Each node that has a known class more or less than before, and that class."""
        candidates = set[Term](triple.subject for triple in self._change.all if triple.predicate == TYPE)
        for kind in self._below([triple.subject for triple in self._change.all if triple.predicate == SUBCLASS]):
            if self._before.above(kind) != self._after.above(kind):
                candidates.update(self._merge.values(kind, TYPE, inverse=True))
        for node in candidates:
            for kind in self._before.of(node) ^ self._after.of(node):
                assert isinstance(kind, ox.NamedNode)
                yield node, kind

    def _below(self, kinds: Iterable[Term]) -> set[Term]:
        waiting = list(kinds)
        seen = set(waiting)
        while waiting:
            for kind in self._merge.values(waiting.pop(), SUBCLASS, inverse=True):
                if kind not in seen:
                    seen.add(kind)
                    waiting.append(kind)
        return seen

    def _focus_nodes(self, seeds: Iterable[Visit]) -> set[Term]:
        """The nodes from which a walk may lead to a place."""
        waiting, found = list(set(seeds)), set[Term]()
        seen = set(waiting)
        while waiting:
            state, node = waiting.pop()
            if state in self._dependencies.starts:
                found.add(node)
            for visit in self._back(state, node):
                if visit not in seen:
                    seen.add(visit)
                    waiting.append(visit)
        return found

    def _back(self, state: int, node: Term) -> Iterator[Visit]:
        yield from ((other, node) for other in self._dependencies.same_into[state])
        for step in self._dependencies.steps_into[state]:
            if step.predicate is not None:
                for origin in self._merge.values(node, step.predicate, inverse=not step.inverse):
                    yield step.start, origin

    def _reported(self, nodes: set[Term]) -> set[Term]:
        """The nodes other than focus nodes that results caused by the nodes are about, before or after.

        Whatever causes results about any of them is remembered, for its data is needed too.
        """
        reported = self._dependencies.reported
        found = {node for (state, node), _ in self._walk(self._starting(nodes), past=True) if state in reported}
        self._referring = self._focus_nodes((state, node) for node in nodes | found for state in reported)
        return found

    def _starting(self, nodes: Iterable[Term]) -> Iterator[Visit]:
        return ((state, node) for node in nodes for state in self._dependencies.starts)

    def data(self, nodes: set[Term]) -> set[ox.Triple]:
        """All that the results about the nodes hang on."""
        found = set[ox.Triple]()
        starts = list[Visit]()
        for node in nodes | self._referring:
            starts.extend((state, node) for state in self._targeted(node, found))
        for (state, node), triples in self._walk(starts, past=False):
            found.update(triples)
            if self._dependencies.classes[state]:
                self._add_classes(node, found)
        return found

    def _targeted(self, node: Term, found: set[ox.Triple]) -> set[int]:
        """The shapes' states that a node starts in; adds to the triples what makes it so."""
        of = self._dependencies
        states = set(of.of_node.get(node, ()))
        for kind in self._after.of(node):
            states.update(of.of_class.get(kind, ()))  # type: ignore[arg-type]
        if states:
            self._add_classes(node, found)
        for targets, inverse in ((of.of_subjects, False), (of.of_objects, True)):
            for predicate, those in targets.items():
                for value in self._merge.values(node, predicate, inverse=inverse, enough=1)[:1]:
                    states.update(those)
                    found.add(_triple(node, predicate, value, inverse))
        return states

    def _add_classes(self, node: Term, found: set[ox.Triple]) -> None:
        for kind in self._merge.values(node, TYPE):
            if self._after.above(kind):
                found.add(_triple(node, TYPE, kind))
                if kind not in self._placed:
                    self._placed.add(kind)
                    for above in self._after.closure(kind):
                        found.update(_triple(above, SUBCLASS, parent) for parent in self._merge.values(above, SUBCLASS))

    def _walk(self, starts: Iterable[Visit], *, past: bool) -> Iterator[tuple[Visit, list[ox.Triple]]]:
        """Every place that a walk leads to, with the triples that lead on; `past` walks the removed triples as well."""
        waiting = list(set(starts))
        seen = set(waiting)
        while waiting:
            state, node = waiting.pop()
            visits = [(other, node) for other in self._dependencies.same[state]]
            triples = list[ox.Triple]()
            for step in self._dependencies.steps[state]:
                for triple in self._along(node, step.predicate, step.inverse, step.enough, past):
                    triples.append(triple)
                    visits.append((step.end, triple.subject if step.inverse else triple.object))
            yield (state, node), triples
            for visit in visits:
                if visit not in seen:
                    seen.add(visit)
                    waiting.append(visit)

    def _along(
        self, node: Term, predicate: ox.NamedNode | None, inverse: bool, enough: int | None, past: bool
    ) -> Iterator[ox.Triple]:
        if predicate is None:
            yield from (_triple(node, name, value) for name, value in self._merge.statements(node))
        else:
            values = self._merge.values(node, predicate, inverse=inverse, enough=enough)
            yield from (_triple(node, predicate, value, inverse) for value in values[:enough])
        if past:
            for triple in self._change.removed:
                if predicate in (None, triple.predicate) and node == (triple.object if inverse else triple.subject):
                    yield triple


def _triple(node: Term, predicate: ox.NamedNode, value: Term, inverse: bool = False) -> ox.Triple:
    subject, value = (value, node) if inverse else (node, value)
    assert isinstance(subject, ox.NamedNode | ox.BlankNode)
    return ox.Triple(subject, predicate, value)


def _outside_subjects(*quads: Iterable[ox.Quad]) -> set[Term]:
    """What may become, or cease to be, an outside ontology's individual."""
    return {
        quad.subject
        for some in quads
        for quad in some
        if not (isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(BASE))
    }


def _held(store: ox.Store, results: Iterable[Result], union: bool) -> Iterator[Result]:
    """The results about nodes that are held to the shapes."""
    exempt: dict[str, bool] = {}
    for result in results:
        if result.focus not in exempt:
            exempt[result.focus] = _is_exempt(store, result.focus_term, union)
        if not exempt[result.focus]:
            yield result


def _is_exempt(store: ox.Store, node: Term, union: bool) -> bool:
    """Whether only the ontology speaks of an outside thing. A default graph that is the merge is no witness."""
    if not isinstance(node, ox.NamedNode | ox.BlankNode) or (
        isinstance(node, ox.NamedNode) and node.value.startswith(BASE)
    ):
        return False
    graphs = {quad.graph_name for quad in store.quads_for_pattern(node, None, None, None)}
    return _ONTOLOGY in graphs and graphs <= {_ONTOLOGY, *MACHINE_GRAPHS, *([DEFAULT] if union else [])}
