"""Identifiers on transfer: ours is put, the one before is kept, and a second transfer finds nothing to do."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from graph.catalogue.publish.identifiers import transferred
from tests.catalogue.publish.records import HERE, XSD, graph, iri, turtle

OURS = f':d dcterms:identifier "{HERE}d"^^xsd:anyURI .'


def test_the_identifier_before_becomes_an_adms_identifier_below_our_record() -> None:
    found = set(transferred(HERE + "d", turtle(':d dcterms:identifier "42" ; dcterms:title "d" .'), HERE + "record"))
    [node] = [triple.object for triple in found if triple.predicate.value == iri("adms:identifier")]
    assert str(node).startswith(f"<{HERE}record#identifier-")
    assert found == graph(
        OURS, f':d dcterms:title "d" ; adms:identifier {node} . {node} a adms:Identifier ; skos:notation "42" .'
    )


def test_an_identifier_that_is_known_as_another_already_is_not_said_twice() -> None:
    text = ':d dcterms:identifier "42" ; adms:identifier :i . :i a adms:Identifier ; skos:notation "42" .'
    assert set(transferred(HERE + "d", turtle(text))) == graph(text.replace('dcterms:identifier "42" ;', ""), OURS)


def test_an_identifier_that_is_an_iri_is_kept_as_its_text() -> None:
    found = set(transferred(HERE + "d", turtle(":d dcterms:identifier :i .")))
    assert {t.object for t in found if t.predicate.value == iri("skos:notation")} == {ox.Literal(HERE + "i")}


def test_the_identifier_of_another_node_stays() -> None:
    text = ':other dcterms:identifier "42" .'
    assert set(transferred(HERE + "d", turtle(text))) == graph(text, OURS)


@given(
    st.lists(st.sampled_from(['"a"', '"b"@en', '"a"^^xsd:token', ":i", '" "', f'"{HERE}d"', f"<{HERE}d>"]), max_size=5)
)
def test_a_second_transfer_changes_nothing(values: list[str]) -> None:
    first = set(transferred(HERE + "d", turtle("".join(f":d dcterms:identifier {value} .\n" for value in values))))
    assert set(transferred(HERE + "d", first, "https://elsewhere.example/record")) == first
    ours = [triple.object for triple in first if triple.predicate.value == iri("dcterms:identifier")]
    assert ours == [ox.Literal(HERE + "d", datatype=ox.NamedNode(XSD + "anyURI"))]
