"""Records to mend: triples flow in with an item of a report; what they are after its example was applied flows out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from graph.catalogue.read.document import read_document
from graph.catalogue.records import Catalogue
from graph.catalogue.report import Item, RecordReport, Reported, report_of
from graph.check.shapes import term_of
from graph.names import PREFIXES

DATASET = "http://example.org/dataset"
PREFIX_LINES = "".join(f"@prefix {name}: <{space}> .\n" for name, space in PREFIXES.items())


def triples_of(turtle: str) -> frozenset[ox.Triple]:
    """Turtle with the project's prefixes; blank nodes keep their names."""
    return frozenset(quad.triple for quad in ox.parse(PREFIX_LINES + turtle, format=ox.RdfFormat.TURTLE))


def bare(level: str = "") -> frozenset[ox.Triple]:
    """A dataset of which nothing is said but, where asked for, its level."""
    rights = f"; dcterms:accessRights <{PREFIXES['euauth']}access-right/{level}>" if level else ""
    return triples_of(f"<{DATASET}> a dcat:Dataset {rights} .")


def mended(triples: frozenset[ox.Triple], item: Item) -> frozenset[ox.Triple]:
    """The triples after the example of an item was applied to the first node that it names, as a person would."""
    assert item.example, item
    found = frozenset(quad.triple for quad in ox.parse(item.example, format=ox.RdfFormat.TURTLE))
    if item.replaces:
        wrong = {term_of(value[1:-1] if value.startswith("<") else value) for value in item.values}
        focus, path = term_of(item.focus[0]), ox.NamedNode(item.property)
        triples = frozenset(
            it for it in triples if (it.subject, it.predicate) != (focus, path) or it.object not in wrong
        )
    return triples | found


def mended_all(triples: frozenset[ox.Triple], profile: str | None = None, rounds: int = 300) -> Reported:
    """The report after every example was applied, one after the other, as long as anything is left to mend."""
    for _ in range(rounds):
        reported = report_of(Catalogue(triples), profile, scored=False)
        waiting = [item for record in reported.records for item in record.items if item.example]
        if not waiting:
            break
        triples = mended(triples, waiting[0])
    return reported


def record_of(triples: Iterable[ox.Triple], profile: str | None = None, *, scored: bool = False) -> RecordReport:
    """The report of the only record."""
    (record,) = report_of(Catalogue(triples), profile, scored=scored).records
    return record


def read(path: Path) -> Catalogue:
    """The catalogue in a file."""
    return Catalogue(read_document(path.read_bytes(), "", path.name).triples)
