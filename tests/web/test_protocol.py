"""The SPARQL 1.1 Protocol: every way to send a query, and every refusal."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

from graph.names import BASE
from tests.web.conftest import Server

COUNT = f"SELECT (COUNT(*) AS ?n) {{ <{BASE}id/i-spy-2> ?p ?o }}"


def count(response: requests.Response) -> int:
    assert response.status_code == 200, response.text
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


def problem(response: requests.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["title"] and body["type"] and body["detail"]
    assert "Traceback" not in response.text and ".py" not in response.text
    return dict(body)


def test_get_form_and_direct_post_give_the_same_answer(server: Server) -> None:
    url = server.url + "/sparql"
    answers = [
        requests.get(url, params={"query": COUNT}, timeout=30),
        requests.post(url, data={"query": COUNT}, timeout=30),
        requests.post(url, data=COUNT, headers={"Content-Type": "application/sparql-query"}, timeout=30),
        requests.post(url, data=COUNT, headers={"Content-Type": "application/sparql-query; charset=UTF-8"}, timeout=30),
    ]
    assert [count(answer) for answer in answers] == [6, 6, 6, 6]


def test_a_direct_post_is_read_as_utf_8(server: Server) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    text = 'SELECT (STRLEN("é€") AS ?n) {}'.encode()
    assert count(requests.post(server.url + "/sparql", data=text, headers=headers, timeout=30)) == 2
    wrong = requests.post(
        server.url + "/sparql", data='SELECT ("é" AS ?n) {}'.encode("latin-1"), headers=headers, timeout=30
    )
    assert "UTF-8" in str(problem(wrong, 400)["detail"])


def test_the_graphs_of_the_request_are_the_dataset(server: Server) -> None:
    passage = BASE + "source/icpermed-2022/trials-3"
    assert count(server.query(COUNT, **{"default-graph-uri": passage})) == 3
    named = f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ <{BASE}id/i-spy-2> ?p ?o }} }}"
    assert count(server.query(named, **{"named-graph-uri": passage})) == 3
    url = (
        server.url
        + "/sparql?"
        + urlencode([("default-graph-uri", passage), ("default-graph-uri", BASE + "graph/inferred")])
    )
    headers = {"Content-Type": "application/sparql-query"}
    assert count(requests.post(url, data=COUNT, headers=headers, timeout=30)) == 4


def test_the_default_graph_is_the_merge_with_each_triple_once(server: Server) -> None:
    both = f"SELECT (COUNT(*) AS ?n) {{ <{BASE}id/i-spy-2> <{BASE}def/investigates> ?o }}"
    assert count(server.query(both)) == 1


@pytest.mark.parametrize("parameters", [[], [("query", COUNT), ("query", COUNT)]])
def test_no_query_and_two_queries_are_refused(server: Server, parameters: list[tuple[str, str]]) -> None:
    if parameters:  # without any, a GET is answered with the service description
        problem(server.get("/sparql", params=parameters), 400)
    problem(requests.post(server.url + "/sparql", data=urlencode(parameters), timeout=30,
                          headers={"Content-Type": "application/x-www-form-urlencoded"}), 400)  # fmt: skip


def test_a_query_in_the_address_and_in_the_body_are_two(server: Server) -> None:
    response = requests.post(server.url + "/sparql", params={"query": COUNT}, data={"query": COUNT}, timeout=30)
    problem(response, 400)


def test_a_browser_without_a_query_is_led_to_the_page(server: Server) -> None:
    response = server.get("/sparql", headers={"Accept": "text/html,*/*;q=0.8"}, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(server: Server, kind: str) -> None:
    problem(requests.post(server.url + "/sparql", data=COUNT, headers={"Content-Type": kind}, timeout=30), 415)


@pytest.mark.parametrize("kind", ["application/sparql-query", "application/x-www-form-urlencoded"])
def test_another_charset_is_refused(server: Server, kind: str) -> None:
    headers = {"Content-Type": f"{kind}; charset=latin-1"}
    data = COUNT if kind.endswith("query") else urlencode({"query": COUNT})
    problem(requests.post(server.url + "/sparql", data=data, headers=headers, timeout=30), 415)


def test_a_form_or_an_address_in_another_encoding_is_refused_and_not_read_as_something_else(server: Server) -> None:
    text = "query=" + quote('ASK { ?s ?p "é" }', encoding="latin-1")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for response in (server.get("/sparql?" + text), requests.post(server.url + "/sparql", text, headers=headers)):
        assert "UTF-8" in str(problem(response, 400)["detail"])


def test_a_byte_order_mark_in_front_of_a_query_is_none_of_its_characters(server: Server) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    assert count(requests.post(server.url + "/sparql", b"\xef\xbb\xbf" + COUNT.encode(), headers=headers)) == 6


def test_a_body_that_no_query_needs_is_refused(server: Server) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    problem(requests.post(server.url + "/sparql", b"#" * (9 << 20), headers=headers, timeout=30), 413)


def test_a_relative_iri_is_one_of_ours(server: Server) -> None:
    assert count(server.query("SELECT (COUNT(*) AS ?n) { <id/i-spy-2> ?p ?o }")) == 6


def test_a_graph_of_the_request_that_is_no_iri_is_named(server: Server) -> None:
    assert "named-graph-uri" in str(problem(server.query(COUNT, **{"named-graph-uri": "not an IRI"}), 400)["detail"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_and_told_which_are_allowed(server: Server, method: str) -> None:
    response = requests.request(method, server.url + "/sparql", timeout=30)
    problem(response, 405)
    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("update=INSERT+DATA+%7B+%3Ca%3A%3E+%3Ca%3A%3E+1+%7D", "application/x-www-form-urlencoded"),
        ("INSERT DATA { <a:> <a:> 1 }", "application/sparql-update"),
        ("INSERT DATA { <a:> <a:> 1 }", "application/sparql-query"),
    ],
)
def test_an_update_of_nobody_is_refused_however_it_comes(server: Server, data: str, kind: str) -> None:
    response = requests.post(server.url + "/sparql", data=data, headers={"Content-Type": kind}, timeout=30)
    problem(response, 403 if kind == "application/sparql-query" else 401)
    assert count(server.query("SELECT (COUNT(*) AS ?n) { <a:> ?p ?o }")) == 0


def test_a_syntax_error_names_its_line_and_column(server: Server) -> None:
    body = problem(server.query("SELECT *\nWHERE { ?s ?p }"), 400)
    assert body["line"] == 2
    assert isinstance(body["column"], int) and 10 <= body["column"] <= 16
    assert str(body["type"]).endswith("/query-syntax")


def test_a_call_to_another_service_is_refused(server: Server) -> None:
    problem(server.query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), 403)


def test_unknown_addresses_are_problems_too(server: Server) -> None:
    problem(server.get("/nothing-here"), 404)
    problem(server.get("/id/nobody"), 404)


def test_a_query_of_eight_kilobytes_fits_into_the_address(server: Server) -> None:
    assert count(server.query(COUNT + " #" + "x" * 8192)) == 6


def test_answers_say_their_generation_and_how_they_may_be_cached(server: Server) -> None:
    response = server.query(COUNT)
    assert response.headers["PMKG-Generation"] == "1"
    assert "Accept" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_head_sends_the_headers_alone_and_leaves_the_connection_usable(server: Server) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    path = "/sparql?" + urlencode({"query": COUNT})
    connection.request("HEAD", path, headers={"Accept": "text/csv"})
    head = connection.getresponse()
    assert (head.status, head.getheader("Content-Type"), head.read()) == (200, "text/csv; charset=utf-8", b"")
    assert head.getheader("Content-Length") == str(len(b"n\r\n6\r\n"))
    connection.request("GET", path)
    assert json.loads(connection.getresponse().read())["results"]["bindings"][0]["n"]["value"] == "6"
    connection.close()


def test_a_page_of_another_origin_may_ask(server: Server) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = requests.options(server.url + "/sparql", headers=asked, timeout=30)
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    for response in (preflight, server.query(COUNT), server.query("nonsense")):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "PMKG-Generation" in server.query(COUNT).headers["Access-Control-Expose-Headers"]
