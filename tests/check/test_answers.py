"""The competency questions are answered as expected, and an answer that changed is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.check.answers import check_answer, check_answers, compare
from graph.check.examples import Example, read_example
from graph.errors import InputError
from graph.project import Project
from tests.conftest import Built

QUESTIONS = Project().queries


def test_there_are_questions_for_every_kind_of_user() -> None:
    keywords = [set(read_example(path).keywords) for path in QUESTIONS]
    assert len(QUESTIONS) >= 30
    for user in ("data scientist", "data steward", "curator"):
        assert sum(user in own for own in keywords) >= 5, user


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_has_its_expected_answer(built: Built, path: Path) -> None:
    assert list(check_answers(built.store, [path])) == []


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("SELECT ?x { VALUES ?x { 1 2 } }", "x\n1\n3\n", "missing 1 row, e.g. 3; 1 row too many, e.g. 2"),
        ("SELECT ?x { VALUES ?x { 1 2 } } ORDER BY ?x", "x\n2\n1\n", "another order"),
        ("SELECT ?x { VALUES ?x { 1 } }", "y\n1\n", "columns"),
        ("SELECT ?x { ?x <urn:nothing> ?y }", "x\n", "empty"),
        ("ASK { <urn:x> <urn:nothing> ?y }", "true\n", "it is false, not true"),
        ("SELECT ?x {", "x\n", "not valid SPARQL"),
        ("SELECT ?x { VALUES ?x { 1 } }", None, "no expected answer"),
    ],
)
def test_a_wrong_answer_is_a_finding(built: Built, tmp_path: Path, text: str, expected: str | None, said: str) -> None:
    path = tmp_path / "001-planted.ttl"
    if expected is not None:
        path.with_suffix(".csv").write_text(expected, encoding="utf-8")
    form = "ask" if text.startswith("ASK") else "select"
    findings = list(check_answer(built.store, Example(path, "urn:q", form, text, "?", ("k",))))
    assert findings and said in " ".join(finding.message for finding in findings)


def test_rows_in_another_order_are_the_same_answer_without_order_by() -> None:
    assert compare([("x",), ("1",), ("2",)], [("x",), ("2",), ("1",)], ordered=False) == ""


@pytest.mark.parametrize("body", ["", "a sh:SPARQLExecutable .", 'a sh:SPARQLExecutable ; sh:select "ASK {}" .'])
def test_a_file_that_is_no_question_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "001.ttl"
    path.write_text(f"@prefix sh: <http://www.w3.org/ns/shacl#> . {'<urn:q> ' + body if body else ''}", "utf-8")
    with pytest.raises(InputError, match=r"001\.ttl"):
        read_example(path)
