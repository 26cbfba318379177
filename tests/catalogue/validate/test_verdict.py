"""What our shapes say of records, held to the table of obligations of HealthDCAT-AP Release 8."""

from __future__ import annotations

import pytest

from graph.catalogue.records import Catalogue, Level
from graph.catalogue.validate.profiles import LEVELS, PROFILES
from graph.catalogue.validate.verdict import profile_of, validate, validate_records
from graph.check.shapes import Result
from graph.errors import UnknownProfileError
from graph.names import shorten
from tests.catalogue.validate.records import (
    NON_PUBLIC_OBLIGATIONS,
    NON_PUBLIC_RECOMMENDATIONS,
    OBLIGATIONS,
    RECOMMENDATIONS,
    adding,
    record,
    renamed,
    term,
    triples,
    without,
)

DATASET = "http://example.org/dataset"


def paths(results: tuple[Result, ...], focus: str = DATASET) -> set[str]:
    return {shorten(it.path.strip("<>")) if it.path else "" for it in results if it.focus == focus}


def obligations() -> list[tuple[Level, str]]:
    each = [(level, path) for level in Level for path in OBLIGATIONS]
    return each + [(Level.NON_PUBLIC, path) for path in NON_PUBLIC_OBLIGATIONS]


@pytest.mark.parametrize("level", Level)
def test_a_record_that_says_what_it_must_conforms_at_its_level(level: Level) -> None:
    verdict = validate(record(level), LEVELS[level].name)
    assert verdict.violations == ()
    assert verdict.conforms
    assert verdict.datasets == (DATASET,)


@pytest.mark.parametrize(("level", "path"), obligations())
def test_leaving_out_an_obligation_is_a_violation_on_its_property(level: Level, path: str) -> None:
    verdict = validate(without(record(level), path), LEVELS[level].name)
    assert paths(verdict.violations) == {path}
    assert not verdict.conforms


@pytest.mark.parametrize("path", NON_PUBLIC_OBLIGATIONS)
@pytest.mark.parametrize("level", [Level.PUBLIC, Level.RESTRICTED])
def test_what_only_non_public_records_must_say_is_no_violation_elsewhere(level: Level, path: str) -> None:
    assert path not in paths(validate(record(level), LEVELS[level].name).violations)


@pytest.mark.parametrize("level", Level)
def test_leaving_out_a_recommendation_is_a_warning(level: Level) -> None:
    verdict = validate(record(level), LEVELS[level].name)
    asked = {*RECOMMENDATIONS, *(NON_PUBLIC_RECOMMENDATIONS if level is Level.NON_PUBLIC else ())}
    assert asked <= paths(verdict.warnings)
    more = set(NON_PUBLIC_RECOMMENDATIONS) - {"dcterms:temporal"}  # which DCAT-AP recommends to all
    if level is not Level.NON_PUBLIC:
        assert not more & paths(verdict.warnings)
        assert {"dcat:contactPoint", "dcat:keyword"} <= paths(verdict.warnings)


@pytest.mark.parametrize("level", Level)
def test_a_record_of_another_level_does_not_conform(level: Level) -> None:
    other = Level.PUBLIC if level is not Level.PUBLIC else Level.NON_PUBLIC
    assert "dcterms:accessRights" in paths(validate(record(other), LEVELS[level].name).violations)


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ("ex:dataset dcat:theme ex:theme .", "dcat:theme"),
        ("ex:dataset dcterms:language <http://example.org/en> .", "dcterms:language"),
        ('ex:dataset dcterms:language "en" .', "dcterms:language"),
        ("ex:dataset dcterms:conformsTo <http://hl7.org/fhir> .", "dcterms:conformsTo"),
        ("ex:dataset dpv:hasPersonalData <https://w3id.org/dpv/pd#Age> .", "dpv:hasPersonalData"),
        ("ex:dataset healthdcatap:healthCategory <http://ehds.example/EHRS> .", "healthdcatap:healthCategory"),
        ("ex:dataset healthdcatap:hdab ex:other . ex:other a foaf:Agent .", "healthdcatap:hdab"),
        ("ex:dataset geodcatap:custodian [ a foaf:Agent ] .", "geodcatap:custodian"),
        ("ex:dataset dcterms:publisher [ a foaf:Agent ; dcterms:type ex:type ] .", "dcterms:publisher"),
        ('ex:dataset healthdcatap:numberOfRecords "12" .', "healthdcatap:numberOfRecords"),
        ("ex:dataset healthdcatap:minTypicalAge 1 , 2 .", "healthdcatap:minTypicalAge"),
        ('ex:dataset healthdcatap:hasStructuredData "yes" .', "healthdcatap:hasStructuredData"),
        ("ex:dataset dcat:distribution [ a dcat:Distribution ] .", "dcat:distribution"),
    ],
)
def test_a_value_that_breaks_a_rule_is_a_violation_on_its_property(said: str, broken: str) -> None:
    assert broken in paths(validate(adding(record(), said), "healthdcat-ap-r8-public").violations)


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("ex:hdab", "foaf:name"),
        ("ex:distribution", "dcat:accessURL"),
        ("ex:distribution", "dcatap:applicableLegislation"),
        ("ex:variables", "csvw:table"),
        ("ex:variables", "dcterms:title"),
        ("ex:table", "csvw:column"),
        ("ex:table", "dcterms:title"),
        ("ex:column", "csvw:name"),
        ("ex:column", "csvw:title"),
        ("ex:column", "csvw:datatype"),
        ("ex:column", "dcterms:description"),
    ],
)
def test_what_a_dataset_leads_to_has_obligations_of_its_own(subject: str, path: str) -> None:
    verdict = validate(without(record(), path, subject), "healthdcat-ap-r8-public")
    assert path in paths(verdict.violations, term(subject).value)


