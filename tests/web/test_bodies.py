"""Bodies of requests: compressed ones are read as what they hold, and none is longer than it may be."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
import requests
import zstandard

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.store.generations import Generations
from tests.web.conftest import Server, make_generation, running

QUERY = b"SELECT (1 AS ?one) {}"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def post(server: Server, body: bytes | Iterator[bytes], coding: str, kind: str = "sparql-query") -> requests.Response:
    headers = {"Content-Type": f"application/{kind}", "Content-Encoding": coding, "Accept": "text/csv"}
    return requests.post(server.url + "/sparql", data=body, headers=headers, timeout=60)


@pytest.mark.parametrize("coding", PACKERS)
def test_a_compressed_query_is_read(server: Server, coding: str) -> None:
    response = post(server, PACKERS[coding](QUERY), coding)
    assert (response.status_code, response.text.split()) == (200, ["one", "1"])
    form = post(server, PACKERS[coding](b"query=SELECT+(1+AS+?one)+%7B%7D"), coding, "x-www-form-urlencoded")
    assert (form.status_code, form.text.split()) == (200, ["one", "1"])


def test_a_body_packed_twice_and_sent_in_chunks_is_read(server: Server) -> None:
    packed = brotli.compress(gzip.compress(QUERY))
    assert post(server, iter([packed[:10], packed[10:]]), "gzip, br").text.split() == ["one", "1"]


@pytest.mark.parametrize("coding", PACKERS)
def test_a_bomb_is_refused_before_it_has_gone_off(server: Server, coding: str) -> None:
    bomb = PACKERS[coding](bytes(200 << 20))
    assert len(bomb) < 1 << 20
    response = post(server, bomb, coding)
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "PMKG_QUERY_BODY_MEGABYTES" in response.json()["detail"]


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("damage", [lambda packed: packed[:-5], lambda packed: b"\x00nothing" + packed])
def test_a_damaged_body_is_refused(server: Server, coding: str, damage: Callable[[bytes], bytes]) -> None:
    assert post(server, damage(PACKERS[coding](QUERY * 100)), coding).status_code == 400


@pytest.mark.parametrize("coding", ["compress", "gzip, " * 4 + "gzip"])
def test_an_unknown_coding_is_refused(server: Server, coding: str) -> None:
    assert post(server, QUERY, coding).status_code == 415


def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(server: Server) -> None:
    content = b"#" * (9 << 20)
    for body in (content, iter([content[: 1 << 20]] * 9)):
        response = requests.post(
            server.url + "/sparql", data=body, headers={"Content-Type": "application/sparql-query"}, timeout=60
        )
        assert response.status_code == 413
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("filling", [b"&a=b", b"&", b"%41"])
def test_a_form_that_takes_long_to_decode_is_refused(server: Server, filling: bytes) -> None:
    form = b"query=ASK{}" + filling * (2_000_000 // len(filling))
    response = requests.post(
        server.url + "/sparql", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=60
    )
    assert response.status_code == 413
    assert "more than" in response.json()["detail"]


def test_a_form_of_many_graphs_and_escapes_is_read(server: Server) -> None:
    form = b"query=ASK%7B%7D" + b"&named-graph-uri=http%3A%2F%2Fexample.org%2F" * 5000
    response = requests.post(
        server.url + "/sparql", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=60
    )
    assert response.status_code == 200


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path, dict[str, str]]]:
    """A server that takes bodies of 1 MB, its data directory, and the header of who may write."""
    home = tmp_path_factory.mktemp("narrow")
    make_generation(home)
    token = Tokens(home).new(Role.ADMIN, "admin", days=1)[0]
    with running(home, body_megabytes=1, query_body_megabytes=1) as server:
        yield server, home, {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("method", "path", "kind", "line"),
    [
        ("PUT", "/data?graph=x:cut", "application/n-triples", b"<x:a> <x:p> <x:b> .\n"),
        ("POST", "/data?graph=x:cut", "text/turtle", b"<x:a> <x:p> <x:b> .\n"),
        ("POST", "/sparql", "application/sparql-update", b"INSERT DATA { GRAPH <x:cut> { <x:a> <x:p> <x:b> } }\n"),
        ("POST", "/sparql", "application/sparql-query", b"ASK {}\n"),
        ("POST", "/sparql", "application/x-www-form-urlencoded", b"query=ASK{}"),
    ],
)
def test_a_body_in_chunks_is_taken_whole_or_not_at_all(
    narrow: tuple[Server, Path, dict[str, str]], method: str, path: str, kind: str, line: bytes
) -> None:
    server, home, writer = narrow
    before = Generations(home).current().number
    pieces = [line, *[b"#" * 1023 + b"\n"] * 1023, b"#" * (1023 - len(line)) + b"\n", b"# one byte too many"]
    response = requests.request(
        method, server.url + path, data=iter(pieces), headers={"Content-Type": kind, **writer}, timeout=60
    )
    assert (response.status_code, response.headers["Content-Type"]) == (413, "application/problem+json"), response.text
    assert "longer than 1 MB" in response.json()["detail"]
    assert Generations(home).current().number == before


def test_a_body_in_chunks_that_fills_its_bound_exactly_is_taken(narrow: tuple[Server, Path, dict[str, str]]) -> None:
    server, _, writer = narrow
    line = b"<x:a> <x:p> <x:b> .\n"
    content = line + b"#" * ((1 << 20) - len(line))
    response = requests.put(
        server.url + "/data?graph=x:full",
        data=iter([content]),
        headers={"Content-Type": "text/turtle", **writer},
        timeout=60,
    )
    assert response.status_code == 201, response.text
