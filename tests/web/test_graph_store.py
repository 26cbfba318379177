"""The Graph Store Protocol: whole graphs go in and come out, named in each of its ways, and no name is a trick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.store.generations import Generations
from tests.web.conftest import Server, make_generation, running

TURTLE = {"Content-Type": "text/turtle"}
CATALOGUE = "https://w3id.org/pmkg/catalogue/"


class Store:
    """A server's graph store, asked with a token."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server = server
        self.home = home
        self.tokens: dict[Role, str] = {
            role: Tokens(home).new(role, role.value, days=1)[0] for role in (Role.ADMIN, Role.HARVESTER)
        }

    def send(
        self, method: str, path: str, data: Any = None, role: Role = Role.ADMIN, **options: object
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}", **options.pop("headers", {})}  # type: ignore[dict-item]
        return requests.request(
            method,
            self.server.url + path,
            data=data,
            headers=headers,
            timeout=60,
            **options,  # type: ignore[arg-type]
        )

    def triples(self, path: str) -> set[str]:
        answer = self.send("GET", path, headers={"Accept": "application/n-triples"})
        assert answer.status_code == 200, answer.text
        return set(answer.text.splitlines())


def named(graph: str) -> str:
    return f"/data?graph={quote(graph, safe='')}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("graph-store")
    make_generation(home)
    with running(home) as server:
        yield Store(server, home)


def test_a_graph_is_put_read_replaced_and_deleted(store: Store) -> None:
    path = named("x:whole")
    assert store.send("PUT", path, "<x:a> <x:p> 1 .", headers=TURTLE).status_code == 201
    assert store.send("PUT", path, "<x:a> <x:p> 2 .", headers=TURTLE).status_code == 200
    assert [line.split('"')[1] for line in store.triples(path)] == ["2"]
    head = store.send("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert store.send("DELETE", path).status_code == 200
    assert store.send("GET", path).status_code == store.send("HEAD", path).status_code == 404
    assert store.send("DELETE", path).status_code == 404


def test_relative_iris_are_resolved_against_the_graph(store: Store) -> None:
    path = named("http://example.org/dir/graph")
    store.send("PUT", path, "<thing> <#p> <> .", headers=TURTLE)
    assert store.triples(path) == {
        "<http://example.org/dir/thing> <http://example.org/dir/graph#p> <http://example.org/dir/graph> ."
    }


def test_a_post_adds_and_blank_nodes_of_two_documents_never_meet(store: Store) -> None:
    path = named("x:blank")
    for _ in range(2):
        assert store.send("POST", path, "_:b <x:p> 1 .", headers=TURTLE).status_code in (200, 201)
    assert len(store.triples(path)) == 2


def test_several_documents_come_in_one_form(store: Store) -> None:
    files = [
        ("one", ("a.ttl", "<x:a> <x:p> 1 .", "text/turtle")),
        ("two", ("b.nt", "<x:a> <x:p> <x:b> .", "application/n-triples")),
    ]
    assert store.send("POST", named("x:form"), files=files).status_code == 201
    assert len(store.triples(named("x:form"))) == 2


def test_a_post_without_a_name_makes_a_graph_and_says_where(store: Store) -> None:
    answer = store.send("POST", "/data", "<x:a> <x:p> 1 .", headers=TURTLE)
    assert answer.status_code == 201
    assert len(store.triples(named(answer.headers["Location"]))) == 1
    assert len(store.triples(answer.headers["Location"].removeprefix(store.server.url))) == 1


def test_a_dataset_is_posted_and_read_whole(store: Store) -> None:
    quads = "<x:a> <x:p> <x:in-one> <x:one> .\n<x:a> <x:p> <x:in-two> <x:two> .\n"
    assert store.send("POST", "/data", quads, headers={"Content-Type": "application/n-quads"}).status_code == 200
    answer = store.send("GET", "/data", headers={"Accept": "application/n-quads"})
    assert answer.status_code == 200
    found = set(ox.parse(answer.content, format=ox.RdfFormat.N_QUADS))
    assert set(ox.parse(quads, format=ox.RdfFormat.N_QUADS)) <= found
    assert len(found) == Generations(store.home).current().quads, "each statement once, and the merge not again"
    refused = store.send("PUT", named("x:one"), quads, headers={"Content-Type": "application/n-quads"})
    assert refused.status_code == 400


def test_a_graph_is_patched_by_an_update_that_speaks_of_it_alone(store: Store) -> None:
    path, update = named("x:patched"), {"Content-Type": "application/sparql-update"}
    store.send("PUT", path, "<x:a> <x:p> 1 .", headers=TURTLE)
    text = "DELETE { ?s ?p ?o } INSERT { ?s ?p 2 } WHERE { ?s ?p ?o }"
    assert store.send("PATCH", path, text, headers=update).status_code == 200
    assert [line.split('"')[1] for line in store.triples(path)] == ["2"]
    assert store.send("PATCH", path, "CLEAR ALL", headers=update).status_code == 403
    assert store.send("PATCH", named("x:none"), text, headers=update).status_code == 404
    assert store.send("PATCH", path, text, headers=TURTLE).status_code == 415


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/data?graph=relative", 400),
        ("/data?graph=x:a&default", 400),
        ("/data?graph=x:a&graph=x:b", 400),
        ("/data/x?graph=x:a", 400),
        ("/data?graph=" + quote("x:a> { } } ; DROP ALL ; INSERT DATA { GRAPH <x:b", safe=""), 400),
        ("/data?graph=" + quote("x:a\r\nSet-Cookie: a=b", safe=""), 400),
        ("/data?graph=", 400),
    ],
)
def test_a_name_that_is_no_name_is_refused(store: Store, path: str, status: int) -> None:
    before = Generations(store.home).current().number
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = store.send(method, path, "<x:a> <x:p> 1 ." if method in ("PUT", "POST") else None, headers=TURTLE)
        assert answer.status_code == status, (method, answer.text)
        assert "Set-Cookie" not in answer.headers
    assert Generations(store.home).current().number == before


