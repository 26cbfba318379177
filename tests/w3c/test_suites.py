"""The W3C's SPARQL suites, in one process: what fails is listed with its reason, and what is listed fails."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.project import ROOT
from tests.conftest import SHARED

SUITES = SHARED / "w3c"
DIFFERENCES = Path(__file__).with_name("differences.tsv")
FEWEST = {"sparql10": 481, "sparql11": 499, "sparql12": 269}  # tests that a run must pass: none is lost unseen


def differences() -> list[dict[str, str]]:
    with DIFFERENCES.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def run(suite: str, known: Path) -> subprocess.CompletedProcess[str]:
    """The runner's own verdict."""
    command = [sys.executable, str(SUITES / "run_sparql_suite.py"), "--suite", suite, "--known", str(known)]
    return subprocess.run(
        [*command, "--backend", "tests.w3c.backend:MendedBackend"],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{SUITES}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def known(folder: Path, names: list[str]) -> Path:
    path = folder / "known.txt"
    path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return path


def test_each_difference_is_explained() -> None:
    rows = differences()
    assert len({row["test"] for row in rows}) == len(rows)
    for row in rows:
        assert row["test"].partition("/")[0] in FEWEST
        assert len(row["reason"]) > 40
        assert row["upstream"]


@pytest.mark.skipif(not SUITES.is_dir(), reason=f"the W3C suites are not at {SUITES}")
@pytest.mark.parametrize("suite", FEWEST)
def test_a_suite_passes_but_for_the_differences(suite: str, tmp_path: Path) -> None:
    names = [row["test"] for row in differences() if row["test"].startswith(f"{suite}/")]
    done = run(suite, known(tmp_path, names))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    closing = done.stdout.strip().splitlines()[-1]
    assert int(closing.split()[0]) >= FEWEST[suite], closing


@pytest.mark.skipif(not SUITES.is_dir(), reason=f"the W3C suites are not at {SUITES}")
def test_a_difference_that_is_none_any_more_is_found(tmp_path: Path) -> None:
    assert run("sparql11/functions", known(tmp_path, ["sparql11/functions/bnode01"])).returncode == 1
