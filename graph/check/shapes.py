"""SHACL: shape files and a dataset's merge flow in, findings flow out.

The engine is `shacl`; tests hold its report against pyshacl's on the real graph and on planted errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import shacl

from graph.check.finding import Finding, Severity
from graph.names import shorten
from graph.rdf.reading import Dataset, read_quads

# What a broken constraint component means, in words; others are named.
WORDS = {
    "MinCount": "is missing",
    "MaxCount": "is there too often",
    "Class": "has a value of the wrong class",
    "Datatype": "has a value of the wrong datatype",
    "In": "has a value that is not in the list",
    "Pattern": "has not the form that is asked for",
    "UniqueLang": "has several values in one language",
    "QualifiedMinCount": "has too few values of the right kind",
    "Or": "fits none of the alternatives",
    "Not": "is what it must not be",
}

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
        component = result.component.removesuffix("ConstraintComponent")
        subject = f"{shorten(focus)} {readable(result.path)}" if result.path else shorten(focus)
        value = f" ({readable(result.value)})" if result.value and plain(result.value) != focus else ""
        shape = readable(result.root_shape or result.source_shape or "")
        yield Finding(
            SEVERITIES[result.severity],
            "shape",
            f"{subject} {WORDS.get(component, f'breaks sh:{component}')}{value}, says {shape}.",
            dataset.place_of(focus),
            result.message or "",
        )


def merged(files: Iterable[Path]) -> list[ox.Triple]:
    """The triples of several files, blank nodes kept apart."""
    return [quad.triple for path in files for quad in read_quads(path)]


def as_ntriples(triples: Iterable[ox.Triple]) -> str:
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    return (text or b"").decode()


def plain(term: str) -> str:
    """An IRI in N-Triples without its brackets; anything else as it is.

    >>> plain("<urn:x>")
    'urn:x'
    """
    return term[1:-1] if term.startswith("<") and term.endswith(">") and term.count("<") == 1 else term


def readable(term: str) -> str:
    """A term or a property path with CURIEs in place of its IRIs.

    >>> readable("^<https://w3id.org/pmkg/def/treats>")
    '^def:treats'
    """
    return re.sub(r"<([^<>]+)>", lambda match: shorten(match[1]), term)
