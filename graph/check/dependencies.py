"""What a shape's verdict depends on: a shapes graph flows in, an automaton of steps through the data flows out.

A verdict on a focus node looks at triples along the shape's paths, at the classes of the nodes there, and at nothing
else. So every shape is a set of states, and every triple that it can look at is a step between two of them: walking
the steps forwards from a focus node finds the data that its verdict needs, walking them backwards from a triple finds
the focus nodes whose verdict may hang on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyoxigraph as ox

from graph.names import OWL, RDF, RDFS, SH
from graph.rdf.index import TYPE, Index, Term, str_of

# What a shape may say (SHACL Core, W3C Recommendation of 2017-07-20), by what it makes the verdict depend on.
OF_THE_VALUE = {"datatype", "nodeKind", "pattern", "flags", "minLength", "maxLength", "languageIn", "uniqueLang", "in"}
OF_THE_VALUE |= {"hasValue", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive", "ignoredProperties"}
OF_THE_VALUE |= {"minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint"}
OF_OTHER_VALUES = {"equals", "disjoint", "lessThan", "lessThanOrEquals"}
OF_ANOTHER_SHAPE = {"node", "property", "not", "qualifiedValueShape"}
OF_SEVERAL_SHAPES = {"and", "or", "xone"}
OF_THE_TARGET = {"targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"}
OF_NOTHING = {"message", "severity", "deactivated", "name", "description", "order", "group", "defaultValue"}
ANALYSED = OF_THE_VALUE | OF_OTHER_VALUES | OF_ANOTHER_SHAPE | OF_SEVERAL_SHAPES | OF_THE_TARGET | OF_NOTHING
ANALYSED = ANALYSED | {"path", "class", "closed"}

# What can make any verdict depend on anything.
BEYOND_CORE = ("ConstraintComponent", "SPARQLTargetType", "SPARQLConstraint", "SPARQLTarget", "JSConstraint")
LOOPS = ("zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")


class Step(NamedTuple):
    """Along a triple from one state to another, from its subject or (inverse) its object; any predicate where None.

    Of the nodes that it leads to, the first `enough` decide, all where None.
    """

    predicate: ox.NamedNode | None
    inverse: bool
    start: int
    end: int
    enough: int | None = None


class NotAnalysableError(Exception):
    """The shapes say something whose dependencies are not known. It stays inside: validation then looks at all."""


class Dependencies:
    """The automaton of a shapes graph.

    Raises:
        NotAnalysableError: the shapes go beyond SHACL Core, or a path is ill-formed.
    """

    def __init__(self, shapes: Index) -> None:
        self._shapes = shapes
        self._focus: dict[str, int] = {}
        self.steps: list[list[Step]] = []
        self.same: list[list[int]] = []  # states that a node is in as well
        self.classes: list[set[ox.NamedNode]] = []  # what is asked of a node in that state
        self.reported: set[int] = set()  # states whose nodes get results of their own, but for the targets
        self.of_class: dict[ox.NamedNode, list[int]] = defaultdict(list)
        self.of_subjects: dict[ox.NamedNode, list[int]] = defaultdict(list)
        self.of_objects: dict[ox.NamedNode, list[int]] = defaultdict(list)
        self.of_node: dict[Term, list[int]] = defaultdict(list)
        self._refuse_beyond_core()
        for shape in sorted(_targeting(shapes)):
            self._add_target(shape)
        self._turn_around()

    def _refuse_beyond_core(self) -> None:
        for kind in BEYOND_CORE:
            if self._shapes.subjects(TYPE, SH + kind):
                raise NotAnalysableError(f"the shapes have a sh:{kind}")

    def _new(self) -> int:
        self.steps.append([])
        self.same.append([])
        self.classes.append(set())
        return len(self.steps) - 1

    def _add_target(self, shape: str) -> None:
        state = self._shape(shape)
        for name, found in (("Class", self.of_class), ("SubjectsOf", self.of_subjects), ("ObjectsOf", self.of_objects)):
            for iri in self._shapes.iris(shape, f"{SH}target{name}"):
                found[ox.NamedNode(iri)].append(state)
        for node in self._shapes.objects(shape, SH + "targetNode"):
            self.of_node[node].append(state)
        if _is_class(self._shapes, shape):
            self.of_class[ox.NamedNode(shape)].append(state)
        self._report(shape)

    def _report(self, shape: str) -> None:
        """Results of a property shape within a property shape are about the values of the outer one."""
        waiting, seen = [(shape, False)], set[tuple[str, bool]]()
        while waiting:
            current, within = waiting.pop()
            if (current, within) in seen:
                continue
            seen.add((current, within))
            if within:
                self.reported.add(self._focus[current])
            inner = within or bool(self._shapes.objects(current, SH + "path"))
            waiting.extend((str_of(part), inner) for part in self._shapes.objects(current, SH + "property"))

    def _shape(self, shape: str) -> int:
        """The state of a shape's focus nodes."""
        if shape in self._focus:
            return self._focus[shape]
        focus = self._focus[shape] = self._new()
        paths = self._shapes.objects(shape, SH + "path")
        values = focus
        if len(paths) == 1:
            values = self._path(paths[0], focus, inverse=False, enough=_enough(self._shapes, shape))
        elif paths:
            raise NotAnalysableError(f"{shape} has several paths")
        for name, value in self._parameters(shape):
            if name in OF_OTHER_VALUES:
                self._step(_predicate(value), focus, inverse=False)
            elif name == "closed":
                for state in {focus, values}:  # it is for the values; shacl 0.3.4 closes a property shape's focus node
                    self._step(None, state, inverse=False)
            elif name == "class":
                self.classes[values].add(_predicate(value))
            elif name in OF_ANOTHER_SHAPE:
                self.same[values].append(self._shape(str_of(value)))
            elif name in OF_SEVERAL_SHAPES:
                self.same[values].extend(self._shape(str_of(part)) for part in _list(self._shapes, value))
        for sibling in _siblings(self._shapes, shape):
            self.same[values].append(self._shape(sibling))
        return focus

    def _parameters(self, shape: str) -> Iterator[tuple[str, Term]]:
        for predicate in self._shapes.predicates(shape):
            if not predicate.startswith(SH):
                continue
            name = predicate.removeprefix(SH)
            if name not in ANALYSED:
                raise NotAnalysableError(f"{shape} has sh:{name}")
            yield from ((name, value) for value in self._shapes.objects(shape, predicate))

    def _step(self, predicate: ox.NamedNode | None, start: int, *, inverse: bool, enough: int | None = None) -> int:
        end = self._new()
        self.steps[start].append(Step(predicate, inverse, start, end, enough))
        return end

    def _path(self, path: Term, start: int, *, inverse: bool, enough: int | None = None, depth: int = 0) -> int:
        """Add a path's steps after a state; the state that they lead to."""
        if depth > 50:
            raise NotAnalysableError("a path is too deep, or a loop")
        if isinstance(path, ox.NamedNode):
            return self._step(path, start, inverse=inverse, enough=enough)

        def parts(node: Term, start: int, *, turned: bool = inverse) -> int:
            return self._path(node, start, inverse=turned, enough=enough, depth=depth + 1)

        name = str_of(path)
        if self._shapes.objects(name, RDF + "first"):
            members = _list(self._shapes, path)
            for member in reversed(members) if inverse else members:
                start = parts(member, start)
            return start
        for value in self._shapes.objects(name, SH + "inversePath"):
            return parts(value, start, turned=not inverse)
        for value in self._shapes.objects(name, SH + "alternativePath"):
            end = self._new()
            for member in _list(self._shapes, value):
                self.same[parts(member, start)].append(end)
            return end
        for kind in LOOPS:
            for value in self._shapes.objects(name, SH + kind):
                return self._loop(kind, value, start, parts)
        raise NotAnalysableError(f"{name} is no path")

    def _loop(self, kind: str, path: Term, start: int, parts: Callable[[Term, int], int]) -> int:
        before, after = self._new(), self._new()
        self.same[start].append(before)
        end = parts(path, before)
        self.same[end].append(after)
        if kind != "zeroOrOnePath":
            self.same[end].append(before)
        if kind != "oneOrMorePath":
            self.same[before].append(after)
        return after

    def _turn_around(self) -> None:
        """What the way back needs."""
        self.steps_into: list[list[Step]] = [[] for _ in self.steps]
        self.same_into: list[list[int]] = [[] for _ in self.steps]
        self.by_predicate: dict[ox.NamedNode | None, list[Step]] = defaultdict(list)
        self.asked: dict[ox.NamedNode, list[int]] = defaultdict(list)
        for state in range(len(self.steps)):
            for step in self.steps[state]:
                self.steps_into[step.end].append(step)
                self.by_predicate[step.predicate].append(step)
            for other in self.same[state]:
                self.same_into[other].append(state)
            for kind in self.classes[state]:
                self.asked[kind].append(state)
        self.starts = {
            state
            for found in (self.of_class, self.of_subjects, self.of_objects, self.of_node)
            for states in found.values()
            for state in states
        }
        self.known_classes = frozenset(self.asked) | frozenset(self.of_class)


