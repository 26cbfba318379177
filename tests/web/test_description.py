"""What the endpoint says of itself, of its dataset and of what to ask, for programs and over real HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox
import pytest
import requests
from flask import Flask

from graph.check.examples import read_example
from graph.errors import QueryTimeoutError, ServiceBusyError
from graph.names import BASE, PREFIXES, RDF
from graph.project import Project
from graph.rdf.reading import read_quads
from graph.settings import Settings
from graph.store.formats import Kind, formats
from server import create_app
from tests.conftest import SHARED
from tests.web.conftest import FILLER, HERE, Server, eventually, running

SD = PREFIXES["sd"]
GRAPHS = formats(Kind.GRAPH)
DESCRIPTIONS = ("/sparql", "/.well-known/void", "/.well-known/sparql-examples")


def graph(response: requests.Response) -> ox.Store:
    """What a response says, to be asked."""
    assert response.status_code == 200, response.text
    store = ox.Store()
    store.load(response.content, format=ox.RdfFormat.from_media_type(response.headers["Content-Type"]))
    return store


def rows(store: ox.Store, text: str) -> list[tuple[str, ...]]:
    found = store.query(text, prefixes=PREFIXES)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple(term.value if term else "" for term in row) for row in found]


@pytest.fixture(scope="module")
def described(server: Server) -> ox.Store:
    return graph(server.get("/sparql"))


@pytest.fixture(scope="module")
def void(server: Server) -> ox.Store:
    return graph(server.get("/.well-known/void"))


@pytest.fixture(scope="module")
def data() -> list[ox.Triple]:
    """The merge of the server's graphs, without the filler."""
    return list({quad.triple for quad in read_quads(HERE / "graph.trig")})


@pytest.mark.parametrize("path", DESCRIPTIONS)
@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: form.name)
def test_every_description_comes_in_every_format_of_rdf(server: Server, path: str, form: object) -> None:
    response = server.get(path, headers={"Accept": form.media_type})  # type: ignore[attr-defined]
    assert response.headers["Content-Type"].startswith(form.media_type)  # type: ignore[attr-defined]
    assert "Accept" in response.headers["Vary"]
    assert len(graph(response)) == len(graph(server.get(path)))


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_a_description_that_is_known_already_is_not_sent_again(server: Server, path: str) -> None:
    tag = server.get(path).headers["ETag"]
    assert server.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert server.get(path, headers={"If-None-Match": tag, "Accept": "application/n-triples"}).status_code == 200


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_a_description_is_no_table_and_no_picture(server: Server, path: str) -> None:
    response = server.get(path, headers={"Accept": "text/csv, image/png"})
    assert (response.status_code, "text/turtle" in response.json()["advice"]) == (406, True)


def test_a_browser_that_opens_the_endpoint_gets_its_page(server: Server) -> None:
    response = server.get("/sparql", headers={"Accept": "text/html,*/*;q=0.8"}, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (303, "/")


def test_a_post_without_a_query_is_still_an_error(server: Server) -> None:
    assert requests.post(f"{server.url}/sparql", data={"format": "json"}, timeout=60).status_code == 400


def test_the_suite_of_the_standard_passes(server: Server) -> None:
    runner = SHARED / "w3c" / "run_http_suite.py"
    if not runner.is_file():
        pytest.skip(f"the W3C suites are not at {runner.parent}")
    command = [sys.executable, str(runner), server.url, "--suite", "service-description", "--reset", "none"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "3 passed, 0 failed")


def test_the_service_says_its_address_and_its_languages(server: Server, described: ox.Store) -> None:
    found = rows(described, "SELECT ?endpoint { ?service a sd:Service ; sd:endpoint ?endpoint }")
    assert found == [(f"{server.url}/sparql",)]
    languages = rows(described, "SELECT ?language { ?service sd:supportedLanguage ?language } ORDER BY ?language")
    assert languages == [(SD + "SPARQL11Query",), (SD + "SPARQL11Update",)]
    drafts = rows(described, "SELECT ?words { ?service sd:languageExtension/rdfs:comment ?words }")
    assert any("SPARQL 1.2" in words for (words,) in drafts) and any("RDF 1.2" in words for (words,) in drafts)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { BIND(TRIPLE(<urn:a>, <urn:b>, 1) AS ?t) FILTER(isTRIPLE(?t) && OBJECT(?t) = 1) }",
        'ASK { BIND(STRLANGDIR("a", "ar", "rtl") AS ?t) FILTER(hasLANGDIR(?t) && hasLANG(?t) && LANGDIR(?t) = "rtl") }',
        'VERSION "1.2" ASK { FILTER NOT EXISTS { ?s ?p 1 ~ ?r {| <urn:q> 2 |} } }',
        "ASK { VALUES ?x { 1 } LATERAL { BIND(?x + 1 AS ?y) } FILTER(?y = 2) }",
        'ASK { FILTER(TZ(ADJUST("2022-10-05T12:00:00Z"^^xsd:dateTime, "PT1H"^^xsd:dayTimeDuration)) = "+01:00") }',
    ],
)
def test_what_it_says_of_the_drafts_is_so(server: Server, text: str) -> None:
    assert server.query(text).json()["boolean"] is True


