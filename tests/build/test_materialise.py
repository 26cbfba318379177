"""What OWL 2 RL entails is written out, and nothing else; an independent reasoner agrees."""

from __future__ import annotations

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.build.materialise import materialise
from graph.names import DEF, ID, RDF
from tests.build.triples import HEADER, PROPERTIES, triples

CASES = {
    "a chain of two": (":r owl:propertyChainAxiom ( :p :q ) . id:a :p id:b . id:b :q id:c .", "id:a :r id:c"),
    "a chain of three": (
        ":s owl:propertyChainAxiom ( :p :q :r ) . id:a :p id:b . id:b :q id:c . id:c :r id:d .",
        "id:a :s id:d",
    ),
    "a chain on itself": (
        ":p owl:propertyChainAxiom ( :p :q ) . id:a :p id:b . id:b :q id:c . id:c :q id:d . id:d :q id:e .",
        "id:a :p id:e",
    ),
    "a chain that feeds a rule that feeds a chain": (
        ":q owl:propertyChainAxiom ( :p :p ) . :q rdfs:subPropertyOf :r . :s owl:propertyChainAxiom ( :r :p ) ."
        "id:a :p id:b . id:b :p id:c . id:c :p id:d .",
        "id:a :s id:d",
    ),
    "a chain with an inverse step": (
        ":r owl:propertyChainAxiom ( [ owl:inverseOf :p ] :q ) . id:b :p id:a . id:b :q id:c .",
        "id:a :r id:c",
    ),
    "a chain of inferred steps": (
        ":r owl:propertyChainAxiom ( :p :q ) . :s owl:inverseOf :p . id:b :s id:a . id:b :q id:c .",
        "id:a :r id:c",
    ),
    "a type through a chain": (
        ":r owl:propertyChainAxiom ( :p :q ) ; rdfs:range :C . id:a :p id:b . id:b :q id:c .",
        "id:c a :C",
    ),
    "an inverse": (":p owl:inverseOf :q . id:a :p id:b .", "id:b :q id:a"),
    "transitivity": (":p a owl:TransitiveProperty . id:a :p id:b . id:b :p id:c .", "id:a :p id:c"),
    "symmetry": (":p a owl:SymmetricProperty . id:a :p id:b .", "id:b :p id:a"),
    "a superproperty": (":p rdfs:subPropertyOf :q . id:a :p id:b .", "id:a :q id:b"),
    "a domain": (":p rdfs:domain :C . id:a :p id:b .", "id:a a :C"),
    "a range": (":p rdfs:range :C . id:a :p id:b .", "id:b a :C"),
    "a superclass": (":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . id:a a :A .", "id:a a :C"),
    "the closure of superclasses": (":A rdfs:subClassOf :B . :B rdfs:subClassOf :C .", ":A rdfs:subClassOf :C"),
    "a defined class": (
        ":D owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :A [ a owl:Restriction ; owl:onProperty :p ;"
        " owl:someValuesFrom :B ] ) ] . id:a a :A ; :p id:b . id:b a :B .",
        "id:a a :D",
    ),
    "a defined class whose filler is inferred": (
        ":D owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] ."
        " :C rdfs:subClassOf :B . id:a :p id:b . id:b a :C .",
        "id:a a :D",
    ),
    "a class by value": (
        ":D owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:b ] . id:a :p id:b .",
        "id:a a :D",
    ),
    "a value by class": (
        ":D rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:b ] . id:a a :D .",
        "id:a :p id:b",
    ),
    "a class by a text": (
        ":d a owl:DatatypeProperty . :D owl:equivalentClass"
        ' [ a owl:Restriction ; owl:onProperty :d ; owl:hasValue "euro" ] . id:a :d "euro" .',
        "id:a a :D",
    ),
    "a union": (":D owl:equivalentClass [ a owl:Class ; owl:unionOf ( :A :B ) ] . id:b a :B .", "id:b a :D"),
    "all values": (
        ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ] . id:a a :A ; :p id:b .",
        "id:b a :B",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_follows_is_found(case: str) -> None:
    given_turtle, expected = CASES[case]
    (wanted,) = triples(f"{expected} .")
    assert wanted in materialise(triples(PROPERTIES + given_turtle))


@pytest.mark.parametrize(
    "literal", ['"Größe"@en-GB', '"01"^^xsd:integer', '"1.50"^^xsd:decimal', '"x"', '"2022-10-05"^^xsd:date']
)
def test_a_literal_comes_out_as_it_went_in(literal: str) -> None:
    found = materialise(triples(f":d a owl:DatatypeProperty ; rdfs:subPropertyOf :e . id:a :d {literal} ."))
    assert found == triples(f"id:a :e {literal} .")


def test_nothing_is_said_that_is_asserted_reflexive_or_scaffolding() -> None:
    asserted = triples(
        PROPERTIES
        + ":A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] ."
        ' :B a owl:Class . :p owl:inverseOf :q . id:a a :A ; :p id:b ; rdfs:label "a"@en .'
    )
    assert materialise(asserted) == triples("id:b :q id:a .")


def test_what_another_reasoner_found_is_reasoned_on() -> None:
    found = materialise(triples("id:a a :A ."), triples(":A rdfs:subClassOf :B ."))
    assert found == triples(":A rdfs:subClassOf :B . id:a a :B .")


AXIOMS = st.sampled_from(
    [
        ":p owl:inverseOf :q .",
        ":p a owl:TransitiveProperty .",
        ":q a owl:SymmetricProperty .",
        ":q rdfs:subPropertyOf :r .",
        ":r owl:propertyChainAxiom ( :p :q ) .",
        ":q owl:propertyChainAxiom ( :q :p :p ) .",
        ":p rdfs:domain :A .",
        ":r rdfs:range :B .",
        ":A rdfs:subClassOf :C .",
        ":B owl:equivalentClass :C .",
        ":D owl:equivalentClass [ a owl:Restriction ; owl:onProperty :r ; owl:someValuesFrom :B ] .",
        ":E owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :A :B ) ] .",
        ":F owl:equivalentClass [ a owl:Class ; owl:unionOf ( :A :D ) ] .",
        ":C rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:a ] .",
        ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :q ; owl:allValuesFrom :D ] .",
    ]
)
THINGS = st.sampled_from(["id:a", "id:b", "id:c", "id:d"])
FACTS = st.one_of(
    st.builds("{} {} {} .".format, THINGS, st.sampled_from([":p", ":q", ":r"]), THINGS),
    st.builds("{} a {} .".format, THINGS, st.sampled_from([":A", ":B", ":C"])),
)


@settings(max_examples=40, deadline=None)
@given(st.sets(AXIOMS, max_size=7), st.sets(FACTS, min_size=1, max_size=6))
def test_an_independent_reasoner_says_the_same_of_things(axioms: set[str], facts: set[str]) -> None:
    turtle = PROPERTIES + "\n".join(sorted(axioms | facts))
    graph = rdflib.Graph().parse(data=HEADER + turtle, format="turtle")
    before = set(graph)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    theirs = {row for row in set(graph) - before if _about_things(*map(str, row))}
    ours = {tuple(map(_text, (t.subject, t.predicate, t.object))) for t in materialise(triples(turtle))}
    assert {row for row in ours if _about_things(*row)} == {tuple(map(str, row)) for row in theirs}


def _text(term: object) -> str:
    assert isinstance(term, ox.NamedNode)
    return term.value


def _about_things(subject: str, predicate: str, value: str) -> bool:
    is_type = predicate == RDF + "type" and value.startswith(DEF)
    return subject.startswith(ID) and (is_type or (predicate.startswith(DEF) and value.startswith(ID)))
