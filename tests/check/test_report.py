"""A report says what was found: as the W3C's RDF, in every format, and in words."""

from __future__ import annotations

import json
import pickle

import pyoxigraph as ox
import pytest
import rdflib

from graph.check.report import Report
from graph.check.shapes import WORDS, Result, as_ntriples, sentence
from graph.check.touched import Shapes
from graph.errors import CheckFailedError
from graph.names import ID, SH, XSD

PREFIXES = f"@prefix : <{ID}> . @prefix sh: <{SH}> . @prefix xsd: <{XSD}> ."
SHAPES = (
    PREFIXES
    + """
:Named sh:targetSubjectsOf :p ;
    sh:property :Named-q , [ sh:path ( :p [ sh:inversePath :q ] ) ; sh:minCount 1 ; sh:severity sh:Warning ] ;
    sh:property [ sh:path [ sh:zeroOrMorePath [ sh:alternativePath ( :p :q ) ] ] ; sh:nodeKind sh:IRI ;
        sh:message "Use an IRI."@en , "IRI!"@de ] ;
    sh:closed true .
:Named-q sh:path :q ; sh:maxCount 0 .
"""
)
DATA = PREFIXES + ':n0 :p _:b ; :q "two", 1 . :n1 :p :n1 ; :r :n0 . _:b :p _:b , "lines\\nof \\"text\\"" .'


def report(shapes: str = SHAPES, data: str = DATA) -> Report:
    store = ox.Store()
    store.extend(ox.parse(data, format=ox.RdfFormat.TURTLE))
    return Shapes.of(triples(shapes)).validate_all(store, union=True)


def triples(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def graph_of(given: bytes | str, format: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=given, format=format)


def test_the_report_as_rdf_is_the_reference_engines() -> None:
    """But for the shapes' and the data's blank nodes, and for messages, which each engine words in its own way."""
    import pyshacl

    _, expected, _ = pyshacl.validate(graph_of(DATA, "turtle"), shacl_graph=graph_of(SHAPES, "turtle"))
    assert isinstance(expected, rdflib.Graph)
    found = graph_of(report().serialize(ox.RdfFormat.N_TRIPLES), "nt")
    assert results_of(found) == results_of(expected)
    assert len(results_of(found)) > 8


def results_of(graph: rdflib.Graph) -> list[tuple[str, ...]]:
    sh = rdflib.Namespace(SH)
    parts = (sh.focusNode, sh.resultPath, sh.value, sh.sourceConstraintComponent, sh.resultSeverity, sh.sourceShape)
    return sorted(
        tuple(path_of(graph, graph.value(result, part)) for part in parts)
        for root in graph.subjects(rdflib.RDF.type, sh.ValidationReport)
        for result in graph.objects(root, sh.result)
    )


def path_of(graph: rdflib.Graph, node: object) -> str:
    """A term, or a path of blank nodes with all that it is made of."""
    if not isinstance(node, rdflib.BNode):
        return str(node)
    ways = (
        SH + "inversePath",
        SH + "zeroOrMorePath",
        SH + "alternativePath",
        str(rdflib.RDF.first),
        str(rdflib.RDF.rest),
    )
    said = sorted((str(p), path_of(graph, o)) for p, o in graph.predicate_objects(node) if str(p) in ways)
    return f"[{said}]"


def test_results_name_the_blank_nodes_of_the_store() -> None:
    store = ox.Store()
    store.extend(ox.parse(DATA, format=ox.RdfFormat.TURTLE))
    blank = {str(quad.subject) for quad in store if isinstance(quad.subject, ox.BlankNode)}
    found = Shapes.of(triples(SHAPES)).validate_all(store, union=True)
    assert blank == {result.focus for result in found.results if result.focus.startswith("_:")}
    assert blank <= {result.value for result in found.results}


def test_messages_keep_their_languages() -> None:
    given = {(q.object.value, q.object.language) for q in report().graph() if q.predicate.value == SH + "resultMessage"}  # type: ignore[union-attr]
    assert {("Use an IRI.", "en"), ("IRI!", "de")} <= given
    assert all(language for _, language in given), "a result without a message of its own has ours"


def test_conforming_data_has_a_report_too() -> None:
    found = report(data=PREFIXES + ":n0 :q :n1 .")
    assert found.conforms
    assert [t.object.value for t in found.graph() if t.predicate.value == SH + "conforms"] == ["true"]  # type: ignore[union-attr]
    assert found.text() == "Conforms to the shapes."


def test_warnings_do_not_refuse_but_the_w3cs_conforms_counts_them() -> None:
    warned = report(PREFIXES + ":s sh:targetSubjectsOf :p ; sh:nodeKind sh:Literal ; sh:severity sh:Warning .")
    assert warned.conforms
    assert [t.object.value for t in warned.graph() if t.predicate.value == SH + "conforms"] == ["false"]  # type: ignore[union-attr]
    assert not report().conforms


@pytest.mark.parametrize(
    "format",
    [
        ox.RdfFormat.TURTLE,
        ox.RdfFormat.N_TRIPLES,
        ox.RdfFormat.N_QUADS,
        ox.RdfFormat.TRIG,
        ox.RdfFormat.RDF_XML,
        ox.RdfFormat.JSON_LD,
    ],
    ids=str,
)
def test_every_rdf_format_says_the_same(format: ox.RdfFormat) -> None:
    found = report()
    read = ox.Dataset(ox.Quad(*quad.triple) for quad in ox.parse(found.serialize(format), format=format))
    expected = ox.Dataset(ox.Quad(*triple) for triple in found.graph())
    for dataset in (read, expected):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert read == expected


def test_people_read_sentences_and_advice_the_gravest_first() -> None:
    found = report()
    lines = found.text(limit=3).splitlines()
    assert lines[0].startswith("Does not conform to the shapes: ")
    assert lines[1].startswith("Violation")
    assert lines[-1].startswith("... and ")
    rows = found.as_json()["results"]
    assert isinstance(rows, list)
    assert [row["message"] for row in rows] == [sentence(result) for result in found.ordered]
    assert "Use an IRI." in " ".join(row["advice"] for row in rows)
    json.dumps(found.as_json())


def test_every_core_component_has_words() -> None:
    """What the SHACL recommendation's section 4 lists."""
    listed = ["Class", "Datatype", "NodeKind", "MinCount", "MaxCount", "MinExclusive", "MinInclusive", "MaxExclusive"]
    listed += ["MaxInclusive", "MinLength", "MaxLength", "Pattern", "LanguageIn", "UniqueLang", "Equals", "Disjoint"]
    listed += ["LessThan", "LessThanOrEquals", "Not", "And", "Or", "Xone", "Node", "QualifiedMinCount"]
    listed += ["QualifiedMaxCount", "Closed", "HasValue", "In"]
    assert set(listed) == set(WORDS)
    assert sentence(Result("urn:x", None, "urn:own", None, "Info", "")) == "urn:x breaks urn:own."


def test_a_report_travels_between_processes() -> None:
    found = report()
    copy = pickle.loads(pickle.dumps(found))
    assert copy == found
    assert as_ntriples(copy.graph()) == as_ntriples(found.graph())


def test_shapes_that_the_engine_refuses_are_told() -> None:
    with pytest.raises(CheckFailedError, match="refuses the shapes"):
        report(PREFIXES + ':s sh:targetSubjectsOf :p ; sh:sparql [ sh:select "SELECT" ] .')
