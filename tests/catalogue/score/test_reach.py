"""Whether addresses answer: a server that counts flows in, a yes or no for each address flows out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from graph.catalogue.score.reach import Politeness, reachability
from graph.net.addresses import Reach


@contextmanager
def site() -> Iterator[tuple[str, Counter[str]]]:
    """A server that has /good, and a counter of what it was asked for."""
    asked = Counter[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            self.send_response(200 if self.path.startswith("/good") else 404)
            self.send_header("Content-Length", str(10**12))  # who reads the body waits for ever
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


QUICK = Politeness(pause=0.0, request_seconds=3.0)


def test_each_address_is_asked_once_and_its_body_is_not_read() -> None:
    with site() as (base, asked):
        addresses = [f"{base}/good", f"{base}/bad", f"{base}/good", "not an address", "ftp://example.org/x"]
        found = reachability(addresses, Reach.of("127.0.0.1/32", anywhere=True), QUICK)
    assert found == {
        f"{base}/good": True,
        f"{base}/bad": False,
        "not an address": False,
        "ftp://example.org/x": False,
    }
    assert asked == {"/good": 1, "/bad": 1}


def test_an_address_of_this_machine_is_not_asked_unless_that_is_allowed() -> None:
    with site() as (base, asked):
        assert reachability([f"{base}/good"], Reach(anywhere=True), QUICK) == {f"{base}/good": False}
    assert not asked


@pytest.mark.parametrize("politeness", [Politeness(addresses=2, pause=0.0), Politeness(seconds=0.15, pause=0.1)])
def test_what_is_too_much_is_not_asked_and_not_told(politeness: Politeness) -> None:
    with site() as (base, asked):
        addresses = [f"{base}/good{number}" for number in range(6)]
        found = reachability(addresses, Reach.of("127.0.0.1/32", anywhere=True), politeness)
    assert 0 < len(found) < 6 and sum(asked.values()) == len(found)
