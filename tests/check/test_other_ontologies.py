"""`pmkg check` on somebody else's ontology finds what is wrong in it, and asks nothing of it that is asked of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from graph.cli import main
from graph.names import PREFIXES
from tests.conftest import SHARED

HEAD = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("rdfs", "owl", "skos", "obo"))
HEAD += "@prefix : <http://example.org/other#> .\n"
OTHER = """
owl:DeprecatedClass a owl:Class .
:Sound a owl:Class ; rdfs:label "sound"@en ; skos:exactMatch <http://example.org/elsewhere/1> .
:Old a owl:Class ; rdfs:label "old"@en ; owl:deprecated true .
:relates a owl:ObjectProperty .
:status a :Sound , obo:IAO_0000030 ; rdfs:label "a status"@en .
"""


def check(path: Path) -> tuple[int, list[tuple[str, str | None, int | None]]]:
    result = CliRunner().invoke(main, ["check", "--no-reason", "--format", "json", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    found = json.loads(result.stdout)["findings"]
    assert all(finding["file"] == str(path) for finding in found)
    return result.exit_code, [(finding["check"], finding["term"], finding["line"]) for finding in found]


def write(path: Path, text: str) -> Path:
    path.write_text(HEAD + OTHER + text, encoding="utf-8")
    return path


def test_what_is_asked_of_our_terms_is_not_asked_of_others(tmp_path: Path) -> None:
    assert check(write(tmp_path / "other.ttl", "")) == (0, [])


@pytest.mark.parametrize(
    ("text", "name", "term"),
    [
        (":Bare a owl:Class .", "missing-label", "Bare"),
        (':Young a owl:Class ; rdfs:label "young"@en ; rdfs:subClassOf :Old .', "dead-term", "Young"),
        (':Typo a owl:Class ; rdfs:label "typo"@en ; rdfs:seeAlso obo:DUO_00000044 .', "malformed-identifier", "Typo"),
    ],
)
def test_what_is_wrong_in_it_is_found_on_its_line(tmp_path: Path, text: str, name: str, term: str) -> None:
    line = (HEAD + OTHER).count("\n") + 1
    expected = [(name, f"http://example.org/other#{term}", line)]
    assert check(write(tmp_path / "other.ttl", text)) == (1, expected)


def test_the_data_use_ontology_has_one_identifier_with_a_digit_too_many() -> None:
    path = SHARED / "ontologies" / "duo.owl"
    if not path.exists():
        pytest.skip(f"the Data Use Ontology is not at {path}")
    result = CliRunner().invoke(main, ["check", "--no-reason", "--format", "json", str(path)])
    (finding,) = json.loads(result.stdout)["findings"]
    assert (result.exit_code, finding["check"]) == (1, "malformed-identifier")
    assert finding["message"].startswith("DUO:00000044 ")
    assert "DUO_00000044" in path.read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
