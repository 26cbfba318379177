"""Each kind of error, planted in a file beside the real project, is refused by `pmkg check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from graph.cli import main
from graph.names import PREFIXES

NAMES = ("def", "id", "icpermed", "onto", "rdfs", "owl", "skos", "dcterms", "NCIT", "xsd", "schema")
HEAD = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in NAMES)

LABELLED = 'rdfs:label "planted thing"@en'
COMPLETE = """rdfs:subClassOf def:Therapy ; skos:altLabel "planted"@en ; dcterms:source icpermed:trials-2 ;
    skos:definition "A therapy that is planted."@en ; rdfs:isDefinedBy onto:therapy"""

# name of the check, file, line of the statement (None: the whole file), content
FACTS = [
    ("missing-label", "icpermed:trials-2 { id:planted a def:AdaptiveTrial . }"),
    ("several-labels", f'icpermed:trials-2 {{ id:planted a def:Disease ; {LABELLED} , "another"@en . }}'),
    ("undeclared-thing", f"icpermed:trials-2 {{ id:planted {LABELLED} . }}"),
    ("wrong-range", f"icpermed:trials-2 {{ id:planted a def:Therapy ; {LABELLED} ; def:treats id:ecrin . }}"),
    ("wrong-range", f'icpermed:trials-2 {{ id:planted a def:Aim ; {LABELLED} ; def:acronym "PT"@en . }}'),
    ("wrong-domain", "icpermed:trials-2 { id:ecrin def:treats id:ada-scid . }"),
    ("unknown-source", f"icpermed:trials-99 {{ id:planted a def:Disease ; {LABELLED} . }}"),
    ("missing-evidence", f"id:planted a def:Disease ; {LABELLED} ."),
    ("missing-evidence", f"<urn:nowhere> {{ id:planted a def:Disease ; {LABELLED} . }}"),
    ("undeclared-term", f"icpermed:trials-2 {{ id:planted a def:Diseese ; {LABELLED} . }}"),
    (
        "malformed-identifier",
        f"icpermed:trials-2 {{ id:planted a def:Disease ; {LABELLED} ; skos:exactMatch NCIT:123 . }}",
    ),
    (
        "unknown-vocabulary",
        f"icpermed:trials-2 {{ id:planted a def:Disease ; {LABELLED} ; skos:exactMatch <urn:x> . }}",
    ),
    ("shape", 'icpermed:trials-2 { id:Planted_Thing a def:Disease ; rdfs:label "planted thing"@en . }'),
]
TERMS = [
    ("missing-label", f"def:Planted a owl:Class ; {COMPLETE} ."),
    ("several-labels", f'def:Planted a owl:Class ; rdfs:label "planted one"@en , "planted two"@en ; {COMPLETE} .'),
    ("duplicate-label", f'def:Planted a owl:Class ; rdfs:label "gene therapy"@en ; {COMPLETE} .'),
    ("missing-superclass", f"def:Planted a owl:Class ; {LABELLED} ; {COMPLETE.split(';', 1)[1]} ."),
    ("missing-inverse", f"def:planted a owl:ObjectProperty ; {LABELLED} ; {COMPLETE.split(';', 1)[1]} ."),
    *(
        (check, f"def:Planted a owl:Class ; {LABELLED} ; {COMPLETE.replace(f'{predicate} ', 'rdfs:comment ')} .")
        for check, predicate in (
            ("missing-definition", "skos:definition"),
            ("missing-definition-source", "dcterms:source"),
            ("missing-synonym", "skos:altLabel"),
            ("missing-module", "rdfs:isDefinedBy"),
        )
    ),
]
DEAD = (
    f"def:Planted a owl:Class ; {LABELLED} ; {COMPLETE} ; owl:deprecated true ; dcterms:isReplacedBy def:GeneTherapy ."
)


def check(*files: Path, form: str = "json") -> Result:
    return CliRunner().invoke(main, ["check", "--no-reason", "--format", form, *map(str, files)])


def found(result: Result) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return findings


@pytest.mark.parametrize(("name", "content"), FACTS, ids=[f"{number}-{row[0]}" for number, row in enumerate(FACTS)])
def test_a_planted_fact_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "planted.trig"
    path.write_text(HEAD + content, encoding="utf-8")
    result = check(path)
    assert result.exit_code == 1
    finding = next(finding for finding in found(result) if finding["check"] == name)
    assert finding["severity"] == "error" and finding["advice"]
    assert (finding["file"], finding["line"]) == (str(path), len(HEAD.splitlines()) + 1)


@pytest.mark.parametrize(("name", "content"), TERMS, ids=[f"{number}-{row[0]}" for number, row in enumerate(TERMS)])
def test_a_planted_term_is_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "planted.ttl"
    path.write_text(HEAD + content, encoding="utf-8")
    result = check(path)
    assert result.exit_code == 1
    assert name in {finding["check"] for finding in found(result)}


def test_a_dead_class_is_refused_and_its_replacement_named(tmp_path: Path) -> None:
    ontology, facts = tmp_path / "dead.ttl", tmp_path / "planted.trig"
    ontology.write_text(HEAD + DEAD, encoding="utf-8")
    facts.write_text(HEAD + f"icpermed:trials-2 {{ id:planted a def:Planted ; {LABELLED} . }}", encoding="utf-8")
    result = check(ontology, facts)
    assert result.exit_code == 1
    dead = next(finding for finding in found(result) if finding["check"] == "dead-term")
    assert dead["file"] == str(facts) and "def:GeneTherapy" in dead["advice"]


def test_a_sound_file_is_let_through(tmp_path: Path) -> None:
    path = tmp_path / "sound.ttl"
    path.write_text(HEAD + f"def:Planted a owl:Class ; {LABELLED} ; {COMPLETE} .", encoding="utf-8")
    result = check(path)
    assert (result.exit_code, found(result)) == (0, [])


@pytest.mark.parametrize(("name", "content"), [("broken.ttl", HEAD + "id:x a def:"), ("cto.owx", "<Ontology/>")])
def test_a_file_that_cannot_be_read_is_named_and_ends_with_status_2(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    result = check(path)
    assert result.exit_code == 2
    assert [finding["check"] for finding in found(result)] == ["unreadable"]


def test_the_table_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "planted.trig"
    path.write_text(HEAD + "icpermed:trials-2 { id:planted a def:AdaptiveTrial . }", encoding="utf-8")
    result = check(path, form="table")
    assert result.exit_code == 1
    assert "missing-label" in result.stdout
    assert "Give it exactly one rdfs:label" in " ".join(result.stdout.split())
