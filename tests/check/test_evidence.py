"""Every content sentence of every source is cited or excused, and every source is described."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.check.evidence import check_evidence
from graph.check.finding import Finding
from graph.names import PREFIXES
from graph.rdf.index import Index
from graph.rdf.reading import Dataset, ReadFile

HEAD = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("def", "id", "dcterms", "schema"))
HEAD += "@prefix src: <https://w3id.org/pmkg/source/> . @prefix graph: <https://w3id.org/pmkg/graph/> .\n"
SOURCES = """
src:guide a def:Source ; dcterms:title "A guide" .
<https://w3id.org/pmkg/source/guide/a-0> a def:Passage ; dcterms:isPartOf src:guide ; def:passageNumber 0 .
<https://w3id.org/pmkg/source/guide/a-1> a def:Passage ; dcterms:isPartOf src:guide ; def:passageNumber 1 .
<https://w3id.org/pmkg/source/guide/a-2> a def:Passage ; dcterms:isPartOf src:guide ; def:passageNumber 2 .
"""
CITED = "<https://w3id.org/pmkg/source/guide/a-1> { id:x a def:Disease . }"


def findings(folder: Path, excuses: str | None, sources: str = SOURCES) -> list[Finding]:
    facts, uncited = folder / "guide.trig", folder / "uncited.tsv"
    facts.write_text(f"{HEAD} graph:sources {{ {sources} }}\n{CITED}", encoding="utf-8")
    if excuses is not None:
        uncited.write_text(f"sentence\treason\n{excuses}", encoding="utf-8")
    dataset = Dataset((ReadFile.read(facts),))
    return list(check_evidence(dataset, Index(dataset.triples), uncited))


@pytest.mark.parametrize(
    ("excuses", "check", "line"),
    [
        (None, "uncited-sentence", 10),
        ("", "uncited-sentence", 10),
        ("guide/a-2\tsays nothing\nguide/a-1\tsays nothing\n", "needless-excuse", 3),
        ("guide/a-2\tsays nothing\nguide/a-9\tsays nothing\n", "unknown-sentence", 3),
        ("guide/a-2\tsays nothing\nguide/a-0\tis a heading\n", "unknown-sentence", 3),
        ("guide/a-2\n", "missing-reason", 2),
    ],
)
def test_a_sentence_is_cited_or_excused_with_a_reason(
    tmp_path: Path, excuses: str | None, check: str, line: int
) -> None:
    (finding,) = findings(tmp_path, excuses)
    assert (finding.check, finding.place.line) == (check, line)
    assert "guide/a-" in finding.message.replace("src:", "") and finding.advice


def test_a_sentence_that_is_excused_needs_no_fact(tmp_path: Path) -> None:
    assert findings(tmp_path, "guide/a-2\tthanks the speakers\n") == []


@pytest.mark.parametrize(
    ("planted", "checks"),
    [
        ("src:bare a def:Source .", ["incomplete-source"]),
        ("<https://w3id.org/pmkg/source/guide/a-3> a def:Passage ; def:passageNumber 0 .", ["sourceless-passage"]),
        (
            "<https://w3id.org/pmkg/source/guide/2026> a def:Release ; dcterms:isPartOf src:guide .",
            ["incomplete-source", "incomplete-source"],
        ),
    ],
)
def test_a_source_that_is_half_described_is_refused(tmp_path: Path, planted: str, checks: list[str]) -> None:
    found = findings(tmp_path, "guide/a-2\tthanks the speakers\n", SOURCES + planted)
    assert [finding.check for finding in found] == checks
