"""The results of one record as a list of things to mend: results flow in, items flow out, the weightiest first."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.report.item import SEVERITIES, Item
from graph.catalogue.report.problem import MOST, Problem, Words, alike
from graph.catalogue.report.properties import kind_of, property_of
from graph.catalogue.report.shapes import inner_results, is_replaced, path_of
from graph.catalogue.report.wording import words_of
from graph.check.shapes import Result, plain
from graph.names import DCTERMS, PREFIXES, RDFS, SKOS
from graph.rdf.index import TYPE, Index, str_of

ARROW = " \u203a "
_NAMES = (
    DCTERMS + "title",
    PREFIXES["foaf"] + "name",
    PREFIXES["csvw"] + "title",
    PREFIXES["csvw"] + "name",
    RDFS + "label",
    SKOS + "prefLabel",
)
_NO_POINTS = frozenset({"Class", "Datatype", "MaxCount"})  # the score does not mind these


@dataclass(frozen=True)
class Folding:
    """What is needed to say of results what they mean; `gains` are points that properties may bring, by their IRI."""

    data: Index
    shapes: Index
    level: str
    obligations: Collection[str]
    gains: Mapping[str, float]
    start: str = ""  # the dataset
    members: Collection[str] = ()  # the nodes of its record

    def items(self, results: Iterable[Result]) -> list[Item]:
        """Things to mend, those first that matter most; what is alike at several nodes is one."""
        groups: dict[tuple[str, str, bool], list[Result]] = defaultdict(list)
        for result in self._expanded(list(results)):
            key = result.focus, path_of(result, self.shapes), is_replaced(result, self.shapes)
            groups[key].append(result)
        folds: dict[tuple[object, ...], list[Problem]] = defaultdict(list)
        for (focus, path, is_old), found in groups.items():
            kind = self._kind(focus)
            shown = tuple(
                sorted(found, key=lambda result: (_rank(result.severity), result.component, result.value or ""))
            )
            problem = Problem(shown, focus, path, *kind, self.data, self.shapes, self.level)
            alike_by = (shown[0].severity, path, kind, problem.components, self._way(focus)[:1], path or focus, is_old)
            folds[alike_by].append(problem)
        return sorted((self._item(problems) for problems in folds.values()), key=_weight)

    def _expanded(self, results: list[Result]) -> list[Result]:
        """Results, with those that only say that a value is not as it should be replaced by why it is not."""
        about = {(result.focus, result.severity) for result in results}
        places = {_place(result, self.shapes) for result in results}
        found = list[Result]()
        for result in results:
            if not result.component.startswith("Node") or result.component.startswith("NodeKind"):
                found.append(result)
                continue
            inner = inner_results(result, self.shapes, self.data)
            if inner:
                found.extend(it for it in inner if it.focus == result.focus or _place(it, self.shapes) not in places)
            elif (plain(result.value or ""), result.severity) not in about:
                found.append(result)
        return list(dict.fromkeys(found))

    def _item(self, problems: list[Problem]) -> Item:
        problems.sort(key=lambda problem: problem.focus)
        first = alike(problems[0], problems[1:])
        words: Words = words_of(first)
        path = first.path
        is_own = first.focus == self.start
        known = property_of(path, first.class_iri) if path else None
        nodes = [problem.focus for problem in problems[:MOST]]
        return Item(
            severity=first.results[0].severity.lower(),
            property=path,
            label=known.label if known else first.kind,
            kind=first.kind,
            where=ARROW.join(self._way(first.focus)),
            message=words.message,
            advice=words.advice,
            means=known.means if known else "",
            example=words.example,
            replaces=words.replaces,
            values=words.values,
            suggestions=words.suggestions,
            scheme=first.scheme,
            focus=tuple(nodes),
            names=tuple(self._name(node) for node in nodes),
            count=len(problems),
            is_obligation=is_own and path in self.obligations,
            points=self._points(first),
            components=tuple(sorted(first.components)),
        )

    def _points(self, problem: Problem) -> float:
        """What mending may bring in the score, where it is about what the score looks at."""
        if not problem.class_iri.startswith(PREFIXES["dcat"]) or _NO_POINTS.issuperset(problem.components):
            return 0.0
        return self.gains.get(problem.path, 0.0)

    def _kind(self, node: str) -> tuple[str, str]:
        found = self._kinds.get(node)
        if found is None:
            found = self._kinds[node] = kind_of(self.data.iris(node, TYPE))
        return found

    @cached_property
    def _kinds(self) -> dict[str, tuple[str, str]]:
        return {}

    def _name(self, node: str) -> str:
        for property in _NAMES:
            for name in self.data.literals(node, property):
                return name.value
        return ""

    def _way(self, node: str) -> tuple[str, ...]:
        """The labels of the properties that lead from the dataset to a node."""
        found = self._ways.get(node)
        return found if found is not None else ()

    @cached_property
    def _ways(self) -> dict[str, tuple[str, ...]]:
        if not self.start:
            return {}
        found: dict[str, tuple[str, ...]] = {self.start: ()}
        waiting = deque([self.start])
        while waiting:
            node = waiting.popleft()
            here = self._kind(node)[0]
            if node != self.start and node not in self.members:
                continue
            for property in self.data.predicates(node):
                label = None
                for term in self.data.objects(node, property):
                    name = "" if isinstance(term, ox.Literal) else str_of(term)
                    if name and name not in found and property != TYPE:
                        label = label or property_of(property, here).label
                        found[name] = (*found[node], label)
                        waiting.append(name)
        return found


def _place(result: Result, shapes: Index) -> tuple[str, str]:
    return result.focus, path_of(result, shapes)


def _rank(severity: str) -> int:
    name = severity.lower()
    return SEVERITIES.index(name) if name in SEVERITIES else len(SEVERITIES)


def _weight(item: Item) -> tuple[object, ...]:
    order = property_of(item.property).order if item.property else -1
    return _rank(item.severity), not item.is_obligation, -item.points, bool(item.where), order, item.message
