"""From files to findings and a generation, on small projects."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from graph import pipeline
from graph.check.finding import Finding, ordered, warning
from graph.check.finding import error as found_error
from graph.errors import Place
from graph.project import Project
from graph.settings import Settings
from graph.store.generations import Generations
from tests.build.triples import HEADER
from tests.conftest import silently

LINES = HEADER.count("\n")
SOURCES = """<https://w3id.org/pmkg/graph/sources> {
    <https://w3id.org/pmkg/source/guide> a :Source ; rdfs:label "guide"@en ; <http://purl.org/dc/terms/title> "Guide" .
}
"""
MODULE = """:Source a owl:Class ; rdfs:label "source"@en .
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a module and a source, and without mappings, shapes, questions or excuses."""
    root = tmp_path / "project"
    for name, text in (("ontology/source.ttl", MODULE), ("facts/sources.trig", SOURCES)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(HEADER + text, encoding="utf-8")
    return Project(root)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def check(project: Project, *added: Path, reason: bool = False) -> list[Finding]:
    return pipeline.check(Settings(), silently, added, reason=reason, project=project)


def write(path: Path, text: str) -> Path:
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def test_a_project_needs_no_mappings_shapes_questions_or_excuses(project: Project) -> None:
    places = {(finding.place.file, finding.place.term) for finding in check(project)}
    assert places == {(str(project.modules[0]), "def:Source")}


def test_every_file_that_cannot_be_read_is_a_finding(project: Project, tmp_path: Path) -> None:
    broken = [
        write(project.root / "ontology" / "a.ttl", ":A a owl:"),
        write(project.root / "facts" / "a.trig", ":g { id:a a }"),
        write(tmp_path / "added.ttl", ":B a"),
        tmp_path / "missing.trig",
    ]
    findings = check(project, *broken[2:])
    assert {finding.check for finding in findings} == {"unreadable"}
    assert {finding.place.file for finding in findings} == {str(path) for path in broken}


def test_a_fact_of_the_project_without_a_source_is_a_finding(project: Project) -> None:
    path = write(project.root / "facts" / "stray.trig", "id:stray a :Source .")
    (finding,) = [finding for finding in check(project) if finding.check == "missing-evidence"]
    assert (finding.place.file, finding.place.line) == (str(path), LINES + 1)


def test_what_an_added_file_makes_wrong_elsewhere_is_found(project: Project, tmp_path: Path) -> None:
    added = write(tmp_path / "added.ttl", ':Another a owl:Class ; rdfs:label "Source"@en .')
    (finding,) = [finding for finding in check(project, added) if finding.check == "duplicate-label"]
    assert finding.place.file == str(project.modules[0])


def test_a_class_that_an_added_file_makes_impossible_is_found(project: Project, tmp_path: Path) -> None:
    write(project.root / "ontology" / "both.ttl", ":A a owl:Class . :B a owl:Class . :C rdfs:subClassOf :A , :B .")
    added = write(tmp_path / "added.ttl", ":A owl:disjointWith :B .")
    (finding,) = [finding for finding in check(project, added, reason=True) if finding.check == "unsatisfiable"]
    assert "added.ttl" in finding.message


def test_findings_come_in_one_order_worst_first_and_once() -> None:
    findings = [
        found_error("a", "second", Place("a.ttl", 2)),
        found_error("a", "tenth", Place("a.ttl", 10)),
        found_error("a", "other file", Place("b.ttl", 1)),
        found_error("b", "other check", Place("a.ttl", 1)),
        warning("a", "milder", Place("a.ttl", 1)),
    ]
    shuffled = random.Random(3).sample(findings * 2, 10)
    assert ordered(shuffled) == findings


def test_a_build_is_refused_by_an_error_and_writes_nothing(project: Project, settings: Settings) -> None:
    outcome = pipeline.build(settings, silently, project)
    assert outcome.generation is None and outcome.findings
    assert not settings.home.exists()


def test_the_fingerprint_changes_with_whatever_decides_what_is_built(project: Project) -> None:
    seen = [project.fingerprint()]
    assert project.fingerprint() == seen[0]
    seen.append(project.fingerprint(union=False))
    for name in ("ontology/mappings.sssom.tsv", "ontology/b.ttl", "facts/uncited.tsv", "shapes/a.ttl", "queries/a.ttl"):
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("", encoding="utf-8")
        seen.append(project.fingerprint())
        path.write_text("#", encoding="utf-8")
        seen.append(project.fingerprint())
    (project.root / "queries" / "a.csv").write_text("x\n", encoding="utf-8")
    seen.append(project.fingerprint())
    assert len(set(seen)) == len(seen)


def test_another_default_graph_is_another_build(tmp_path: Path) -> None:
    project = Project(tmp_path / "empty")
    merged = Settings(home=tmp_path / "home")
    plain = replace(merged, union_default_graph=False)
    numbers = [pipeline.build(settings, silently, project).generation for settings in (merged, merged, plain, plain)]
    assert numbers == [1, 1, 2, 2]
    assert not Generations(merged.home).current().union
