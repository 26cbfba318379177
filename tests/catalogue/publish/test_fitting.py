"""What is published of a record that breaks rules of DCAT-AP: what is repaired, moved, withheld, and what is not."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.catalogue.publish.fitting import Fitted, fit
from graph.catalogue.publish.possible import Around
from graph.catalogue.validate.verdict import validate
from graph.names import PREFIXES
from tests.catalogue.publish.records import HERE, NAMED, graph, iri, turtle

EU = PREFIXES["euauth"]
FILE = ":f a dcat:Distribution ; dcat:accessURL :u"
TEXTS = "https://w3id.org/pmkg/catalogue#text-"


def fitted(text: str, around: Around | None = None, datasets: tuple[str, ...] = (HERE + "d",)) -> Fitted:
    return fit(datasets, turtle(f":d a dcat:Dataset ; {NAMED} .\n" + text), around or Around(), TEXTS)


def objects(found: Fitted, curie: str, subject: str = ":d") -> list[str]:
    return sorted(
        str(triple.object)
        for triple in found.triples
        if triple.predicate.value == iri(curie) and triple.subject == ox.NamedNode(iri(subject))
    )


def done(found: Fitted, curie: str) -> list[str]:
    return [f"{note.done}: {note.why}" for note in found.notes if note.property == iri(curie)]


def test_a_record_without_a_fault_stays_as_it_is() -> None:
    text = f':d a dcat:Dataset ; {NAMED} ; dcat:keyword "k"@en ; dcterms:issued "2020"^^xsd:gYear ; :own :thing .'
    found = fitted(text)
    assert set(found.triples) == graph(text)
    assert found.notes == []


def test_a_value_gets_the_class_that_the_property_says() -> None:
    found = fitted(":d dcterms:license :ignored ; dcat:landingPage :page ; dcat:contactPoint :c . :c vcard:fn 'Desk' .")
    assert objects(found, "rdf:type", ":page") == [f"<{iri('foaf:Document')}>"]
    assert objects(found, "rdf:type", ":c") == [f"<{iri('vcard:Kind')}>"]
    assert objects(found, "rdf:type", ":ignored") == []  # a dataset's licence is no matter of DCAT-AP


def test_an_agent_gets_the_name_that_stands_under_another_property() -> None:
    found = fitted(":d dcterms:publisher :p . :p rdfs:label 'Office'@de .")
    assert objects(found, "foaf:name", ":p") == ['"Office"@de']
    assert objects(found, "dcterms:publisher") == [f"<{HERE}p>"]
    assert done(found, "foaf:name") == ["added: from rdfs:label"]


def test_an_agent_without_a_name_is_said_with_a_broader_property() -> None:
    found = fitted(":d dcterms:publisher :p .")
    assert objects(found, "dcterms:publisher") == []
    assert objects(found, "dc:publisher") == [f"<{HERE}p>"]
    assert done(found, "dcterms:publisher") == [
        "moved: it cannot be said to be a foaf:Agent: it lacks foaf:name; it is now said with dc:publisher"
    ]


def test_a_text_in_several_languages_becomes_one_node_that_is_known_by_it() -> None:
    text = (
        ":d dcat:distribution :f . :f a dcat:Distribution ; dcat:accessURL :u ; dcterms:rights 'frei'@de , 'free'@en ."
    )
    found = fitted(text)
    [node] = objects(found, "dcterms:rights", ":f")
    assert node.startswith(f"<{TEXTS}")
    labels = {str(t.object) for t in found.triples if str(t.subject) == node and t.predicate.value == iri("rdfs:label")}
    assert labels == {'"frei"@de', '"free"@en'}
    assert objects(fitted(text), "dcterms:rights", ":f") == [node]


def test_a_text_that_is_an_address_becomes_the_address() -> None:
    found = fitted(":d dcat:distribution :f . :f a dcat:Distribution ; dcat:accessURL 'https://example.org/x' .")
    assert objects(found, "dcat:accessURL", ":f") == ["<https://example.org/x>"]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (
            "dcterms:accessRights euauth:access-right\\/PUBLIC , euauth:access-right\\/RESTRICTED",
            "access-right/RESTRICTED",
        ),
        ("dcterms:accrualPeriodicity euauth:frequency\\/ANNUAL , euauth:frequency\\/DAILY", "frequency/ANNUAL"),
    ],
)
def test_of_several_values_where_one_may_be_the_same_one_is_chosen(values: str, kept: str) -> None:
    name = values.split()[0]
    assert objects(fitted(f":d {values} ."), name) == [f"<{EU}{kept}>"]


def test_a_keyword_that_is_a_node_is_the_text_that_this_is_called() -> None:
    found = fitted(":d dcat:keyword :k , :unknown . :k skos:prefLabel 'cancer'@en .")
    assert objects(found, "dcat:keyword") == ['"cancer"@en']
    assert done(found, "dcat:keyword") == [
        "changed: it is now a rdf:langString: cancer",
        "withheld: an IRI stands where a text must",
    ]


def test_of_several_dates_the_first_of_issue_and_the_last_of_change_stay() -> None:
    text = " ".join(
        f':d dcterms:{name} "2020-01-01"^^xsd:date , "2021-01-01"^^xsd:date .' for name in ("issued", "modified")
    )
    found = fitted(text)
    assert objects(found, "dcterms:issued") == [f'"2020-01-01"^^<{iri("xsd:date")}>']
    assert objects(found, "dcterms:modified") == [f'"2021-01-01"^^<{iri("xsd:date")}>']
    assert len(objects(found, "dcterms:date")) == 2


def test_a_theme_of_a_list_stays_and_another_is_a_subject() -> None:
    found = fitted(f":d dcat:theme <{EU}data-theme/HEAL> , :other , :named , 'text' . :named skos:prefLabel 'n' .")
    assert objects(found, "dcat:theme") == [f"<{EU}data-theme/HEAL>", f"<{HERE}named>"]
    assert objects(found, "dcterms:subject") == [f"<{HERE}other>"]
    assert objects(found, "dc:subject") == ['"text"']


def test_a_distribution_takes_its_download_as_its_access() -> None:
    found = fitted(":d dcat:distribution :f . :f a dcat:Distribution ; dcat:downloadURL :u .")
    assert objects(found, "dcat:accessURL", ":f") == [f"<{HERE}u>"]
    assert done(found, "dcat:accessURL") == ["added: from dcat:downloadURL"]


def test_a_distribution_without_an_address_is_a_relation() -> None:
    found = fitted(":d dcat:distribution :f . :f a dcat:Distribution ; dcterms:title 'f' .")
    assert objects(found, "dcat:distribution") == []
    assert objects(found, "dcterms:relation") == [f"<{HERE}f>"]
    assert objects(found, "rdf:type", ":f") == []


def test_a_distribution_takes_the_endpoint_of_its_service_as_its_access() -> None:
    text = ":d dcat:distribution :f . :f a dcat:Distribution ; dcat:accessService :s . "
    found = fitted(text + ":s a dcat:DataService ; dcterms:title 's' ; dcat:endpointURL :e .")
    assert objects(found, "dcat:accessURL", ":f") == [f"<{HERE}e>"]


def test_another_published_dataset_comes_with_its_title_and_one_that_is_not_is_a_relation() -> None:
    summary = turtle(f":other a dcat:Dataset ; {NAMED} .")
    around = Around(summary=lambda name: summary if name == HERE + "other" else [])
    found = fitted(":d dcterms:source :other , :unknown .", around)
    assert objects(found, "dcterms:source") == [f"<{HERE}other>"]
    assert objects(found, "dcterms:relation") == [f"<{HERE}unknown>"]
    assert set(summary) <= found.triples.keys()


def test_a_series_comes_with_its_record_and_one_without_a_description_is_a_whole() -> None:
    records = {HERE + "s": f":s a dcat:DatasetSeries ; {NAMED} .", HERE + "t": ":t a dcat:DatasetSeries ."}
    found = fitted(":d dcat:inSeries :s , :t .", Around(series=lambda name: turtle(records[name])))
    assert objects(found, "dcat:inSeries") == [f"<{HERE}s>"]
    assert objects(found, "dcterms:isPartOf") == [f"<{HERE}t>"]
    assert graph(records[HERE + "s"]) <= found.triples.keys()
    assert objects(found, "rdf:type", ":t") == []


def test_a_catalogue_that_is_a_dataset_is_published_as_a_dataset_only() -> None:
    found = fitted(":d a dcat:Catalog ; dcat:dataset :x ; dcat:record :r .")
    assert objects(found, "rdf:type") == [f"<{iri('dcat:Dataset')}>"]
    assert objects(found, "dcat:dataset") == objects(found, "dcat:record") == []


def test_counts_get_the_datatype_of_the_profile() -> None:
    found = fitted(':d healthdcatap:numberOfRecords "12.0"^^xsd:decimal ; healthdcatap:minTypicalAge 7 .')
    count = f"^^<{iri('xsd:nonNegativeInteger')}>"
    assert objects(found, "healthdcatap:numberOfRecords") == [f'"12"{count}']
    assert objects(found, "healthdcatap:minTypicalAge") == [f'"7"{count}']


def test_a_size_that_is_no_number_is_withheld() -> None:
    found = fitted(":d dcat:distribution :f . :f a dcat:Distribution ; dcat:accessURL :u ; dcat:byteSize 'some' .")
    assert objects(found, "dcat:byteSize", ":f") == []
    assert done(found, "dcat:byteSize") == ["withheld: it is no xsd:nonNegativeInteger"]


def test_the_algorithm_of_a_checksum_has_the_address_that_the_profile_asks_for() -> None:
    text = ":d dcat:distribution :f . :f a dcat:Distribution ; dcat:accessURL :u ; spdx:checksum :c ."
    found = fitted(
        text + ":c a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha1 ; spdx:checksumValue 'AB12' ."
    )
    assert objects(found, "spdx:algorithm", ":c") == ["<https://spdx.org/rdf/terms#checksumAlgorithm_sha1>"]
    assert objects(found, "spdx:checksumValue", ":c") == [f'"AB12"^^<{iri("xsd:hexBinary")}>']


def test_what_no_format_can_write_is_left_out() -> None:
    found = fitted(':d <https://example.org/1> "x" ; dcat:keyword "a\\u0001b\\r\\nc" .')
    assert objects(found, "dcat:keyword") == ['"ab\\nc"']
    assert not any(triple.predicate.value == "https://example.org/1" for triple in found.triples)
    assert len(found.notes) == 2


def test_a_dataset_without_a_description_is_refused() -> None:
    found = fit([HERE + "e"], turtle(":e a dcat:Dataset ; dcterms:title 'e' ."), Around(), TEXTS)
    assert found.refused == {HERE + "e": "dcterms:description"}
    assert not found.triples


def test_an_abstract_is_a_description() -> None:
    found = fit([HERE + "e"], turtle(":e a dcat:Dataset ; rdfs:label 'e' ; dcterms:abstract 'x' ."), Around(), TEXTS)
    assert objects(found, "dcterms:description", ":e") == ['"x"']
    assert objects(found, "dcterms:title", ":e") == ['"e"']


CLASSES = [
    *("dcat:Dataset", "dcat:Distribution", "dcat:DataService", "dcat:DatasetSeries", "dcat:Catalog", "foaf:Agent"),
    *("dcat:CatalogRecord", "dcat:Relationship", "skos:Concept", "skos:ConceptScheme", "spdx:Checksum", "vcard:Kind"),
    *("dcterms:LicenseDocument", "dcterms:Location", "dcterms:PeriodOfTime", "adms:Identifier"),
]
PROPERTIES = [
    *(
        "title",
        "description",
        "publisher",
        "creator",
        "accessRights",
        "license",
        "rights",
        "language",
        "format",
        "type",
    ),
    *("issued", "modified", "conformsTo", "source", "hasVersion", "relation", "spatial", "temporal", "provenance"),
    *("accrualPeriodicity", "identifier", "isReferencedBy"),
]
NAMES = [
    *(f"dcterms:{name}" for name in PROPERTIES),
    *("dcat:theme", "dcat:keyword", "dcat:distribution", "dcat:accessURL", "dcat:downloadURL", "dcat:accessService"),
    *(
        "dcat:contactPoint",
        "dcat:mediaType",
        "dcat:byteSize",
        "dcat:inSeries",
        "dcat:qualifiedRelation",
        "dcat:version",
    ),
    *("dcat:landingPage", "dcat:endpointURL", "dcat:servesDataset", "dcat:hadRole", "dcat:startDate", "dcat:bbox"),
    *("adms:identifier", "adms:sample", "adms:status", "skos:notation", "skos:prefLabel", "spdx:checksum"),
    *("spdx:algorithm", "spdx:checksumValue", "foaf:name", "foaf:page", "foaf:primaryTopic", "prov:wasGeneratedBy"),
    *("dcat:dataset", "dcat:record", "dcatap:availability", "dcatap:applicableLegislation", "dcat:temporalResolution"),
]
VALUES = [
    *(f"<{HERE}{name}>" for name in "defghxyz"),
    *("_:b", "_:c", '"text"', '"texte"@fr', '"2020-01-01"', '"2020-01-01"^^xsd:date', "12", '"AB12"', '"P1D"'),
    *(f"<{EU}{name}>" for name in ("language/ENG", "file-type/CSV", "data-theme/HEAL", "frequency/ANNUAL")),
    "<https://www.iana.org/assignments/media-types/text/csv>",
    *(f"<{iri('spdx:checksumAlgorithm_sha1')}>", '"https://example.org/x"', '"mailto:a@example.org"'),
]
SUBJECTS = [*(f"<{HERE}{name}>" for name in "defgh"), "_:b", "_:c"]
STATEMENTS = st.one_of(
    st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(NAMES), st.sampled_from(VALUES)),
    st.tuples(st.sampled_from(SUBJECTS), st.just("a"), st.sampled_from(CLASSES)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STATEMENTS, max_size=40))
def test_whatever_is_harvested_what_is_published_has_no_violation(statements: list[tuple[str, str, str]]) -> None:
    found = fitted("".join(f"{' '.join(statement)} .\n" for statement in statements))
    verdict = validate(frozenset(found.triples), "dcat-ap-3.0.1")
    assert list(verdict.violations) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STATEMENTS, max_size=40))
def test_what_is_published_is_published_again_as_it_is(statements: list[tuple[str, str, str]]) -> None:
    first = fitted("".join(f"{' '.join(statement)} .\n" for statement in statements))
    again = fit([HERE + "d"], first.triples, Around(), TEXTS)
    assert set(again.triples) == set(first.triples)
    assert again.notes == []
