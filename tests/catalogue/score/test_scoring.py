"""The metadata quality score: what records say flows in, points of 405 flow out."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.catalogue.records import Catalogue
from graph.catalogue.score.measure import Measured, measurements, metric_triples
from graph.catalogue.score.metrics import METRICS, MOST_POINTS, Dimension, rating_of
from graph.catalogue.score.readiness import mandatory, readiness
from graph.catalogue.score.scoring import Score, Share, addresses_of, score, score_of_all
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.verdict import validate
from graph.names import CATALOGUE, DCTERMS, METRIC, PREFIXES
from graph.rdf.index import TYPE, Index
from tests.catalogue.report.records import DATASET, bare, triples_of

FULL = f"""
<{DATASET}> a dcat:Dataset ;
    dcat:keyword "a" ; dcat:theme <{PREFIXES["euauth"]}data-theme/HEAL> ; dcterms:spatial <urn:x> ;
    dcterms:temporal [ dcat:startDate "2020-01-01"^^xsd:date ] ;
    dcterms:accessRights <{PREFIXES["euauth"]}access-right/PUBLIC> ; dcat:contactPoint <urn:c> ;
    dcterms:publisher <urn:p> ; dcterms:issued "2020-01-01"^^xsd:date ; dcterms:modified "2020-01-01"^^xsd:date ;
    dcat:distribution <urn:d> .
<urn:d> dcat:accessURL <http://example.org/a> ; dcat:downloadURL <http://example.org/b> ;
    dcterms:format <{PREFIXES["euauth"]}file-type/CSV> ;
    dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
    dcterms:license <{PREFIXES["euauth"]}licence/CC_BY_4_0> ; dcterms:rights <urn:r> ;
    dcat:byteSize "1"^^xsd:nonNegativeInteger .
