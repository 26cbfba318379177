"""The closed lists, and what validation takes from them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.catalogue.validate import lists
from graph.names import PREFIXES, SKOS
from graph.rdf.index import TYPE, str_of
from graph.rdf.reading import read_quads
from tests.conftest import SHARED

HEAL = lists.DATA_THEME + "/HEAL"


def test_a_concept_has_a_label_a_code_and_a_list() -> None:
    found = lists.concept(lists.FILE_TYPE + "/CSV")
    assert found is not None
    assert (found.code, found.label, found.scheme) == ("CSV", "CSV", lists.FILE_TYPE)
    assert "text/csv" in found.notations
    assert found.features == {"machine-readable", "non-proprietary"}


def test_lists_know_their_members_and_nothing_else() -> None:
    assert lists.concepts(lists.DATA_THEME)[HEAL] == "Health"
    assert lists.scheme_of(HEAL) == lists.DATA_THEME
    assert lists.concepts("http://example.org/list") == {}
    assert lists.scheme_of("http://example.org/x") is None


def test_article_51_has_its_seventeen_categories() -> None:
    assert len(lists.concepts(lists.HEALTH_CATEGORY)) == 17  # points (a) to (q)


def test_every_list_says_where_it_comes_from_and_under_which_licence() -> None:
    for scheme in lists.all_lists().schemes.values():
        assert scheme.source.startswith("https://")
        assert scheme.licence
        assert lists.concepts(scheme.iri)


def test_only_what_is_asked_for_is_said() -> None:
    said = lists.triples_for([HEAL, "http://example.org/x"])
    assert {it.subject.value for it in said if isinstance(it.subject, ox.NamedNode)} == {HEAL, lists.DATA_THEME}


def test_coding_systems_are_standards_too() -> None:
    icd = lists.CODING_SYSTEM + "/ORPHACODE"
    kinds = {
        it.object for it in lists.triples_for([icd]) if it.subject == ox.NamedNode(icd) if it.predicate.value == TYPE
    }
    assert kinds == {ox.NamedNode(SKOS + "Concept"), ox.NamedNode(PREFIXES["dcterms"] + "Standard")}


def test_the_tables_hold_every_concept_of_the_lists_as_they_were_published() -> None:
    folder = SHARED / "ehds" / "vocabularies"
    if not folder.is_dir():
        pytest.skip(f"the lists are not at {folder}")
    in_scheme, published = SKOS + "inScheme", dict[str, str]()
    for path in (path for path in folder.rglob("*") if path.suffix in (".ttl", ".rdf")):
        said = (quad.triple for quad in read_quads(path) if quad.predicate.value == in_scheme)
        published |= {str_of(it.subject): str_of(it.object) for it in said}
    assert {iri: concept.scheme for iri, concept in lists.all_lists().concepts.items()} == published
