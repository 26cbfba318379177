"""`pmkg link`, as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from graph.cli import main
from graph.settings import Settings
from tests.catalogue.link.conftest import SET, TITLE, triples_of
from tests.catalogue.link.test_evaluate import RECORDS

Home = Callable[[dict[str, Iterable[ox.Triple]]], Settings]


def pmkg(made: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["link", *arguments], env={"PMKG_HOME": str(made.home)})


def test_it_says_what_it_linked_and_that_nothing_changed(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    first, second = pmkg(made), pmkg(made, "a")
    assert first.exit_code == second.exit_code == 0, first.output
    assert "1 datasets: 1 with 1 links." in first.output
    assert "Generation 2 is current" in first.output
    assert "Nothing has changed: generation 2 stays." in second.output


def test_it_says_so_in_json(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    said = json.loads(pmkg(made, "--format", "json").stdout)
    assert (said["links"], said["generation"], said["changed"]) == (1, 2, True)


def test_a_rejection_is_kept(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    pmkg(made)
    rejected = pmkg(made, "--reject", SET, "id:breast-cancer", "--because", "It is about mice.")
    assert "The link is rejected. Generation 3 is current." in rejected.output
    assert "0 with 0 links, and 1 that a curator has rejected" in pmkg(made).output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nowhere"], 1, "there is no catalogue nowhere"),
        (["--reject", SET, "id:breast-cancer"], 2, "go together"),
        (["--reject", "https://example.org/none", "id:breast-cancer", "--because", "x"], 2, "no catalogue says"),
        (["--reject", SET, "id:nothing", "--because", "x"], 2, "it is no concept"),
        (["--evaluate", "--records", "/nowhere"], 2, "--records"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(home: Home, arguments: list[str], status: int, words: str) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    result = pmkg(made, *arguments)
    assert (result.exit_code, words in result.output) == (status, True), result.output


def test_the_evaluation_is_printed_overall_and_by_family(home: Home) -> None:
    if not RECORDS.is_dir():
        pytest.skip(f"the records of the sample are not at {RECORDS}")
    result = pmkg(home({}), "--evaluate", "--records", str(RECORDS), "--format", "json")
    said = json.loads(result.stdout)
    assert said["all"]["records"] >= 60
    assert said["all"]["precision"] >= 0.9
    assert {"data type", "disease", "stakeholder"} <= set(said["all"]["families"])
    assert "precision" in pmkg(home({}), "--evaluate", "--records", str(RECORDS), "--errors").output
