"""What each rule mends, and what it leaves alone."""

import re

import pyoxigraph as ox
import pytest

from graph.catalogue.mend import MEND_RULES, Mend, mend
from graph.catalogue.mend.codes import authority_iri
from graph.catalogue.validate import lists
from graph.names import PREFIXES
from tests.catalogue.mend.samples import NAMESPACE, turtle

EU, HDEU = PREFIXES["euauth"], PREFIXES["hdeu"]
IANA = "https://www.iana.org/assignments/media-types/"


def _said(text: str) -> set[str]:
    """The triples after mending, shortened."""
    return {_short(str(triple)) for triple in mend(turtle(text), NAMESPACE).triples}


def _short(triple: str) -> str:
    for prefix, namespace in {**PREFIXES, "dct": PREFIXES["dcterms"], "ex": "http://example.org/"}.items():
        triple = re.sub(rf"<{re.escape(namespace)}([A-Za-z_0-9-]*)>", rf"{prefix}:\1", triple)
    return triple.replace("dcterms:", "dct:")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Texts and IRIs.
        ('ex:d dct:title "Sant&eacute; &amp; soins"@fr', 'ex:d dct:title "Santé & soins"@fr'),
        ('ex:d dct:title "<p>a &lt; b</p>"', 'ex:d dct:title "<p>a &lt; b</p>"'),
        ('ex:d dct:title "AT&T; &unknown;"', 'ex:d dct:title "AT&T; &unknown;"'),
        ("ex:d dcat:accessURL <http://e.org/?a=1&amp;b=2>", "ex:d dcat:accessURL <http://e.org/?a=1&b=2>"),
        ('ex:d dcat:accessURL " http://e.org/a b\\n"', "ex:d dcat:accessURL <http://e.org/a%20b>"),
        ("ex:d foaf:homepage <https:/e.org/x>", "ex:d foaf:homepage <https://e.org/x>"),
        ('ex:d dcat:accessURL "<http://e.org/a>"', "ex:d dcat:accessURL <http://e.org/a>"),
        ('ex:d dcat:accessURL "<http://e.org/?a=1&amp;b=2>"', "ex:d dcat:accessURL <http://e.org/?a=1&b=2>"),
        ('ex:d dcat:accessURL "see the ministry"', 'ex:d dcat:accessURL "see the ministry"'),
        ('ex:d dcat:accessURL "/download/1.csv"', 'ex:d dcat:accessURL "/download/1.csv"'),
        ('ex:d dct:title "http://e.org/"', 'ex:d dct:title "http://e.org/"'),
        ('ex:d dct:title "colour"@en-US', 'ex:d dct:title "colour"@en-us'),
        ('ex:c vcard:hasEmail "a@e.org"', "ex:c vcard:hasEmail <mailto:a@e.org>"),
        ('ex:c vcard:email "a@e.org"', "ex:c vcard:hasEmail <mailto:a@e.org>"),
        ("ex:c vcard:hasEmail <http://e.org/base/a@e.org>", "ex:c vcard:hasEmail <mailto:a@e.org>"),
        ('ex:c vcard:hasEmail "a@e.org, b@e.org"', 'ex:c vcard:hasEmail "a@e.org, b@e.org"'),
        ('ex:c vcard:hasTelephone "+49 40 12-34"', "ex:c vcard:hasTelephone <tel:+494012-34>"),
        ('ex:c vcard:hasTelephone "+49 (0)40 1234"', 'ex:c vcard:hasTelephone "+49 (0)40 1234"'),
        ("ex:d dct:identifier <https://doi.org/10.1/x>", 'ex:d dct:identifier "https://doi.org/10.1/x"^^xsd:anyURI'),
        # Dates and numbers.
        ('ex:d dct:issued "2024-01-31"', 'ex:d dct:issued "2024-01-31"^^xsd:date'),
        ('ex:d dct:issued "2024-01-31"^^xsd:dateTime', 'ex:d dct:issued "2024-01-31"^^xsd:date'),
        ('ex:d dct:issued "2024"', 'ex:d dct:issued "2024"^^xsd:gYear'),
        (
            'ex:d dct:modified "2024-01-31T10:00:00Z"^^xsd:date',
            'ex:d dct:modified "2024-01-31T10:00:00Z"^^xsd:dateTime',
        ),
        ('ex:d dct:modified "2024-01-31 10:00"', 'ex:d dct:modified "2024-01-31T10:00:00"^^xsd:dateTime'),
        ('ex:d dct:issued "2024-02-30"', 'ex:d dct:issued "2024-02-30"'),
        ('ex:d dct:issued "31/01/2024"', 'ex:d dct:issued "31/01/2024"'),
        ('ex:d dct:issued "January 2024"@en', 'ex:d dct:issued "January 2024"@en'),
        ('ex:d dct:issued "2024-01-31T10:00:00.5+01:00"^^xsd:dateTime', "the same"),
        ('ex:x dcat:byteSize "43008.0"^^xsd:decimal', 'ex:x dcat:byteSize "43008"^^xsd:nonNegativeInteger'),
        ('ex:x dcat:byteSize "1.5 MB"', 'ex:x dcat:byteSize "1.5 MB"'),
        ('ex:d dcat:temporalResolution "P1D"', 'ex:d dcat:temporalResolution "P1D"^^xsd:duration'),
        ('ex:d healthdcatap:hasStructuredData "True"', 'ex:d healthdcatap:hasStructuredData "true"^^xsd:boolean'),
        (
            'ex:p a dct:PeriodOfTime ; <http://schema.org/startDate> "2020-01-01"^^xsd:date',
            'ex:p dcat:startDate "2020-01-01"^^xsd:date',
        ),
        ('ex:event schema:startDate "2020-01-01"^^xsd:date', "the same"),
        # Closed lists.
        ('ex:d dct:language "en-US"', f"ex:d dct:language <{EU}language/ENG>"),
        ('ex:d dct:language "Deutsch"', f"ex:d dct:language <{EU}language/DEU>"),
        ("ex:d dct:language <http://id.loc.gov/vocabulary/iso639-1/en>", f"ex:d dct:language <{EU}language/ENG>"),
        ('ex:d dct:language "Klingon"', 'ex:d dct:language "Klingon"'),
        ('ex:x dct:format ".XLSX"', f"ex:x dct:format <{EU}file-type/XLSX>"),
        ('ex:x dct:format "application/json"', f"ex:x dct:format <{EU}file-type/JSON>"),
        ('ex:x dct:format "application/fhir+json"', f"ex:x dct:format <{IANA}application/fhir+json>"),
        ('ex:x dct:format "Zipped CSV"', 'ex:x dct:format "Zipped CSV"'),
        ('ex:x dcat:mediaType "text/csv; charset=utf-8"', f"ex:x dcat:mediaType <{IANA}text/csv>"),
        (
            "ex:x dcat:mediaType <http://www.iana.org/assignments/media-types/text/csv>",
            f"ex:x dcat:mediaType <{IANA}text/csv>",
        ),
        ('ex:d dct:accrualPeriodicity "R/P1Y"', f"ex:d dct:accrualPeriodicity <{EU}frequency/ANNUAL>"),
        (
            "ex:d dct:accrualPeriodicity <http://purl.org/cld/freq/daily>",
            f"ex:d dct:accrualPeriodicity <{EU}frequency/DAILY>",
        ),
        ('ex:d dct:accrualPeriodicity "biweekly"', 'ex:d dct:accrualPeriodicity "biweekly"'),
        ('ex:d dct:accessRights "non public"', f"ex:d dct:accessRights <{EU}access-right/NON_PUBLIC>"),
        ('ex:d dcat:theme "Health"', f"ex:d dcat:theme <{EU}data-theme/HEAL>"),
        ('ex:d dcat:theme "geodesy"', 'ex:d dcat:theme "geodesy"'),
        ('ex:d dct:spatial "DE"', f"ex:d dct:spatial <{EU}country/DEU>"),
        (
            "ex:d dct:spatial <https://www.geonames.org/2673730/stockholm.html>",
            "ex:d dct:spatial <http://sws.geonames.org/2673730/>",
        ),
        ('ex:d healthdcatap:healthCategory "EHRS"', f"ex:d healthdcatap:healthCategory <{HDEU}healthcategories/EHRS>"),
        (
            'ex:d healthdcatap:hasCodingSystem "ICD-10"',
            f"ex:d healthdcatap:hasCodingSystem <{HDEU}coding-system/ICD-10>",
        ),
        ("ex:d dcat:theme <https://www.wikidata.org/wiki/Q12131>", "ex:d dcat:theme wikidata:Q12131"),
        ("ex:d foaf:page <https://www.wikidata.org/wiki/Q12131>", "the same"),
        (
            "ex:x dct:license <http://creativecommons.org/licenses/by/4.0/deed.de>",
            "ex:x dct:license <https://creativecommons.org/licenses/by/4.0/>",
        ),
        ('ex:x dct:license "CC-BY-SA-4.0"', "ex:x dct:license <https://creativecommons.org/licenses/by-sa/4.0/>"),
        # Words of older profiles.
        ('ex:c csvw:titles "Age"@en', 'ex:c csvw:title "Age"@en'),
        ("ex:d dqv:hasLegalBasis ex:b", "ex:d dpv:hasLegalBasis ex:b"),
        ('ex:d healthdcatap:hasCodeValue "ICD-10:C50"', 'ex:d healthdcatap:hasCodeValues "ICD-10:C50"'),
        (
            'ex:d <https://healthdataportal.eu/ns/health#numberOfRecords> "7"',
            'ex:d healthdcatap:numberOfRecords "7"^^xsd:nonNegativeInteger',
        ),
        ("ex:d a <https://www.w3.org/ns/dcat#Dataset>", "ex:d rdf:type dcat:Dataset"),
        ("ex:x <http://purl.org/dc/terms/#license> ex:l", "ex:x dct:license ex:l"),
        ('ex:d a dcat:Dataset ; owl:versionInfo "1.0"', 'ex:d dcat:version "1.0"'),
        ('ex:o a owl:Ontology ; owl:versionInfo "1.0"', 'ex:o owl:versionInfo "1.0"'),
        ('ex:a healthdcatap:publisherNote "Note"', 'ex:a dct:description "Note"'),
        (
            f"ex:a healthdcatap:publisherType <{HDEU}publisher-type/biobank>",
            f"ex:a dct:type <{HDEU}publisher-type/biobank>",
        ),
        (
            "ex:d healthdcatap:hasCodeValues ex:code",
            'ex:d healthdcatap:hasCodeValues "http://example.org/code"^^xsd:anyURI',
        ),
        # Classes.
        (f"ex:d dct:language <{EU}language/ENG>", f"<{EU}language/ENG> rdf:type dct:LinguisticSystem"),
        ("ex:d dct:publisher ex:o . ex:o a foaf:Organization ; foaf:name 'O'", "ex:o rdf:type foaf:Agent"),
        ("ex:c dcat:dataset ex:d . ex:d dct:title 'D'", "ex:d rdf:type dcat:Dataset"),
        (
            "ex:d dcatap:applicableLegislation <http://data.europa.eu/eli/reg/2025/327/oj>",
            "<http://data.europa.eu/eli/reg/2025/327/oj> rdf:type eli:LegalResource",
        ),
    ],
)
def test_a_value_is_mended_where_that_is_certain_and_left_alone_elsewhere(before: str, after: str) -> None:
    assert (_short(str(turtle(before + " .")[0])) if after == "the same" else after) in _said(before + " .")


