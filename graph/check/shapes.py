"""SHACL: shape files and a dataset's merge flow in, findings flow out.

Two engines give the same report: `shacl`, which is fast, and `pyshacl`, the reference. Tests hold one to the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from graph.check.finding import Finding, Severity
from graph.errors import CheckFailedError
from graph.names import BASE, ONTOLOGY_GRAPH, RDF, SH, shorten
from graph.rdf.index import Index, Term, str_of
from graph.rdf.reading import Dataset, read_quads

# What a broken constraint component means, in words; others are named.
WORDS = {
    "Class": "has a value of the wrong class",
    "Datatype": "has a value of the wrong datatype",
    "NodeKind": "has a value of the wrong kind (IRI, blank node or literal)",
    "MinCount": "is missing",
    "MaxCount": "is there too often",
    "MinExclusive": "has a value that is too small",
    "MinInclusive": "has a value that is too small",
    "MaxExclusive": "has a value that is too large",
    "MaxInclusive": "has a value that is too large",
    "MinLength": "has a value that is too short",
    "MaxLength": "has a value that is too long",
    "Pattern": "has not the form that is asked for",
    "LanguageIn": "has a value in a language that is not asked for",
    "UniqueLang": "has several values in one language",
    "Equals": "has a value that differs from another property's",
    "Disjoint": "has a value that another property has too",
    "LessThan": "has a value that is not below another property's",
    "LessThanOrEquals": "has a value that is above another property's",
    "Not": "is what it must not be",
    "And": "does not fit all that is asked for",
    "Or": "fits none of the alternatives",
    "Xone": "fits none or several of the alternatives",
    "Node": "does not fit the shape that is asked for",
    "QualifiedMinCount": "has too few values of the right kind",
    "QualifiedMaxCount": "has too many values of that kind",
    "Closed": "is said, but may not be",
    "HasValue": "lacks the value that is asked for",
    "In": "has a value that is not in the list",
}
SEVERITIES = {"Violation": Severity.ERROR, "Warning": Severity.WARNING, "Info": Severity.INFO}


@dataclass(frozen=True, slots=True)
class Result:
    """One `sh:ValidationResult`; terms as IRIs or literals in N-Triples, `path` as a SPARQL property path or None.

    `shape` is its source shape, '' where the engine does not tell; `messages` and the path as RDF are that shape's.
    """

    focus: str
    path: str | None
    component: str
    value: str | None
    severity: str
    message: str
    shape: str = field(default="", compare=False)
    messages: tuple[ox.Literal, ...] = field(default=(), compare=False, repr=False)
    path_node: Term | None = field(default=None, compare=False, repr=False)
    path_triples: tuple[ox.Triple, ...] = field(default=(), compare=False, repr=False)

    @property
    def focus_term(self) -> Term:
        return term_of(self.focus)


Validator = Callable[[str, str], Iterable[Result]]


def check_shapes(dataset: Dataset, shape_files: Iterable[Path], *, reference: bool = False) -> Iterator[Finding]:
    """Validate the RDF merge of the dataset against all shapes (SHACL Core, W3C Recommendation of 2017-07-20).

    The shapes are for facts: what an outside ontology says of individuals of its own is not held to them.

    Raises:
        RdfSyntaxError: a shape file is not valid Turtle.
        CheckFailedError: the reference engine refuses the shapes.
    """
    validate: Validator = with_pyshacl if reference else with_shacl
    exempt = _outside_individuals(dataset)
    for result in validate(as_ntriples(merged(shape_files)), as_ntriples(dataset.triples)):
        if result.focus in exempt:
            continue
        yield Finding(
            SEVERITIES.get(result.severity, Severity.INFO),
            "shape",
            sentence(result),
            dataset.place_of(result.focus),
            result.message,
        )


def sentence(result: Result) -> str:
    """A result in words.

    >>> sentence(Result("urn:x", "<urn:p>", "MinCountConstraintComponent", None, "Violation", ""))
    'urn:x urn:p is missing.'
    """
    component = result.component.removesuffix("ConstraintComponent")
    subject = f"{shorten(result.focus)} {readable(result.path)}" if result.path else shorten(result.focus)
    value = f": {readable(result.value)}" if result.value and plain(result.value) != result.focus else ""
    return f"{subject} {WORDS.get(component, f'breaks {component}')}{value}."


def _outside_individuals(dataset: Dataset) -> set[str]:
    ontology = ox.NamedNode(ONTOLOGY_GRAPH)
    subjects: dict[bool, set[str]] = {True: set(), False: set()}
    for quad in dataset.quads:
        subjects[quad.graph_name == ontology].add(str_of(quad.subject))
    return {iri for iri in subjects[True] - subjects[False] if not iri.startswith(BASE)}


def with_shacl(shapes: str, data: str) -> Iterator[Result]:
    """Validate data with shapes, both N-Triples, by the fast engine."""
    import shacl  # here, because the server knows reports and has no use for the engine

    for row in shacl.Shapes.from_text(shapes, format="ntriples").validate_text(data, format="ntriples").results:
        yield Result(
            plain(row.focus_node), row.path, row.component, row.value, row.severity, " ".join(sorted(row.messages))
        )


def with_pyshacl(shapes: str, data: str) -> Iterator[Result]:
    """Validate data with shapes, both N-Triples, by the reference engine; a path that is no single IRI has no text.

    Raises:
        CheckFailedError: pyshacl refuses the shapes.
    """
    import pyshacl
    import rdflib

    graphs = [rdflib.Graph().parse(data=text, format="nt") for text in (data, shapes)]
    _, report, text = pyshacl.validate(graphs[0], shacl_graph=graphs[1])
    if not isinstance(report, rdflib.Graph):
        raise CheckFailedError(f"pyshacl gave no report: {text}", advice="Check that the shapes are SHACL Core.")
    index = Index(
        quad.triple for quad in ox.parse(report.serialize(format="nt").encode(), format=ox.RdfFormat.N_TRIPLES)
    )

    def last(node: str, name: str) -> str:
        return str_of(index.objects(node, SH + name)[0]).rsplit("#", 1)[-1]

    for node in index.subjects(RDF + "type", SH + "ValidationResult"):
        paths, values = index.iris(node, SH + "resultPath"), index.objects(node, SH + "value")
        yield Result(
            str_of(index.objects(node, SH + "focusNode")[0]),
            f"<{paths[0]}>" if paths else None,
            last(node, "sourceConstraintComponent"),
            str(values[0]) if values else None,
            last(node, "resultSeverity"),
            " ".join(sorted(message.value for message in index.literals(node, SH + "resultMessage"))),
        )


def merged(files: Iterable[Path]) -> list[ox.Triple]:
    """The triples of several files, blank nodes kept apart."""
    return [quad.triple for path in files for quad in read_quads(path)]


def as_ntriples(triples: Iterable[ox.Triple]) -> str:
    """Triples as a text of N-Triples."""
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    return (text or b"").decode()


def plain(term: str) -> str:
    """An IRI in N-Triples without its brackets; anything else as it is.

    >>> plain("<urn:x>")
    'urn:x'
    """
    return term[1:-1] if term.startswith("<") and term.endswith(">") and term.count("<") == 1 else term


def term_of(text: str) -> Term:
    """The term of a `Result`: an IRI without brackets, a blank node as `_:x`, a literal or triple in N-Triples.

    >>> term_of("_:b")
    <BlankNode value=b>
    >>> term_of('"hi"@en').language
    'en'
    """
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    if text.startswith(('"', "<<")):
        quads = ox.parse(f"<urn:s> <urn:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
        value: Term = next(iter(quads)).object
        return value
    return ox.NamedNode(text)


def readable(term: str) -> str:
    """A term or a property path with CURIEs in place of its IRIs.

    >>> readable("^<https://w3id.org/pmkg/def/treats>")
    '^def:treats'
    """
    return re.sub(r"<([^<>]+)>", lambda match: shorten(match[1]), term)
