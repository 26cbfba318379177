"""OWL expressions in words."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.names import OWL, RDFS
from web.expressions import Expressions

PREFIXES = f"@prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . @prefix : <x:> . "


@pytest.mark.parametrize(
    ("turtle", "words"),
    [
        ("[ owl:onProperty :treats ; owl:someValuesFrom :Disease ]", "treats some Disease"),
        (
            "[ owl:intersectionOf ( :Drug [ owl:onProperty :treats ; owl:allValuesFrom [ owl:unionOf ( :A :B ) ] ] ) ]",
            "Drug and (treats only (A or B))",
        ),
        ("[ owl:complementOf :Disease ]", "not Disease"),
        (
            "[ owl:onProperty :treats ; owl:minQualifiedCardinality 2 ; owl:onClass :Disease ]",
            "treats at least 2 Disease",
        ),
        ("( :treats [ owl:inverseOf :causes ] )", "treats, then (inverse of causes)"),
        ("[ owl:somethingNew :Disease ]", "an expression (see the Turtle)"),
    ],
)
def test_an_expression_is_put_in_words(turtle: str, words: str) -> None:
    triples = list(ox.parse(f"{PREFIXES} :root :is {turtle} .", format=ox.RdfFormat.TURTLE))
    rows = [{"s": item.subject, "p": item.predicate, "o": item.object} for item in triples]
    root = next(item.object for item in triples if item.predicate.value == "x:is")
    expressions = Expressions(row for row in rows if isinstance(row["s"], ox.BlankNode))
    assert expressions.text(root, lambda term: term.value.removeprefix("x:")) == words
