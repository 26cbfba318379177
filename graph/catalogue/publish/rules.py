"""What a profile asks of each property of each class: its shapes flow in, a table of rules flows out.

The table is read off the shapes in `shapes/`, so that what is published follows them and nothing is said twice. Only
what is a violation is a rule; recommendations are not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import pyoxigraph as ox

from graph.catalogue.validate.profiles import DCAT_AP, LEVELS
from graph.names import RDF, SH, SKOS
from graph.rdf.index import Index, str_of

_IRI, _LITERAL, _NODE = SH + "IRI", SH + "Literal", SH + "BlankNodeOrIRI"
_NOT_BINDING = frozenset({SH + "Warning", SH + "Info"})
_IN_SCHEME = SKOS + "inScheme"
NO_LIMIT = 1 << 30


@dataclass
class Rule:
    """What all shapes of a class together ask of one property's values."""

    kinds: set[str] = field(default_factory=set)  # sh:nodeKind: a value must fit all of them
    datatypes: set[str] = field(default_factory=set)  # a literal of one of these
    classes: set[str] = field(default_factory=set)  # all of these
    any_class: set[str] = field(default_factory=set)  # one of these
    schemes: set[str] = field(default_factory=set)  # in all of these lists
    patterns: set[str] = field(default_factory=set)
    least: int = 0
    most: int = NO_LIMIT

    @property
    def wants_node(self) -> bool:
        """Whether a literal cannot be right."""
        return bool(self.kinds & {_IRI, _NODE} or self.classes or self.any_class or self.schemes)

    @property
    def wants_literal(self) -> bool:
        return _LITERAL in self.kinds or bool(self.datatypes)

    def admits_kind(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
        """Whether a term is of the right kind: an IRI, a blank node or a literal."""
        if isinstance(term, ox.Literal):
            return not self.wants_node
        if self.wants_literal or isinstance(term, ox.Triple):
            return False
        return isinstance(term, ox.NamedNode) or not (_IRI in self.kinds or self.schemes)

    def admits_text(self, text: str) -> bool:
        return all(re.search(pattern, text) for pattern in self.patterns)


Rules = Mapping[str, Mapping[str, Rule]]  # by class and property


@cache
def rules() -> Rules:
    """What DCAT-AP 3.0.1 asks, by class and property."""
    return read(DCAT_AP.index)


@cache
def datatypes() -> Mapping[str, str]:
    """The datatype of each property that has just one in HealthDCAT-AP or DCAT-AP, for instance of a count."""
    found: dict[str, set[str]] = defaultdict(set)
    for profile in (*LEVELS.values(), DCAT_AP):
        for properties in read(profile.index).values():
            for name, rule in properties.items():
                found[name] |= rule.datatypes
    return {name: next(iter(types)) for name, types in found.items() if len(types) == 1}


def read(index: Index) -> Rules:
    """The rules that shapes state about properties of the classes that they target."""
    found: dict[str, dict[str, Rule]] = defaultdict(lambda: defaultdict(Rule))
    for shape in list(index.all_subjects):
        for target in index.iris(shape, SH + "targetClass"):
            for part in index.objects(shape, SH + "property"):
                paths = index.iris(str_of(part), SH + "path")
                if len(paths) == 1 and _NOT_BINDING.isdisjoint(index.iris(str_of(part), SH + "severity")):
                    _take(index, str_of(part), found[target][paths[0]])
    return {target: dict(properties) for target, properties in found.items()}


def _take(index: Index, shape: str, rule: Rule) -> None:
    """Take into a rule what a shape asks of a value, and how many there may be."""
    rule.least = max([rule.least, *_numbers(index, shape, "minCount")])
    rule.most = min([rule.most, *_numbers(index, shape, "maxCount")])
    rule.kinds.update(index.iris(shape, SH + "nodeKind"))
    rule.datatypes.update(index.iris(shape, SH + "datatype"))
    rule.classes.update(index.iris(shape, SH + "class"))
    rule.patterns.update(literal.value for literal in index.literals(shape, SH + "pattern"))
    for part in index.objects(shape, SH + "property"):
        if index.iris(str_of(part), SH + "path") == [_IN_SCHEME]:
            rule.schemes.update(index.iris(str_of(part), SH + "hasValue"))
    for node in index.objects(shape, SH + "node"):
        _take(index, str_of(node), rule)
    for choice in index.objects(shape, SH + "or"):
        for member in _members(index, str_of(choice)):
            rule.datatypes.update(index.iris(member, SH + "datatype"))
            rule.any_class.update(index.iris(member, SH + "class"))


def _numbers(index: Index, shape: str, name: str) -> Iterator[int]:
    return (int(literal.value) for literal in index.literals(shape, SH + name))


def _members(index: Index, head: str) -> Iterator[str]:
    """The members of an RDF list."""
    while head != RDF + "nil" and (rest := index.objects(head, RDF + "rest")):
        yield from map(str_of, index.objects(head, RDF + "first"))
        head = str_of(rest[0])
