"""What one client may hold and ask: who crosses a bound is told so, and nobody else notices."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from graph.settings import Settings, variable
from tests.web.conftest import ENDLESS, Server, eventually, running
from web.clients import network

SLOW = ENDLESS.replace("SELECT *", "SELECT (COUNT(*) AS ?n)")
# A request that stops in its first line, in its headers, in its body, and in the chunks of its body.
HALVES = [
    b"GET /sparql?query=ASK",
    b"POST /sparql HTTP/1.1\r\nHost: here\r\nContent-Type: application/sparql-query\r\nX-",
    b"POST /sparql HTTP/1.1\r\nHost: here\r\nContent-Type: application/sparql-query\r\nContent-Length: 9\r\n\r\nASK",
    b"POST /sparql HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nASK {}\r\n9\r\n",
]


def connect(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=30)


@contextmanager
def connections(server: Server, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connect(server)) for _ in range(count)]


def send(server: Server, *parts: bytes) -> http.client.HTTPResponse:
    """The head of what comes back for bytes that are sent as they are."""
    with connect(server) as connection:
        for part in parts:
            connection.sendall(part)
        response = http.client.HTTPResponse(connection)
        response.begin()
        response.read()
        return response


def is_problem(response: requests.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    return str(response.json()["detail"] + response.json().get("advice", ""))


def test_many_requests_that_are_half_sent_keep_nobody_waiting(home: Path) -> None:
    with running(home, request_seconds=30) as server, connections(server, 200) as opened:
        assert server.query("ASK {}").ok
        for number, connection in enumerate(opened):
            connection.sendall(HALVES[number % len(HALVES)])
        began = time.monotonic()
        for _ in range(5):
            assert server.get("/health").ok
            assert server.query("ASK {}").json()["boolean"] is True
        assert time.monotonic() - began < 10
        # They have cost nothing but time: what is sent to its end is answered.
        opened[2].sendall(b" {   }")
        response = http.client.HTTPResponse(opened[2])
        response.begin()
        assert response.status == 200


def test_a_request_that_is_not_here_in_time_gets_a_408(home: Path) -> None:
    with running(home, request_seconds=0.3) as server:
        for half in HALVES:
            response = send(server, half)
            assert response.status == 408
            assert response.getheader("Content-Type") == "application/problem+json"
            assert response.getheader("Content-Security-Policy")


def test_a_request_that_comes_byte_by_byte_is_answered(server: Server) -> None:
    text = b"\r\nGET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    assert send(server, *(text[n : n + 1] for n in range(len(text)))).status == 200


def test_requests_that_come_at_once_are_answered_in_their_order(server: Server) -> None:
    one = b"GET /%s HTTP/1.1\r\nHost: here\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(one % b"health" + one % b"nothing" + one % b"health" + b"GET /\r\n\r\n")
        came = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", came) == [b"200", b"404", b"200", b"400"]


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 6\r\nContent-Length: 7\r\n",
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: +6\r\n",
        b"Content-Length : 6\r\n",
        b"X: y\r\n continued\r\n",
        b"no header\r\n",
        b"Host: there\r\nContent-Length: 6\r\n",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(server: Server, headers: bytes) -> None:
    response = send(server, b"POST /sparql HTTP/1.1\r\nHost: here\r\n" + headers + b"\r\nASK {}")
    assert response.status == 400
    assert response.getheader("Content-Type") == "application/problem+json"


def test_a_request_that_breaks_off_or_has_wrong_chunks_is_refused_in_words(server: Server) -> None:
    chunked = HALVES[3].rpartition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    for text in (chunked + b"zz\r\n", chunked + b"-1\r\n", chunked + b"0x1\r\nA\r\n", chunked + b"1\r\nAAAA\r\n"):
        assert send(server, text).status == 400
    for half in HALVES:
        with connect(server) as connection:
            connection.sendall(half)
            connection.shutdown(socket.SHUT_WR)
            assert b" 400 Bad Request\r\n" in connection.recv(1 << 16)
    assert "Traceback" not in server.output


def test_a_request_line_and_headers_that_are_too_long_are_refused_with_a_problem(home: Path) -> None:
    with running(home, header_kilobytes=8) as server:
        long = server.get("/sparql", params={"query": "ASK {} #" + "x" * 20_000})
        is_problem(long, 414)
        is_problem(server.get("/health", headers={"X-Long": "x" * 20_000}), 413)
        assert server.get("/health", headers={"X-Long": "x" * 5_000}).ok


def test_an_address_has_so_many_connections_and_no_more(home: Path) -> None:
    with running(home, client_connections=20) as server:
        with connections(server, 20) as opened:
            for connection in opened:
                connection.sendall(HALVES[0])
            time.sleep(0.2)
            response = send(server, b"")
            assert (response.status, response.getheader("Retry-After")) == (429, "5")
        eventually(lambda: server.get("/health").status_code == 200)


def test_one_client_that_asks_much_leaves_room_for_others(home: Path) -> None:
    options = {"client_queries": 2, "trusted_proxies": 1, "readers": 1, "queue_seconds": 20, "query_seconds": 2}
    with running(home, **options) as server, ThreadPoolExecutor(8) as pool:
        assert server.query("ASK {}").ok
        greedy = {"X-Forwarded-For": "203.0.113.1"}
        asked = [pool.submit(server.get, "/sparql", params={"query": SLOW}, headers=greedy) for _ in range(6)]
        eventually(lambda: sum(answer.done() for answer in asked) == 4)
        refused = [answer.result() for answer in asked if answer.done()]
        for answer in refused:
            assert "PMKG_CLIENT_QUERIES" in is_problem(answer, 429)
            assert int(answer.headers["Retry-After"]) > 0
        assert server.get("/sparql", params={"query": "ASK {}"}, headers={"X-Forwarded-For": "203.0.113.2"}).ok


def test_more_queries_than_the_server_takes_are_a_503(home: Path) -> None:
    with running(home, most_queries=3, readers=1, query_seconds=1) as server, ThreadPoolExecutor(8) as pool:
        assert server.query("ASK {}").ok
        statuses = list(pool.map(lambda _: server.query(SLOW).status_code, range(6)))
    assert statuses.count(503) >= 3 and 504 in statuses


def test_requests_a_minute_are_counted_by_client_and_said_in_headers(home: Path) -> None:
    with running(home, client_requests=5, trusted_proxies=1) as server:
        left = [int(server.get("/queries").headers["RateLimit-Remaining"]) for _ in range(10)]
        assert left[0] == 4 and left[-1] == 0
        refused = server.get("/queries")
        assert "PMKG_CLIENT_REQUESTS" in is_problem(refused, 429)
        assert 0 < int(refused.headers["Retry-After"]) <= 61
        assert refused.headers["RateLimit-Limit"] == "5"
        assert server.get("/nowhere").status_code == 429
        assert server.get("/health").ok and server.get("/static/page.css").ok
        assert server.get("/queries", headers={"X-Forwarded-For": "203.0.113.9"}).ok
        assert "Retry-After" not in server.get("/queries", headers={"X-Forwarded-For": "203.0.113.9"}).headers


def test_nobody_is_believed_about_an_address_unless_a_proxy_is_trusted(home: Path) -> None:
    with running(home, client_requests=2) as server:
        for header in ("X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP"):
            statuses = [
                server.get("/queries", headers={header: f"203.0.113.{number}"}).status_code for number in range(8)
            ]
            assert statuses.count(429) >= 4  # not all, where a minute begins meanwhile


def test_a_network_of_version_6_is_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")


def test_each_bound_of_a_query_is_a_setting(home: Path) -> None:
    small = {"query_characters": 200, "query_levels": 3, "query_patterns": 4, "query_operators": 5}
    with running(home, **small) as server:
        assert server.query("ASK {}").ok
        for text, status in {
            "ASK {} #" + "x" * 200: 413,
            "ASK {{{{ }}}}": 400,
            "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }": 400,
            "ASK { FILTER(1 + 1 + 1 + 1 + 1 + 1 + 1 > 0) }": 400,
        }.items():
            is_problem(server.query(text), status)


def test_limits_lists_every_bound_with_its_value_and_setting(home: Path) -> None:
    with running(home, query_seconds=7) as server:
        listed = {item["setting"]: item for item in server.get("/limits").json()["limits"]}
        page = server.get("/limits", headers={"Accept": "text/html"})
    assert listed["PMKG_QUERY_SECONDS"]["value"] == 7 and listed["PMKG_QUERY_SECONDS"]["default"] == 30
    assert "7.0 seconds" in page.text and "PMKG_QUERY_SECONDS" in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    bounds = {variable(item.name) for item in fields(Settings) if item.metadata["unit"]}
    assert set(listed) == bounds and len(bounds) > 15
