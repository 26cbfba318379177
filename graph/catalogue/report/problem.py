"""One problem of a record: the results about one property of one node flow in, what they are about flows out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from graph.catalogue.records import DATASET
from graph.catalogue.report.item import Suggestion
from graph.catalogue.report.properties import Property, plural, property_of
from graph.catalogue.report.shapes import Shape
from graph.check.shapes import Result, plain, term_of
from graph.rdf.index import Index, Term

MOST = 5  # values and nodes that are named


@dataclass(frozen=True)
class Words:
    """What is said of a problem."""

    message: str
    advice: str
    example: str = ""
    replaces: bool = False
    values: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Problem:
    """The results about one property of one node, where there may be `count` nodes alike."""

    results: tuple[Result, ...]
    focus: str
    path: str
    class_iri: str
    kind: str
    data: Index
    shapes: Index
    level: str
    count: int = 1
    others: tuple[Term, ...] = ()  # wrong values of nodes alike

    @cached_property
    def components(self) -> frozenset[str]:
        return frozenset(result.component.removesuffix("ConstraintComponent") for result in self.results)

    @cached_property
    def property(self) -> Property:
        return property_of(self.path, self.class_iri) if self.path else Property("", "", "")

    @cached_property
    def present(self) -> list[Term]:
        """The values that are there."""
        return sorted(self.data.objects(self.focus, self.path), key=str) if self.path else []

    def with_component(self, name: str) -> list[Result]:
        return [result for result in self.results if result.component.startswith(name)]

    def shape_of(self, result: Result) -> Shape:
        return Shape(self.shapes, result.shape)

    @cached_property
    def scheme(self) -> str:
        """The code list that the values have to be from."""
        asked = (self.shape_of(result).scheme for result in self.results)
        return next(filter(None, asked), "") or self.property.scheme

    @cached_property
    def wrong(self) -> list[Term]:
        """The values that results name."""
        found = {result.value: term_of(plain(result.value)) for result in self.results if result.value}
        return list(found.values())

    @cached_property
    def verb(self) -> str:
        """Is, or are, as it goes with what the property is called."""
        return self.property.verb

    def name(self) -> str:
        """What the property is called, with whose it is where that is not the dataset."""
        label = self.property.label
        if self.count > 1:
            return f"The {label} of {self.count:,} {plural(self.kind)}"
        return f"The {label}" if self.class_iri == DATASET else f"The {label} of the {self.kind}"


def alike(problem: Problem, others: list[Problem]) -> Problem:
    """One problem that stands for several."""
    found = dict.fromkeys(term for other in others[: 4 * MOST] for term in other.wrong)
    for term in problem.wrong:
        found.pop(term, None)
    return replace(problem, count=1 + len(others), others=tuple(found))
