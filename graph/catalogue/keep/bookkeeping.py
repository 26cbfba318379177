"""What we note of a catalogue's datasets: dates, mends and duplicates flow in, statements of its record graph flow out.

Each dataset has a dcat:CatalogRecord that says when it was first seen and last changed, on which page it stands, and
since when it is gone; what was mended stands below it, with the value before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pyoxigraph as ox

from graph.catalogue.keep.changes import Changes
from graph.catalogue.keep.places import Places, reference, short_hash
from graph.catalogue.keep.same import Twin
from graph.catalogue.keep.views import Fresh, Node, Stored, is_head
from graph.catalogue.mend import Mend
from graph.catalogue.records import CATALOG_RECORD
from graph.names import DCTERMS, DEF, PREFIXES, RDFS
from graph.rdf.index import TYPE
from graph.rdf.terms import date_time

_PROV, _OA = PREFIXES["prov"], PREFIXES["oa"]
TOPIC = PREFIXES["foaf"] + "primaryTopic"
ISSUED, MODIFIED, SOURCE = DCTERMS + "issued", DCTERMS + "modified", DCTERMS + "source"
PART_OF, RELATION, CONFORMS_TO = DCTERMS + "isPartOf", DCTERMS + "relation", DCTERMS + "conformsTo"
GONE = _PROV + "invalidatedAtTime"
SAME = DEF + "sameDatasetAs"


@dataclass(frozen=True)
class Entry:
    """What is noted of one dataset."""

    issued: ox.Literal
    modified: ox.Literal
    source: ox.NamedNode | ox.Literal
    gone: ox.Literal | None = None


@dataclass(frozen=True)
class Ledger:
    """What is noted of a catalogue: an entry for each dataset that was ever in it, and who else has them."""

    entries: Mapping[str, Entry]
    twins: frozenset[Twin]
    others: frozenset[ox.Triple]  # mends, and what is said of the catalogue

    @classmethod
    def of(cls, stored: Stored) -> Ledger:
        """What a record graph holds."""
        said: dict[ox.NamedNode, list[ox.Triple]] = defaultdict(list)
        for triple in stored:
            assert isinstance(triple.subject, ox.NamedNode)
            said[triple.subject].append(triple)
        entries: dict[str, Entry] = {}
        own, twins = set[ox.Triple](), dict[tuple[str, str], str]()
        for triples in said.values():
            values = {triple.predicate.value: triple.object for triple in triples}
            topic, kind = values.get(TOPIC), values.get(TYPE)
            if isinstance(topic, ox.NamedNode) and kind == ox.NamedNode(CATALOG_RECORD):
                entries[topic.value] = _entry(values)
                own.update(triples)
            elif values.get(_OA + "motivatedBy") == ox.NamedNode(_OA + "linking"):
                pair = (str(_value(values, _OA + "hasTarget")), str(_value(values, _OA + "hasBody")))
                twins[pair] = _value(values, RDFS + "comment")
                own.update(triples)
        own.update(t for triples in said.values() for t in triples if t.predicate.value == SAME)
        found = frozenset(Twin(one, other, why) for (one, other), why in twins.items())
        return cls(entries, found, frozenset(t for triples in said.values() for t in triples) - own)

    @property
    def gone(self) -> frozenset[str]:
        """The datasets that the source does not have any more."""
        return frozenset(dataset for dataset, entry in self.entries.items() if entry.gone is not None)

    def not_on(self, pages: Collection[str]) -> frozenset[str]:
        """The datasets that stood on none of these pages when they were last seen."""
        return frozenset(dataset for dataset, entry in self.entries.items() if entry.source.value not in pages)

    def after(self, changes: Changes, present: Iterable[str], pages: Mapping[str, str], now: datetime) -> Ledger:
        """The ledger once these changes are made; `pages` says where each dataset stands, '' where any of them does."""
        moment = date_time(now)
        entries = dict(self.entries)
        touched = changes.touched
        for dataset in present:
            source = reference(pages[dataset])
            entry = entries.get(dataset)
            if entry is None:
                entries[dataset] = Entry(moment, moment, source)
            elif dataset in touched or entry.gone is not None:
                entries[dataset] = replace(entry, modified=moment, source=source, gone=None)
            elif entry.source != source:
                entries[dataset] = replace(entry, source=source)
        for dataset in changes.gone:
            entries[dataset] = replace(entries.get(dataset, Entry(moment, moment, ox.Literal(""))), gone=moment)
        return replace(self, entries=entries)

    def statements(self, places: Places) -> set[ox.Triple]:
        """All of it, as the record graph has it."""
        found = set(self.others)
        for dataset, entry in self.entries.items():
            found.update(_record(places, dataset, entry))
        for twin in self.twins:
            found.update(twin_statements(places, twin))
        return found


def _entry(values: Mapping[str, object]) -> Entry:
    def literal(name: str) -> ox.Literal:
        value = values.get(name)
        return value if isinstance(value, ox.Literal) else ox.Literal("")

    source, gone = values.get(SOURCE), values.get(GONE)
    return Entry(
        literal(ISSUED),
        literal(MODIFIED),
        source if isinstance(source, ox.NamedNode | ox.Literal) else ox.Literal(""),
        gone if isinstance(gone, ox.Literal) else None,
    )


def _value(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return value.value if isinstance(value, ox.NamedNode | ox.Literal) else ""


def _record(places: Places, dataset: str, entry: Entry) -> Iterator[ox.Triple]:
    node = ox.NamedNode(places.record_of(dataset))
    yield _says(node, TYPE, ox.NamedNode(CATALOG_RECORD))
    yield _says(node, TOPIC, ox.NamedNode(dataset))
    yield _says(node, PART_OF, places.statements)
    yield _says(node, ISSUED, entry.issued)
    yield _says(node, MODIFIED, entry.modified)
    yield _says(node, SOURCE, entry.source)
    if entry.gone is not None:
        yield _says(node, GONE, entry.gone)


def twin_statements(places: Places, twin: Twin) -> Iterator[ox.Triple]:
    """That a dataset of this catalogue is the same as one of another, and why we think so."""
    record, other = places.record_of(twin.dataset), ox.NamedNode(twin.other)
    dataset, node = ox.NamedNode(twin.dataset), ox.NamedNode(f"{record}/same-{short_hash(twin.other)}")
    yield _says(ox.NamedNode(record), RELATION, other)
    yield _says(dataset, SAME, other)
    yield _says(node, TYPE, ox.NamedNode(_OA + "Annotation"))
    yield _says(node, _OA + "motivatedBy", ox.NamedNode(_OA + "linking"))
    yield _says(node, _OA + "hasTarget", dataset)
    yield _says(node, _OA + "hasBody", other)
    yield _says(node, RDFS + "comment", ox.Literal(twin.reason, language="en"))


def about_catalogue(places: Places, title: str, source: str, profile: str) -> Iterator[ox.Triple]:
    """What is said of the catalogue as a whole."""
    node = places.statements
    yield _says(node, TYPE, ox.NamedNode(_PROV + "Entity"))
    yield _says(node, RDFS + "label", ox.Literal(title))
    yield _says(node, SOURCE, reference(source))
    if profile:
        yield _says(node, CONFORMS_TO, ox.Literal(profile))


def mend_statements(places: Places, mends: Iterable[Mend], owners: Mapping[str, str]) -> Iterator[ox.Triple]:
    """What was mended, below the records of the datasets that it belongs to; `owners` has them by subject."""
    counted: dict[str, int] = defaultdict(int)
    for mend in sorted(set(mends), key=lambda m: (m.subject, m.rule, m.property or "", m.before, m.after)):
        owner = owners.get(mend.subject)
        record = places.record_of(owner) if owner else places.own_record
        counted[record] += 1
        yield from _mended(ox.NamedNode(f"{record}/mend-{counted[record]}"), mend)


def _mended(node: ox.NamedNode, mend: Mend) -> Iterator[ox.Triple]:
    yield _says(node, TYPE, ox.NamedNode(_OA + "Annotation"))
    yield _says(node, _OA + "motivatedBy", ox.NamedNode(_OA + "editing"))
    if mend.subject and not mend.subject.startswith("_:"):
        yield _says(node, _OA + "hasTarget", ox.NamedNode(mend.subject))
    yield _says(node, DEF + "mendRule", ox.Literal(mend.rule))
    if mend.property:
        yield _says(node, DEF + "mendedProperty", ox.NamedNode(mend.property))
    for name, value in (("valueBefore", mend.before), ("valueAfter", mend.after)):
        if value:
            yield _says(node, DEF + name, ox.Literal("a blank node" if value.startswith("_:") else value))


def owners_of(now: Fresh) -> dict[str, str]:
    """For each node of a record the dataset that it belongs to: of several, the first by name."""
    found: dict[str, str] = {}
    for dataset in sorted(now.datasets, key=str):
        waiting: list[Node] = [dataset]
        while waiting:
            node = waiting.pop()
            name = node.value if isinstance(node, ox.NamedNode) else str(node)
            if name in found or (node != dataset and is_head(now, node)):
                continue
            found[name] = dataset.value
            for triple in now.statements(node):
                if isinstance(triple.object, ox.NamedNode | ox.BlankNode) and triple.predicate.value != TYPE:
                    waiting.append(triple.object)
    return found


def _says(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)
