"""Pages and dereferenced IRIs: what they say, what they refuse, and that nothing on them is taken for markup."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
import pytest

from graph.names import BASE, PREFIXES
from tests.web.conftest import Server
from web.examples import examples

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROBLEM = {"text/html": "text/html; charset=utf-8", "text/turtle": "application/problem+json"}
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}


def page(server: Server, path: str) -> str:
    response = server.get(path, headers=HTML)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


def test_a_things_page_shows_each_statement_with_a_footnote_to_its_passages(server: Server) -> None:
    text = page(server, "/id/i-spy-2")
    assert "<h1>I-SPY 2</h1>" in text
    assert 'href="/def/AdaptiveTrial"' in text and "adaptive trial" in text
    assert 'href="/source/icpermed-2022/trials-2">the report, trials, sentence 2</a>' in text
    assert text.count('href="/id/breast-cancer"') == 1  # two passages state it: two footnotes, one statement
    assert "Inferred" in text


def test_a_class_page_shows_its_definition_and_what_links_to_it(server: Server) -> None:
    text = page(server, "/def/Trial")
    assert "A study that tries something out." in text
    assert 'href="/def/AdaptiveTrial"' in text and 'href="/id/i-spy-2"' in text


def test_a_page_begins_with_name_definition_and_type_and_tells_a_link_and_its_inverse_once(server: Server) -> None:
    text = page(server, "/def/Trial")
    places = [text.index(f">{name}</a></th>") for name in ("name", "definition", "is a", "module")]
    assert places == sorted(places)
    assert "investigated by" not in page(server, "/id/i-spy-2")
    disease = page(server, "/id/breast-cancer")
    assert "investigated by" in disease and "What links to it" not in disease
    notes = disease.split('href="/id/i-spy-2"')[1].split("</li>")[0]
    assert notes.count("#note-") == 2  # of the passages that state it the other way round


def test_a_class_page_says_its_expressions_in_words(server: Server) -> None:
    assert "investigates some disease" in page(server, "/def/AdaptiveTrial")


def test_a_passage_and_a_graph_show_what_they_state(server: Server) -> None:
    assert 'href="/id/breast-cancer"' in page(server, "/source/icpermed-2022/trials-2")
    assert 'href="/id/i-spy-2"' in page(server, "/graph/inferred")


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize("path", ["/id/i-spy-2", "/def/AdaptiveTrial", "/ontology/trial-design", "/graph/inferred"])
def test_every_kind_of_iri_comes_as_rdf_too(server: Server, path: str, accept: str) -> None:
    response = server.get(path, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(accept)
    assert "Accept" in response.headers["Vary"]
    assert list(ox.parse(response.content, format=FORMATS[accept]))


def test_a_class_comes_with_its_restrictions_and_a_module_with_its_terms(server: Server) -> None:
    found = {
        quad.predicate.value for quad in ox.parse(server.get("/def/AdaptiveTrial").content, format=ox.RdfFormat.TURTLE)
    }
    assert "http://www.w3.org/2002/07/owl#someValuesFrom" in found
    module = ox.parse(server.get("/ontology/trial-design").content, format=ox.RdfFormat.TURTLE)
    named = {quad.subject.value for quad in module if isinstance(quad.subject, ox.NamedNode)}
    assert {BASE + "def/Trial", BASE + "def/AdaptiveTrial", BASE + "ontology/trial-design"} <= named


@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
@pytest.mark.parametrize(
    "path", ["/id/nobody", "/def/Nothing", "/source/x/y", "/graph/none", "/ontology/none", "/query/none", "/x"]
)
def test_what_the_graph_does_not_know_is_a_404_as_a_page_or_a_problem(server: Server, path: str, accept: str) -> None:
    response = server.get(path, headers={"Accept": accept})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == PROBLEM[accept]


def test_a_term_in_a_type_that_we_do_not_have_is_a_406(server: Server) -> None:
    assert server.get("/id/i-spy-2", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    "name",
    [
        "x> ?p ?o } #",
        "x> <a:> <b:> . ?s ?p ?o . <c:",
        "<script>alert(1)</script>",
        '"x',
        "x\\u003e",
        "x y",
        "x\ny",
        "{x}",
        "%00",
    ],
)
def test_an_address_cannot_carry_a_query_or_markup_in(server: Server, name: str) -> None:
    for accept in ("text/html", "text/turtle"):
        response = server.get("/id/" + quote(name, safe=""), headers={"Accept": accept})
        assert response.status_code == 404
        assert (
            response.headers["Content-Type"] == PROBLEM[accept] and "<script>" not in response.text.split("<main")[-1]
        )


def test_an_unusual_iri_has_its_page(server: Server) -> None:
    text = page(server, "/id/" + quote("o'hara-&-é"))
    assert "<h1>O&#39;Hara &amp; É, &#34;quoted&#34;, in two\nlines</h1>" in text


def test_labels_and_addresses_from_the_graph_are_never_markup(server: Server) -> None:
    text = page(server, "/id/i-spy-2")
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert 'href="javascript:' not in text


def test_a_query_echoed_in_an_error_cannot_become_a_header_or_a_page(server: Server) -> None:
    response = server.query("<script>alert(1)</script>\r\nSet-Cookie: x=1", "text/html")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers
    refused = server.get("/sparql", params={"query": "ASK {}", "format": "x\r\nSet-Cookie: x=1"})
    assert refused.status_code == 400 and "Set-Cookie" not in refused.headers


def test_the_home_page_says_what_the_graph_holds_now(server: Server) -> None:
    text = page(server, "/")
    count = server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]["value"]
    assert f"{int(count):,}" in text
    assert "the conference" in page(server, "/about")


def test_pages_allow_no_inline_script_and_nothing_from_outside(server: Server) -> None:
    for path in ("/", "/about", "/id/i-spy-2"):
        policy = server.get(path, headers=HTML).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy and "connect-src 'self'" in policy
        assert "http" not in policy.replace("https://w3id.org", "")
    assert "'unsafe-inline'" not in server.get("/id/i-spy-2", headers=HTML).headers["Content-Security-Policy"]


def test_completions_are_our_prefixes_and_the_terms_of_the_graph_ours_first(server: Server) -> None:
    response = server.get("/completions.json")
    body = response.json()
    assert body["prefixes"] == PREFIXES
    assert {"iri": BASE + "def/AdaptiveTrial", "label": "adaptive trial"} in body["classes"]
    assert {"iri": BASE + "def/investigates", "label": "investigates"} in body["properties"][:2]
    again = server.get("/completions.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_every_example_has_its_page_and_its_turtle(server: Server) -> None:
    assert len(examples()) == len(server.get("/examples.json").json()) > 0
    first = examples()[0]
    path = "/" + first.iri.removeprefix(BASE)
    assert f'href="/?example={first.name}"' in page(server, path)
    assert list(ox.parse(server.get(path).content, format=ox.RdfFormat.TURTLE))
