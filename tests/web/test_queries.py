"""The queries under way: who sees them, who ends them, and what their clients are told then."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from graph.project import ROOT
from tests.web.conftest import ENDLESS, Server, eventually, running
from tests.web.test_streaming import ask

SLOW = ENDLESS.replace("SELECT *", "SELECT (COUNT(*) AS ?n)")
NAME = "a-name-of-my-own-1"


def listed(server: Server, **headers: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("/queries", headers=headers).json()["queries"]
    return found


def cancel(server: Server, name: str, **headers: str) -> int:
    return requests.delete(f"{server.url}/queries/{name}", headers=headers, timeout=60).status_code


def asked(server: Server, text: str, **headers: str) -> requests.Response:
    return server.get("/sparql", params={"query": text}, headers=headers)


def test_a_query_is_listed_from_its_wait_to_its_end_and_can_be_ended_in_each_state(home: Path) -> None:
    with running(home, readers=1, query_seconds=60, queue_seconds=60) as server, ThreadPoolExecutor(4) as pool:
        assert server.query("ASK {}").ok
        first = pool.submit(asked, server, SLOW, **{"PMKG-Query-Id": NAME})
        eventually(lambda: [item["state"] for item in listed(server)] == ["running"])
        second = pool.submit(server.query, "ASK { ?s ?p ?o }")
        eventually(lambda: [item["state"] for item in listed(server)] == ["running", "waiting"])
        running_one, waiting = listed(server)
        assert (running_one["id"], running_one["kind"], running_one["query"]) == (NAME, "select", SLOW)
        assert running_one["seconds"] > 0 and running_one["own"] and waiting["kind"] == "ask"
        assert server.get(waiting["href"]).json()["id"] == waiting["id"]
        for name, answer in ((waiting["id"], second), (NAME, first)):
            assert cancel(server, name) == 204
            problem = answer.result(20)
            assert problem.status_code == 409 and "cancelled" in problem.json()["detail"]
            assert problem.headers["Content-Type"] == "application/problem+json"
        assert listed(server) == [] and cancel(server, NAME) == 404
        connection = ask(server, ENDLESS)
        response = connection.getresponse()
        eventually(lambda: [item["state"] for item in listed(server)] == ["streaming"])
        assert listed(server)[0]["id"] == response.getheader("PMKG-Query-Id")
        assert cancel(server, listed(server)[0]["id"]) == 204
        with pytest.raises(http.client.IncompleteRead):
            while response.read(1 << 20):
                pass
        connection.close()
        assert server.query("ASK { ?a ?b ?c }").ok and listed(server) == []


def test_another_client_neither_sees_nor_ends_a_query_but_an_administrator_does(home: Path) -> None:
    token = subprocess.run(
        [sys.executable, "-m", "graph.cli", "token", "new", "--role", "admin"],
        cwd=ROOT, env={"PMKG_HOME": str(home)}, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip
    other, admin = {"X-Forwarded-For": "203.0.113.5"}, {"Authorization": f"Bearer {token}"}
    with running(home, readers=1, query_seconds=60, trusted_proxies=1) as server, ThreadPoolExecutor(2) as pool:
        answer = pool.submit(asked, server, SLOW)
        eventually(lambda: len(listed(server)) == 1)
        name = listed(server)[0]["id"]
        assert listed(server, **other) == [] and cancel(server, name, **other) == 404
        assert [item["query"] for item in listed(server, **admin)] == [SLOW]
        page = server.get("/queries", headers={**admin, "Accept": "text/html"})
        assert "COUNT(*)" in page.text and "script-src 'self';" in page.headers["Content-Security-Policy"]
        assert cancel(server, name, **admin) == 204
        assert answer.result(20).status_code == 409


@pytest.mark.parametrize("name", ["short", "x" * 65, "with a space in it !", "../../../etc/passwd"])
def test_an_id_that_is_none_is_refused(server: Server, name: str) -> None:
    fresh = f"ASK {{ ?s ?p {time.time_ns()} }}"  # what is answered from the cache is no query under way
    assert asked(server, fresh, **{"PMKG-Query-Id": name}).status_code == 400


def test_ids_of_ours_do_not_repeat(server: Server) -> None:
    names = {server.query(f"ASK {{ ?s ?p {number} }}").headers["PMKG-Query-Id"] for number in range(20)}
    assert len(names) == 20 and min(map(len, names)) >= 20


def test_a_client_that_goes_while_its_query_waits_leaves_the_queue(home: Path) -> None:
    with running(home, readers=1, query_seconds=60, queue_seconds=60) as server, ThreadPoolExecutor(1) as pool:
        assert server.query("ASK {}").ok
        first = pool.submit(asked, server, SLOW, **{"PMKG-Query-Id": NAME})
        eventually(lambda: len(listed(server)) == 1)
        for _ in range(3):
            connection = ask(server, "ASK { ?s ?p ?o }")
            eventually(lambda: len(listed(server)) == 2)
            connection.close()
            eventually(lambda: len(listed(server)) == 1)
        cancel(server, NAME)
        assert first.result(20).status_code == 409
