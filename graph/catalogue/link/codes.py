"""Codes of other vocabularies: IRIs, CURIEs and bare codes flow in, one spelling of each and what they mean flow out.

Besides the graph's own matches there are two compact tables: `diseases.tsv`, the diseases that the graph has no concept
of with the nearest wider concept, and `codes.tsv`, ranges of ICD-10, categories and themes of the EHDS and a few items.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from graph.names import PREFIXES

FOLDER = Path(__file__).resolve().parent
WIDER = 0.8  # how well a concept fits a code that is narrower than it
_AUTHORITIES = {
    "mesh": "mesh",
    "msh": "mesh",
    "mondo": "mondo",
    "orpha": "orpha",
    "orphanet": "orpha",
    "orphacode": "orpha",
    "ordo": "orpha",
    "doid": "doid",
    "ncit": "ncit",
    "nci": "ncit",
    "efo": "efo",
    "edam": "edam",
    "icd10": "icd10",
    "icd10cm": "icd10",
    "icd10gm": "icd10",
    "icd10who": "icd10",
    "wikidata": "wikidata",
    "wd": "wikidata",
    "hp": "hp",
    "obi": "obi",
    "maxo": "maxo",
    "srao": "srao",
    "sio": "sio",
    "so": "so",
}
_IRI_FORMS = (
    re.compile(r"https?://id\.nlm\.nih\.gov/(?P<authority>mesh)/(?:\d{4}/)?(?P<code>[CD]\d+)$"),
    re.compile(r"https?://purl\.obolibrary\.org/obo/(?P<authority>[A-Za-z]+)_(?P<code>[A-Z]?\d+)$"),
    re.compile(r"https?://www\.orpha\.net/ORDO/(?P<authority>Orphanet)_(?P<code>\d+)$"),
    re.compile(r"https?://www\.ebi\.ac\.uk/efo/(?P<authority>EFO)_(?P<code>\d+)$"),
    re.compile(r"https?://(?:www\.)?(?P<authority>edam)ontology\.org/(?P<code>[a-z]+_\d+)$"),
    re.compile(r"https?://(?:www\.)?(?P<authority>wikidata)\.org/(?:entity|wiki)/(?P<code>Q\d+)$"),
    re.compile(r"https?://semanticscience\.org/resource/(?P<authority>SIO)_(?P<code>\d+)$"),
    re.compile(r"https?://(?:www\.)?fairsharing\.org/ontology/subject/(?P<authority>SRAO)_(?P<code>\d+)$"),
    re.compile(r"https?://purl\.bioontology\.org/ontology/(?P<authority>[A-Za-z0-9]+)/(?P<code>[A-Za-z]?[\d.]+)$"),
    re.compile(r"https?://id\.who\.int/icd/release/(?P<authority>10)/(?:\d{4}/)?(?P<code>[A-Z]\d\d[\d.]*)$"),
    re.compile(r"https?://hl7\.org/fhir/sid/(?P<authority>icd-10[a-z-]*)[#/|](?P<code>[A-Z]\d\d[\d.]*)$"),
    re.compile(
        r"https?://(?:identifiers\.org|bioregistry\.io|n2t\.net)/(?P<authority>[A-Za-z0-9.]+)[:/](?P<code>\S+)$"
    ),
)
_CURIE = re.compile(
    r"\s*(?P<authority>[A-Za-z][A-Za-z0-9-]*(?: 10)?)\s*[:_#]\s*(?P<code>[A-Za-z]?[A-Za-z_]*[\d.]+\w*)\s*$"
)
_ICD = re.compile(r"[A-Z]\d\d(?:\.?[\dX]{1,4})?[!*+†-]?$")
_CATEGORY = re.compile(r"/(?:health-?categor(?:y|ies)|health-?theme)/(?P<code>[A-Za-z_]+)/?$", re.IGNORECASE)
_PHASE = re.compile(
    r"\s*(?:clinical trial )?phase\s+(?P<code>[0-4]|I{1,3}|IV)(?:\s*[/-]\s*(?P<next>[1-4]|I{1,3}))?\s*$", re.IGNORECASE
)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_ORPHA_PAGE = re.compile(r"https?://(?:www\.)?orpha\.net/.*?OC_Exp\.php\?.*?Expert=(?P<code>\d+)", re.IGNORECASE)


class Meaning(NamedTuple):
    """A concept that a code stands for, and how well."""

    concept: str
    weight: float


def code_of(text: str, *, is_icd: bool = False) -> str | None:
    """One spelling for a code, however it is written; a bare ICD-10 code only where the coding system is known.

    >>> code_of("http://www.orpha.net/ORDO/Orphanet_94"), code_of("ORPHA:94"), code_of("ICD-10-GM:C50.9")
    ('orpha:94', 'orpha:94', 'icd10:C50.9')
    >>> code_of("C50.9"), code_of("C50.9", is_icd=True), code_of("https://www.wikidata.org/wiki/Q128581")
    (None, 'icd10:C50.9', 'wikidata:Q128581')
    """
    for pattern in (*_IRI_FORMS, _CURIE):
        if found := pattern.match(text):
            return _spelt(found["authority"], found["code"])
    if found := _CATEGORY.search(text):
        return f"ehds:{found['code'].upper()}"
    if found := _PHASE.match(text):
        phases = (_ROMAN.get(phase.upper(), phase) for phase in found.groups() if phase)
        return f"phase:{'/'.join(phases)}"
    if found := _ORPHA_PAGE.match(text):
        return f"orpha:{found['code']}"
    return f"icd10:{text.strip()}" if is_icd and _ICD.match(text.strip()) else None


def _spelt(authority: str, code: str) -> str | None:
    name = re.sub(r"[^a-z0-9]", "", authority.lower())
    name = _AUTHORITIES.get("icd10" if name == "10" else name, "")
    local = code.removeprefix(f"{authority}_").removeprefix("Orphanet_")
    if name == "icd10":
        return f"icd10:{local.upper()}" if _ICD.match(local.upper()) else None
    return f"{name}:{local}" if name else None


@dataclass(frozen=True)
class Disease:
    """A disease that the graph has no concept of: the concepts that are wider, its codes and its English names."""

    concepts: tuple[str, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]


class Codes:
    """What codes mean by the tables; which concepts there are is for the caller to know."""

    @cached_property
    def _exact(self) -> dict[str, list[Meaning]]:
        found: dict[str, list[Meaning]] = {}
        for disease in diseases():
            for code in disease.codes:
                found.setdefault(code, []).extend(Meaning(concept, WIDER) for concept in disease.concepts)
        for row in rows("codes.tsv"):
            if "-" not in row["code"]:
                meanings = [Meaning(expand(curie), float(row["weight"])) for curie in row["concepts"].split()]
                found.setdefault(row["code"], []).extend(meanings)
        return found

    @cached_property
    def _ranges(self) -> list[tuple[str, str, tuple[str, ...]]]:
        found = (row for row in rows("codes.tsv") if "-" in row["code"])
        ranges = []
        for row in found:
            first, _, last = row["code"].removeprefix("icd10:").partition("-")
            ranges.append((first, last, tuple(map(expand, row["concepts"].split()))))
        return sorted(ranges, key=lambda found: _width(found[0], found[1]))

    def meanings(self, code: str) -> list[Meaning]:
        """What a code, as `code_of` spells it, stands for."""
        if found := self._exact.get(code):
            return found
        if code.startswith("icd10:"):
            return self._of_icd(code.removeprefix("icd10:")[:3])
        if code.startswith("orpha:"):
            return [Meaning(expand("def:RareDisease"), 0.7)]
        return []

    def _of_icd(self, category: str) -> list[Meaning]:
        """The concepts of the narrowest ranges that a category is in."""
        fits = [(low, high, concepts) for low, high, concepts in self._ranges if low <= category <= high]
        narrowest = [found for found in fits if _width(*found[:2]) == _width(*fits[0][:2])]
        return [Meaning(concept, WIDER) for _, _, concepts in narrowest for concept in concepts]


def _width(first: str, last: str) -> int:
    return (ord(last[0]) - ord(first[0])) * 100 + int(last[1:]) - int(first[1:])


@lru_cache
def diseases() -> tuple[Disease, ...]:
    """The diseases that the graph has no concept of."""
    return tuple(
        Disease(
            tuple(map(expand, row["concepts"].split())),
            tuple(code for text in row["codes"].split() if (code := code_of(text))),
            tuple(name for name in row["names"].split("|") if name),
        )
        for row in rows("diseases.tsv")
    )


def expand(curie: str) -> str:
    """The IRI of one of our CURIEs."""
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the tables beside this file."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        stated = (line for line in lines if not line.startswith("#"))
        yield from csv.DictReader(stated, delimiter="\t", quoting=csv.QUOTE_NONE)