@pytest.mark.parametrize(
    "not_added",
    [
        ("ex:c dcat:dataset ex:elsewhere .", "ex:elsewhere rdf:type dcat:Dataset"),
        ("ex:d dct:language ex:local .", "ex:local rdf:type dct:LinguisticSystem"),
        ("ex:d dct:publisher ex:o . ex:o a foaf:Organization .", "ex:o rdf:type foaf:Agent"),
    ],
)
def test_a_class_is_not_guessed(not_added: tuple[str, str]) -> None:
    text, statement = not_added
    assert statement not in _said(text)


@pytest.mark.parametrize(
    "host",
    [
        "http://healthdataportal.eu/resource",
        "https://healthdataportal.eu/resource",
        "https://hdeu-dcat.acceptance.data.health.europa.eu/resource",
        "http://203.0.113.7:8080/resource",
        "http://localhost/resource",
        "http://example.com/ontology/resource",
    ],
)
def test_concepts_on_other_hosts_are_those_of_the_list(host: str) -> None:
    assert authority_iri(f"{host}/authority/healthcategories/EHRS") == lists.HEALTH_CATEGORY + "/EHRS"
    assert authority_iri(f"{host}/authority/healthcategories/UNHEARD_OF") is None


def test_what_a_document_says_of_a_moved_concept_moves_with_it() -> None:
    old = "<http://healthdataportal.eu/resource/authority/healthcategories/EHRS>"
    said = _said(f'ex:d healthdcatap:healthCategory {old} . {old} skos:prefLabel "Records"@en .')
    assert f'<{HDEU}healthcategories/EHRS> skos:prefLabel "Records"@en' in said


