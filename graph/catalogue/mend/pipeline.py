"""Mending: the triples of a source flow in; rule after rule they are mended, and they and every mend flow out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pyoxigraph as ox

from graph.catalogue.mend import addresses, classes, literals, nodes, scaffolding, terms, text, values
from graph.catalogue.mend.model import ANONYMOUS, Change, Mend, Mended, Rule, Statements, mends_of
from graph.catalogue.mend.naming import name_blank_nodes
from graph.rdf.index import str_of

_MOST_ROUNDS = 5  # the second finds nothing more but where one rule makes work for an earlier one

_NAMES = Rule(
    "blank-nodes",
    "A blank node has no name that lasts, so it gets an IRI made of what identifies it: the same at the next harvest, "
    "whatever else changes and in whatever order the source writes it.",
    lambda statements: (),
)
_BEFORE_NAMES = (*text.RULES, *terms.RULES)
_LAST = (*scaffolding.RULES, *classes.RULES)


def _after_names(namespace: str) -> tuple[Rule, ...]:
    return (*addresses.RULES, *values.RULES, *literals.RULES, nodes.rule_below(namespace), *_LAST)


MEND_RULES: Mapping[str, str] = {rule.slug: rule.why for rule in (*_BEFORE_NAMES, _NAMES, *_after_names(""))}


def mend(triples: Iterable[ox.Triple], namespace: str) -> Mended:
    """Mend the triples of a catalogue; blank nodes get IRIs below `namespace`."""
    work = _Work(Statements(triples))
    work.apply(_BEFORE_NAMES)
    work.name_blank_nodes(namespace)
    for _ in range(_MOST_ROUNDS):
        found = len(work.mends)
        work.apply((*_after_names(namespace), *_BEFORE_NAMES))
        if len(work.mends) == found:
            break
    return work.result()


class _Work:
    """The statements as they are by now, and what was mended."""

    def __init__(self, statements: Statements) -> None:
        self.statements = statements
        self.mends = set[Mend]()
        self._names: dict[str, str] = {}  # of nodes that have another name by now
        self._unseen: dict[str, Statements] = {}  # what came since, by the local rules that were at work before

    def apply(self, rules: Iterable[Rule]) -> None:
        for rule in rules:
            seen = self._unseen.get(rule.slug, self.statements) if rule.is_local else self.statements
            changes = list(rule.changes(seen)) if seen else []
            if rule.is_local:
                self._unseen[rule.slug] = Statements(())
            if changes:
                self.statements = self.statements.change(changes)
                self._unseen = {slug: unseen.change(changes) for slug, unseen in self._unseen.items()}
                for change in changes:
                    self.mends.update(mends_of(rule.slug, change))
                    self._note_name(change)

    def name_blank_nodes(self, namespace: str) -> None:
        names = name_blank_nodes(self.statements, namespace, self._notes())
        if names:
            self.statements = self.statements.renamed(names)
            for node, name in names.items():
                self.mends.add(Mend(_NAMES.slug, name.value, None, ANONYMOUS, str(name)))
                self._names[str(node)] = name.value

    def _notes(self) -> Iterator[tuple[ox.BlankNode, str]]:
        for mend in self.mends:
            if mend.subject.startswith("_:"):
                yield ox.BlankNode(mend.subject[2:]), f"{mend.rule} {mend.property} {mend.before} {mend.after}"

    def result(self) -> Mended:
        mends = _with_last_names(self.mends, self._names)
        return Mended(frozenset(self.statements), tuple(sorted(mends, key=_in_order)))

    def _note_name(self, change: Change) -> None:
        before, after = change
        if before is not None and after is not None and before.subject != after.subject:
            self._names[str_of(before.subject)] = str_of(after.subject)


def _with_last_names(mends: set[Mend], names: Mapping[str, str]) -> set[Mend]:
    """Each mend with the name that its subject has in the end."""
    return {replace(mend, subject=_last(mend.subject, names)) if mend.subject in names else mend for mend in mends}


def _last(name: str, names: Mapping[str, str]) -> str:
    seen = {name}
    while name in names and names[name] not in seen:
        name = names[name]
        seen.add(name)
    return name


def _in_order(mend: Mend) -> tuple[str, str, str, str, str]:
    return mend.subject, mend.property or "", mend.rule, mend.before, mend.after
