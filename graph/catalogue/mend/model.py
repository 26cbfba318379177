"""What mending is made of: statements flow into a rule, changes flow out of it, and each change says what it mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pyoxigraph as ox

from graph.rdf.index import TYPE, Term

ANONYMOUS = "[]"  # how a mend writes a blank node: its label means nothing


@dataclass(frozen=True, order=True)
class Mend:
    """One mend; terms are in N-Triples, a blank node is `[]`, and empty text is nothing at all.

    With a property, `before` and `after` are values of it (or its own names, where those differ); without one they are
    names of the node itself.
    """

    rule: str
    subject: str
    property: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Mended:
    """Triples as they are kept, and what was mended in them."""

    triples: frozenset[ox.Triple]
    mends: tuple[Mend, ...]


class Change(NamedTuple):
    """A triple in place of another: nothing before it is an addition, nothing after it a removal."""

    before: ox.Triple | None
    after: ox.Triple | None


class Statements:
    """The triples of a catalogue by property, as the rules see them."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.by_property: dict[str, set[ox.Triple]] = {}
        for triple in triples:
            self.by_property.setdefault(triple.predicate.value, set()).add(triple)

    def __bool__(self) -> bool:
        return any(self.by_property.values())

    def __iter__(self) -> Iterator[ox.Triple]:
        for triples in self.by_property.values():
            yield from triples

    def __contains__(self, triple: ox.Triple) -> bool:
        return triple in self.by_property.get(triple.predicate.value, ())

    def of(self, property: str) -> set[ox.Triple]:
        return self.by_property.get(property, set())

    def types(self, node: Term) -> frozenset[str]:
        return self._types.get(node, frozenset())

    @cached_property
    def _types(self) -> dict[Term, frozenset[str]]:
        found: dict[Term, set[str]] = {}
        for triple in self.of(TYPE):
            if isinstance(triple.object, ox.NamedNode):
                found.setdefault(triple.subject, set()).add(triple.object.value)
        return {node: frozenset(types) for node, types in found.items()}

    @cached_property
    def described(self) -> frozenset[Term]:
        """Every node that something is said of."""
        return frozenset(triple.subject for triple in self)

    def change(self, changes: Sequence[Change]) -> Statements:
        """The statements after these changes."""
        taken, added = _sides(changes)
        changed = Statements(())
        changed.by_property = dict(self.by_property)
        for property in taken.keys() | added.keys():
            kept = self.of(property) - taken.get(property, set())
            changed.by_property[property] = kept | added.get(property, set())
        changed._take_over(self, changes, TYPE in taken or TYPE in added)
        return changed

    def _take_over(self, before: Statements, changes: Sequence[Change], are_types_other: bool) -> None:
        """Take what was found of the statements before, where it holds still: most changes are of values alone."""
        if "_types" in before.__dict__ and not are_types_other:
            self.__dict__["_types"] = before._types
        keeps_subjects = all(old is None or (new is not None and old.subject == new.subject) for old, new in changes)
        if "described" in before.__dict__ and keeps_subjects:
            others = {new.subject for _, new in changes if new is not None} - before.described
            self.__dict__["described"] = before.described | others if others else before.described

    def renamed(self, names: Mapping[ox.BlankNode, ox.NamedNode]) -> Statements:
        """The statements with other names for their blank nodes."""
        changed = Statements(())
        changed.by_property = {
            property: {_renamed(triple, names) for triple in triples} for property, triples in self.by_property.items()
        }
        return changed


def _renamed(triple: ox.Triple, names: Mapping[ox.BlankNode, ox.NamedNode]) -> ox.Triple:
    subject, object = triple.subject, triple.object
    new_subject = names[subject] if isinstance(subject, ox.BlankNode) else subject
    new_object = names[object] if isinstance(object, ox.BlankNode) else object
    if new_subject is subject and new_object is object:
        return triple
    return ox.Triple(new_subject, triple.predicate, new_object)


def _sides(changes: Iterable[Change]) -> tuple[dict[str, set[ox.Triple]], dict[str, set[ox.Triple]]]:
    taken, added = defaultdict[str, set[ox.Triple]](set), defaultdict[str, set[ox.Triple]](set)
    for before, after in changes:
        if before is not None:
            taken[before.predicate.value].add(before)
        if after is not None:
            added[after.predicate.value].add(after)
    return taken, added


@dataclass(frozen=True)
class Rule:
    """One kind of mend: a name for it, why it is safe in a sentence for people, and what it changes."""

    slug: str
    why: str
    changes: Callable[[Statements], Iterable[Change]]
    is_local: bool = False  # it looks at each triple by itself: in a second round, only at what came since


def rule_for_values(
    slug: str, why: str, properties: Iterable[str], value: Callable[[Term, ox.Triple, Statements], Term | None]
) -> Rule:
    """A rule that looks at the values of some properties, one by one; None leaves a value as it is.

    Where it knows an IRI by another, what the document says of it goes with it.
    """
    looked_at = tuple(properties)

    def changes(statements: Statements) -> Iterator[Change]:
        moved: dict[Term, Term] = {}
        for property in looked_at:
            for triple in statements.of(property):
                new = value(triple.object, triple, statements)
                if new is not None and new != triple.object:
                    yield Change(triple, ox.Triple(triple.subject, triple.predicate, new))
                    if isinstance(triple.object, ox.NamedNode) and isinstance(new, ox.NamedNode):
                        moved[triple.object] = new
        yield from _descriptions(statements, moved, frozenset(looked_at))

    return Rule(slug, why, changes)


def _descriptions(statements: Statements, moved: Mapping[Term, Term], looked_at: frozenset[str]) -> Iterator[Change]:
    """What is said of a node by its old name, unless another property still leads to it by that."""
    if statements.described.isdisjoint(moved):
        return
    others = (triples for property, triples in statements.by_property.items() if property not in looked_at)
    elsewhere = {triple.object for triples in others for triple in triples}
    for property, triples in statements.by_property.items():
        for triple in () if property in looked_at else triples:
            if triple.subject in moved and triple.subject not in elsewhere:
                yield Change(triple, ox.Triple(moved[triple.subject], triple.predicate, triple.object))  # type: ignore[arg-type]


def mends_of(slug: str, change: Change) -> Iterator[Mend]:
    """What a change mended, in the words of a report."""
    before, after = change
    if before is None and after is not None:
        yield Mend(slug, _name(after.subject), after.predicate.value, "", written(after.object))
    if before is not None and after is None:
        yield Mend(slug, _name(before.subject), before.predicate.value, written(before.object), "")
    if before is not None and after is not None:
        yield from _replaced(slug, before, after)


def _replaced(slug: str, before: ox.Triple, after: ox.Triple) -> Iterator[Mend]:
    subject, property = _name(after.subject), after.predicate.value
    if before.subject != after.subject:
        yield Mend(slug, subject, None, written(before.subject), written(after.subject))
    if before.predicate != after.predicate:
        yield Mend(slug, subject, property, written(before.predicate), written(after.predicate))
    if before.object != after.object:
        yield Mend(slug, subject, property, written(before.object), written(after.object))


def written(term: Term) -> str:
    """A term as mends write it.

    >>> written(ox.BlankNode("b0")), written(ox.Literal("a", language="en"))
    ('[]', '"a"@en')
    """
    return ANONYMOUS if isinstance(term, ox.BlankNode) else str(term)


def _name(node: Term) -> str:
    return node.value if isinstance(node, ox.NamedNode) else str(node)
