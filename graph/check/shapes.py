"""SHACL: shape files and a dataset's merge flow in, findings flow out.

The engine is `shacl`; tests hold its report against pyshacl's on the real graph and on planted errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import shacl

from graph.check.finding import Finding, Severity
from graph.names import shorten
from graph.rdf.reading import Dataset, read_quads

SEVERITIES = {"Violation": Severity.ERROR, "Warning": Severity.WARNING, "Info": Severity.INFO}


def check_shapes(dataset: Dataset, shape_files: Iterable[Path]) -> Iterator[Finding]:
    """Validate the RDF merge of the dataset against all shapes (SHACL Core, W3C Recommendation of 2017-07-20).

    Raises:
        RdfSyntaxError: a shape file is not valid Turtle.
    """
    shapes = shacl.Shapes.from_text(as_ntriples(merged(shape_files)), format="ntriples")
    report = shapes.validate_text(as_ntriples(dataset.triples), format="ntriples")
    for result in report.results:
        focus = plain(result.focus_node)
        path = shorten(plain(result.path)) if result.path else ""
        value = f" Its value is {shorten(plain(result.value))}." if result.value else ""
        shape = shorten(plain(result.root_shape or result.source_shape or ""))
        message = f"{shorten(focus)}{f' {path}' if path else ''}: {result.component.removesuffix('ConstraintComponent')}"
        yield Finding(
            SEVERITIES[result.severity], "shape", f"{message} of {shape}.{value}", dataset.place_of(focus),
            result.message or "",
        )  # fmt: skip


def merged(files: Iterable[Path]) -> list[ox.Triple]:
    """The triples of several files, blank nodes kept apart."""
    return [quad.triple for path in files for quad in read_quads(path)]


def as_ntriples(triples: Iterable[ox.Triple]) -> str:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES).decode()


def plain(term: str) -> str:
    """An IRI in N-Triples without its brackets; anything else as it is.

    >>> plain("<urn:x>")
    'urn:x'
    """
    return term[1:-1] if term.startswith("<") and term.endswith(">") and term.count("<") == 1 else term
