"""The report: what is wrong with records flows in, words in the order of their weight flow out."""

from __future__ import annotations

import pickle
import time

from graph.catalogue.records import Catalogue
from graph.catalogue.report import report_of
from graph.names import DCTERMS, PREFIXES
from tests.catalogue.report.records import DATASET, bare, record_of, triples_of

DCAT = PREFIXES["dcat"]


COLUMN = "<urn:t> csvw:column <urn:c{0}> . <urn:c{0}> a csvw:Column ; csvw:name 'c{0}' ; csvw:titles 'C' ; "
COLUMN += "dcterms:description 'd' ; csvw:datatype 'string' ."


def with_columns(number: int) -> str:
    columns = "\n".join(COLUMN.format(n) for n in range(number))
    return (
        f"<{DATASET}> a dcat:Dataset ; healthdcatap:hasStructuredData true ; healthdcatap:hasVariables <urn:g> . "
        f"<urn:g> a csvw:TableGroup ; dcterms:title 'g' ; csvw:table <urn:t> . "
        f"<urn:t> a csvw:Table ; dcterms:title 't' . {columns}"
    )


def test_what_is_missing_is_said_in_words() -> None:
    (item,) = [it for it in record_of(bare()).items if it.property.endswith("hdab")]
    assert item.message == "The health data access body is missing."
    assert item.advice.startswith("Say who the health data access body is.") and item.is_obligation
    assert "healthdcatap:hdab [" in item.example


def test_obligations_come_first_then_what_brings_points_then_advice() -> None:
    wrong = triples_of(f"<{DATASET}> dcterms:issued 'once' ; dcat:keyword <urn:k> .")
    items = record_of(bare("PUBLIC") | wrong, scored=True).items
    assert [it for it in items if it.severity == "violation" and not it.is_obligation]
    keys = [({"violation": 0, "warning": 1}[it.severity], not it.is_obligation, -it.points) for it in items]
    assert keys == sorted(keys) and items[0].property == DCAT + "theme" and items[0].points == 30


def test_the_level_is_the_one_that_the_record_names_and_the_reason_is_said() -> None:
    named, unnamed = record_of(bare("RESTRICTED")), record_of(bare())
    assert (named.profile, named.level) == ("healthdcat-ap-r8-restricted", "RESTRICTED")
    assert "names the level RESTRICTED" in named.reason
    assert unnamed.profile == "healthdcat-ap-r8-non-public" and "names no level" in unnamed.reason
    assert "was asked for" in record_of(bare(), "dcat-ap-3.0.1").reason


def test_each_dataset_is_held_to_its_own_level() -> None:
    rights = PREFIXES["euauth"] + "access-right/PUBLIC"
    both = bare("NON_PUBLIC") | triples_of(f"<urn:b> a dcat:Dataset ; dcterms:accessRights <{rights}> .")
    reports = report_of(Catalogue(both)).records
    assert [it.profile for it in reports] == ["healthdcat-ap-r8-non-public", "healthdcat-ap-r8-public"]


def test_a_value_that_is_in_no_list_gets_the_nearest_code() -> None:
    turtle = (
        f"<{DATASET}> a dcat:Dataset ; dcat:distribution <urn:d> . <urn:d> a dcat:Distribution ; dcterms:format 'csv' ."
    )
    found = [it for it in record_of(triples_of(turtle)).items if it.property == DCTERMS + "format"]
    (item,) = [it for it in found if it.severity == "violation"]
    assert item.suggestions[0].codes[0].iri == PREFIXES["euauth"] + "file-type/CSV"
    assert item.replaces and item.where == "distribution" and item.values == ('"csv"',)


def test_an_agent_without_contact_is_named_for_what_it_lacks() -> None:
    turtle = f"<{DATASET}> a dcat:Dataset ; dcterms:publisher <urn:p> . <urn:p> a foaf:Agent ; foaf:name 'P' ."
    found = [it for it in record_of(triples_of(turtle)).items if it.where == "publisher" and it.severity == "violation"]
    assert [(it.property, it.names) for it in found] == [(PREFIXES["cv"] + "contactPoint", ("P",))]
    assert found[0].message == "The contact point of the agent is missing."


def test_the_same_problem_of_thousands_of_columns_is_one_item() -> None:
    catalogue = Catalogue(triples_of(with_columns(6154)))
    start = time.monotonic()
    report = report_of(catalogue, scored=False)
    (item,) = [it for it in report.records[0].items if it.property == PREFIXES["csvw"] + "title"]
    assert (item.count, len(item.focus), item.more) == (6154, 5, 6149)
    assert item.message == "The title of 6,154 columns is missing."
    assert time.monotonic() - start < 10  # a second or two where nothing else runs


def test_a_document_without_a_dataset_does_not_conform() -> None:
    report = report_of(Catalogue(triples_of("<urn:x> a skos:Concept ; skos:prefLabel 'x' .")))
    assert not report.conforms and [it.message for it in report.rest] == ["There is no dataset in it."]


def test_what_is_wrong_outside_of_datasets_is_told_once_and_apart() -> None:
    catalog = f"<urn:cat> a dcat:Catalog ; dcat:dataset <{DATASET}> ."
    report = report_of(Catalogue(bare() | triples_of(catalog)))
    messages = {it.message for it in report.rest}
    assert {"The title of the catalogue is missing.", "The publisher of the catalogue is missing."} <= messages
    assert not [it for it in report.records[0].items if it.focus == ("urn:cat",)]


def test_a_report_can_be_sent_to_another_process() -> None:
    report = report_of(Catalogue(bare()))
    assert pickle.loads(pickle.dumps(report)).as_json() == report.as_json()
