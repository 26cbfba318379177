"""A contradiction is explained by the few statements that make it, with the terms in them and where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.build.explain import Contradiction, axioms_in, explain
from graph.build.reason import Reasoning, reason
from graph.errors import Place
from graph.names import shorten
from tests.build.triples import PROPERTIES, dataset

SECONDS = 120.0
NOISE = ":Other a owl:Class ; rdfs:subClassOf :A . :A a owl:Class . :B a owl:Class . id:noise a :Other .\n"

CASES = {
    "disjoint types": (
        ":A owl:disjointWith :B .",
        "id:x a :A , :B .",
        {"def:A is disjoint with def:B", "id:x is a def:A", "id:x is a def:B"},
    ),
    "a range against a type": (
        ":p rdfs:range :A . :A owl:disjointWith :B .",
        "id:y :p id:x . id:x a :B .",
        {"def:A is disjoint with def:B", "def:p has the range def:A", "id:y def:p id:x", "id:x is a def:B"},
    ),
    "a functional property with two values": (
        ":n a owl:DatatypeProperty , owl:FunctionalProperty .",
        "id:x :n 1 , 2 .",
        {"def:n is Functional", "id:x def:n 1", "id:x def:n 2"},
    ),
    "too many": (
        ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ;"
        ' owl:maxCardinality "1"^^xsd:nonNegativeInteger ] .',
        "id:x a :A ; :p id:y , id:z . id:y owl:differentFrom id:z .",
        {
            "def:A is a kind of def:p max 1",
            "id:x is a def:A",
            "id:x def:p id:y",
            "id:x def:p id:z",
            "id:y is another thing than id:z",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_inconsistency_is_explained_by_what_makes_it(case: str, tmp_path: Path) -> None:
    terms, facts, expected = CASES[case]
    data = dataset(tmp_path, terms=PROPERTIES + NOISE + terms, facts=f"icpermed:a-1 {{ {facts} }}")
    verdict = reason(data.triples, SECONDS)
    assert not verdict.consistent
    (found,) = explain(data, verdict, SECONDS)
    assert {_unordered(axiom.text) for axiom in found.axioms} == {_unordered(text) for text in expected}
    assert found.term is None
    assert "https://w3id.org/pmkg/id/x" in found.terms
    assert str(found.place.file).endswith("facts.trig")
    assert "icpermed:a-1" in found.message
    assert "terms.ttl" in found.message


def test_an_unsatisfiable_class_is_explained_and_the_one_that_causes_others_comes_first(tmp_path: Path) -> None:
    terms = (
        ":A owl:disjointWith :B .\n:Z a owl:Class ; rdfs:subClassOf :A , :B .\n:C a owl:Class ; rdfs:subClassOf :Z .\n"
    )
    data = dataset(tmp_path, terms=NOISE + terms)
    first, second = explain(data, reason(data.triples, SECONDS), SECONDS)
    assert (shorten(first.term or ""), shorten(second.term or "")) == ("def:Z", "def:C")
    assert {_unordered(axiom.text) for axiom in first.axioms} == {
        _unordered("def:A is disjoint with def:B"),
        "def:Z is a kind of def:A",
        "def:Z is a kind of def:B",
    }
    assert first.message.startswith("def:Z can have no instance, because:")
    assert first.place == data.place_of("https://w3id.org/pmkg/def/Z")


def test_nothing_is_explained_when_nothing_is_wrong(tmp_path: Path) -> None:
    assert explain(dataset(tmp_path, terms=NOISE), Reasoning(True, (), frozenset()), SECONDS) == []


def test_an_axiom_over_several_lines_is_one() -> None:
    axioms = "1)   DisjointClasses(t1\n                     t2)\n     t3 type t1\n"
    text = f"Explanation(s): \n{axioms}\n\nSubclass relations   : 1\n"
    assert axioms_in(text) == ["DisjointClasses(t1 t2)", "t3 type t1"]


def test_an_explanation_that_is_not_found_says_so() -> None:
    assert "could not tell" in Contradiction(None, (), Place()).message


def _unordered(text: str) -> str:
    """An axiom whose sides can change places, in one order."""
    for word in (" is disjoint with ", " is another thing than "):
        if word in text:
            return word.join(sorted(text.split(word)))
    return text
