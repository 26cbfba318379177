"""Our shapes are held to the official ones, on every example.

Here the official shapes run under the fast engine on all examples, which gives the counts that were recorded with
pyshacl, and under pyshacl itself on a few; `pmkg agreement` runs pyshacl on all, in minutes.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from graph.catalogue.validate.agreement import Agreement, Case, cases, compare, read_reasons, reason_for
from graph.catalogue.validate.official import Official
from graph.cli import main
from tests.conftest import SHARED

FOLDER = SHARED / "ehds"
CASES = list(cases(FOLDER / "examples")) if (FOLDER / "examples").is_dir() else []
REASONS = read_reasons()
FEW = {
    "healthdcat-ap-release-8/ARCA.ttl",
    "healthdcat-ap-release-8/example-healthdcat-dataset.ttl",
    "ckanext-dcat/dataset_health.ttl",
    "data-gov-be/dcat-multilang.rdf",
    "fdk-no/catalog_with_series.ttl",
    "ejp-rd/guideline.ttl",
}

pytestmark = pytest.mark.skipif(not CASES, reason=f"the official shapes and examples are not at {FOLDER}")


OFFICIAL = Official(FOLDER)


@cache
def agreement_on(case: Case) -> Agreement:
    return compare(case, OFFICIAL, fast=True)


def unexplained(agreement: Agreement) -> list[object]:
    return [it for it in agreement.differences if reason_for(agreement.case, *it, REASONS) is None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.profile}")
def test_the_same_nodes_and_properties_are_in_violation(case: Case) -> None:
    agreement = agreement_on(case)
    assert agreement.is_as_recorded
    assert unexplained(agreement) == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in FEW], ids=lambda case: f"{case.name}-{case.profile}"
)
def test_pyshacl_says_the_same_of_both(case: Case) -> None:
    agreement = compare(case, OFFICIAL)
    assert agreement.is_as_recorded
    assert agreement.differing == 0
    assert unexplained(agreement) == []


def test_every_reason_stands_for_as_many_differences_as_it_says() -> None:
    counted = Counter(
        reason_for(case, *difference, REASONS) for case in CASES for difference in agreement_on(case).differences
    )
    assert {reason: counted[reason] for reason in REASONS} == {reason: reason.results for reason in REASONS}


def test_the_command_prints_both_verdicts_and_what_differs() -> None:
    outcome = CliRunner().invoke(main, ["agreement", str(FOLDER), "--fast", "--file", "*/ARCA.ttl"])
    assert outcome.exit_code == 0, outcome.output
    assert "2 verdicts: 1 the same" in outcome.stdout
    assert "0 differences without a reason" in outcome.stdout


def test_a_difference_without_a_reason_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.catalogue.validate.agreement.read_reasons", list)
    outcome = CliRunner().invoke(main, ["agreement", str(FOLDER), "--fast", "--file", "*/ARCA.ttl"])
    assert outcome.exit_code == 1
    assert "without a reason" in outcome.stdout


def test_a_folder_without_the_official_shapes_is_said_to_be_the_wrong_one(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(main, ["agreement", str(tmp_path)])
    assert outcome.exit_code == 2
    assert "no table of expected verdicts" in outcome.stderr
