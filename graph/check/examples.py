"""The competency questions: `queries/*.ttl` flow in, each as a query with its comment, keywords and expected answer.

The form is that of the SIB sparql-examples: one Turtle file each, a `sh:SPARQLExecutable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.errors import InputError, Place
from graph.names import RDF, RDFS, SCHEMA, SH
from graph.rdf.index import Index
from graph.rdf.reading import read_quads, shown

FORMS = ("select", "ask", "construct", "describe")


@dataclass(frozen=True)
class Example:
    """One question; `answer` is the path of the CSV with its expected answer."""

    path: Path
    iri: str
    form: str
    text: str
    comment: str
    keywords: tuple[str, ...]

    @property
    def answer(self) -> Path:
        return self.path.with_suffix(".csv")


def read_example(path: Path) -> Example:
    """Read one file.

    Raises:
        RdfSyntaxError: it is not Turtle.
        InputError: it does not hold exactly one query with a comment and a keyword.
    """
    index = Index(quad.triple for quad in read_quads(path))
    subjects = index.subjects(RDF + "type", SH + "SPARQLExecutable")
    texts = [(form, text.value) for iri in subjects for form in FORMS for text in index.literals(iri, SH + form)]
    if len(subjects) != 1 or len(texts) != 1:
        raise InputError(
            "it does not hold exactly one sh:SPARQLExecutable with one query.",
            place=Place(file=shown(path)),
            advice="Keep one question a file, its text under sh:select, sh:ask, sh:construct or sh:describe.",
        )
    iri, (form, text) = subjects[0], texts[0]
    comments = [comment.value for comment in index.literals(iri, RDFS + "comment")]
    keywords = tuple(sorted(keyword.value for keyword in index.literals(iri, SCHEMA + "keywords")))
    if len(comments) != 1 or not keywords:
        raise InputError(
            "the question has no rdfs:comment, several, or no schema:keywords.",
            place=Place(file=shown(path), term=iri),
            advice="Say in one rdfs:comment what is asked, and give its keywords.",
        )
    return Example(path, iri, form, text, comments[0], keywords)


def results_csv(results: object) -> str:
    """The answer to a SELECT or ASK as SPARQL 1.1 CSV."""
    if isinstance(results, ox.QueryTriples):
        raise TypeError("a graph has no CSV form")
    return results.serialize(format=ox.QueryResultsFormat.CSV).decode()  # type: ignore[attr-defined, no-any-return]
