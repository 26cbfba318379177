"""The closed lists that profiles take values from: two tables flow in; concepts, and triples that say so, flow out.

The tables in `shapes/code-lists/` hold facts of the EU Publications Office, DG SANTE and ADMS: which concepts a list
has, their codes and English labels. `schemes.tsv` says where each list comes from and under which licence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox

from graph.names import DCTERMS, PREFIXES, SKOS
from graph.project import ROOT
from graph.rdf.index import TYPE

FOLDER = ROOT / "shapes" / "code-lists"

_AUTHORITY = PREFIXES["euauth"]
ACCESS_RIGHT = _AUTHORITY + "access-right"
CONTINENT = _AUTHORITY + "continent"
COUNTRY = _AUTHORITY + "country"
DATA_THEME = _AUTHORITY + "data-theme"
DATASET_TYPE = _AUTHORITY + "dataset-type"
DISTRIBUTION_STATUS = _AUTHORITY + "distribution-status"
FILE_TYPE = _AUTHORITY + "file-type"
FREQUENCY = _AUTHORITY + "frequency"
LANGUAGE = _AUTHORITY + "language"
PLANNED_AVAILABILITY = _AUTHORITY + "planned-availability"
_HEALTH = PREFIXES["hdeu"]
CODING_SYSTEM = _HEALTH + "coding-system"
HEALTH_ACTIVITY = _HEALTH + "health-activity"
HEALTH_CATEGORY = _HEALTH + "healthcategories"
HEALTH_THEME = _HEALTH + "health-theme"
PUBLISHER_TYPE = _HEALTH + "publisher-type"
STANDARD = _HEALTH + "standard"


# Media types of file types in the EU's list, of which that list does not say so.
MEDIA_TYPES: Mapping[str, str] = {
    "application/gzip": "GZIP",
    "application/json": "JSON",
    "application/ld+json": "JSON_LD",
    "application/vnd.geo+json": "GEOJSON",
    "application/vnd.google-earth.kml+xml": "KML",
    "text/xml": "XML",
    ox.RdfFormat.N_QUADS.media_type: "RDF_N_QUADS",
    ox.RdfFormat.TRIG.media_type: "RDF_TRIG",
}


@dataclass(frozen=True)
class Concept:
    """One member of a list."""

    iri: str
    scheme: str
    code: str
    label: str
    types: tuple[str, ...] = ()  # its classes besides skos:Concept
    other_labels: tuple[str, ...] = ()
    notations: tuple[str, ...] = ()  # of a file type: its extensions and media types
    features: frozenset[str] = frozenset()  # machine-readable, non-proprietary, deprecated
    same_as: tuple[str, ...] = ()  # the same in older lists


@dataclass(frozen=True)
class Scheme:
    """One list."""

    iri: str
    title: str
    is_titled: bool  # whether its publisher states a dcterms:title
    version: str
    publisher: str
    source: str
    licence: str


class Lists:
    """All lists, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    @cached_property
    def schemes(self) -> Mapping[str, Scheme]:
        rows = _rows(self._folder / "schemes.tsv")
        return {row["iri"]: _scheme(row) for row in rows}

    @cached_property
    def concepts(self) -> Mapping[str, Concept]:
        rows = _rows(self._folder / "concepts.tsv")
        return {row["iri"]: _concept(row) for row in rows}

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {iri: {} for iri in self.schemes}
        for concept in self.concepts.values():
            found[concept.scheme][concept.iri] = concept.label
        return {iri: MappingProxyType(labels) for iri, labels in found.items()}

    @cached_property
    def triples(self) -> Mapping[str, tuple[ox.Triple, ...]]:
        """What the lists say of each scheme and each concept, and of the concept's scheme."""
        schemes = {iri: tuple(_of_scheme(scheme)) for iri, scheme in self.schemes.items()}
        concepts = {iri: (*_of_concept(it), *schemes[it.scheme]) for iri, it in self.concepts.items()}
        return schemes | concepts


@cache
def all_lists() -> Lists:
    """The lists that come with the project."""
    return Lists()


def concepts(scheme: str) -> Mapping[str, str]:
    """The concepts of a list with their English labels.

    >>> concepts(DATA_THEME)["http://publications.europa.eu/resource/authority/data-theme/HEAL"]
    'Health'
    """
    return all_lists().members.get(scheme, MappingProxyType({}))


def scheme_of(iri: str) -> str | None:
    """The list that a concept is in.

    >>> scheme_of("http://publications.europa.eu/resource/authority/data-theme/HEAL") == DATA_THEME
    True
    """
    found = concept(iri)
    return found.scheme if found else None


def concept(iri: str) -> Concept | None:
    """What is known of a concept, with its codes and other names."""
    return all_lists().concepts.get(iri)


def triples_for(iris: Iterable[str]) -> frozenset[ox.Triple]:
    """What the lists say of those of these IRIs that are in them: class, list and label, and of the list itself."""
    known = all_lists().triples
    return frozenset(triple for iri in iris for triple in known.get(iri, ()))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _scheme(row: Mapping[str, str]) -> Scheme:
    return Scheme(
        row["iri"],
        row["title"],
        is_titled=row["is_titled"] == "yes",
        version=row["version"],
        publisher=row["publisher"],
        source=row["source"],
        licence=row["licence"],
    )


def _concept(row: Mapping[str, str]) -> Concept:
    return Concept(
        row["iri"],
        row["scheme"],
        row["code"],
        row["label"],
        types=tuple(PREFIXES[prefix] + name for prefix, _, name in (it.partition(":") for it in row["also_a"].split())),
        other_labels=tuple(filter(None, row["other_labels"].split("|"))),
        notations=tuple(row["notations"].split()),
        features=frozenset(row["features"].split()),
        same_as=tuple(row["same_as"].split()),
    )


def _of_scheme(scheme: Scheme) -> Iterator[ox.Triple]:
    node = ox.NamedNode(scheme.iri)
    yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(SKOS + "ConceptScheme"))
    if scheme.is_titled:
        yield ox.Triple(node, ox.NamedNode(DCTERMS + "title"), ox.Literal(scheme.title, language="en"))


def _of_concept(concept: Concept) -> Iterator[ox.Triple]:
    node = ox.NamedNode(concept.iri)
    for kind in (SKOS + "Concept", *concept.types):
        yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(kind))
    yield ox.Triple(node, ox.NamedNode(SKOS + "inScheme"), ox.NamedNode(concept.scheme))
    yield ox.Triple(node, ox.NamedNode(SKOS + "prefLabel"), ox.Literal(concept.label, language="en"))
