"""Each form of a report can be read back: a report flows in, text flows out, and its reader finds the same in it."""

from __future__ import annotations

import csv
import io
import json

import html5rdf  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
from markdown_it import MarkdownIt

from graph.catalogue.records import Catalogue
from graph.catalogue.report import RENDERINGS, Reported, render, report_of
from graph.check.shapes import as_ntriples, with_pyshacl
from graph.errors import UnknownFormatError
from graph.names import RDF, SH
from graph.rdf.index import Index
from graph.store.formats import Kind, formats
from tests.catalogue.report.records import DATASET, bare, triples_of

NASTY = "<script>alert(1)</script> `=1+1` | *x* \\u001b[31m"


@pytest.fixture(scope="module")
def reported() -> Reported:
    turtle = f"""
    <{DATASET}> a dcat:Dataset ; dcterms:title "=HYPERLINK {NASTY}"@en ; dcat:theme "{NASTY}" ;
        dcat:distribution <urn:d> .
    <urn:d> a dcat:Distribution ; dcterms:format "csv" ; dcterms:title "{NASTY}" .
    <urn:cat> a dcat:Catalog ; dcat:dataset <{DATASET}> .
    """
    return report_of(Catalogue(triples_of(turtle)), source="a file")


def items(reported: Reported) -> int:
    return sum(len(record.items) for record in reported.records) + len(reported.rest)


def test_csv_has_a_row_for_each_item_and_no_formula(reported: Reported) -> None:
    rows = list(csv.DictReader(io.StringIO(render(reported, "csv"))))
    assert len(rows) == items(reported)
    assert rows[0]["title"].startswith("'=HYPERLINK") and rows[0]["severity"] == "violation"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_json_has_the_keys_that_are_documented(reported: Reported) -> None:
    found = json.loads(render(reported, "json"))
    keys = "conforms source profile violations warnings datasets readiness score records rest"
    assert list(found) == keys.split() and found["source"] == "a file" and found["datasets"] == 1
    record = found["records"][0]
    assert record["score"]["of"] == 405 and 0 <= record["readiness"]["share"] <= 1 and not record["conforms"]
    assert {"severity", "property", "message", "advice", "example", "values", "suggestions", "focus"} <= set(
        record["items"][0]
    )


def test_html_is_well_formed_and_keeps_what_records_say_as_text(reported: Reported) -> None:
    text = render(reported, "html")
    parser = html5rdf.HTMLParser(strict=False, tree=html5rdf.getTreeBuilder("etree"), namespaceHTMLElements=False)
    root = parser.parse(text)
    assert not parser.errors
    assert not root.findall(".//script") and not root.findall(".//link") and not root.findall(".//img")
    assert "http" not in "".join(element.text or "" for element in root.findall(".//style"))
    assert "<script>alert(1)</script>" in "".join(root.itertext())
    assert len(root.findall(".//section/ol/li")) == items(reported)
    assert "prefers-color-scheme: dark" in text and "@media print" in text


def test_markdown_is_one_section_a_dataset_and_runs_nothing(reported: Reported) -> None:
    html = MarkdownIt("commonmark", {"html": True}).render(render(reported, "md"))
    assert html.count("<h2>") == 2 and "<script" not in html
    assert html.count("<pre><code") == sum(bool(it.example) for it in [*reported.records[0].items, *reported.rest])


def test_a_table_says_the_verdict_and_nothing_that_steers_a_terminal(reported: Reported) -> None:
    text = render(reported, "table")
    assert "Does not conform: 1 dataset" in text and "The health data access body is missing." in text
    assert "\x1b" not in text and "file-type/CSV" in text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("name", [item.name for item in formats(Kind.GRAPH)])
def test_rdf_is_a_validation_report_with_every_result(reported: Reported, name: str) -> None:
    engine = next(item.engine for item in formats(Kind.GRAPH) if item.name == name)
    assert isinstance(engine, ox.RdfFormat)
    triples = [quad.triple for quad in ox.parse(render(reported, name), format=engine)]
    index = Index(triples)
    (root,) = index.subjects(RDF + "type", SH + "ValidationReport")
    assert len(index.objects(root, SH + "result")) == reported.violations + reported.warnings
    for node in index.subjects(RDF + "type", SH + "ValidationResult"):
        for part in ("focusNode", "resultSeverity", "sourceConstraintComponent", "resultMessage", "sourceShape"):
            assert index.objects(node, SH + part), part


def test_the_report_keeps_to_the_vocabulary_of_shacl(reported: Reported) -> None:
    shapes = triples_of(
        """
        <urn:report> a sh:NodeShape ; sh:targetClass sh:ValidationReport ;
            sh:property [ sh:path sh:conforms ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:boolean ] ,
                [ sh:path sh:result ; sh:class sh:ValidationResult ] .
        <urn:result> a sh:NodeShape ; sh:targetClass sh:ValidationResult ;
            sh:property [ sh:path sh:focusNode ; sh:minCount 1 ; sh:maxCount 1 ] ,
                [ sh:path sh:resultPath ; sh:maxCount 1 ; sh:nodeKind sh:BlankNodeOrIRI ] ,
                [ sh:path sh:value ; sh:maxCount 1 ] ,
                [ sh:path sh:resultSeverity ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
                [ sh:path sh:sourceConstraintComponent ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] .
        """
    )
    small = report_of(Catalogue(bare()), scored=False)
    data = [quad.triple for quad in ox.parse(render(small, "turtle"), format=ox.RdfFormat.TURTLE)]
    assert list(with_pyshacl(as_ntriples(shapes), as_ntriples(data))) == []


def test_every_form_is_given_and_another_is_refused(reported: Reported) -> None:
    assert {"table", "html", "md", "csv", "json", "turtle"} <= set(RENDERINGS)
    with pytest.raises(UnknownFormatError, match="excel"):
        render(reported, "excel")


def test_a_report_without_score_or_dataset_is_rendered_too() -> None:
    for report in (report_of(Catalogue(bare()), "dcat-ap-3.0.1", scored=False), report_of(Catalogue([]))):
        for form in RENDERINGS:
            assert render(report, form)
