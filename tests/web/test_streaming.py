"""Answers that take long: they stream, break off when they fail late, and end when their client goes."""

from __future__ import annotations

import contextlib
import http.client
import itertools
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.web.conftest import ENDLESS, Server, running


def ask(server: Server, text: str) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request("GET", "/sparql?" + urlencode({"query": text}), headers={"Accept": "text/csv"})
    return connection


def test_first_rows_come_long_before_the_end_and_a_client_that_goes_frees_its_reader(home: Path) -> None:
    with running(home, readers=1, query_seconds=300, queue_seconds=20) as server:
        for _ in range(3):
            connection = ask(server, ENDLESS)
            response = connection.getresponse()
            assert response.status == 200
            assert response.read(1000).startswith(b"a,")
            connection.close()
        # The one reader is free again: this would be 503 if the endless query were still running.
        assert server.query("ASK {}").json()["boolean"] is True


def test_a_client_that_goes_before_the_first_byte_frees_its_reader(home: Path) -> None:
    slow = ENDLESS.replace("SELECT *", "SELECT (COUNT(*) AS ?n)")
    with running(home, readers=1, query_seconds=300, queue_seconds=20) as server:
        for _ in range(3):
            ask(server, slow).close()
        # This would be 503 if an abandoned query were still running.
        assert server.query("ASK {}").json()["boolean"] is True


def test_an_answer_that_fails_late_breaks_off_so_that_nobody_takes_it_for_whole(home: Path) -> None:
    with running(home, query_seconds=1) as server:
        connection = ask(server, ENDLESS)
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead):
            while response.read(1 << 20):
                pass
        connection.close()
        assert server.query("ASK {}").ok
    assert "an answer broke off" in server.output
    assert "Traceback" not in server.output


def test_a_query_that_takes_too_long_to_begin_is_a_504_and_too_many_are_a_503(home: Path) -> None:
    slow = ENDLESS.replace("SELECT *", "SELECT (COUNT(*) AS ?n)")
    with running(home, readers=1, query_seconds=3, queue_seconds=1) as server:
        assert server.query("ASK {}").ok  # the reader is there: whoever waits now waits for its turn
        with contextlib.closing(ask(server, slow)) as first:
            numbers = itertools.count()  # another query each time, or it is answered from what is kept
            while (second := server.query(f"ASK {{}} # {next(numbers)}")).status_code == 200:
                pass
            assert second.status_code == 503
            assert int(second.headers["Retry-After"]) > 0
            answer = first.getresponse()
            assert answer.status == 504
            assert b"PMKG_QUERY_SECONDS" in answer.read()
