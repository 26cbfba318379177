"""What a shape asks for: a profile's shapes and the name of one flow in; its class, list and limits flow out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.score.readiness import iris_of
from graph.check.shapes import Result
from graph.names import SH, SKOS
from graph.rdf.index import TYPE, Index, Term, str_of

IN_SCHEME = SKOS + "inScheme"


@dataclass(frozen=True)
class Shape:
    """One shape of a profile."""

    index: Index
    name: str

    def term(self, constraint: str) -> Term | None:
        """The value of one of its constraints."""
        return next(iter(self.index.objects(self.name, SH + constraint)), None)

    def iri(self, constraint: str) -> str:
        """The same for an IRI, '' where there is none."""
        return next(iter(self.index.iris(self.name, SH + constraint)), "")

    def count(self, constraint: str) -> int | None:
        """The same for a number."""
        found = self.term(constraint)
        return int(found.value) if isinstance(found, ox.Literal) else None

    @property
    def path(self) -> str:
        """The property that it is about, '' where that is none or more than one step."""
        return self.iri("path")

    @property
    def nodes(self) -> list[Shape]:
        """The shapes that values have to keep to."""
        return [Shape(self.index, str_of(term)) for term in self.index.objects(self.name, SH + "node")]

    @property
    def properties(self) -> list[Shape]:
        """The shapes of its properties."""
        return [Shape(self.index, str_of(term)) for term in self.index.objects(self.name, SH + "property")]

    @cached_property
    def scheme(self) -> str:
        """The code list that values, or the node itself, have to be from."""
        for shape in (self, *self.nodes):
            for inner in shape.properties:
                if inner.path == IN_SCHEME:
                    return inner.iri("hasValue")
        return ""

    def paths_below(self) -> Iterator[str]:
        """The properties that it asks for somewhere inside, as an alternative does."""
        waiting, seen = [self.name], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            here = Shape(self.index, name)
            if here.path and (here.count("minCount") or 0) > 0:
                yield here.path
            for predicate in self.index.predicates(name):
                waiting.extend(str_of(it) for it in self.index.objects(name, predicate) if isinstance(it, ox.BlankNode))


def path_of(result: Result, shapes: Index) -> str:
    """The property that a result is about: the last of its path, or what the shape asks for; '' for none."""
    paths = iris_of(result.path) or tuple(Shape(shapes, result.shape).paths_below())
    return paths[-1] if paths else ""


def is_replaced(result: Result, shapes: Index) -> bool:
    """Whether it says that a property is not used any more."""
    return result.component.startswith("MaxCount") and Shape(shapes, result.shape).count("maxCount") == 0


def inner_results(result: Result, shapes: Index, data: Index) -> list[Result]:
    """Why a value does not keep to the shape that is asked for, as results about the value itself.

    Only what is plain to see is found: how many values it has, and of which class or list they are.
    """
    value = result.value or ""
    node = value[1:-1] if value.startswith("<") else value
    if node.startswith('"'):
        return []
    found, kinds = list[Result](), data.iris(node, TYPE)
    for shape in Shape(shapes, result.shape).nodes:
        if not set(kinds).isdisjoint(shapes.iris(shape.name, SH + "targetClass")):
            continue  # what is wrong is told of the value anyway
        if wanted := shape.iri("class"):
            if wanted not in kinds:
                found.append(replace(result, component="ClassConstraintComponent", shape=shape.name))
        elif not shape.scheme:
            for inner in shape.properties:
                found.extend(_broken(inner, node, result.severity, data))
    return found


def _broken(shape: Shape, focus: str, severity: str, data: Index) -> Iterator[Result]:
    path = shape.path
    if not path:
        return
    values = data.objects(focus, path)
    least, most, wanted = shape.count("minCount"), shape.count("maxCount"), shape.iri("class")

    def broken(component: str, value: Term | None = None) -> Result:
        text = None if value is None else f"<{value.value}>" if isinstance(value, ox.NamedNode) else str(value)
        name = f"{component}ConstraintComponent"
        return Result(focus, f"<{path}>", name, text, severity, "", shape=shape.name)

    if least is not None and len(values) < least:
        yield broken("MinCount")
    if most is not None and len(values) > most:
        yield broken("MaxCount")
    for value in values:
        is_literal = isinstance(value, ox.Literal)
        if wanted and (is_literal or wanted not in data.iris(str_of(value), TYPE)):
            yield broken("Class", value)
        if shape.scheme and not _is_listed(value, shape.scheme, data):
            yield broken("Node", value)
        if shape.iri("nodeKind") == SH + "Literal" and not is_literal:
            yield broken("NodeKind", value)


def _is_listed(value: Term, scheme: str, data: Index) -> bool:
    from graph.catalogue.validate import lists

    if not isinstance(value, ox.NamedNode):
        return False
    return lists.scheme_of(value.value) == scheme or scheme in data.iris(value.value, IN_SCHEME)
