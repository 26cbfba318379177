"""`pmkg harvest`: what it prints, its exit status, and that a server beside it sees what it wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graph.project import ROOT
from tests.catalogue.keep.conftest import dataset, document
from tests.conftest import SHARED
from tests.web.conftest import eventually, running

EXAMPLES = SHARED / "ehds" / "examples"


def pmkg(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graph.cli", *arguments]
    environment = {**os.environ, "PMKG_HOME": str(home)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_problems_are_told_with_file_line_and_reason_and_the_rest_is_kept(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "good.ttl").write_text(document(dataset(1)), encoding="utf-8")
    (folder / "bad.ttl").write_text("@prefix ex: <http://example.org/> .\nex:a ex:b .\n", encoding="utf-8")
    done = pmkg("harvest", str(folder), home=home)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert "bad.ttl:2:" in done.stdout and "Generation 1 holds it." in done.stdout
    again = pmkg("harvest", str(folder), "--format", "json", home=home)
    assert (again.returncode, json.loads(again.stdout)["generation"]) == (0, None)


def test_what_cannot_be_read_at_all_ends_with_2(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("<<<", encoding="utf-8")
    for source in (str(tmp_path / "bad.ttl"), str(tmp_path / "nowhere.ttl")):
        done = pmkg("harvest", source, home=home)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert not (home / "CURRENT").exists()


def test_all_takes_those_that_are_due(home: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.ttl").write_text(document(dataset(1)), encoding="utf-8")
    listed = tmp_path / "list.toml"
    listed.write_text(
        '[[catalogue]]\naddress = "a.ttl"\nslug = "a"\n[[catalogue]]\naddress = "none.ttl"\nslug = "none"\n',
        encoding="utf-8",
    )
    first = pmkg("harvest", "--all", "--list", str(listed), "--format", "json", home=home)
    assert first.returncode == 1, "one of two failed"
    assert [row["generation"] for row in json.loads(first.stdout)["harvests"]] == [1, None]
    second = pmkg("harvest", "--all", "--list", str(listed), "--format", "json", home=home)
    assert [row["slug"] for row in json.loads(second.stdout)["harvests"]] == ["none"]


def test_a_server_that_runs_sees_the_new_catalogue(home: Path, source: Path) -> None:
    source.write_text(document(dataset(1)), encoding="utf-8")
    assert pmkg("harvest", str(source), home=home).returncode == 0
    with running(home) as server:
        source.write_text(document(dataset(1), dataset(2)), encoding="utf-8")
        assert pmkg("harvest", str(source), home=home).returncode == 0
        eventually(lambda: "true" in server.query("ASK { <http://example.org/d2> a ?c }", "text/csv").text)


def test_control_c_is_answered_in_one_line(home: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "slow.ttl"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "graph.cli", "harvest", str(pipe)]
    environment = {**os.environ, "PMKG_HOME": str(home)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with pipe.open("wb"):  # it is open at both ends once the harvest reads it
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in said
    assert said.strip().splitlines()[-1].startswith("pmkg: stopped.")


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"the examples are not at {EXAMPLES}")
def test_the_examples_are_taken_in_once(home: Path) -> None:
    first = pmkg("harvest", str(EXAMPLES), "--format", "json", home=home)
    found = json.loads(first.stdout)
    assert (first.returncode, found["generation"]) == (0, 1)
    assert found["pages"] >= 95 and found["datasets"] > 200
    assert all(problem["message"] and problem["file"] for problem in found["problems"])
    second = pmkg("harvest", str(EXAMPLES), home=home)
    assert second.returncode == 0 and "no generation was written" in second.stdout


def test_a_folder_without_a_document_says_so(home: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.md").write_text("# Notes", encoding="utf-8")
    done = pmkg("harvest", str(tmp_path / "folder"), home=home)
    assert (done.returncode, "no file in it is an RDF document" in done.stdout) == (2, True), done.stdout


def test_a_server_that_cannot_be_reached_ends_with_2_as_a_missing_file_does(home: Path) -> None:
    done = pmkg("harvest", "http://127.0.0.1:9/catalog.ttl", home=home)  # loopback, which no setting allows
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "not on the open net" in done.stderr


@pytest.mark.parametrize("slug", ["own", "withheld", "record", "quality", "a/b"])
def test_a_name_that_stands_for_something_else_here_is_refused(home: Path, tmp_path: Path, slug: str) -> None:
    (tmp_path / "a.ttl").write_text(document(dataset(1)), encoding="utf-8")
    done = pmkg("harvest", str(tmp_path / "a.ttl"), "--as", slug, home=home)
    assert (done.returncode, "is no name for a catalogue" in done.stderr) == (2, True), done.stdout
