"""`pmkg history`, `rollback`, `backup` and `restore`, each beside a server that goes on answering."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from graph.project import ROOT
from graph.store.generations import Generations
from tests.test_cli import pmkg
from tests.web.conftest import Server, eventually, running

COUNT = "SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o }"


def write(home: Path, number: int) -> None:
    """One statement more."""
    with Generations(home).write(note=f"write [{number}]") as draft:
        draft.store.add(
            ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(number), ox.NamedNode("urn:g"))
        )
        draft.metadata.update(who=f"person {number} [x]", role="curator", added=1, removed=0, graphs=["urn:g"])


def seen(server: Server) -> int:
    response = server.query(COUNT, accept="text/csv")
    assert response.status_code == 200, response.text
    return int(response.text.split()[1])


@contextmanager
def asked_all_the_time(server: Server) -> Iterator[set[int]]:
    """The counts that a client sees who asks without a pause; every answer must be good."""
    found, failures, end = set[int](), list[BaseException](), threading.Event()

    def ask() -> None:
        try:
            while not end.is_set():
                found.add(seen(server))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()
        assert not failures, failures


@pytest.fixture(scope="module")
def three_writes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written")
    for number in (1, 2, 3):
        write(path, number)
    return path


@pytest.fixture
def home(three_writes: Path, tmp_path: Path) -> Path:
    """A data directory of one's own with three generations."""
    return Path(shutil.copytree(three_writes, tmp_path / "home", symlinks=True))


def test_history_says_who_changed_what(home: Path) -> None:
    shown = json.loads(pmkg("history", "--format", "json", home=home).stdout)["generations"]
    assert [(row["generation"], row["statements"], row["current"]) for row in shown] == [
        (3, 3, True), (2, 2, False), (1, 1, False),
    ]  # fmt: skip
    assert (shown[0]["who"], shown[0]["added"], shown[0]["parent"]) == ("person 3 [x]", 1, 2)
    table = pmkg("history", "--limit", "2", home=home).stdout
    assert "person 3 [x]" in table and "* 3" in table and "write [3]" in table and "person 1" not in table


def test_a_rollback_is_served_without_a_failed_request(home: Path) -> None:
    with running(home) as server, asked_all_the_time(server) as found:
        eventually(lambda: found == {3})
        result = pmkg("rollback", "1", home=home)
        assert (result.returncode, result.stdout.startswith("Generation 1 of ")) == (0, True)
        eventually(lambda: seen(server) == 1)
        write(home, 4)
        eventually(lambda: seen(server) == 2)
    assert found == {3, 1, 2}
    assert [(row["generation"], row["parent"]) for row in history(home)] == [(4, 1), (3, 2), (2, 1), (1, None)]


def test_a_backup_and_a_restore_are_made_beside_a_running_server(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.backup"
    with running(home) as server, asked_all_the_time(server) as found:
        eventually(lambda: found == {3})
        assert pmkg("backup", str(path), home=home).returncode == 0
        write(home, 4)
        eventually(lambda: seen(server) == 4)
        result = pmkg("restore", str(path), home=home)
        assert result.returncode == 0 and result.stdout.startswith("Generation 5 is current: 3 statements, restored")
        eventually(lambda: seen(server) == 3)
    assert found == {3, 4}
    newest = history(home)[0]
    assert newest["note"].startswith("restored from generation 3 of ") and newest["who"] != "person 3 [x]"


def test_a_damaged_backup_changes_nothing_while_serving(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.backup"
    pmkg("backup", str(path), home=home)
    path.write_bytes(path.read_bytes()[:-100])
    with running(home) as server, asked_all_the_time(server) as found:
        result = pmkg("restore", str(path), home=home)
        assert (result.returncode, "Traceback" in result.stderr) == (2, False)
        assert "not a whole backup" in result.stderr
        eventually(lambda: bool(found))
    assert found == {3} and len(history(home)) == 3


def test_where_there_is_no_room_nothing_changes(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.backup"
    pmkg("backup", str(path), home=home)
    before = sorted(home.iterdir()), path.read_bytes()
    for arguments in (["restore", str(path)], ["backup", "--force", str(path)]):
        limited = ["bash", "-c", 'ulimit -f 1 && exec "$@"', "-", sys.executable, "-B", "-m", "graph.cli", *arguments]
        environment = {**os.environ, "PMKG_HOME": str(home)}
        result = subprocess.run(limited, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (result.returncode, "Traceback" in result.stderr) == (1, False)
        assert "cannot be written: File too large" in result.stderr
    assert (sorted(home.iterdir()), path.read_bytes()) == before and len(history(home)) == 3
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["graph.backup"]


def test_the_audit_log_says_who_rolled_back_and_restored(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.backup"
    pmkg("backup", str(path), home=home)
    pmkg("rollback", "2", home=home)
    pmkg("restore", str(path), home=home)
    lines = [json.loads(line) for line in (home / "audit.log").read_text("utf-8").splitlines()]
    assert [(line["verb"], line["generation"]) for line in lines] == [("rollback", 2), ("restore", 4)]
    assert all(line["who"] and line["time"] for line in lines)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["rollback", "9"], 1, "no generation 9"),
        (["rollback", "-1"], 2, "Usage"),
        (["rollback"], 2, "Usage"),
        (["backup", "{home}"], 2, "directory"),
        (["backup", "{home}/CURRENT/generation.json"], 2, "--force"),
        (["backup", "{home}/nowhere/x"], 1, "cannot be written"),
        (["restore", "{home}/nowhere"], 2, "does not exist"),
        (["restore", "{home}/CURRENT/generation.json"], 2, "not a whole backup"),
    ],
)
def test_what_cannot_be_done_is_said(home: Path, arguments: list[str], status: int, said: str) -> None:
    result = pmkg(*(argument.format(home=home) for argument in arguments), home=home)
    assert (result.returncode, "Traceback" in result.stderr) == (status, False)
    assert said in result.stderr
    assert Generations(home).current().number == 3


@pytest.mark.parametrize("arguments", [["history"], ["rollback", "1"], ["backup", "-"]])
def test_before_the_first_build_there_is_nothing_to_work_on(tmp_path: Path, arguments: list[str]) -> None:
    result = pmkg(*arguments, home=tmp_path)
    assert (result.returncode, result.stdout) == (1, "") and "pmkg build" in result.stderr


def history(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(pmkg("history", "--format", "json", home=home).stdout)["generations"]
    return found
