"""SERVICE over HTTP: to a second endpoint that is listed, to none that is not, and whatever that endpoint does."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.net.sites import Site, answering, head, whole
from tests.sparql.test_federation import document
from tests.web.conftest import Server, running

JSON = "application/sparql-results+json"
ROW = {"s": {"type": "uri", "value": "http://x.org/s"}}


def redirect(connection: socket.socket, request: bytes) -> None:
    connection.sendall(head("307 Temporary Redirect", Location="http://169.254.169.254/latest/", Content_Length="0"))


def endless(connection: socket.socket, request: bytes) -> None:
    connection.sendall(head(Content_Type=JSON))
    while True:
        connection.sendall(b" " * 65536)


def slow(connection: socket.socket, request: bytes) -> None:
    connection.sendall(head(Content_Type=JSON))
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


BEHAVIOURS = {
    "good": whole(document(["s"], ROW), Content_Type=JSON),
    "redirect": redirect,
    "file": head("307 Temporary Redirect", Location="file:///etc/passwd", Content_Length="0"),
    "endless": endless,
    "slow": slow,
    "bomb": whole(gzip.compress(b" " * (40 << 20)), Content_Encoding="gzip", Content_Type=JSON),
    "html": whole(b"<html>no</html>", Content_Type="text/html"),
    "many": whole(document(["s"], *[ROW] * 1001), Content_Type=JSON),
    "error": whole(b"internal secret", "500 Oops"),
    "cut": whole(document(["s"], *[ROW] * 10), Content_Type=JSON, X_SPARQL_MaxRows="10"),
}


@dataclass
class World:
    """A server that may call some others, each of which behaves in its way, and one that no list has."""

    server: Server
    second: Server
    sites: dict[str, Site]
    unlisted: Site

    def ask(self, text: str, accept: str = "text/csv") -> requests.Response:
        return self.server.query(text, accept)


@pytest.fixture(scope="module")
def world(home: Path) -> Iterator[World]:
    with ExitStack() as stack:
        sites = {name: stack.enter_context(answering(does)) for name, does in BEHAVIOURS.items()}  # type: ignore[arg-type]
        unlisted = stack.enter_context(answering(whole(document(["s"], ROW), Content_Type=JSON)))
        second = stack.enter_context(running(home))
        listed = [second.url.rstrip("/") + "/sparql", *(site.url for site in sites.values())]
        server = stack.enter_context(
            running(home, service_endpoints=" ".join(listed), service_rows=1000, service_megabytes=1)
        )
        yield World(server, second, sites, unlisted)


def endpoint(world: World) -> str:
    return world.second.url.rstrip("/") + "/sparql"


def test_another_endpoint_is_asked_and_its_rows_are_joined(world: World) -> None:
    """Both hold the same graph, so a join with the other is a join with itself."""
    here = world.ask("SELECT ?s ?l { ?s a ?c ; rdfs:label ?l } ORDER BY ?s ?l")
    assert here.text.count("\n") > 1
    there = world.ask(f"SELECT ?s ?l {{ ?s a ?c SERVICE <{endpoint(world)}> {{ ?s rdfs:label ?l }} }} ORDER BY ?s ?l")
    assert (there.status_code, there.text) == (200, here.text)


def test_a_filter_and_values_within_the_block_are_for_the_other_endpoint(world: World) -> None:
    found = world.ask(
        f"SELECT ?l {{ SERVICE <{endpoint(world)}> {{ VALUES ?s {{ id:filler-1 id:filler-2 }} ?s rdfs:label ?l "
        f"FILTER(?l != '2') }} }}"
    )
    assert found.text.split() == ["l", "1"]


def test_a_query_may_ask_several_endpoints_and_the_same_one_twice(world: World) -> None:
    good = world.sites["good"]
    before = len(good.requests)
    call = f"SERVICE <{good.url}> {{ ?s ?p ?o }}"
    found = world.ask(
        f"SELECT ?s ?n {{ {call} {{ {call} }} SERVICE <{endpoint(world)}> "
        f"{{ SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c }} }} }}"
    )
    assert found.status_code == 200, found.text
    assert found.text.splitlines()[1].startswith("http://x.org/s,")
    assert len(good.requests) == before + 1, "the same was asked twice"


def unlisted(world: World) -> list[str]:
    other_scheme = world.sites["good"].url.replace("http:", "https:")
    inner = ["http://169.254.169.254/", "file:///etc/passwd"]
    return [world.unlisted.url, *inner, other_scheme, endpoint(world) + "x"]


def test_an_endpoint_that_is_not_listed_is_never_called(world: World) -> None:
    for url in unlisted(world):
        found = world.ask(f"SELECT * {{\n SERVICE <{url}> {{ ?s ?p ?o }} }}")
        assert found.status_code == 403, found.text
        assert found.json()["line"] == 2
        assert endpoint(world) in found.json()["advice"]
    assert world.unlisted.connections == 0


def test_a_silent_call_to_one_that_is_not_listed_fails_silently_without_being_made(world: World) -> None:
    for server in (world.server, world.second):  # one that lists endpoints, and one that lists none
        for url in unlisted(world):
            found = server.query(f"SELECT ?s {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}", "text/csv")
            assert (found.status_code, found.text.splitlines()) == (200, ["s", ""]), found.text
    assert world.unlisted.connections == 0


def test_no_endpoint_is_called_where_none_is_listed(world: World) -> None:
    before = len(world.sites["good"].requests)
    found = world.second.query(f"SELECT * {{ SERVICE <{world.sites['good'].url}> {{ ?s ?p ?o }} }}")
    assert found.status_code == 403
    assert len(world.sites["good"].requests) == before


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("redirect", 403, "not on the list"), ("file", 403, "redirects from http: to file:"),
        ("endless", 502, "larger than 1 MB"),
        ("bomb", 502, "larger than 1 MB"), ("html", 502, "cannot be read"),
        ("many", 502, "more than 1,000 rows"), ("error", 502, "answered 500"), ("cut", 502, "cut its answer"),
    ],
)  # fmt: skip
def test_an_endpoint_that_misbehaves_is_a_clear_error_and_no_wrong_answer(
    world: World, name: str, status: int, says: str
) -> None:
    site = world.sites[name]
    found = world.ask(f"SELECT * {{ SERVICE <{site.url}> {{ ?s ?p ?o }} }}")
    assert found.status_code == status, found.text
    assert says in found.json()["detail"]
    assert site.url in found.json()["detail"]
    assert "internal secret" not in found.text
    silent = world.ask(f"SELECT * {{ VALUES ?x {{ 1 }} SERVICE SILENT <{site.url}> {{ ?s ?p ?o }} }}")
    assert (silent.status_code, silent.text.split()) == (200, ["o,p,s,x", ",,,1"])


def test_a_call_has_a_time_of_its_own_and_takes_of_that_of_its_query(world: World, home: Path) -> None:
    site = world.sites["slow"]
    with running(home, service_endpoints=site.url, service_seconds=0.5, query_seconds=2.5) as server:
        found = server.query(f"SELECT * {{ SERVICE <{site.url}> {{ ?s ?p ?o }} }}")
        assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (504, "fetch-timeout"), found.text
        assert "within 0.5 s" in found.json()["detail"]
        found = server.query(f"SELECT * {{ SERVICE SILENT <{site.url}> {{ ?s ?p ?o }} }}", "text/csv")
        assert (found.status_code, found.text.split()) == (200, ["o,p,s", ",,"])
        calls = " ".join(f"SERVICE SILENT <{site.url}> {{ ?s{n} ?p ?o }}" for n in range(6))
        began = time.monotonic()
        found = server.query(f"SELECT * {{ {calls} }}")
        assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (504, "query-timeout"), found.text
        assert time.monotonic() - began < 5


def test_more_calls_than_there_may_be_are_refused_before_the_first(world: World) -> None:
    site = world.sites["good"]
    before = len(site.requests)
    calls = " ".join(f"SERVICE <{site.url}> {{ ?s{n} ?p ?o }}" for n in range(9))
    assert world.ask(f"SELECT * {{ {calls} }}").status_code == 403
    assert len(site.requests) == before


def test_an_error_has_its_place_in_what_was_asked(world: World) -> None:
    site = world.sites["good"]
    text = f"SELECT * {{ SERVICE <{site.url}> {{ ?s\n ?p ?o }} ?a ?b }}"
    found = world.ask(text)
    assert found.status_code == 400
    assert (found.json()["line"], found.json()["column"]) == (2, len(text.splitlines()[1]))
