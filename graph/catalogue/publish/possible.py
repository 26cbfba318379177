"""What values and nodes may be: statements and rules flow in; values that keep a rule, or why none does, flow out.

A node may be of a class where it has all that the class must have, and a value may stand under a property where it is,
or can surely be made, what the property asks for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox

from graph.catalogue.publish.casting import cast
from graph.catalogue.publish.rules import Rule, Rules
from graph.catalogue.publish.substitutes import INSTEAD, LABELS, MOVED
from graph.catalogue.publish.writable import as_iri
from graph.catalogue.records import CATALOG, CATALOG_RECORD, DATASET, DCAT, SERIES
from graph.catalogue.validate.lists import all_lists, concept
from graph.names import shorten
from graph.rdf.index import TYPE, Term, str_of

_NOT_OURS = frozenset({CATALOG, CATALOG_RECORD})
REFERRED = frozenset({DATASET, SERIES})


@dataclass(frozen=True)
class Around:
    """What a page's records may refer to: other datasets that are published, and series."""

    summary: Callable[[str], Iterable[ox.Triple]] = lambda _: ()  # of a published dataset: class, title, description
    series: Callable[[str], Iterable[ox.Triple]] = lambda _: ()  # the record of a series


class Possible:
    """Statements by subject and property, and what their nodes may be; `load` takes the statements of a series in."""

    def __init__(
        self, datasets: frozenset[str], around: Around, rules: Rules, load: Callable[[Iterable[ox.Triple]], None]
    ) -> None:
        self.said: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.summaries: dict[str, tuple[ox.Triple, ...]] = {}
        self._datasets, self._around, self._rules, self._load = datasets, around, rules, load
        self._known: dict[tuple[str, str], bool] = {}
        self._series: set[str] = set()  # that were looked up

    def values(self, node: str, name: str) -> list[Term]:
        """What is said of a node with a property."""
        return list(self.said[node].get(name, ())) if node in self.said else []

    def may_be(self, term: Term, kind: str) -> bool:
        """Whether a node is, or can be said to be, of a class, with all that the class must have."""
        if isinstance(term, ox.Literal | ox.Triple):
            return False
        name = str_of(term)
        if kind in listed(name):
            return True
        if kind in _NOT_OURS:
            return False
        if kind in REFERRED and name not in self._datasets:
            return self._has_summary(name) if kind == DATASET else self._has_series(name)
        key = (name, kind)
        if key not in self._known:
            self._known[key] = True  # a circle of things that need each other is no reason to refuse
            self._known[key] = not self.lacking(name, kind)
        return self._known[key]

    def lacking(self, node: str, kind: str) -> str:
        """Which of the properties that a class must have a node lacks, in words."""
        needed = ((name, rule) for name, rule in sorted(self._rules.get(kind, {}).items()) if rule.least)
        return " and ".join(shorten(name) for name, rule in needed if not self._has(node, kind, name, rule))

    def candidates(self, node: str, kind: str, property: str, rule: Rule) -> Iterator[tuple[Term, str]]:
        """Values that fit, with the property that they stand under: its own, or one that says the same."""
        for name in (property, *INSTEAD.get((kind, property), ())):
            found = [(fitted, name) for value in self.values(node, name) if (fitted := self.fitted(value, rule))]
            if found:
                yield from found
                return
        if property == DCAT + "accessURL":
            for service in self.values(node, DCAT + "accessService"):
                for value in self.values(str_of(service), DCAT + "endpointURL"):
                    if fitted := self.fitted(value, rule):
                        yield fitted, DCAT + "endpointURL"

    def fitted(self, value: Term, rule: Rule) -> Term | None:
        """The value as it keeps a rule, changed where that is sure; None where it cannot."""
        if isinstance(value, ox.Literal):
            if rule.wants_node:
                address = as_iri(value.value)
                return self.fitted(address, rule) if address else None
            literal = cast(value, rule.datatypes) if rule.datatypes else value
            return literal if literal is not None and rule.admits_text(literal.value) else None
        if rule.wants_literal:
            return None if rule.datatypes else self._label(value)
        value = _moved(value, rule)
        if not rule.admits_kind(value) or not rule.admits_text(str_of(value)):
            return None
        if rule.schemes and not rule.schemes <= _schemes(str_of(value)):
            return None
        if not all(self.may_be(value, kind) for kind in rule.classes):
            return None
        if rule.any_class and not any(self.may_be(value, kind) for kind in rule.any_class):
            return None
        return value

    def why(self, value: Term, rule: Rule) -> str:
        """Why a value does not keep a rule."""
        if isinstance(value, ox.Literal):
            if rule.wants_node:
                return "a text stands where an IRI must"
            names = " or ".join(sorted(map(shorten, rule.datatypes)))
            return f"it is no {names}" if names else "it is not of the form that is asked for"
        if rule.wants_literal:
            return "an IRI stands where a text must"
        if rule.schemes and not rule.schemes <= _schemes(str_of(value)):
            return f"it is not in the list {' and '.join(sorted(map(shorten, rule.schemes)))}"
        if not rule.admits_text(str_of(value)):
            return "it is not of the list that is asked for"
        for kind in sorted(rule.classes | rule.any_class):
            if not self.may_be(value, kind):
                return self._why_not(str_of(value), kind)
        return "a blank node stands where an IRI must"

    def _why_not(self, node: str, kind: str) -> str:
        if kind == DATASET:
            return "it is no dataset of this catalogue"
        lacking = self.lacking(node, kind)
        return f"it cannot be said to be a {shorten(kind)}" + (f": it lacks {lacking}" if lacking else "")

    def _has(self, node: str, kind: str, property: str, rule: Rule) -> bool:
        return next(self.candidates(node, kind, property, rule), None) is not None

    def _has_summary(self, dataset: str) -> bool:
        if dataset not in self.summaries:
            self.summaries[dataset] = tuple(self._around.summary(dataset))
        return bool(self.summaries[dataset])

    def _has_series(self, node: str) -> bool:
        if node not in self._series:
            self._series.add(node)
            self._load(self._around.series(node))
        return ox.NamedNode(SERIES) in self.values(node, TYPE) and not self.lacking(node, SERIES)

    def _label(self, value: Term) -> ox.Literal | None:
        """What a node is called, for a property that wants the text."""
        found = (term for name in LABELS for term in self.values(str_of(value), name) if isinstance(term, ox.Literal))
        return next(found, None)


def _moved(value: Term, rule: Rule) -> Term:
    """An address that moved, as it is now, where the rule asks for that."""
    text = str_of(value)
    for old, new in MOVED.items():
        if text.startswith(old) and not rule.admits_text(text):
            return ox.NamedNode(new + text.removeprefix(old))
    return value


def listed(iri: str) -> frozenset[str]:
    """The classes that the closed lists give one of their concepts, or a list."""
    return _classes_of_lists().get(iri, frozenset())


@cache
def _classes_of_lists() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for triples in all_lists().triples.values():
        for triple in triples:
            if triple.predicate.value == TYPE:
                found[str_of(triple.subject)].add(str_of(triple.object))
    return {iri: frozenset(classes) for iri, classes in found.items()}


def _schemes(iri: str) -> frozenset[str]:
    """The lists that a concept is in."""
    found = concept(iri)
    return frozenset({found.scheme}) if found else frozenset()
