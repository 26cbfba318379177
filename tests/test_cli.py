"""The command `pmkg`: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.project import ROOT
from tests.conftest import Built


def pmkg(*arguments: str, home: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PMKG_HOME": str(home)}
    command = [sys.executable, "-m", "graph.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "start"),
    [("csv", "label\r\nStrimvelis\r\n"), ("json", '{"head"'), ("xml", "<?xml"), ("tsv", '?label\n"Strimvelis"@en\n')],
)
def test_query_prints_tables_in_each_format(built: Built, name: str, start: str) -> None:
    query = "SELECT ?label { id:strimvelis rdfs:label ?label }"
    command = [sys.executable, "-m", "graph.cli", "query", query, "--format", name]
    environment = {**os.environ, "PMKG_HOME": str(built.settings.home)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert result.stdout.decode().startswith(start)


def test_query_reads_standard_input_a_file_and_an_example(built: Built, tmp_path: Path) -> None:
    home, path = built.settings.home, tmp_path / "question.rq"
    path.write_text("ASK { id:strimvelis def:treats id:ada-scid }", encoding="utf-8")
    assert pmkg("query", "-f", "-", home=home, stdin=path.read_text()).stdout.strip() == "true"
    assert pmkg("query", "-f", str(path), home=home).stdout.strip() == "true"
    example = "queries/011-therapies-by-disease-and-mechanism"
    expected = (ROOT / f"{example}.csv").read_text(encoding="utf-8")
    assert pmkg("query", "-f", f"{example}.ttl", home=home).stdout == expected


def test_a_graph_is_printed_as_turtle(built: Built) -> None:
    result = pmkg("query", "DESCRIBE id:ecrin", home=built.settings.home)
    assert "<https://w3id.org/pmkg/id/ecrin>" in result.stdout and result.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["query", "SELECT * {"], 2, "line 1"),
        (["query"], 2, "Usage"),
        (["query", "ASK {}", "--format", "excel"], 2, "excel"),
        (["query", "INSERT DATA { <urn:s> <urn:p> 1 }"], 1, "update"),
        (["query", "SELECT * { ?s ?p ?o }", "--format", "turtle"], 1, "csv"),
        (["check", "nowhere.ttl"], 2, "nowhere.ttl"),
        (["query", "-f", "nowhere.rq"], 2, "nowhere.rq"),
        (["query", "-f", "queries"], 2, "queries"),
        (["query", "-f", "shapes/core.ttl"], 2, "sh:SPARQLExecutable"),
    ],
)
def test_what_goes_wrong_is_said_in_words(built: Built, arguments: list[str], status: int, said: str) -> None:
    result = pmkg(*arguments, home=built.settings.home)
    assert (result.returncode, "Traceback" in result.stderr) == (status, False)
    assert said in result.stderr


def test_a_query_before_the_first_build_says_to_build(tmp_path: Path) -> None:
    result = pmkg("query", "ASK {}", home=tmp_path)
    assert result.returncode == 1 and "pmkg build" in result.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "graph.cli", "build"]
    environment = {**os.environ, "PMKG_HOME": str(tmp_path), "PMKG_READERS": "many"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "PMKG_READERS is 'many'" in result.stderr


def test_a_query_that_is_not_text_is_refused(built: Built, tmp_path: Path) -> None:
    path = tmp_path / "latin.rq"
    path.write_bytes("ASK { ?s ?p 'é' }".encode("latin-1"))
    result = pmkg("query", "-f", str(path), home=built.settings.home)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert f"{path}: not UTF-8 text." in result.stderr


def test_a_build_of_what_did_not_change_writes_nothing(built: Built) -> None:
    result = pmkg("build", home=built.settings.home)
    assert (result.returncode, result.stdout) == (0, "Nothing changed: generation 1 is up to date.\n")


def test_the_whole_project_passes_its_own_checks(built: Built) -> None:
    result = pmkg("check", "--format", "json", home=built.settings.home)
    errors = [finding for finding in json.loads(result.stdout)["findings"] if finding["severity"] == "error"]
    assert (result.returncode, errors) == (0, [])


def test_a_contradiction_is_refused_and_explained(built: Built, tmp_path: Path) -> None:
    planted = tmp_path / "planted.trig"
    planted.write_text(
        "@prefix id: <https://w3id.org/pmkg/id/> . @prefix def: <https://w3id.org/pmkg/def/> .\n"
        "@prefix icpermed: <https://w3id.org/pmkg/source/icpermed-2022/> .\n"
        "icpermed:trials-2 { id:breast-cancer a def:Person . }\n",
        encoding="utf-8",
    )
    result = pmkg("check", str(planted), "--format", "json", home=built.settings.home)
    contradiction = next(f for f in json.loads(result.stdout)["findings"] if f["check"] == "inconsistent")
    assert result.returncode == 1
    assert "id:breast-cancer is a def:Person" in contradiction["message"]
    assert "planted.trig:3" in contradiction["message"]
