"""The real records, published: no violation under the official shapes, and published again they are the same."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox
import pytest

from graph.catalogue.mend import mend
from graph.catalogue.publish.pages import Page
from graph.catalogue.read.harvest import read_source
from graph.catalogue.records import Catalogue
from graph.catalogue.validate.official import Official
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.verdict import validate, validate_records
from graph.names import CATALOGUE
from graph.settings import Settings
from graph.sparql.literals import protect_quad
from tests.catalogue.publish.records import page, published
from tests.conftest import SHARED

EHDS = SHARED / "ehds"
pytestmark = pytest.mark.skipif(not EHDS.is_dir(), reason="the example records are not here")


@cache
def harvested() -> ox.Store:
    """Every example, each folder as a catalogue."""
    store = ox.Store()
    for folder in sorted(path for path in (EHDS / "examples").iterdir() if path.is_dir()):
        graph = ox.NamedNode(CATALOGUE + folder.name)
        triples = (triple for found in read_source(str(folder), Settings()).pages for triple in found.triples)
        mended = mend(triples, f"{graph.value}/").triples
        store.extend(protect_quad(ox.Quad(t.subject, t.predicate, t.object, graph)) for t in mended)
    return store


def pages(store: ox.Store, size: int = 100) -> list[Page]:
    return [page(store, number, size) for number in range(1, published(store, size).last + 1)]


@cache
def whole() -> frozenset[ox.Triple]:
    return frozenset(triple for found in pages(harvested()) for triple in found.triples)


def test_the_whole_catalogue_has_no_violation_under_the_official_shapes() -> None:
    results = Official(EHDS).results(whole(), PROFILES["dcat-ap-3.0.1"])
    assert [result for result in results if result.severity == "Violation"] == []


def test_no_page_has_a_violation_whatever_its_size() -> None:
    for found in pages(harvested(), 17):
        assert list(validate(found.triples, "dcat-ap-3.0.1").violations) == []


def test_our_own_record_has_no_violation_of_health_dcat_ap_under_the_official_shapes() -> None:
    results = Official(EHDS).results(frozenset(page(ox.Store()).triples), PROFILES["healthdcat-ap-r8-public"])
    assert [result for result in results if result.severity == "Violation"] == []


def test_publication_leaves_no_dataset_out_that_has_a_title_and_a_description() -> None:
    found = published(harvested())
    assert len(found.stock.entries) > 150
    assert all("lacks" in item.why for item in found.stock.withheld)


def test_what_is_published_is_published_again_by_another_with_the_same_verdicts() -> None:
    second = ox.Store()
    graph = ox.NamedNode(CATALOGUE + "first")
    mended = mend(whole(), f"{graph.value}/").triples
    second.extend(protect_quad(ox.Quad(t.subject, t.predicate, t.object, graph)) for t in mended)
    assert set(published(second).datasets) == set(published(harvested()).datasets)
    again = Catalogue(triple for found in pages(second) for triple in found.triples)
    before, after = validate_records(Catalogue(whole())), validate_records(again)
    assert before.keys() == after.keys()
    for dataset, verdict in before.items():
        assert (verdict.conforms, verdict.profile) == (after[dataset].conforms, after[dataset].profile)
        assert _counted(verdict.violations) == _counted(after[dataset].violations), dataset


def _counted(results: object) -> list[tuple[str, str]]:
    return sorted((result.path or "", result.component) for result in results)  # type: ignore[attr-defined]
