"""The server as a process: its life, and the build beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from graph.names import BASE
from graph.project import ROOT
from tests.web.conftest import HERE, Server, eventually, make_generation, running

# A build that waits for a file, then publishes the tests' graph, or fails.
BUILD = """
import os, pathlib, sys, time
from tests.web.conftest import make_generation
home = pathlib.Path(os.environ["PMKG_HOME"])
(home / "builder.pid").write_text(str(os.getpid()))
end = time.monotonic() + 60
while not (home / "go").exists() and time.monotonic() < end:
    time.sleep(0.02)
if (home / "fail").exists():
    sys.exit("the ontology contradicts itself")
make_generation(home)
"""
SERVE = f"""
import sys, web.building
web.building.COMMAND = (sys.executable, "-c", {BUILD!r})
from web.serve import main
sys.argv = ["serve"]
sys.exit(main())
"""


def stop(server: Server, number: signal.Signals = signal.SIGTERM) -> int:
    server.process.send_signal(number)
    return server.process.wait(30)


def is_running(process_id: int) -> bool:
    """Whether a process is there and not just waiting to be collected."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def builder(home: Path) -> int:
    eventually(lambda: (home / "builder.pid").exists() and (home / "builder.pid").read_text() != "")
    return int((home / "builder.pid").read_text())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(home: Path, number: signal.Signals) -> None:
    with running(home) as server:
        assert server.query("ASK {}").ok
        assert stop(server, number) == 0
    assert server.output.count("\n") == 2 and "Traceback" not in server.output  # its address, and the one request


def test_a_new_data_directory_without_a_build_is_an_empty_store(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.query("SELECT * { ?s ?p ?o }", "text/csv").text.splitlines()[1:] == []
        assert server.get("/").ok


def test_health_answers_while_the_first_build_runs_and_queries_wait_for_it(tmp_path: Path) -> None:
    with running(tmp_path, "-c", SERVE) as server, ThreadPoolExecutor() as pool:
        builder(tmp_path)
        assert server.get("/health").json() == {
            "status": "starting",
            "generation": None,
            "triples": None,
            "building": True,
        }
        assert "being built" in server.get("/").text
        assert server.get("/completions.json").json()["classes"] == []
        waiting = [pool.submit(server.query, f"ASK {{ <{BASE}id/i-spy-2> ?p ?o }}") for _ in range(10)]
        assert server.get("/health").status_code == 200
        (tmp_path / "go").touch()
        assert [answer.result().json()["boolean"] for answer in waiting] == [True] * 10
        eventually(lambda: not server.get("/health").json()["building"])
        health = server.get("/health").json()
        assert (health["status"], health["generation"]) == ("ok", 1) and health["triples"] > 300
        assert "being built" not in server.get("/").text


def test_a_query_gives_up_waiting_for_the_first_build_with_a_503(tmp_path: Path) -> None:
    with running(tmp_path, "-c", SERVE, startup_seconds=0.1) as server:
        response = server.query("ASK {}")
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert response.headers["Content-Type"] == "application/problem+json"


def test_a_failed_first_build_ends_the_server_with_the_builds_own_words(tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with running(tmp_path, "-c", SERVE) as server:
        (tmp_path / "go").touch()
        assert server.process.wait(30) == 1
    assert "the ontology contradicts itself" in server.output


def test_a_failed_rebuild_leaves_the_old_generation_served(tmp_path: Path) -> None:
    make_generation(tmp_path)
    (tmp_path / "fail").touch()
    with running(tmp_path, "-c", SERVE) as server:
        assert server.query("ASK {}").ok  # while the build runs
        (tmp_path / "go").touch()
        eventually(lambda: "still served" in server.output)
        assert server.query("ASK {}").headers["PMKG-Generation"] == "1"
        assert stop(server) == 0


def test_a_new_generation_is_served_without_a_restart(tmp_path: Path) -> None:
    make_generation(tmp_path)
    with running(tmp_path, "-c", SERVE) as server:
        assert server.query("ASK {}").headers["PMKG-Generation"] == "1"
        (tmp_path / "go").touch()
        eventually(lambda: server.query("ASK {}").headers["PMKG-Generation"] == "2")


def test_stopping_ends_the_build_and_queries_that_wait_for_it(tmp_path: Path) -> None:
    with running(tmp_path, "-c", SERVE) as server, ThreadPoolExecutor() as pool:
        process_id = builder(tmp_path)
        waiting = pool.submit(server.query, "ASK {}")
        assert server.get("/health").json()["building"]
        assert stop(server) == 0
        assert not is_running(process_id)
        with contextlib.suppress(requests.ConnectionError):  # where it had not been read yet
            assert waiting.result().status_code == 503


def test_an_address_that_is_taken_is_said_in_one_line(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {**os.environ, "PMKG_HOME": str(home), "PMKG_PORT": str(taken.getsockname()[1])}
        command = [sys.executable, "-m", "web.serve", "--no-build"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "PMKG_PORT" in done.stderr and "Traceback" not in done.stderr


def test_the_serving_process_leaves_the_builders_libraries_alone() -> None:
    heavy = ("rdflib", "owlready2", "pyshacl", "shacl", "reasonable", "pandas")
    program = f"import sys, web.serve, server; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE.parent.parent, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr
