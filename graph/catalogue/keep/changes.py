"""What changed in a catalogue: the stored statements and those just read flow in, the exact difference flows out.

What the source says now of a node takes the place of what it said before. A dataset that it does not have any more is
kept as it was; where not all of the source could be read, so is all that was not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from graph.catalogue.keep.views import A, Fresh, Node, Stored, View, heads_of, is_head, record
from graph.names import shorten


@dataclass(frozen=True)
class Changes:
    """How a catalogue differs from what is stored of it.

    Datasets are IRIs; of a changed one, the properties that lead to what changed are given, as `dcat:distribution /
    dcterms:format`. `back` were gone, `missing` were not seen in a reading that is not complete, `others` are changed
    catalogues, series and so on, or nodes that belong to nothing.
    """

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = None  # type: ignore[assignment]
    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    others: Mapping[str, tuple[str, ...]] = None  # type: ignore[assignment]
    stated: Collection[ox.Triple] = ()
    withdrawn: Collection[ox.Triple] = ()

    def __post_init__(self) -> None:
        for name in ("changed", "others"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, {})

    @property
    def is_empty(self) -> bool:
        return not (self.stated or self.withdrawn or self.gone or self.back)

    @property
    def touched(self) -> frozenset[str]:
        """The datasets that are there and not as they were."""
        return frozenset((*self.added, *self.changed, *self.back))


def compare(
    before: Stored,
    now: Fresh,
    was_gone: Collection[str],
    *,
    complete: bool,
    doubtful: Collection[str] = (),
    certain: Collection[str] = (),
    minted: str = "",
) -> Changes:
    """The difference; `was_gone` are datasets that are kept though the source did not have them last time.

    Of `doubtful` nodes only a part may have been read: what they do not say now, they may still say. The `certain`
    datasets are gone where they are not seen, even if not all of the source could be read. Nodes whose IRIs
    begin with `minted` have no name in the source, and are compared by what is said of them.
    """
    stated = set(now.triples)
    left = list[ox.Triple]()
    for triple in before:
        if triple in stated:
            stated.discard(triple)
        else:
            left.append(triple)
    gone = before.datasets - now.datasets
    withdrawn = set(left)
    if withdrawn:
        withdrawn -= _kept(before, now, gone, left, doubtful, complete=complete)
    known = {node.value for node in before.datasets}
    present = {node.value for node in now.datasets}
    missing = known - present - set(was_gone)
    newly_gone = missing if complete else missing.intersection(certain)
    added, back = present - known, present & known & set(was_gone)
    changed, others = _changed(before, now, stated, withdrawn, minted)
    for iri in added | back:
        changed.pop(iri, None)
    return Changes(
        added=tuple(sorted(added)),
        changed=changed,
        gone=tuple(sorted(newly_gone)),
        back=tuple(sorted(back)),
        missing=tuple(sorted(missing - newly_gone)),
        others=others,
        stated=stated,
        withdrawn=withdrawn,
    )


def _kept(
    before: Stored,
    now: Fresh,
    gone: Iterable[ox.NamedNode],
    left: Collection[ox.Triple],
    doubtful: Collection[str],
    *,
    complete: bool,
) -> set[ox.Triple]:
    """Which of the statements that the source does not make any more stay."""
    found, waiting = set[ox.Triple](), list[Node](gone)
    if not complete:
        waiting.extend({t.subject for t in left if isinstance(t.subject, ox.NamedNode)})
        found.update(_memberships(before, now, left))
        found.update(_unsaid(now, left, doubtful))
    seen = set[Node](waiting)
    while waiting:
        node = waiting.pop()
        if now.statements(node):
            continue  # what the source says of it now counts
        for triple in before.statements(node):
            found.add(triple)
            value = triple.object
            if isinstance(value, ox.NamedNode | ox.BlankNode) and value not in seen and triple.predicate != A:
                seen.add(value)
                if not is_head(before, value):
                    waiting.append(value)
    return found


def _memberships(before: Stored, now: Fresh, left: Iterable[ox.Triple]) -> Iterable[ox.Triple]:
    """What a catalogue said to hold and what was not seen this time, and is therefore not known to have left it."""
    for triple in left:
        value, subject = triple.object, triple.subject
        if not isinstance(value, ox.NamedNode) or isinstance(subject, ox.Triple) or triple.predicate == A:
            continue
        if is_head(before, value) and not now.statements(value) and now.statements(subject):
            yield triple


def _unsaid(now: Fresh, left: Iterable[ox.Triple], doubtful: Collection[str]) -> Iterable[ox.Triple]:
    """What doubtful nodes said with properties that they do not have now."""
    for triple in left:
        subject = triple.subject
        if not isinstance(subject, ox.NamedNode) or subject.value not in doubtful:
            continue
        if all(said.predicate != triple.predicate for said in now.statements(subject)):
            yield triple


def _changed(
    before: Stored, now: Fresh, stated: Collection[ox.Triple], withdrawn: Collection[ox.Triple], minted: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """The datasets, and the other nodes, that are not as they were, with the properties that differ."""
    if not before.datasets and before.is_empty:
        return {}, {}
    heads = heads_of(now, _subjects(stated)) | heads_of(before, _subjects(withdrawn))
    changed: dict[str, tuple[str, ...]] = {}
    others: dict[str, tuple[str, ...]] = {}
    for head in heads:
        if not isinstance(head, ox.NamedNode):
            continue
        paths = _differing(before, now, head, minted)
        if head in now.datasets:
            if head in before.datasets:
                changed[head.value] = paths
        elif head not in before.datasets:
            others[head.value] = paths
    return dict(sorted(changed.items())), dict(sorted(others.items()))


def _differing(before: View, now: View, head: Node, minted: str) -> tuple[str, ...]:
    """The properties that lead to a difference between two states of a record.

    Nodes without a name of their own are compared by what is said of them: a change below one is named where it is.
    """
    old, new = _signature(before, head, minted), _signature(now, head, minted)
    paths = {path for path, _ in old ^ new}
    if not paths:  # the same values, grouped otherwise
        one = {(path[:1], triple) for path, triple in record(before, head)}
        other = {(path[:1], triple) for path, triple in record(now, head)}
        paths = {path for path, _ in one ^ other}
    return tuple(sorted(" / ".join(map(shorten, path)) for path in paths))


def _signature(view: View, head: Node, minted: str) -> set[tuple[tuple[str, ...], str]]:
    def shown(term: object) -> str:
        nameless = isinstance(term, ox.NamedNode) and minted and term.value.startswith(minted)
        return "" if nameless or isinstance(term, ox.BlankNode) else str(term)

    return {(path, shown(triple.object)) for path, triple in record(view, head)}


def _subjects(triples: Iterable[ox.Triple]) -> set[Node]:
    return {triple.subject for triple in triples if isinstance(triple.subject, ox.NamedNode | ox.BlankNode)}
