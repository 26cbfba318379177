"""What an operator sees: whether it is ready, one line for each request, and nothing that a client could forge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.project import ROOT
from graph.settings import Settings
from tests.web.conftest import Server, eventually, make_generation, running
from web.requestlog import clean, write


def lines(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.printed if line.startswith("{")]


def test_it_is_ready_once_a_generation_answers(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        eventually(lambda: server.get("/ready").status_code == 200)
        assert server.get("/ready").json()["generation"] == 1


def test_it_is_not_ready_before_the_first_build(tmp_path: Path) -> None:
    from tests.web.test_serving import SERVE

    with running(tmp_path, "-c", SERVE, startup_seconds=0.1) as server:
        response = server.get("/ready")
        assert response.status_code == 503 and "built" in response.json()["reason"]
        assert server.get("/health").ok


def test_each_request_is_one_line_without_its_query_and_with_its_id(home: Path) -> None:
    with running(home) as server:
        response = server.get(
            "/sparql", params={"query": "ASK { ?secret ?b ?c }"}, headers={"X-Request-Id": "my-request-1"}
        )
        assert response.headers["X-Request-Id"] == "my-request-1"
        wrong = server.query("SELCT")
        eventually(lambda: len(lines(server)) >= 2)
        first, second = lines(server)[:2]
    assert (first["id"], first["method"], first["path"], first["status"]) == ("my-request-1", "GET", "/sparql", 200)
    assert first["bytes"] == len(response.content) and first["seconds"] > 0 and first["queue"] >= 0
    assert (first["kind"], first["client"]) == ("ask", "127.0.0.1") and "python-requests" in first["agent"]
    assert "secret" not in server.output
    assert second["id"] == wrong.headers["X-Request-Id"] == wrong.json()["request"]


def test_queries_and_hashed_clients_are_logged_where_that_is_asked_for(home: Path) -> None:
    with running(home, log_queries=1, log_clients="hash") as server:
        server.query("ASK { ?secret ?b ?c }")
        eventually(lambda: len(lines(server)) == 1)
        line = lines(server)[0]
    assert "?secret" in line["query"] and len(line["client"]) == 16 and "127.0.0.1" not in str(line)


def test_no_client_forges_a_line(home: Path) -> None:
    with running(home) as server:
        server.get("/x%0A%7B%22event%22:%22forged%22%7D%1b[31m%E2%80%AE", headers={"User-Agent": "a\tb\x85c"})
        assert server.get("/health", headers={"X-Request-Id": "no id\tat all"}).headers["X-Request-Id"] != "no id"
        eventually(lambda: len(lines(server)) == 1)
        assert len(server.printed) == 2 and lines(server)[0]["event"] == "request"
        assert not {"\n", "\x1b", "\u202e"} & set(lines(server)[0]["path"])


def test_lines_for_people_are_one_line_each_too(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "from web.requestlog import *; from graph.settings import Settings; configure(Settings(log_format='text'));"
        "write(Settings(), '::1', {'status': 200, 'method': 'GET', 'path': '/x\\ny', 'seconds': 0.1})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == "200 GET  /x?y 0.100 s client=::1\n"


def test_a_log_format_that_there_is_not_is_said_at_the_start(home: Path) -> None:
    environment = {**os.environ, "PMKG_HOME": str(home), "PMKG_LOG_FORMAT": "xml"}
    command = [sys.executable, "-m", "web.serve", "--no-build"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "PMKG_LOG_FORMAT" in done.stderr


def test_what_is_cleaned_is_short_and_printable() -> None:
    assert clean("x" * 1000) == "x" * 200 + "…"
    assert clean("Grüße, 東京") == "Grüße, 東京"
    write(Settings(), "", {"path": "\u2028"})


def test_metrics_count_what_happens_and_are_not_for_everybody(tmp_path: Path) -> None:
    make_generation(tmp_path)
    with running(tmp_path) as server:
        server.query("ASK { ?a ?b 1 }")
        server.query("SELCT")
        text = server.get("/metrics").text
        assert 'pmkg_requests_total{kind="ask",status="200"} 1.0' in text
        assert 'status="400"' in text and "pmkg_generation 1.0" in text
        for name in (
            "pmkg_request_seconds_bucket", "pmkg_queue_seconds_bucket", 'pmkg_readers{state="idle"}',
            "pmkg_readers_replaced", "pmkg_statements", "pmkg_store_bytes", "pmkg_generation_age_seconds",
            "pmkg_build_info", "process_resident_memory_bytes", 'pmkg_queries{state="waiting"}',
        ):  # fmt: skip
            assert name in text, name
        through_a_proxy = server.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
        assert through_a_proxy.status_code == 403
    with running(tmp_path, open_metrics=1) as server:
        assert server.get("/metrics", headers={"X-Forwarded-For": "203.0.113.1"}).ok
