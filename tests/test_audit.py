"""The audit of the dependencies tells "nothing is known" from "could not ask", and finds what is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.audit import FAULTS, NO_FAULTS, NOT_ASKED, installed, read_advisories, read_answer

CLEAN = {"name": "flask", "version": "3.1", "vulns": []}
FAULTY = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}]}
UNKNOWN = {"name": "urllib3", "skip_reason": "Dependency not found"}
OURS = {"name": "pmkg", "skip_reason": "Dependency not found"}


def answer(*rows: object) -> str:
    return json.dumps({"dependencies": rows, "fixes": []})


def test_all_clear_is_only_said_where_everything_was_asked_about() -> None:
    assert read_answer(answer(CLEAN, OURS)).status == NO_FAULTS
    assert read_answer(answer(CLEAN, UNKNOWN)).status == NOT_ASKED
    assert read_answer(answer(OURS)).status == NOT_ASKED
    assert read_answer("", "no network").status == NOT_ASKED


def test_a_known_fault_is_shown_with_the_version_that_mends_it() -> None:
    audit = read_answer(answer(CLEAN, FAULTY, UNKNOWN))
    assert audit.status == FAULTS
    assert audit.faults == ("x 1: PYSEC-1, CVE-1, mended in 2",)


@pytest.mark.parametrize(
    ("version", "is_faulty"), [("0.9", False), ("1.0", True), ("1.9.9", True), ("2.0", False), ("3.1", True)]
)
def test_a_copy_of_the_advisories_is_read_without_a_network(tmp_path: Path, version: str, is_faulty: bool) -> None:
    folder = tmp_path / "vulns" / "x"
    folder.mkdir(parents=True)
    (folder / "PYSEC-1.yaml").write_text(
        """
id: PYSEC-1
affected:
- package: {name: X, ecosystem: PyPI}
  ranges: [{type: ECOSYSTEM, events: [{introduced: "1.0"}, {fixed: "2.0"}]}]
  versions: ["3.1"]
"""
    )
    (folder / "PYSEC-2.yaml").write_text(
        "id: PYSEC-2\nwithdrawn: 2020-01-01T00:00:00Z\naffected: [{package: {name: x}, versions: ['2.0']}]\n"
    )
    audit = read_advisories(tmp_path, {"x": version})
    assert (audit.status, len(audit.faults)) == ((FAULTS, 1) if is_faulty else (NO_FAULTS, 0))


def test_a_folder_without_advisories_is_no_all_clear(tmp_path: Path) -> None:
    assert read_advisories(tmp_path, installed()).status == NOT_ASKED
