"""Every example of a report mends what it stands beside: records that lack something flow in, whole ones flow out."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.catalogue.records import Catalogue
from graph.catalogue.report import Reported, report_of
from graph.catalogue.report.codes import size_of
from graph.catalogue.report.properties import full, table
from graph.catalogue.report.turtle import filled, with_prefixes
from graph.catalogue.validate.profiles import PROFILES
from graph.errors import InputError
from graph.names import DCTERMS, PREFIXES, XSD
from graph.rdf.index import str_of
from tests.catalogue.report.records import DATASET, bare, mended, read, record_of
from tests.conftest import SHARED

LEVELS = ("PUBLIC", "RESTRICTED", "NON_PUBLIC")
EXAMPLES = SHARED / "ehds" / "examples"


@cache
def whole(level: str) -> frozenset[ox.Triple]:
    """A record that grew from nothing but a level by the examples of its reports."""
    triples = bare(level)
    for _ in range(100):
        waiting = [item for item in record_of(triples).items if item.example and item.property != DCTERMS + "source"]
        if not waiting:
            break
        triples = mended(triples, waiting[0])
    return triples


@pytest.mark.parametrize("level", LEVELS)
def test_a_bare_dataset_becomes_whole_by_the_examples_alone(level: str) -> None:
    start, end = record_of(bare(level)), record_of(whole(level))
    assert start.violations >= 10 and start.readiness and start.readiness.share < 0.2
    assert [item.message for item in end.items if item.property != DCTERMS + "source"] == []
    assert end.conforms and end.readiness and end.readiness.share == 1


@pytest.mark.parametrize("level", LEVELS)
def test_the_example_for_each_missing_property_mends_just_that(level: str) -> None:
    triples = whole(level)
    subject, missed = ox.NamedNode(DATASET), 0
    for property in {triple.predicate for triple in triples if triple.subject == subject}:
        if property.value.endswith("#type"):
            continue
        less = frozenset(it for it in triples if (it.subject, it.predicate) != (subject, property))
        record = record_of(less, f"healthdcat-ap-r8-{level.lower().replace('_', '-')}")
        for item in (item for item in record.items if item.property == property.value and not item.where):
            missed += 1
            after = record_of(mended(less, item), record.profile)
            assert not [it.message for it in after.items if it.property == property.value and not it.where]
            assert after.violations < max(record.violations, 1)
    assert missed >= 20


def wrong_values() -> st.SearchStrategy[ox.NamedNode | ox.Literal]:
    texts = st.sampled_from(["", "wrong", "http://example.org/x", "a@example.org", "2024-01-01", "12", "CSV", "true"])
    literals = st.builds(ox.Literal, texts)
    typed = st.builds(lambda text: ox.Literal(text, datatype=ox.NamedNode(XSD + "gYear")), texts)
    iris = st.sampled_from(["http://example.org/x", "mailto:a@example.org", PREFIXES["euauth"] + "file-type/CSV"])
    return literals | typed | st.builds(ox.NamedNode, iris)


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_a_wrong_value_anywhere_is_mended_by_the_examples(data: st.DataObject) -> None:
    triples = whole("NON_PUBLIC")
    places = sorted(
        {(str(it.subject), it.predicate.value) for it in triples if not it.predicate.value.endswith("#type")}
    )
    subject, predicate = data.draw(st.sampled_from(places))
    value = data.draw(wrong_values())
    hit = [it for it in triples if (str(it.subject), it.predicate.value) == (subject, predicate)]
    broken = (triples - frozenset(hit)) | {ox.Triple(hit[0].subject, hit[0].predicate, value)}
    before = report_of(Catalogue(broken), "healthdcat-ap-r8-non-public", scored=False)
    current, report = frozenset(broken), before
    for _ in range(12):
        items = [item for record in report.records for item in record.items if item.severity == "violation"]
        items += [item for item in report.rest if item.severity == "violation"]
        if not items:
            break
        current = mended(current, items[0])
        report = report_of(Catalogue(current), "healthdcat-ap-r8-non-public", scored=False)
    assert report.violations == 0, (
        predicate,
        value,
        [item.message for record in report.records for item in record.items],
    )


@pytest.mark.parametrize("key", sorted(table()))
def test_the_example_of_each_property_is_turtle_about_it(key: str) -> None:
    entry = table()[key]
    assert entry.label and entry.ask and entry.means and entry.source and "$" not in entry.label
    if entry.scheme:
        assert size_of(entry.scheme), f"{entry.scheme} is no list"
    if entry.example:
        text = with_prefixes(filled(entry.example, DATASET, full("euauth:access-right/PUBLIC")))
        triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
        assert any((str_of(it.subject), it.predicate.value) == (DATASET, entry.iri) for it in triples)


def test_every_property_that_a_profile_asks_for_is_in_the_table() -> None:
    known = {entry.iri for entry in table().values()}
    for profile in PROFILES.values():
        index = profile.index
        asked = {
            path
            for shape in index.all_subjects
            for path in index.iris(shape, full("sh:path"))
            if any(int(count.value) for count in index.literals(shape, full("sh:minCount")))
        }
        assert asked - known == set(), profile.name


def violations_after(report: Reported, triples: frozenset[ox.Triple]) -> int:
    """How many violations are left when every example was tried once."""
    tried = set[object]()
    for _ in range(150):
        items = [item for record in report.records for item in record.items if item.severity == "violation"]
        waiting = [it for it in items if it.example and (it.focus[0], it.property, it.components) not in tried]
        if not waiting:
            break
        item = waiting[0]
        tried.add((item.focus[0], item.property, item.components))
        triples = mended(triples, item)
        report = report_of(Catalogue(triples), scored=False)
    return sum(record.violations for record in report.records)


@pytest.mark.parametrize(
    "name",
    [
        "ckanext-dcat/dataset_health_no_blank.ttl",
        "fdk-no/catalog_0.ttl",
        "govdata-de/bremen-catalog-dataset-extracted.rdf",
        "health-ri-img2catalog/valid_project.ttl",
        "semic-validator-samples/sample-n-triples.nt",
        "udata/udata.xml",
    ],
)
def test_the_examples_lead_real_records_to_no_violation(name: str) -> None:
    path = EXAMPLES / name
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    try:
        catalogue = read(path)
    except InputError as error:
        pytest.skip(str(error))
    before = report_of(catalogue, scored=False)
    assert sum(record.violations for record in before.records) > 5
    assert violations_after(before, catalogue.triples) == 0
