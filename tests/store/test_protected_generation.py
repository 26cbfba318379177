"""A generation keeps literals as they were written, whatever the engine would make of them, in every answer."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.errors import QuerySyntaxError
from graph.names import XSD
from graph.store.generations import Generations
from tests.store.conftest import OpenEngine, ask, node

ODD = [
    ("01", "integer"),
    ("5", "nonNegativeInteger"),
    ("1.50", "decimal"),
    ("2020-01-01T00:00:00+00:00", "dateTimeStamp"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    generations = Generations(tmp_path / "odd")
    with generations.write(note="odd") as draft:
        draft.publish(
            ox.Quad(node(f"s{i}"), node("p"), ox.Literal(text, datatype=ox.NamedNode(XSD + kind)), node("g"))
            for i, (text, kind) in enumerate(ODD)
        )
    return generations.home


def test_answers_hold_the_literals_that_were_written(home: Path, open_engine: OpenEngine) -> None:
    engine = open_engine(home=home)
    rows = json.loads(ask(engine, "SELECT ?o { ?s ?p ?o } ORDER BY ?s", "json"))["results"]["bindings"]
    assert [(row["o"]["value"], row["o"]["datatype"].removeprefix(XSD)) for row in rows] == ODD
    built = ask(engine, "CONSTRUCT WHERE { ?s ?p ?o }", graph_format="ntriples")
    objects = {quad.object for quad in ox.parse(built.encode(), format=ox.RdfFormat.N_TRIPLES)}
    assert objects == {ox.Literal(text, datatype=ox.NamedNode(XSD + kind)) for text, kind in ODD}
    number = "SELECT (SUM(?o) AS ?n) { ?s ?p ?o FILTER(isNumeric(?o) && ?o < 5) }"
    assert ask(engine, number).split() == ["n", "2.5"]
    assert ask(engine, "SELECT (STR(?o) AS ?n) { ?s ?p ?o FILTER(?o = 1) }").split() == ["n", "01"]


def test_a_later_generation_still_knows_of_them_and_a_fresh_one_does_not(home: Path) -> None:
    generations = Generations(home)
    assert generations.current().protected
    with generations.write(note="more") as draft:
        draft.publish([ox.Quad(node("a"), node("p"), node("b"), node("g"))])
    assert generations.current().protected
    with generations.write(note="new", fresh=True) as draft:
        draft.publish([ox.Quad(node("a"), node("p"), ox.Literal(1), node("g"))])
    assert not generations.current().protected


def test_the_place_of_an_error_is_that_of_the_text_that_was_sent(home: Path, open_engine: OpenEngine) -> None:
    engine = open_engine(home=home)
    with pytest.raises(QuerySyntaxError) as caught:
        ask(engine, "SELECT * { ?s ?p 01 FILTER(?o > 1 && ?o < 3)\n  BIND(STR(?o) AS) }")
    assert (caught.value.place.line, caught.value.place.column) == (2, 18)
