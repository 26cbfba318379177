"""Read the mappings: an SSSOM table flows in, its rows and their triples for the ontology graph flow out.

`sssom-pydantic` reads the same format, but makes a folder in the user's home when it is imported (and fails where it
may not), counts lines one too low, and drops bad rows silently; so the table is read with `csv`, its header with PyYAML
and its CURIEs with `curies`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path

import curies
import pyoxigraph as ox
import yaml

from graph.errors import MappingError, Place
from graph.names import DEF, OWL, PREFIXES, RDF, RDFS, SKOS
from graph.rdf.index import str_of
from graph.rdf.reading import shown

PREDICATES = frozenset(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch"))
COLUMNS = ("subject_id", "predicate_id", "object_id", "object_label", "mapping_justification")


@dataclass(frozen=True)
class Mapping:
    """One row: a term of ours, how it matches, and the outside term with its authority's label."""

    subject: str
    predicate: str
    object: str
    object_curie: str
    object_label: str
    line: int


def read_mappings(path: Path) -> tuple[Mapping, ...]:
    """Read an SSSOM table: a YAML header in comments, then tab-separated columns.

    Raises:
        MappingError: the header or a row is wrong; the place has the file and the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"cannot be read: {error}.", place=Place(shown(path)), advice="Save it as UTF-8.") from error
    header = list(takewhile(lambda line: line.startswith("#"), lines))
    file = shown(path)
    namespaces = _namespaces(file, header)
    reader = csv.reader(lines[len(header) :], delimiter="\t", strict=True)
    names = next(reader, [])
    if missing := [name for name in COLUMNS if name not in names]:
        place = Place(file=file, line=len(header) + 1)
        raise MappingError(f"lacks {', '.join(missing)}.", place=place, advice="Name each column in the first row.")
    rows = (
        _mapping(file, len(header) + reader.line_num, dict(zip(names, cells, strict=False)), namespaces)
        for cells in reader
        if any(cells)
    )
    try:
        return tuple(_without_contradiction(file, rows))
    except csv.Error as error:
        place = Place(file=file, line=len(header) + reader.line_num)
        raise MappingError(f"not a table: {error}.", place=place, advice="Mend the quotes there.") from error


def mapping_triples(mappings: Collection[Mapping], declared: Collection[ox.Triple]) -> Iterator[ox.Triple]:
    """The matches, the label of each outside term that `declared` gives none, and what the predicates are.

    Matches and labels are annotations on an IRI, so they never change what a reasoner concludes.
    """
    label, annotation = ox.NamedNode(RDFS + "label"), ox.NamedNode(OWL + "AnnotationProperty")
    labelled = {str_of(triple.subject) for triple in declared if triple.predicate == label}
    for predicate in sorted({mapping.predicate for mapping in mappings}):
        yield ox.Triple(ox.NamedNode(predicate), ox.NamedNode(RDF + "type"), annotation)
    for mapping in mappings:
        outside = ox.NamedNode(mapping.object)
        yield ox.Triple(ox.NamedNode(mapping.subject), ox.NamedNode(mapping.predicate), outside)
        if mapping.object not in labelled:
            yield ox.Triple(outside, label, ox.Literal(mapping.object_label, language="en"))


def _namespaces(file: str, header: list[str]) -> dict[str, str]:
    """The header's `curie_map`, which must agree with the prefixes of the project."""
    fail = partial(MappingError, place=Place(file, 1))
    try:
        metadata = yaml.safe_load("\n".join(line.removeprefix("#") for line in header))
        prefixes = dict(metadata["curie_map"])
        namespaces = dict(curies.Converter.from_prefix_map(prefixes).prefix_map)
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise fail(
            "has no curie_map in its header.", advice="Start it with YAML in comments, as SSSOM says."
        ) from error
    for prefix, namespace in prefixes.items():
        if PREFIXES.get(prefix, namespace) != namespace:
            advice = f"Write {PREFIXES[prefix]}, as ontology/prefixes.json does."
            raise fail(f"its curie_map says that {prefix} is {namespace}.", advice=advice)
    return namespaces


def _mapping(file: str, line: int, row: dict[str, str], namespaces: dict[str, str]) -> Mapping:
    fail = partial(MappingError, place=Place(file, line))
    for column in COLUMNS:
        if not row.get(column, "").strip():
            raise fail(f"{column} is empty.", advice="Fill it in, or remove the row.")
    iris: dict[str, str] = {}
    for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
        prefix, _, name = row[column].partition(":")
        if prefix not in namespaces:
            raise fail(
                f"{column} '{row[column]}' has a prefix that curie_map lacks.", advice="Add it, or mend the CURIE."
            )
        iris[column] = namespaces[prefix] + name
    if not iris["subject_id"].startswith(DEF):
        raise fail(f"subject '{row['subject_id']}' is not a term of ours.", advice="Our term is the subject: def:Name.")
    if iris["predicate_id"] not in PREDICATES:
        advice = "Use skos:exactMatch, closeMatch, broadMatch or narrowMatch."
        raise fail(f"predicate '{row['predicate_id']}' is not one that we use.", advice=advice)
    return Mapping(
        iris["subject_id"], iris["predicate_id"], iris["object_id"], row["object_id"], row["object_label"].strip(), line
    )


def _without_contradiction(file: str, rows: Iterator[Mapping]) -> Iterator[Mapping]:
    """Pass the rows on; no two match the same terms, and an outside term has one label throughout."""
    pairs: dict[tuple[str, str], int] = {}
    labels: dict[str, tuple[str, int]] = {}
    for row in rows:
        fail = partial(MappingError, place=Place(file, row.line))
        if (earlier := pairs.setdefault((row.subject, row.object), row.line)) != row.line:
            raise fail(f"line {earlier} matches the same two terms.", advice="Keep the one that is right.")
        label, first = labels.setdefault(row.object, (row.object_label, row.line))
        if label != row.object_label:
            raise fail(f"{row.object_curie} is '{label}' on line {first}.", advice="Give it its authority's label.")
        yield row
