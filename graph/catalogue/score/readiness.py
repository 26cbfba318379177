"""How ready a record is for EHDS: shapes, results and a record flow in; the share of its obligations met flows out.

The obligations of a level are read off the shapes: the properties of a dataset whose absence is a violation. One is
met where nothing that it leads to is in violation either: a distribution without an access address is none. What is
wrong in a property that may be left out counts as an obligation not met, for as long as it is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox

from graph.catalogue.records import DATASET, Catalogue
from graph.check.shapes import Result, plain
from graph.names import RDF, SH
from graph.rdf.index import Index, str_of

VIOLATION = SH + "Violation"


@dataclass(frozen=True)
class Readiness:
    """The obligations of a record that are met and those that are not, as the IRIs of properties."""

    met: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where there are no obligations.

        >>> Readiness(("a", "b", "c"), ("d",)).share
        0.75
        """
        total = len(self.met) + len(self.unmet)
        return len(self.met) / total if total else 1.0

    def __float__(self) -> float:
        return self.share

    def as_json(self) -> dict[str, object]:
        """The readiness for a program."""
        return {"share": round(self.share, 4), "met": list(self.met), "unmet": list(self.unmet)}


def readiness(
    catalogue: Catalogue,
    dataset: str,
    results: Iterable[Result],
    obligations: Collection[str],
    members: Collection[str] = (),
) -> Readiness:
    """What of a record's obligations is met, by the results of its validation; `members` are its nodes, where known."""
    leads = roots(catalogue, dataset, members)
    wrong = set[str]()
    for result in results:
        if result.severity != "Violation":
            continue
        if result.focus == dataset:
            wrong |= set(iris_of(result.path))
        else:
            wrong |= leads.get(result.focus, frozenset())
    met = sorted(set(obligations) - wrong)
    return Readiness(tuple(met), tuple(sorted(wrong)))


@cache
def mandatory(shapes: Index, target: str = DATASET) -> frozenset[str]:
    """The properties that every member of a class must have, as shapes say: missing ones are violations."""
    found = set[str]()
    for shape in shapes.subjects(SH + "targetClass", target):
        for node in map(str_of, shapes.objects(shape, SH + "property")):
            if _is_asked_for(shapes, node) and VIOLATION in (shapes.iris(node, SH + "severity") or [VIOLATION]):
                found.update(shapes.iris(node, SH + "path"))
    return frozenset(found)


def roots(catalogue: Catalogue, dataset: str, members: Collection[str] = ()) -> Mapping[str, frozenset[str]]:
    """For each node of a record, the properties of the dataset that lead to it."""
    found: dict[str, set[str]] = {}
    members = members or {str_of(triple.subject) for triple in catalogue.record(dataset)}
    for property in catalogue.index.predicates(dataset):
        waiting = [str_of(term) for term in catalogue.index.objects(dataset, property) if _is_node(term)]
        while waiting:
            node = waiting.pop()
            known = found.setdefault(node, set())
            if node == dataset or node not in members or property in known:
                continue
            known.add(property)
            for name in catalogue.index.predicates(node):
                waiting.extend(str_of(term) for term in catalogue.index.objects(node, name) if _is_node(term))
    return {node: frozenset(properties) for node, properties in found.items()}


@cache
def iris_of(path: str | None) -> tuple[str, ...]:
    """The properties in a SPARQL property path.

    >>> iris_of("<urn:a>|<urn:b>")
    ('urn:a', 'urn:b')
    """
    if not path:
        return ()
    if "<" not in path:
        return (path,)
    return tuple(plain(part[: part.index(">") + 1]) for part in _split(path))


def _split(path: str) -> list[str]:
    return ["<" + part for part in path.split("<")[1:]]


def _is_asked_for(shapes: Index, node: str) -> bool:
    counts = shapes.literals(node, SH + "minCount") + shapes.literals(node, SH + "qualifiedMinCount")
    return any(int(count.value) > 0 for count in counts) or bool(shapes.objects(node, SH + "hasValue"))


def _is_node(term: object) -> bool:
    return isinstance(term, ox.NamedNode | ox.BlankNode) and str_of(term) != RDF + "nil"
