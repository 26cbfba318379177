"""What people call properties and classes: the table `properties.toml` flows in, one entry by its IRI flows out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.names import PREFIXES, shorten

TABLE = Path(__file__).with_name("properties.toml")

# Classes in words, the most telling first: a node may have several.
CLASSES = {
    "dcat:DatasetSeries": "dataset series",
    "dcat:Dataset": "dataset",
    "dcat:Distribution": "distribution",
    "dcat:DataService": "data service",
    "dcat:CatalogRecord": "catalogue record",
    "dcat:Catalog": "catalogue",
    "csvw:TableGroup": "group of tables",
    "csvw:Table": "table",
    "csvw:Column": "column",
    "cv:ContactPoint": "contact point",
    "vcard:Kind": "contact point",
    "foaf:Agent": "agent",
    "prov:Activity": "activity",
    "dcterms:PeriodOfTime": "period of time",
    "dcterms:LicenseDocument": "licence",
    "dcterms:Location": "place",
    "dcat:Relationship": "relation",
    "adms:Identifier": "identifier",
    "spdx:Checksum": "checksum",
    "time:TemporalEntity": "time",
    "skos:ConceptScheme": "list of concepts",
    "skos:Concept": "concept",
}
_IRREGULAR = {"analytics": "analytics"}
_SEVERAL = frozenset({"access rights", "columns", "datasets", "parts", "services", "tables", "variables"})


@dataclass(frozen=True)
class Property:
    """One entry of the table; `order` is its place there, and `scheme` the IRI of its code list, '' for none."""

    iri: str
    label: str
    ask: str
    means: str = ""
    source: str = ""
    scheme: str = ""
    example: str = ""
    order: int = 10_000

    @property
    def verb(self) -> str:
        """Is, or are where the label is a plural."""
        several = self.label in _SEVERAL or self.label.endswith((" hours", " notes", " values"))
        return "are" if several else "is"


def full(curie: str) -> str:
    """The IRI of a CURIE, or what it is given where that is an IRI.

    >>> full("dcat:theme")
    'http://www.w3.org/ns/dcat#theme'
    """
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES and not local.startswith("//") else curie


@cache
def table() -> Mapping[str, Property]:
    """The entries by the IRI of their property, followed by " of " and a class where they are for that class alone."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))
    found = {}
    for order, (key, row) in enumerate(rows.items()):
        curie, _, kind = key.partition(" of ")
        iri = full(curie)
        entry = Property(
            iri, row["label"], row["ask"], row["means"], row["from"], full(row.get("list", "")), row["example"], order
        )
        found[f"{iri} of {full(kind)}" if kind else iri] = entry
    return found


@cache
def property_of(iri: str, kind: str = "") -> Property:
    """What is known of a property, of a class where it differs there; what is not in the table is named by its IRI.

    >>> property_of("http://www.w3.org/ns/dcat#theme").label, property_of("urn:x#hasOldName").label
    ('theme', 'old name')
    """
    entry = table().get(f"{iri} of {kind}") or table().get(iri)
    if entry is not None:
        return entry
    name = re.split(r"[/#:]", iri.rstrip("/#"))[-1] or iri
    words = " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\d]+", name)).lower().removeprefix("has ") or name
    return Property(iri, words, f"State its {words} ({shorten(iri)}).")


def kind_of(types: Iterable[str]) -> tuple[str, str]:
    """The most telling of a node's classes, and the word for it; '' and 'node' where none is known."""
    given = set(types)
    for curie, word in CLASSES.items():
        if full(curie) in given:
            return full(curie), word
    return "", "node"


def plural(word: str) -> str:
    """More than one of them.

    >>> plural("column"), plural("data holder"), plural("group of tables"), plural("health data access body")
    ('columns', 'data holders', 'groups of tables', 'health data access bodies')
    """
    head, of, rest = word.partition(" of ")
    if of:
        return f"{plural(head)}{of}{rest}"
    if word in _IRREGULAR or word.endswith("s"):
        return _IRREGULAR.get(word, word)
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