def test_formats_are_those_of_the_table(described: ox.Store) -> None:
    named = {value for (value,) in rows(described, "SELECT ?format { ?service sd:resultFormat ?format }")}
    others = {value for (value,) in rows(described, "SELECT ?type { ?service schema:encodingFormat ?type }")}
    read = {value for (value,) in rows(described, "SELECT ?format { ?service sd:inputFormat ?format }")}
    assert len(named) + len(others) == len(formats())
    assert all(value.startswith("http://www.w3.org/ns/formats/") for value in named)
    assert others == {"application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"}
    assert (len(read), read <= named) == (len(GRAPHS), True)


def test_every_bound_is_described_with_its_value_here(home: Path) -> None:
    with running(home, query_seconds=7.5) as server:
        described = graph(server.get("/sparql"))
        limits = server.get("/limits").json()["limits"]
    text = """SELECT ?name ?value ?unit { ?service a sd:Service ; schema:additionalProperty [
        schema:propertyID ?name ; schema:value ?value ; schema:unitText ?unit ; schema:description ?help ] }"""
    found = {name: (float(value), unit) for name, value, unit in rows(described, text)}
    assert found == {limit["setting"]: (limit["value"], limit["unit"]) for limit in limits}
    assert found["PMKG_QUERY_SECONDS"] == (7.5, "seconds")


def test_the_dataset_has_its_graphs_with_their_sizes(described: ox.Store, data: list[ox.Triple]) -> None:
    text = """SELECT ?name ?triples { ?service sd:defaultDataset/sd:namedGraph [
        sd:name ?name ; sd:graph/void:triples ?triples ] }"""
    sizes = Counter(quad.graph_name.value for quad in set(read_quads(HERE / "graph.trig")))  # type: ignore[union-attr]
    found = {name: int(triples) for name, triples in rows(described, text)}
    assert found == {**sizes, f"{BASE}id/filler": FILLER}
    merged = rows(described, "SELECT ?n { ?service sd:defaultDataset/sd:defaultGraph/void:triples ?n }")
    assert merged == [(str(len(data) + FILLER),)]


def test_features_are_those_that_the_settings_switch_on(server: Server, described: ox.Store, home: Path) -> None:
    text = "SELECT ?feature { ?service sd:feature ?feature }"
    assert rows(described, text) == [(SD + "UnionDefaultGraph",)]
    with running(home, union_default_graph=0, service_endpoints="http://example.org/sparql") as plain:
        assert rows(graph(plain.get("/sparql")), text) == [(SD + "BasicFederatedQuery",)]


def test_void_says_where_the_dataset_is(server: Server, void: ox.Store) -> None:
    text = """SELECT ?topic ?title ?endpoint ?dump { ?d a void:DatasetDescription ; foaf:primaryTopic ?topic .
        ?topic dcterms:title ?title ; void:sparqlEndpoint ?endpoint ; void:dataDump ?dump }"""
    ((topic, title, endpoint, dump),) = rows(void, text)
    assert (topic, bool(title), endpoint) == (f"{BASE}dataset", True, f"{server.url}/sparql")
    assert len(graph(requests.get(dump, timeout=60))) > FILLER


