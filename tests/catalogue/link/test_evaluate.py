"""How good the links are on the sample that was judged by hand, and that the sample is what it says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from graph.catalogue.link.evaluate import Evaluation, Judged, Tally, evaluate, read_sample
from graph.catalogue.link.linker import Linker
from graph.catalogue.read.document import read_leniently
from graph.errors import InputError
from graph.names import shorten
from graph.rdf.index import Index
from tests.conftest import SHARED

SAMPLE = Path(__file__).parent / "gold.tsv"
RECORDS = SHARED / "ehds" / "examples"


@pytest.fixture(scope="module")
def found(linker: Linker) -> dict[str, Evaluation]:
    if not RECORDS.is_dir():
        pytest.skip(f"the records of the sample are not at {RECORDS}")

    def index_of(name: str) -> Index:
        page, _ = read_leniently((RECORDS / name).read_bytes(), "", name)
        return Index(page.triples)

    return evaluate(linker, read_sample(SAMPLE), index_of)


def errors(found: Evaluation) -> list[str]:
    return [f"{outcome} {judged.file} {judged.dataset} {concept}" for outcome, judged, concept in found.errors]


@pytest.mark.parametrize("part", ["all", "held-out", "development"])
def test_links_are_right_and_complete(found: dict[str, Evaluation], part: str) -> None:
    assert found[part].overall.precision >= 0.9, errors(found[part])
    assert found[part].overall.recall >= 0.8, errors(found[part])


@pytest.mark.parametrize("family", ["data type", "disease", "trial design"])
def test_each_family_with_many_links_is_right_and_complete(found: dict[str, Evaluation], family: str) -> None:
    tally = found["all"].families[family]
    assert tally.precision >= 0.9
    assert tally.recall >= 0.8


def test_the_sample_is_large_and_parted_by_chance() -> None:
    sample = read_sample(SAMPLE)
    assert len(sample) >= 60
    assert sum(not judged.concepts for judged in sample) >= 20, "records that nothing fits"
    for judged in sample:
        number = int(hashlib.sha256(judged.dataset.encode()).hexdigest(), 16)
        assert judged.part == ("development" if number % 2 else "held-out")


def test_each_concept_of_the_sample_is_one(linker: Linker) -> None:
    named = {linker.concepts.generic(concept) for judged in read_sample(SAMPLE) for concept in judged.concepts}
    assert {shorten(concept) for concept in named - set(linker.concepts.families)} == set()


def test_a_tally_counts_what_is_right_wrong_and_missing(linker: Linker) -> None:
    base = "https://w3id.org/pmkg/"
    judged = Judged("all", "a.ttl", "https://example.org/1", frozenset({base + "id/cancer", base + "def/Biobank"}))
    evaluation = Evaluation()
    evaluation.note(judged, frozenset({base + "id/cancer", base + "id/carcinoma"}), linker.concepts)
    assert evaluation.overall == Tally(right=1, wrong=1, missing=1)
    assert evaluation.families["disease"] == Tally(right=1, wrong=1)
    assert (evaluation.overall.precision, evaluation.overall.recall) == (0.5, 0.5)


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", "part\tfile\tdataset\tfamily\tconcept\n"])
def test_a_sample_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sample.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_sample(path)