@pytest.mark.parametrize(
    ("property", "old", "new"),
    [
        ("dct:language", "http://id.loc.gov/vocabulary/iso639-1/en", EU + "language/ENG"),
        ("dcat:mediaType", "http://www.iana.org/assignments/media-types/text/csv", IANA + "text/csv"),
        ("dcat:theme", "https://www.wikidata.org/entity/Q12131", PREFIXES["wikidata"] + "Q12131"),
        ("dct:spatial", "https://sws.geonames.org/2673730", "http://sws.geonames.org/2673730/"),
    ],
)
def test_what_a_document_says_of_a_value_by_its_older_name_goes_with_it(property: str, old: str, new: str) -> None:
    text = f'ex:d {property} <{old}> . <{old}> skos:prefLabel "Label"@en .'
    assert ox.Triple(
        ox.NamedNode(new), ox.NamedNode(PREFIXES["skos"] + "prefLabel"), ox.Literal("Label", language="en")
    ) in (mend(turtle(text), NAMESPACE).triples)
    both = mend(turtle(text + f"ex:e foaf:page <{old}> ."), NAMESPACE).triples
    labelled = {it.subject for it in both if it.predicate.value == PREFIXES["skos"] + "prefLabel"}
    assert labelled == {ox.NamedNode(old)}, "something else is still known by the older name"