"""
REACHED = {"http://example.org/a": True, "http://example.org/b": True}


def score_of(turtle: str, **asked: object) -> Score:
    return score(Catalogue(triples_of(turtle)), DATASET, **{"conforms": True, **asked})  # type: ignore[arg-type]


def test_the_table_has_405_points_in_the_five_dimensions() -> None:
    sums = {it.value: sum(metric.points for metric in METRICS if metric.dimension is it) for it in Dimension}
    assert list(sums.values()) == [100, 100, 110, 75, 20] and MOST_POINTS == 405


def test_a_record_with_everything_has_all_points() -> None:
    found = score_of(FULL, reachability=REACHED)
    assert (found.total, found.reachable, found.rating.value, found.missing) == (405, 405, "excellent", [])


def test_what_needs_the_network_is_left_out_unless_it_is_asked_for() -> None:
    found = score_of(FULL)
    assert (found.total, found.reachable, len(found.not_asked)) == (325, 325, 2)
    assert found.as_json()["metrics"]["access-url-reachable"] is None  # type: ignore[index]


def test_an_address_that_does_not_answer_gives_no_points_and_one_that_was_not_asked_is_not_counted() -> None:
    found = score_of(FULL, reachability={"http://example.org/a": False})
    assert found.points_of("access-url-reachable") == 0
    assert found.shares["download-url-reachable"] == Share(0, 0)


def test_a_bare_dataset_has_no_points() -> None:
    assert score(Catalogue(bare()), DATASET, conforms=False).total == 0


def test_metrics_of_distributions_are_shares_of_them() -> None:
    found = score_of(FULL + f"<{DATASET}> dcat:distribution [ dcterms:title 'another' ] .")
    assert found.points_of("format") == 10 and found.points_of("keyword") == 30


def test_a_catalogues_points_are_shares_over_all_its_datasets() -> None:
    both = score_of_all([score_of(FULL), score_of(f"<{DATASET}> a dcat:Dataset .", conforms=False)])
    assert both.points_of("keyword") == 15 and both.points_of("format") == 20 and both.datasets == 2
    assert both.points_of("access-url-reachable") is None


@pytest.mark.parametrize(
    ("format", "named", "readable", "free"),
    [
        (f"<{PREFIXES['euauth']}file-type/CSV>", True, True, True),
        (f"<{PREFIXES['euauth']}file-type/XLSX>", True, True, False),
        (f"<{PREFIXES['euauth']}file-type/PDF>", True, False, False),
        ('"CSV"', False, True, True),
        ('"application/ld+json"', False, True, True),
        ('"nobody knows"', False, False, False),
        ("<http://example.org/csv>", False, False, False),
    ],
)
def test_formats_count_as_the_list_of_file_types_marks_them(
    format: str, named: bool, readable: bool, free: bool
) -> None:
    turtle = f"<{DATASET}> a dcat:Dataset ; dcat:distribution <urn:d> . <urn:d> dcterms:format {format} ."
    found = score_of(turtle)
    points = [found.points_of(name) for name in ("format-vocabulary", "machine-readable", "non-proprietary")]
    assert points == [5 * named, 20 * readable, 20 * free]


def test_whether_it_keeps_to_dcat_ap_is_found_out_where_nobody_says() -> None:
    good = f"<{DATASET}> a dcat:Dataset ; dcterms:title 'a' ; dcterms:description 'b' ."
    assert score(Catalogue(triples_of(good)), DATASET).points_of("dcat-ap") == 30
    assert score(Catalogue(bare()), DATASET).points_of("dcat-ap") == 0


def test_another_datasets_faults_do_not_count() -> None:
    good = f"<{DATASET}> a dcat:Dataset ; dcterms:title 'a' ; dcterms:description 'b' . <urn:other> a dcat:Dataset ."
    assert score(Catalogue(triples_of(good)), DATASET).points_of("dcat-ap") == 30


def test_each_address_is_named_once() -> None:
    turtle = FULL + f"<{DATASET}> dcat:distribution [ dcat:accessURL <http://example.org/a> ] ."
    assert sorted(addresses_of(Catalogue(triples_of(turtle)))) == ["http://example.org/a", "http://example.org/b"]


STATEMENTS = sorted(triples_of(FULL), key=str)
OTHERS = sorted(
    triples_of(
        f"<{DATASET}> dcat:keyword '' ; dcterms:accessRights 'open' ; dcterms:title 'x' . "
        f"<urn:d> dcterms:format 'pdf' ; dcterms:license <http://example.org/terms> ; dcat:mediaType 'text/csv' ."
    ),
    key=str,
)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(STATEMENTS)), st.sets(st.sampled_from(OTHERS)), st.sampled_from(STATEMENTS))
def test_a_good_value_never_costs_points(said: set[ox.Triple], other: set[ox.Triple], added: ox.Triple) -> None:
    kept = {it for it in STATEMENTS if it.predicate.value.endswith(("#type", "#distribution"))}

    def total(triples: set[ox.Triple]) -> float:
        return score(Catalogue(triples), DATASET, conforms=False, reachability=REACHED).total

    before, after = total(kept | said | other), total(kept | said | other | {added})
    assert 0 <= before <= after <= MOST_POINTS


@given(st.floats(0, 405))
def test_more_points_never_have_a_worse_rating(points: float) -> None:
    order = ["bad", "sufficient", "good", "excellent"]
    assert order.index(rating_of(points)) <= order.index(rating_of(min(points + 1, 405)))


def test_the_obligations_are_read_off_the_shapes_and_grow_with_the_level() -> None:
    public, restricted, hidden = (
        mandatory(PROFILES[f"healthdcat-ap-r8-{name}"].index) for name in ("public", "restricted", "non-public")
    )
    assert len(public) == 10 and public == restricted and len(hidden) == 14
    added = {DCTERMS + "type", DCTERMS + "provenance", PREFIXES["dcat"] + "keyword", PREFIXES["dcat"] + "contactPoint"}
    assert hidden - public == added


def test_an_obligation_is_not_met_where_what_it_leads_to_is_wrong() -> None:
    catalogue = Catalogue(
        triples_of(f"<{DATASET}> a dcat:Dataset ; dcat:distribution <urn:d> . <urn:d> a dcat:Distribution .")
    )
    asked = mandatory(PROFILES["healthdcat-ap-r8-public"].index)
    found = readiness(catalogue, DATASET, validate(catalogue.triples, "healthdcat-ap-r8-public").results, asked)
    assert PREFIXES["dcat"] + "distribution" in found.unmet and 0 <= found.share < 1


def test_what_is_wrong_below_a_property_leaves_it_unmet() -> None:
    catalogue = Catalogue(triples_of(f"<{DATASET}> a dcat:Dataset ; dcat:contactPoint [ a vcard:Kind ] ."))
    asked = mandatory(PROFILES["healthdcat-ap-r8-non-public"].index)
    results = validate(catalogue.triples, "healthdcat-ap-r8-non-public").results
    contact = PREFIXES["dcat"] + "contactPoint"
    assert contact not in {(result.path or "")[1:-1] for result in results if result.focus == DATASET}
    assert contact in readiness(catalogue, DATASET, results, asked).unmet


def test_measurements_say_what_they_are_of_and_keep_their_names() -> None:
    known = Measured(DATASET, score_of(FULL), 0.5, 3, 4)
    triples = list(measurements(CATALOGUE + "a", [known]))
    index, dqv = Index(triples), PREFIXES["dqv"]
    assert set(triples) == set(measurements(CATALOGUE + "a", [known]))
    found = {
        index.iris(node, dqv + "isMeasurementOf")[0].removeprefix(METRIC): index.literals(node, dqv + "value")[0].value
        for node in index.subjects(dqv + "computedOn", DATASET)
    }
    assert found["mqa"] == "325" and found["ehds-readiness"] == "0.5" and found["violations"] == "3"
    assert found["mqa-keyword"] == "30" and "mqa-access-url-reachable" not in found
    assert len(list(index.subjects(dqv + "computedOn", CATALOGUE + "a"))) == len(found)
    for metric in index.subjects(TYPE, dqv + "Metric"):
        (dimension,) = index.iris(metric, dqv + "inDimension")
        assert dqv + "Dimension" in index.iris(dimension, TYPE) and index.literals(metric, DCTERMS + "title")


def test_every_metric_is_described_once() -> None:
    index = Index(metric_triples())
    metrics = set(index.subjects(TYPE, PREFIXES["dqv"] + "Metric"))
    assert {f"{METRIC}mqa-{metric.name}" for metric in METRICS} < metrics and len(metrics) == len(METRICS) + 9


def test_the_score_of_nothing_is_nothing() -> None:
    assert score_of_all([]).total == 0