def test_void_counts_the_whole_and_each_part(void: ox.Store, data: list[ox.Triple]) -> None:
    a = ox.NamedNode(RDF + "type")
    types = {(item.subject, item.object) for item in data if item.predicate == a}
    whole = rows(void, f"SELECT ?n ?c {{ <{BASE}dataset> void:triples ?n ; void:classes ?c }}")
    assert whole == [(str(len(data) + FILLER), str(len({kind for _, kind in types})))]

    text = "SELECT ?class ?n { ?d a void:Dataset ; void:classPartition [ void:class ?class ; void:entities ?n ] }"
    classes = Counter(kind.value for _, kind in types)  # type: ignore[union-attr]
    assert {name: int(n) for name, n in rows(void, text)} == classes

    text = "SELECT ?p ?n { ?d a void:Dataset ; void:propertyPartition [ void:property ?p ; void:triples ?n ] }"
    properties = Counter(item.predicate.value for item in data)
    properties[f"{PREFIXES['rdfs']}label"] += FILLER
    assert {name: int(n) for name, n in rows(void, text)} == properties


def test_void_counts_the_properties_of_each_class(void: ox.Store, data: list[ox.Triple]) -> None:
    a = ox.NamedNode(RDF + "type")
    kinds = [(item.subject, item.object) for item in data if item.predicate == a]
    expected = Counter(
        (kind.value, item.predicate.value)  # type: ignore[union-attr]
        for subject, kind in kinds
        for item in data
        if item.subject == subject
    )
    text = """SELECT ?class ?p ?n { ?d void:classPartition [ void:class ?class ;
        void:propertyPartition [ void:property ?p ; void:triples ?n ] ] }"""
    assert {(kind, name): int(n) for kind, name, n in rows(void, text)} == expected


def test_pages_link_to_void(server: Server) -> None:
    page = server.get("/about", headers={"Accept": "text/html"}).text
    assert 'rel="describedby" href="/.well-known/void"' in page


def test_the_examples_are_all_there_in_the_form_of_the_sib(server: Server) -> None:
    found = graph(server.get("/.well-known/sparql-examples"))
    text = "SELECT ?query ?text { ?query a sh:SPARQLExecutable ; sh:select|sh:ask|sh:construct|sh:describe ?text }"
    queries = {query: words for query, words in rows(found, text)}  # noqa: C416  rows are tuples of any length
    assert queries == {item.iri: item.text for item in map(read_example, Project().queries)}
    assert rows(found, "SELECT ?q { ?q a sh:SPARQLExecutable FILTER NOT EXISTS { ?q rdfs:comment ?c } }") == []


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as found:
        yield found


def test_an_empty_store_describes_itself(empty: Server) -> None:
    eventually(lambda: empty.get("/health").json()["generation"] is not None)
    described = graph(empty.get("/sparql"))
    assert rows(described, "SELECT ?n { ?service sd:defaultDataset/sd:defaultGraph/void:triples ?n }") == [("0",)]
    assert rows(described, "SELECT ?g { ?d sd:namedGraph ?g }") == []
    assert rows(graph(empty.get("/.well-known/void")), "SELECT ?n { ?d a void:Dataset ; void:triples ?n }") == [("0",)]


@pytest.fixture
def app(home: Path) -> Iterator[Flask]:
    """The application in this process, where its service can be made to fail."""
    found = create_app(replace(Settings(), home=home))
    yield found
    found.extensions["pmkg"].close()


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])
def test_what_is_too_large_to_count_is_left_out_and_not_counted_again(app: Flask, path: str) -> None:
    asked = []

    def select(text: str) -> NoReturn:
        asked.append(text)
        raise QueryTimeoutError("it took too long.")

    app.extensions["pmkg"].select = select
    for _ in range(2):
        response = app.test_client().get(path)
        assert (response.status_code, b"void:triples" in response.data) == (200, False)
    assert len(asked) == len(set(asked)) > 1


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])
def test_what_cannot_be_counted_now_is_to_be_asked_later(app: Flask, path: str) -> None:
    def select(text: str) -> NoReturn:
        raise ServiceBusyError("no reader is free.", retry_after=7)

    app.extensions["pmkg"].select = select
    response = app.test_client().get(path)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
    del app.extensions["pmkg"].select
    assert b"void:triples" in app.test_client().get(path).data