def test_two_notes_on_a_publisher_stay_as_they_are() -> None:
    text = 'ex:a healthdcatap:publisherNote "Note"@en , "Notiz"@de .'
    assert _said(text) == {'ex:a healthdcatap:publisherNote "Note"@en', 'ex:a healthdcatap:publisherNote "Notiz"@de'}


def test_an_identifier_that_is_described_is_a_node_and_stays_one() -> None:
    assert "ex:d dct:identifier ex:i" in _said('ex:d dct:identifier ex:i . ex:i skos:notation "1" .')


def test_the_name_of_a_publisher_becomes_an_agent_of_that_name() -> None:
    mended = mend(turtle('ex:d dct:publisher "Ministry"@en . ex:e dct:publisher "Ministry"@en .'), NAMESPACE).triples
    agents = {it.object for it in mended if it.predicate.value.endswith("publisher")}
    assert len(agents) == 1
    (agent,) = agents
    assert {str(it.object) for it in mended if it.subject == agent} == {
        f"<{PREFIXES['foaf']}Agent>",
        '"Ministry"@en',
    }


def test_words_of_one_statement_in_several_languages_become_one_node() -> None:
    mended = mend(turtle('ex:d dct:provenance "a"@en , "b"@fr . ex:e dct:provenance "c" , "d" .'), NAMESPACE).triples
    nodes = [it.object for it in mended if it.predicate.value.endswith("provenance")]
    assert len(nodes) == 3


def test_a_concept_that_is_only_a_code_becomes_the_code_and_one_with_a_label_stays() -> None:
    said = _said(
        'ex:d healthdcatap:hasCodeValues [ dct:identifier "ICD-10:C50" ; skos:notation "C50" ] ,'
        ' [ dct:identifier "ICD-10:C61" ; skos:prefLabel "Prostate" ] .'
    )
    assert 'ex:d healthdcatap:hasCodeValues "ICD-10:C50"' in said
    assert 'ex:d healthdcatap:hasCodeValues "ICD-10:C61"' not in said


def test_a_mend_says_rule_place_and_both_values() -> None:
    mended = mend(turtle('[] a dcat:Dataset ; dct:identifier "d" ; dct:title "&amp;" ; dct:language "de" .'), NAMESPACE)
    (name,) = (it.subject for it in mended.mends if it.rule == "blank-nodes")
    title, language = PREFIXES["dcterms"] + "title", PREFIXES["dcterms"] + "language"
    assert Mend("blank-nodes", name, None, "[]", f"<{name}>") in mended.mends
    assert Mend("html-entities", name, title, '"&amp;"', '"&"') in mended.mends
    assert Mend("language-list", name, language, '"de"', f"<{EU}language/DEU>") in mended.mends
    assert {it.rule for it in mended.mends} <= set(MEND_RULES)


def test_every_rule_says_in_a_sentence_why_it_is_safe() -> None:
    assert len(MEND_RULES) >= 35
    for slug, why in MEND_RULES.items():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", slug)
        assert len(why) > 40 and why.endswith("."), slug


def test_statements_about_statements_are_left_alone() -> None:
    inner = ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"), ox.Literal("x"))
    outer = ox.Triple(ox.NamedNode("urn:b"), ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies"), inner)
    assert mend([outer], NAMESPACE).triples == {outer}
