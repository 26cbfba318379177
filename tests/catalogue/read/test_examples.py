"""The real records: those that are right are read as they are, and of the others what can be."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.read.document import read_document, read_leniently
from graph.catalogue.read.harvest import read_source
from graph.catalogue.records import DATASET
from graph.errors import InputError
from graph.rdf.index import TYPE
from graph.rdf.reading import FORMATS
from graph.settings import Settings
from tests.catalogue.read.test_recovery import shapes
from tests.conftest import SHARED

EXAMPLES = SHARED / "ehds" / "examples"
BASE = "http://example.org/base/"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"the examples are not at {EXAMPLES}")

# What is to be had of those that are not right: datasets, and the line of the first problem (None: read by a context).
BROKEN = {
    "ckanext-dcat/dataset.ttl": (1, 149),
    "data-gov-be/favv-afsca.rdf": (3, 42),
    "dcat-ap-examples/example-bee-population-dataset-series-combined.jsonld": (4, None),
    "dcat-ap-examples/example-bee-population-dataset-series-combined.ttl": (4, 32),
    "fdk-no/harvest_response_error.ttl": (1, 6),
    "udata/evian.jsonld": (None, None),
}


def records() -> dict[str, bool]:
    """Each file, and whether it can be read as it is."""
    with (EXAMPLES / "expected.tsv").open(encoding="utf-8") as file:
        return {row["file"]: row["conforms"] != "unparsable" for row in csv.DictReader(file, delimiter="\t")}


def named() -> list[str]:
    return list(records()) if EXAMPLES.is_dir() else []


def datasets(triples: tuple[ox.Triple, ...]) -> int:
    kind = ox.NamedNode(DATASET)
    return len({str(t.subject) for t in triples if t.predicate.value == TYPE and t.object == kind})


@pytest.mark.parametrize("name", named())
def test_a_record_is_read_as_the_engine_reads_it_or_what_stands_of_it(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    page, found = read_leniently(content, "", name, base=BASE)
    if not records()[name]:
        count, line = BROKEN[name]
        assert count is None or datasets(page.triples) == count
        assert [problem.place.file for problem in found.problems[:1]] == ([name] if line else [])
        assert line is None or found.problems[0].place.line == line
        return
    strict = ox.parse(content, format=FORMATS[Path(name).suffix], base_iri=BASE)
    assert shapes(page.triples) == shapes({quad.triple for quad in strict})
    assert not found.problems and found.is_whole
    assert read_document(content, "", name, base=BASE).media_type == page.media_type


@pytest.mark.parametrize("name", [name for name, (_, line) in BROKEN.items() if line])
def test_a_record_that_is_not_right_is_refused_with_its_line_and_column(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_document((EXAMPLES / name).read_bytes(), "", name)
    assert caught.value.place.file == name
    assert caught.value.place.line is not None and caught.value.place.column is not None


@pytest.mark.parametrize("name", named())
def test_the_kind_of_a_record_is_told_without_its_name_and_type(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    with_name, without = (read_leniently(content, "", called, base=BASE)[0] for called in (name, "x"))
    assert shapes(with_name.triples) == shapes(without.triples)


def test_the_folder_is_read_whole() -> None:
    reading = read_source(str(EXAMPLES), Settings())
    assert len(reading.pages) == len(records())  # and neither a README nor a table
    assert {problem.place.file for problem in reading.problems} == {
        str(EXAMPLES / name) for name, (_, line) in BROKEN.items() if line
    }
    assert [page.address for page in reading.pages] == sorted(
        (page.address for page in reading.pages), key=lambda address: Path(address).parts
    )


def test_a_catalogue_of_project_open_data_is_read_by_our_context_as_by_its_own() -> None:
    page, _ = read_leniently((EXAMPLES / "udata" / "evian.jsonld").read_bytes(), "", "evian.jsonld")
    text = "\n".join(map(str, page.triples))
    assert datasets(page.triples) >= 2
    assert "<http://www.w3.org/ns/dcat#accessURL> <https://ville-d-evian" in text
    assert '<http://purl.org/dc/terms/title> "stationnement velos"' in text


def test_the_same_catalogue_in_json_ld_by_our_context_and_in_turtle_says_the_same() -> None:
    stem = EXAMPLES / "dcat-ap-examples" / "example-bee-population-dataset-series-combined"
    linked = shapes(read_leniently(stem.with_suffix(".jsonld").read_bytes(), "", "a.jsonld")[0].triples)
    turtle = shapes(read_leniently(stem.with_suffix(".ttl").read_bytes(), "", "a.ttl")[0].triples)
    # The Turtle writes its distributions in a way that Turtle does not have; those are what it lacks.
    assert set(turtle) - set(linked) == set()
    assert len(set(linked) - set(turtle)) <= 4
