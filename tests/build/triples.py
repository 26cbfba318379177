"""Turtle in, triples out, for tests of what is built from them."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from graph.names import DEF, PREFIXES
from graph.rdf.reading import Dataset, ReadFile

NAMES = ("id", "owl", "rdf", "rdfs", "xsd", "skos", "icpermed")
HEADER = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in NAMES) + f"@prefix : <{DEF}> .\n"
PROPERTIES = ":p a owl:ObjectProperty . :q a owl:ObjectProperty . :r a owl:ObjectProperty .\n"


def triples(turtle: str) -> frozenset[ox.Triple]:
    """The triples of Turtle in which the empty prefix is def:."""
    parsed = ox.parse(HEADER + turtle, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    return frozenset(quad.triple for quad in parsed)


def dataset(folder: Path, **files: str) -> Dataset:
    """Files `name.ttl`, or `name.trig` where the name starts with `facts`, read as one dataset."""
    read = []
    for name, text in files.items():
        path = folder / f"{name}{'.trig' if name.startswith('facts') else '.ttl'}"
        path.write_text(HEADER + text, encoding="utf-8")
        read.append(ReadFile.read(path))
    return Dataset(tuple(read))
