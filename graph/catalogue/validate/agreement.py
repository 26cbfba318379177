"""How far our shapes agree with the official ones: example files flow in; each difference, with its reason, flows out.

Two verdicts agree where the same nodes break the same rules on the same properties: an obligation (violation) or a
recommendation (warning). How many results say so may differ, as one shape may say what another says in three.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.catalogue.records import DATASET
from graph.catalogue.validate.official import GUARD, Official
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.reference import differing_results
from graph.catalogue.validate.verdict import validate
from graph.check.shapes import Result
from graph.errors import InputError, Place
from graph.names import shorten
from graph.project import ROOT
from graph.rdf.index import TYPE
from graph.rdf.reading import FORMATS

DIFFERENCES = ROOT / "tests" / "catalogue" / "validate" / "differences.tsv"
BASE_IRI = "http://example.org/base/"  # of the relative IRIs in examples
_PRESENT = f"^<{TYPE}>"  # where our guard looks for a dataset; the official one names no path


@dataclass(frozen=True)
class Case:
    """A file that is held to a profile, and what was recorded of it."""

    path: Path
    name: str
    profile: str
    conforms: bool
    violations: int
    warnings: int

    @cached_property
    def triples(self) -> frozenset[ox.Triple]:
        """What the file says."""
        kind = FORMATS[self.path.suffix]
        return frozenset(quad.triple for quad in ox.parse(path=self.path, format=kind, base_iri=BASE_IRI))


@dataclass(frozen=True, order=True)
class Finding:
    """A node that breaks a rule on a property; `path` is '' where a rule is about the node itself."""

    severity: str
    focus: str
    path: str


@dataclass(frozen=True)
class Reason:
    """Why some findings are those of one side only; `file` is a pattern, `results` how many the examples have."""

    profile: str
    file: str
    side: str  # ours or official
    severity: str
    path: str  # a CURIE, with ^ before it where the path is inverse
    results: int
    reason: str

    def explains(self, case: Case, side: str, finding: Finding) -> bool:
        return (
            fnmatchcase(case.profile, self.profile)
            and fnmatchcase(case.name, self.file)
            and (side, finding.severity, finding.path) == (self.side, self.severity, self.path)
        )


@dataclass(frozen=True)
class Agreement:
    """Both verdicts on one case."""

    case: Case
    ours: frozenset[Finding]
    official: frozenset[Finding]
    counts: tuple[int, int]  # of the official results: violations, warnings
    differing: int = 0  # results of our shapes that only one engine gives, where both were asked

    @property
    def differences(self) -> list[tuple[str, Finding]]:
        """The side that has it, and what it is."""
        return [("ours", it) for it in sorted(self.ours - self.official)] + [
            ("official", it) for it in sorted(self.official - self.ours)
        ]

    @property
    def is_as_recorded(self) -> bool:
        """Whether the official shapes gave here what was recorded."""
        return self.counts == (self.case.violations, self.case.warnings)


def cases(folder: Path) -> Iterator[Case]:
    """The cases of `expected.tsv` in a folder of examples, without the files that nobody can read.

    Raises:
        InputError: there is no such table.
    """
    table = folder / "expected.tsv"
    if not table.is_file():
        raise InputError("there is no table of expected verdicts.", place=Place(str(table)))
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["shapes"] in PROFILES:
                numbers = int(row["violations"]), int(row["warnings"])
                yield Case(folder / row["file"], row["file"], row["shapes"], row["conforms"] == "true", *numbers)


def compare(case: Case, official: Official, *, fast: bool = False) -> Agreement:
    """Hold one file to our shapes and to the official ones; and, unless `fast`, our engine to pyshacl."""
    profile, ours = PROFILES[case.profile], validate(case.triples, case.profile).results
    theirs = list(official.results(case.triples, profile, fast=fast))
    severities = [result.severity for result in theirs]
    counts = severities.count("Violation"), severities.count("Warning")
    differing = 0 if fast else sum(side.total() for side in differing_results(case.triples, profile))
    return Agreement(case, findings(ours), findings(theirs), counts, differing)


def findings(results: Iterable[Result]) -> frozenset[Finding]:
    """What results are about; the guards of both sides are the same."""
    return frozenset(
        Finding(it.severity, DATASET, f"^{shorten(TYPE)}")
        if it.focus == GUARD or it.path == _PRESENT
        else Finding(it.severity, it.focus, _short(it.path))
        for it in results
    )


def read_reasons(path: Path = DIFFERENCES) -> list[Reason]:
    """The differences that are known, with their reasons."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    return [Reason(**{**row, "results": int(row["results"])}) for row in rows]


def reason_for(case: Case, side: str, finding: Finding, reasons: Sequence[Reason]) -> Reason | None:
    """Why one side has a finding that the other has not; None where nobody knows."""
    return next((reason for reason in reasons if reason.explains(case, side, finding)), None)


def _short(path: str | None) -> str:
    """A path in CURIEs."""
    parts = (path or "").replace("<", "\0<").replace(">", ">\0").split("\0")
    return "".join(shorten(part[1:-1]) if part.startswith("<") else part for part in parts)