def _targeting(shapes: Index) -> set[str]:
    """The shapes that have a target."""
    named = {s for s in shapes.all_subjects for name in OF_THE_TARGET if shapes.objects(s, SH + name)}
    kinds = ("NodeShape", "PropertyShape")
    return named | {s for kind in kinds for s in shapes.subjects(TYPE, SH + kind) if _is_class(shapes, s)}


def _is_class(shapes: Index, shape: str) -> bool:
    return not shape.startswith("_:") and bool({RDFS + "Class", OWL + "Class"} & set(shapes.iris(shape, TYPE)))


def _predicate(value: Term) -> ox.NamedNode:
    if isinstance(value, ox.NamedNode):
        return value
    raise NotAnalysableError(f"{value} is no IRI")


def _list(shapes: Index, head: Term) -> list[Term]:
    found, node, seen = list[Term](), str_of(head), set[str]()
    while node != RDF + "nil":
        first, rest = shapes.objects(node, RDF + "first"), shapes.objects(node, RDF + "rest")
        if len(first) != 1 or len(rest) != 1 or node in seen:
            raise NotAnalysableError(f"{node} is no list")
        seen.add(node)
        found.append(first[0])
        node = str_of(rest[0])
    return found


def _siblings(shapes: Index, shape: str) -> Iterator[str]:
    """The qualified value shapes beside a disjoint one: its values must not conform to them."""
    if shapes.objects(shape, SH + "qualifiedValueShapesDisjoint"):
        for parent in shapes.subjects(SH + "property", shape):
            for sibling in shapes.objects(parent, SH + "property"):
                yield from map(str_of, shapes.objects(str_of(sibling), SH + "qualifiedValueShape"))


def _enough(shapes: Index, shape: str) -> int | None:
    """How many values settle a shape that only asks for a least number at the end of one step, or of one of several."""
    said = {p.removeprefix(SH) for p in shapes.predicates(shape) if p.startswith(SH)} - OF_NOTHING - OF_THE_TARGET
    counts = shapes.literals(shape, SH + "minCount")
    if said != {"path", "minCount"} or len(counts) != 1 or not counts[0].value.isdigit():
        return None
    path = shapes.objects(shape, SH + "path")[0]
    lists = shapes.objects(str_of(path), SH + "alternativePath")
    for part in _list(shapes, lists[0]) if lists else [path]:
        inner = shapes.objects(str_of(part), SH + "inversePath")
        if not isinstance(inner[0] if inner else part, ox.NamedNode):
            return None
    return int(counts[0].value)