@pytest.mark.parametrize(
    "graph",
    [
        CATALOGUE + "../graph/ontology",
        CATALOGUE + "%2e%2e/graph/ontology",
        CATALOGUE + "a/../../graph/inferred",
        CATALOGUE.replace("https", "http") + "a",
        CATALOGUE.upper(),
        "https://w3id.org/pmkg/catalogue",
        "https://w3id.org/pmkg/graph/ontology#" + CATALOGUE,
    ],
)
def test_no_spelling_takes_a_harvester_out_of_its_graphs(store: Store, graph: str) -> None:
    answer = store.send("PUT", named(graph), "<x:a> <x:p> 1 .", Role.HARVESTER, headers=TURTLE)
    assert answer.status_code == 403, answer.text


def test_a_harvester_puts_its_catalogue(store: Store) -> None:
    answer = store.send("PUT", named(CATALOGUE + "mine"), "<x:a> <x:p> 1 .", Role.HARVESTER, headers=TURTLE)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (TURTLE, "<x:a> <x:p> .", 400),
        ({"Content-Type": "text/plain"}, "<x:a> <x:p> 1 .", 415),
        (
            {"Content-Type": "application/rdf+xml"},
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
            400,
        ),
        ({"Content-Type": "application/ld+json"}, '{"@context": "http://127.0.0.1:1/c", "a": 1}', 400),
        (TURTLE, b"<x:a> <x:p> '\xff' .", 400),
    ],
)
def test_what_cannot_be_read_is_refused_and_loses_nothing(
    store: Store, headers: dict[str, str], body: str | bytes, status: int
) -> None:
    path = named("x:kept")
    store.send("PUT", path, "<x:a> <x:p> 1 .", headers=TURTLE)
    answer = store.send("PUT", path, body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(store.triples(path)) == 1


def test_a_syntax_error_says_where(store: Store) -> None:
    answer = store.send("PUT", named("x:bad"), "<x:a> <x:p> 1 .\n<x:a> <x:p> .", headers=TURTLE)
    assert (answer.json()["line"], answer.json()["column"]) == (2, 13)


def test_who_says_nothing_reads_and_does_not_write(store: Store) -> None:
    path = store.server.url + named("x:anonymous")
    assert requests.put(path, data="<x:a> <x:p> 1 .", headers=TURTLE, timeout=60).status_code == 401
    assert requests.delete(path, timeout=60).status_code == 401
    assert requests.get(store.server.url + "/data?default", timeout=60).status_code == 200


def test_options_say_what_can_be_done_and_sent(store: Store) -> None:
    answer = store.send("OPTIONS", named("x:a"))
    assert {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"} <= set(answer.headers["Allow"].split(", "))
    assert answer.headers["Accept-Patch"] == "application/sparql-update"
    assert "text/turtle" in answer.headers["Accept-Post"]


def test_a_patch_that_is_not_utf_8_changes_nothing(store: Store) -> None:
    graph = named(CATALOGUE + "latin")
    store.send("PUT", graph, "<a:b> <a:b> 1 .", headers=TURTLE)
    sent = store.send(
        "PATCH", graph, b'INSERT DATA { <a:b> <a:b> "\xe9" }', headers={"Content-Type": "application/sparql-update"}
    )
    assert sent.status_code == 400
    assert len(store.triples(graph)) == 1


def test_rdf_in_another_charset_is_not_taken_for_utf_8(store: Store) -> None:
    kind = "text/turtle; charset=ISO-8859-1"
    content = '<a:b> <a:b> "Ã©" .'.encode("latin-1")  # in UTF-8, these bytes are é
    assert store.send("PUT", named(CATALOGUE + "l"), content, headers={"Content-Type": kind}).status_code == 415
    part = {"file": ("a.ttl", content, kind)}
    assert store.send("POST", named(CATALOGUE + "l"), files=part).status_code == 415


@pytest.mark.parametrize("host", ['evil.example/"><b>', "w3id.org/pmkg/catalogue", "a b", "@"])
def test_a_host_that_is_none_names_no_graph(store: Store, host: str) -> None:
    sent = store.send("PUT", "/data/x", "<a:b> <a:b> 1 .", headers={**TURTLE, "Host": host})
    assert sent.status_code == 400
