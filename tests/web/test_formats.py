"""Content negotiation, and whether real parsers read what is sent."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import BASE, RDFS
from graph.store.formats import Kind, formats
from server import create_app
from tests.web.conftest import Server
from web import negotiation

SELECT = f"SELECT ?label {{ <{BASE}id/i-spy-2> <{RDFS}label> ?label }}"
CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{BASE}source/icpermed-2022/trials-2> {{ ?s ?p ?o }} }}"
SAID = 5  # statements of that graph
app = create_app()
MEDIA_TYPES = st.sampled_from([item.media_type for item in formats(Kind.SOLUTIONS)])
RANGES = st.lists(st.tuples(MEDIA_TYPES, st.integers(0, 10)), min_size=1, unique_by=lambda pair: pair[0])


def kind_of(server: Server, text: str, accept: str, **parameters: str) -> str:
    response = server.query(text, accept, **parameters)
    return response.headers["Content-Type"] if response.ok else str(response.status_code)


def test_solutions_are_read_by_parsers_of_each_format(server: Server) -> None:
    as_json = server.query(SELECT, "application/sparql-results+json")
    assert json.loads(as_json.content)["results"]["bindings"][0]["label"]["value"] == "I-SPY 2"
    as_xml = ElementTree.fromstring(server.query(SELECT, "application/sparql-results+xml").content)
    assert [literal.text for literal in as_xml.iter("{http://www.w3.org/2005/sparql-results#}literal")] == ["I-SPY 2"]
    assert list(csv.DictReader(io.StringIO(server.query(SELECT, "text/csv").text))) == [{"label": "I-SPY 2"}]
    as_tsv = server.query(SELECT, "text/tab-separated-values").text.splitlines()
    assert as_tsv == ["?label", '"I-SPY 2"@en']


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/sparql-results+xml"])
def test_ask_is_answered_in_json_and_xml(server: Server, accept: str) -> None:
    assert b"true" in server.query("ASK { ?s ?p ?o }", accept).content


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # it uses what it deprecates
@pytest.mark.parametrize(
    ("name", "rdflib_name"),
    [
        ("turtle", "turtle"),
        ("ntriples", "nt"),
        ("rdfxml", "xml"),
        ("jsonld", "json-ld"),
        ("trig", "trig"),
        ("nquads", "nquads"),
    ],
)
def test_graphs_are_read_by_two_parsers_in_each_format(server: Server, name: str, rdflib_name: str) -> None:
    response = server.query(CONSTRUCT, format=name)
    known = next(item for item in formats(Kind.GRAPH) if item.name == name)
    assert response.headers["Content-Type"].partition(";")[0] == known.media_type
    assert isinstance(known.engine, ox.RdfFormat)
    assert len(list(ox.parse(response.content, format=known.engine))) == SAID
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=response.content, format=rdflib_name)
    assert len(set(dataset.triples((None, None, None)))) == SAID


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.6", "application/sparql-results+xml"),
        ("text/csv;charset=utf-8", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("*/*;q=0.1, text/tab-separated-values;q=0.2", "text/tab-separated-values; charset=utf-8"),
        ("application/sparql-results+json;q=0, */*;q=0.5", "application/sparql-results+xml"),
        ("application/json", "application/sparql-results+json"),
        ("text/turtle, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
        ("image/png", "406"),
        ("text/turtle", "406"),
        ("*/*;q=0", "406"),
    ],
)
def test_a_select_comes_as_the_accept_header_asks(server: Server, accept: str, expected: str) -> None:
    assert kind_of(server, SELECT, accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "text/turtle; charset=utf-8"),
        ("application/rdf+xml", "application/rdf+xml"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("text/csv", "406"),
        ("application/sparql-results+json,*/*;q=0.9", "text/turtle; charset=utf-8"),
    ],
)
def test_a_construct_comes_as_the_accept_header_asks(server: Server, accept: str, expected: str) -> None:
    assert kind_of(server, CONSTRUCT, accept) == expected


def test_the_format_parameter_wins_over_the_header(server: Server) -> None:
    assert kind_of(server, SELECT, "application/sparql-results+xml", format="csv").startswith("text/csv")
    assert kind_of(server, SELECT, "image/png", format="text/csv").startswith("text/csv")
    assert kind_of(server, SELECT, "*/*", format="turtle") == "406"
    assert kind_of(server, CONSTRUCT, "*/*", format="application/json") == "application/ld+json"


def test_a_format_that_nobody_knows_is_refused_with_the_ones_that_we_know(server: Server) -> None:
    response = server.query(SELECT, format="excel")
    assert response.status_code == 400
    assert "csv" in response.json()["advice"]


@given(RANGES)
@settings(deadline=None, max_examples=60)
def test_nothing_that_the_client_likes_better_is_passed_over(ranges: list[tuple[str, int]]) -> None:
    accept = ", ".join(f"{media_type};q={quality / 10}" for media_type, quality in ranges)
    quality = dict(ranges)
    with app.test_request_context("/sparql", headers={"Accept": accept}):
        found = negotiation.chosen(Kind.SOLUTIONS)
    best = max(quality.values())
    assert (found is None) == (best == 0)
    assert found is None or quality[found.media_type] == best
