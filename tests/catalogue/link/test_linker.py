"""Linking one record: codes, names in several languages, acronyms, and what is not to be linked."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.catalogue.link.linker import Link, Linker
from graph.names import PREFIXES
from graph.rdf.index import Index
from tests.catalogue.link.conftest import DESCRIPTION, KEYWORD, SET, THEME, TITLE, triples_of

Links = Callable[..., dict[str, Link]]
HEALTH = PREFIXES["healthdcatap"]
HDEU = PREFIXES["hdeu"]
HEAL = ox.NamedNode(PREFIXES["euauth"] + "data-theme/HEAL")


@pytest.mark.parametrize(
    ("property", "code", "concept"),
    [
        (THEME, "http://id.nlm.nih.gov/mesh/D002318", "CardiovascularDisease"),
        (THEME, "http://purl.obolibrary.org/obo/MONDO_0016419", "hereditary-breast-carcinoma"),
        (THEME, "https://www.wikidata.org/wiki/Q128581", "breast-cancer"),
        (THEME, "http://edamontology.org/topic_0622", "genomic-data"),
        (HEALTH + "hasCodeValues", "http://www.orpha.net/ORDO/Orphanet_227535", "hereditary-breast-carcinoma"),
        (HEALTH + "healthCategory", "http://172.0.0.1/authority/healthcategories/EHRS", "ElectronicHealthRecordData"),
        (HEALTH + "healthTheme", HDEU + "health-theme/CANCER_DISEASE", "cancer"),
    ],
)  # fmt: skip
def test_a_code_is_looked_up_through_the_mappings(links_of: Links, property: str, code: str, concept: str) -> None:
    found = links_of((property, ox.NamedNode(code)))
    assert found[concept].method == "code"
    assert (found[concept].text, found[concept].property) == (code, property)


@pytest.mark.parametrize("text", ["ORPHA:227535", "Orphanet:227535", "MONDO:0016419", "NCIT:C4503", "mesh:C562840"])
def test_a_text_like_a_curie_is_a_code(links_of: Links, text: str) -> None:
    assert links_of((HEALTH + "hasCodeValues", ox.Literal(text)))["hereditary-breast-carcinoma"].method == "code"


def test_a_bare_icd_code_counts_only_where_the_coding_system_is_known(links_of: Links) -> None:
    code = (HEALTH + "hasCodeValues", ox.Literal("C50.9"))
    assert links_of(code) == {}
    system = (HEALTH + "hasCodingSystem", ox.NamedNode("http://www.wikidata.org/entity/Q45127"))
    assert list(links_of(code, system)) == ["breast-cancer"]
    assert list(links_of((HEALTH + "hasCodeValues", ox.Literal("ICD-10-GM:C50.9")))) == ["breast-cancer"]


def test_a_disease_that_the_graph_lacks_is_linked_to_the_nearest_wider_one(links_of: Links) -> None:
    found = links_of((TITLE, "Patients with chronic heart failure"))
    assert found["CardiovascularDisease"].text == "heart failure"
    assert (
        found["CardiovascularDisease"].score
        < links_of((TITLE, "Cardiovascular disease"))["CardiovascularDisease"].score
    )


@pytest.mark.parametrize(
    ("text", "language", "concept"),
    [
        ("Transcriptomes of tumours", "en", "transcriptomic-data"),
        ("Whole-exome sequencing data", "en", "WholeExomeSequenceData"),
        ("A randomized controlled trial", "en", "randomised-controlled-trial"),
        ("CAR T-cell therapies", "en", "CarTCellTherapy"),
        ("Brustkrebsregister Bayern", "de", "breast-cancer"),
        ("Stationäre Rehabilitationskliniken", "", "health-care-provider"),
        ("Beratung für Patientinnen und Patienten", "", "patient"),
        ("Cohorte de cancers du sein", "fr", "breast-cancer"),
        ("Registro de cáncer de mama", "es", "breast-cancer"),
        ("Borstkanker in Nederland", "nl", "breast-cancer"),
        ("Genomdaten von Personen", "de", "genomic-data"),
        ("données génomiques", "fr", "genomic-data"),
        ("Essais cliniques", "fr", "clinical-trial"),
        ("Biobanken in Deutschland", "de", "Biobank"),
    ],
)
def test_names_are_found_inflected_and_in_other_languages(
    links_of: Links, text: str, language: str, concept: str
) -> None:
    literal = ox.Literal(text, language=language) if language else ox.Literal(text)
    assert concept in links_of((TITLE, literal), (THEME, HEAL))


@pytest.mark.parametrize(
    "text",
    [
        "Traffic census of Potsdam, with bees and trees",
        "Economic data, aggregated by sector",
        "Krebstiere der Ostsee",
        "Masking of aerial images",
        "Tierkliniken",
        "Smart city: how cities pass on data",
        "Spells of cold weather",
        "Sequencing of traffic lights",
        "MS Teams usage",
        "CT and MA census tracts",
        "Oncologists",  # who, and not a disease
        "Cancer, the constellation",
    ],
)
def test_what_is_ambiguous_is_not_linked(links_of: Links, text: str) -> None:
    found = links_of((TITLE, ox.Literal(text)))
    assert set(found) - {"OncologistRole"} == set()


def test_an_acronym_counts_as_it_is_spelt_and_an_ambiguous_one_in_context(links_of: Links) -> None:
    assert links_of((TITLE, "GWAS of the heart"))["GenomeWideAssociationStudy"].method == "acronym"
    assert links_of((TITLE, "gwas")) == {}
    assert "ComputedTomography" not in links_of((TITLE, "Sales in CT"))
    assert "ComputedTomography" in links_of((TITLE, "CT of the lung"), (KEYWORD, "tomography scans"))


def test_the_longer_name_wins_over_one_within_it(links_of: Links) -> None:
    found = links_of((TITLE, "Hereditary breast cancer"))
    assert list(found) == ["hereditary-breast-carcinoma"]


def test_a_narrower_concept_of_the_record_takes_the_place_of_a_wider_one_that_only_texts_name(links_of: Links) -> None:
    assert "cancer" not in links_of((TITLE, "Breast cancer"), (KEYWORD, "cancer"), (THEME, HEAL))
    code = (THEME, ox.NamedNode("http://purl.obolibrary.org/obo/MONDO_0004992"))
    assert {"cancer", "breast-cancer"} <= set(links_of((TITLE, "Breast cancer"), code))


def test_of_several_reasons_the_surest_is_given(links_of: Links) -> None:
    found = links_of((DESCRIPTION, "On breast cancer"), (TITLE, "Breast cancer cells"))
    assert found["breast-cancer"].property == TITLE


def test_what_is_denied_is_not_linked(links_of: Links) -> None:
    assert links_of((TITLE, "Women without breast cancer")) == {}
    assert links_of((TITLE, "All tumours except breast cancer"), (THEME, HEAL)).keys() == {"neoplasm"}


def test_prose_that_names_patients_in_passing_makes_no_stakeholder(links_of: Links) -> None:
    assert "patient" not in links_of((DESCRIPTION, "Blood of patients with sickle cell disease"))
    assert "patient" in links_of((TITLE, "Advice centres for patients"))


def test_an_assay_implies_the_data_that_it_yields(links_of: Links) -> None:
    found = links_of((KEYWORD, "RNA-seq"))
    assert set(found) == {"RnaSequencing", "RnaSequencingData"}
    assert found["RnaSequencingData"].score < found["RnaSequencing"].score


def test_variables_tell_of_diseases_and_data(linker: Linker) -> None:
    column, table = ox.BlankNode(), ox.BlankNode()
    csvw = PREFIXES["csvw"]
    said = [
        *triples_of((TITLE, "A register")),
        ox.Triple(ox.NamedNode(SET), ox.NamedNode(HEALTH + "hasVariables"), table),
        ox.Triple(table, ox.NamedNode(csvw + "column"), column),
        ox.Triple(column, ox.NamedNode(csvw + "title"), ox.Literal("Tumour stage at diagnosis", language="en")),
    ]
    (link,) = linker.link(Index(said), SET)
    assert (link.method, link.text, link.concept.rpartition("/")[2]) == (
        "variable",
        "Tumour stage",
        "CancerStagingData",
    )


SOME = (
    "breast cancer transcriptomic data RNA seq CT GWAS heart failure trial phase III without patients kliniken the of"
)
WORDS = st.sampled_from(SOME.split())
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
SAID = st.lists(st.tuples(st.sampled_from([TITLE, KEYWORD, DESCRIPTION]), TEXTS), max_size=4)


@given(said=SAID, seed=st.integers())
def test_the_order_of_the_triples_makes_no_difference(linker: Linker, said: list[tuple[str, str]], seed: int) -> None:
    triples = list(dict.fromkeys(triples_of(*said)))
    shuffled = random.Random(seed).sample(triples, len(triples))
    assert linker.link(Index(triples), SET) == linker.link(Index(shuffled), SET)


@given(said=SAID, text=TEXTS, code=st.sampled_from(["D009369", "D002318", "D001943"]))
def test_another_text_never_takes_a_code_away(
    linker: Linker, said: list[tuple[str, str]], text: str, code: str
) -> None:
    coded = (THEME, ox.NamedNode("http://id.nlm.nih.gov/mesh/" + code))
    before = linker.link(Index(triples_of(coded, *said)), SET)
    after = linker.link(Index(triples_of(coded, *said, (DESCRIPTION, text))), SET)
    assert {link.concept for link in before if link.method == "code"} <= {link.concept for link in after}


@given(said=SAID)
def test_each_link_quotes_the_record(linker: Linker, said: list[tuple[str, str]]) -> None:
    for link in linker.link(Index(triples_of(*said)), SET):
        assert any(property == link.property and link.text in text for property, text in said)
        assert 0 < link.score <= 1
