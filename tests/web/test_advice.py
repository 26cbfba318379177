"""/advice over HTTP: JSON for programs, a page for people, the protocol's parameters, and no way round the limits."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.web.conftest import ENDLESS, Server

TYPO = "SELECT * { ?trial def:investigate ?disease }"


def test_a_mistake_is_told_as_json_with_its_place_and_what_is_meant(server: Server) -> None:
    response = server.get("/advice", params={"query": TYPO})
    (problem,) = response.json()["problems"]
    assert response.headers["Content-Type"] == "application/json" and response.headers["PMKG-Generation"] == "1"
    assert (problem["kind"], problem["line"], problem["column"], problem["length"]) == ("unknown-predicate", 1, 19, 15)
    assert problem["suggestions"][0]["iri"] == "https://w3id.org/pmkg/def/investigates"
    empty = response.json()["empty"]
    assert empty["is_empty"] is True and empty["causes"][0]["pattern"] == "?trial def:investigate ?disease"


@pytest.mark.parametrize("form", ["form", "body"])
def test_a_query_can_be_posted_too(server: Server, form: str) -> None:
    if form == "form":
        response = requests.post(f"{server.url}/advice", data={"query": TYPO, "why": "0"}, timeout=60)
    else:
        header = {"Content-Type": "application/sparql-query"}
        response = requests.post(f"{server.url}/advice?why=0", data=TYPO.encode(), headers=header, timeout=60)
    assert len(response.json()["problems"]) == 1 and response.json()["empty"] is None


def test_a_browser_gets_a_page_with_the_query_and_what_is_wrong(server: Server) -> None:
    hostile = TYPO + " # <script>alert(1)</script>"
    page = server.get("/advice", params={"query": hostile}, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html") and "Accept" in page.headers["Vary"]
    assert "def:investigates" in page.text and "&lt;script&gt;" in page.text and "<script>alert" not in page.text
    assert "<textarea" in server.get("/advice", headers={"Accept": "text/html"}).text


def test_the_graphs_of_the_protocol_are_asked(server: Server) -> None:
    text = "SELECT * { ?trial def:investigates ?disease }"
    whole = server.get("/advice", params={"query": text}).json()["empty"]
    part = server.get("/advice", params={"query": text, "default-graph-uri": "https://w3id.org/pmkg/graph/sources"})
    assert (whole["is_empty"], part.json()["empty"]["is_empty"]) == (False, True)


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({}, 400),
        ({"query": ["ASK {}", "ASK {}"]}, 400),
        ({"query": "ASK {}", "why": "perhaps"}, 400),
        ({"query": "ASK {}", "default-graph-uri": "no iri"}, 400),
        ({"query": "INSERT DATA { <urn:a> <urn:b> 1 }"}, 403),
        ({"query": "ASK " + "{" * 300 + "}" * 300}, 400),
    ],
)
def test_what_cannot_be_advised_on_is_a_problem(server: Server, parameters: dict[str, object], status: int) -> None:
    response = server.get("/advice", params=parameters)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"


def test_what_is_no_sparql_is_told_like_the_rest(server: Server) -> None:
    (problem,) = server.get("/advice", params={"query": "SELECT *\nWHERE { ?s ?p }"}).json()["problems"]
    assert (problem["kind"], problem["line"]) == ("syntax", 2)


def test_advice_on_an_endless_query_ends(server: Server) -> None:
    response = server.get("/advice", params={"query": ENDLESS + " FILTER(?x = 'no such thing') }"})
    assert response.status_code == 200 and response.elapsed.total_seconds() < 15


def test_an_answer_links_to_the_advice_on_its_query(server: Server) -> None:
    answer = server.query(TYPO, **{"default-graph-uri": "urn:a"})
    (link,) = [found for found in answer.headers["Link"].split(", ") if 'rel="help"' in found]
    address = link.partition("; ")[0]
    assert parse_qs(urlsplit(address[1:-1]).query) == {"query": [TYPO], "default-graph-uri": ["urn:a"]}
    assert server.get(address[1:-1]).status_code == 200
