"""How good the links are: a sample judged by hand and the linker flow in, precision and recall by family flow out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from graph.catalogue.link.codes import expand
from graph.catalogue.link.concepts import Concepts
from graph.catalogue.link.linker import Linker
from graph.errors import InputError, Place
from graph.names import shorten
from graph.rdf.index import Index

COLUMNS = ["part", "file", "dataset", "family", "concept"]
NONE = "-"


@dataclass(frozen=True)
class Judged:
    """A record of the sample and the concepts that it is about."""

    part: str
    file: str
    dataset: str
    concepts: frozenset[str]


@dataclass
class Tally:
    """Links that are right, wrong and missing."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    def as_json(self) -> dict[str, object]:
        rates = {"precision": round(self.precision, 3), "recall": round(self.recall, 3)}
        return {"right": self.right, "wrong": self.wrong, "missing": self.missing, **rates}

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missing) if self.right + self.missing else 1.0


@dataclass
class Evaluation:
    """The tallies of all links and of each family, and each error."""

    overall: Tally = field(default_factory=Tally)
    families: dict[str, Tally] = field(default_factory=dict)
    errors: list[tuple[str, Judged, str]] = field(default_factory=list)  # "wrong" or "missing", record, concept
    records: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            "records": self.records,
            **self.overall.as_json(),
            "families": {family: tally.as_json() for family, tally in sorted(self.families.items())},
        }

    def note(self, judged: Judged, found: frozenset[str], concepts: Concepts) -> None:
        """Count the links that were found for one record."""
        self.records += 1
        expected = {concepts.generic(concept) for concept in judged.concepts}
        for concept in sorted(found | expected):
            outcome = "right" if concept in found & expected else "wrong" if concept in found else "missing"
            family = concepts.families.get(concept, "unknown")
            for tally in (self.overall, self.families.setdefault(family, Tally())):
                setattr(tally, outcome, getattr(tally, outcome) + 1)
            if outcome != "right":
                self.errors.append((outcome, judged, shorten(concept)))


def read_sample(path: Path) -> list[Judged]:
    """Read a sample: a row for each right link, or one with `-` for a record that no concept fits.

    Raises:
        InputError: it has other columns, or no rows.
    """
    found: dict[tuple[str, str, str], set[str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        stated = (line for line in lines if not line.startswith("#"))
        rows = csv.DictReader(stated, delimiter="\t", quoting=csv.QUOTE_NONE)
        if rows.fieldnames != COLUMNS:
            place = Place(file=str(path))
            raise InputError(f"its columns are {rows.fieldnames}.", place=place, advice=f"Name them {COLUMNS}.")
        for row in rows:
            concepts = found.setdefault((row["part"], row["file"], row["dataset"]), set())
            if row["concept"] != NONE:
                concepts.add(expand(row["concept"]))
    if not found:
        raise InputError("it judges no record.", place=Place(file=str(path)), advice="Add rows to it.")
    return [Judged(*key, frozenset(concepts)) for key, concepts in found.items()]


def evaluate(linker: Linker, sample: list[Judged], index_of: Callable[[str], Index]) -> dict[str, Evaluation]:
    """The evaluation of all records, and that of each part; `index_of` reads a file of the sample."""
    parts: dict[str, Evaluation] = {"all": Evaluation()}
    indexes: dict[str, Index] = {}
    for judged in sample:
        if judged.file not in indexes:
            indexes[judged.file] = index_of(judged.file)
        links = linker.link(indexes[judged.file], judged.dataset)
        for part in ("all", judged.part):
            found = frozenset(link.concept for link in links)
            parts.setdefault(part, Evaluation()).note(judged, found, linker.concepts)
    return parts
