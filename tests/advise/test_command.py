"""`pmkg query --check` and `--why`: what they print, and their exit status."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Built
from tests.test_cli import pmkg

TYPO = "SELECT ?t ?d { ?t def:treat ?d }"


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (TYPO, 1, "1:19: No statement of the graph has the predicate def:treat.\n    try def:treats (treats, "),
        ("SELECT * { ?t def:treats ?d }", 0, "No problem found.\n"),
        ("SELECT * { ?t def:treats", 2, "1:"),
    ],
)
def test_check_prints_what_is_wrong_without_running_the_query(built: Built, text: str, status: int, said: str) -> None:
    result = pmkg("query", "--check", text, home=built.settings.home)
    assert (result.returncode, result.stderr) == (status, "") and result.stdout.startswith(said)


def test_check_prints_json_too(built: Built) -> None:
    result = pmkg("query", "--check", "--format", "json", TYPO, home=built.settings.home)
    assert json.loads(result.stdout)["problems"][0]["kind"] == "unknown-predicate" and result.returncode == 1


def test_why_says_on_standard_error_what_empties_the_answer(built: Built) -> None:
    empty = pmkg("query", "--why", TYPO, home=built.settings.home)
    assert (empty.returncode, empty.stdout.strip()) == (0, "t,d") and "def:treats" in empty.stderr
    full = pmkg("query", "--why", "ASK { ?t def:treats ?d }", home=built.settings.home)
    assert (full.stdout.strip(), full.stderr) == ("true", "")