def test_contact_points_can_be_reached() -> None:
    silent = without(without(record(Level.NON_PUBLIC), "vcard:hasEmail", "ex:kind"), "cv:email", "ex:contact")
    verdict = validate(silent, "healthdcat-ap-r8-non-public")
    assert {it.focus.rpartition("/")[2] for it in verdict.violations} == {"kind", "contact"}


def test_a_record_with_structured_data_says_its_variables() -> None:
    silent = without(record(), "healthdcatap:hasVariables")
    (result,) = validate(silent, "healthdcat-ap-r8-public").violations
    assert (result.focus, result.component) == (DATASET, "OrConstraintComponent")
    assert "healthdcatap:hasVariables" in result.message
    unstructured = adding(
        without(silent, "healthdcatap:hasStructuredData"), "ex:dataset healthdcatap:hasStructuredData false ."
    )
    assert validate(unstructured, "healthdcat-ap-r8-public").conforms


@pytest.mark.parametrize("profile", PROFILES)
def test_a_document_without_a_dataset_does_not_pass(profile: str) -> None:
    verdict = validate(triples('ex:x a skos:Concept ; skos:prefLabel "x"@en .'), profile)
    assert not verdict.conforms
    assert ["dataset" in it.message for it in verdict.violations] == [True]
    assert not validate((), profile).conforms


def test_what_a_list_leaves_out_of_itself_is_not_the_documents_fault() -> None:
    named = adding(record(), "ex:x dcterms:type <http://publications.europa.eu/resource/authority/data-theme/AGRI> .")
    assert validate(named, "healthdcat-ap-r8-public").conforms  # the list of themes has no title


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownProfileError, match="no profile dcat-ap-9") as caught:
        validate((), "dcat-ap-9")
    assert "healthdcat-ap-r8-public" in caught.value.advice


def test_the_level_is_taken_from_the_record() -> None:
    assert profile_of(Catalogue(record(Level.RESTRICTED))) == "healthdcat-ap-r8-restricted"
    assert profile_of(Catalogue(without(record(), "dcterms:accessRights"))) == "healthdcat-ap-r8-non-public"


def test_each_record_of_a_catalogue_is_held_to_its_own_level() -> None:
    other = renamed(record(Level.NON_PUBLIC), "other-")
    catalogue = Catalogue(record() | without(other, "dcat:keyword", "ex:other-dataset"))
    verdicts = validate_records(catalogue)
    assert {it.profile for it in verdicts.values()} == {"healthdcat-ap-r8-public", "healthdcat-ap-r8-non-public"}
    assert verdicts[DATASET].conforms
    (result,) = verdicts["http://example.org/other-dataset"].violations
    assert result.path == f"<{term('dcat:keyword').value}>"


def test_a_record_alone_has_the_verdict_that_it_has_in_its_catalogue() -> None:
    said = without(without(record(), "cv:email", "ex:contact"), "csvw:name", "ex:column")
    (verdict,) = validate_records(Catalogue(said)).values()
    assert verdict == validate(said, "healthdcat-ap-r8-public")


def test_a_broken_node_that_two_records_share_counts_for_both_and_no_other() -> None:
    second = (
        "ex:second a dcat:Dataset ; dcterms:accessRights euauth:access-right\\/PUBLIC ; healthdcatap:hdab ex:hdab ."
    )
    third = "ex:third a dcat:Dataset ; dcterms:accessRights euauth:access-right\\/PUBLIC ; dcterms:relation ex:second ."
    verdicts = validate_records(Catalogue(adding(without(record(), "foaf:name", "ex:hdab"), second + third)))
    agent = "http://example.org/hdab"
    about = {dataset: any(it.focus == agent for it in verdict.results) for dataset, verdict in verdicts.items()}
    assert about == {DATASET: True, "http://example.org/second": True, "http://example.org/third": False}


@pytest.mark.parametrize("batch", [1, 2])
def test_datasets_validated_in_batches_have_the_verdicts_that_they_have_together(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = adding(record(), "ex:dataset dcat:inSeries ex:series ; dcterms:source ex:b-dataset .")
    series = """
        ex:series a dcat:Dataset , dcat:DatasetSeries .
        ex:Cohort rdfs:subClassOf dcat:Dataset .
        ex:cohort a ex:Cohort ; dcat:inSeries ex:series .
        ex:catalog a dcat:Catalog ; dcat:dataset ex:dataset , ex:series .
    """
    catalogue = Catalogue(adding(one, series) | renamed(record(Level.NON_PUBLIC), "b-"))
    together = validate_records(catalogue)
    monkeypatch.setattr("graph.catalogue.validate.verdict.BATCH", batch)
    assert validate_records(catalogue) == together
    whole = validate(catalogue.triples, "healthdcat-ap-r8-public")
    assert set(together[DATASET].results) <= set(whole.results)
    own = {it for it in whole.results if it.focus in (DATASET, "http://example.org/hdab")}
    assert own <= set(together[DATASET].results)


def test_all_records_can_be_held_to_one_profile() -> None:
    catalogue = Catalogue(record() | renamed(record(Level.NON_PUBLIC), "b-"))
    verdicts = validate_records(catalogue, "dcat-ap-3.0.1")
    assert [it.profile for it in verdicts.values()] == ["dcat-ap-3.0.1"] * 2
    assert all(it.conforms for it in verdicts.values())
