"""What advice never does: cry wolf, take long, look where the query does not, or say nothing where it could."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.advise.lint import NOTHING
from graph.advise.probe import MOST, SECONDS, Prober
from graph.advise.schema import Schema, read_schema
from graph.check.examples import read_example
from graph.errors import QueryRefusedError
from graph.project import Project
from graph.store.engine import QueryRequest
from tests.advise.conftest import Adviser

EX = "PREFIX ex: <http://example.org/> "
SMALL = """
@prefix ex: <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:g1 { ex:a ex:knows ex:b . ex:a a ex:Person . ex:a ex:age 7 . }
ex:g2 { ex:b ex:likes ex:c . ex:b rdfs:label "Bea"@en , "B" . ex:B rdfs:subClassOf ex:Person . }
"""
GraphOf = Callable[..., Adviser]


# They ask in the words of catalogues, of which the graph has none before a harvest.
OF_CATALOGUES = {"061-transcriptomic-data-on-breast-cancer"}
OF_THE_BUILD = [path for path in Project().queries if path.stem not in OF_CATALOGUES]


@pytest.mark.parametrize("path", OF_THE_BUILD, ids=lambda path: path.stem)
def test_no_question_of_ours_has_a_problem(real: Adviser, path: Path) -> None:
    example = read_example(path)
    advice = real(example.text)
    assert advice.problems == ()
    assert advice.empty is not None and advice.empty.is_empty is not None
    assert advice.empty.is_empty == (path.with_suffix(".csv").read_text("utf-8").strip() == "false")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o } LIMIT 1",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?p (COUNT(?s) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(?s) > 1) ORDER BY DESC(?n)",
        "CONSTRUCT { ?s <http://example.org/new> ?o } WHERE { ?s def:treats ?o }",
        "CONSTRUCT WHERE { ?s def:treats ?o }",
        "DESCRIBE id:strimvelis",
        "DESCRIBE ?t WHERE { ?t def:treats ?d }",
        "SELECT * { ?t def:treats ?d OPTIONAL { ?d def:hasCausalGene ?g FILTER(?t != ?g) } }",
        "SELECT * { ?t def:treats ?d FILTER NOT EXISTS { ?d def:hasCausalGene ?g FILTER(?t != ?g) } }",
        "SELECT * { ?t def:treats ?d BIND(STR(?d) AS ?name) FILTER(STRLEN(?name) > 3) }",
        "SELECT ?a ?b { ?a def:treats ?x . ?b def:treats ?y FILTER(?x = ?y) }",
        "SELECT * { { SELECT (COUNT(*) AS ?all) { ?s ?p ?o } } { SELECT (COUNT(*) AS ?some) { ?t def:treats ?d } } }",
        "SELECT * { VALUES ?t { id:strimvelis UNDEF } ?t def:treats ?d }",
        "SELECT * { VALUES (?t ?x) { (id:strimvelis 1) (UNDEF 'b'@en) } ?t def:treats ?d }",
        "SELECT ?label1 { ?a rdfs:label ?label1 ; def:treats [ rdfs:label ?label2 ] }",
        "SELECT * { ?c owl:unionOf/rdf:rest*/rdf:first ?part }",
        "SELECT * { ?s !(rdf:type|^rdfs:label) ?o } LIMIT 1",
        "SELECT * { ?s def:treats|^def:treatedBy ?o }",
        "SELECT (xsd:integer(?n) AS ?i) { ?s def:passageNumber ?n FILTER(?n = '1'^^xsd:integer) }",
        "PREFIX own: <https://w3id.org/pmkg/def/> SELECT * { ?s own:treats ?o }",
        "PREFIX unused: <http://example.org/nowhere/> SELECT * { ?s def:treats ?o }",
        "BASE <https://w3id.org/pmkg/> SELECT * { <id/strimvelis> <def/treats> ?o }",
        "ASK { ?s rdfs:label 'Strimvelis'@en }",
        "SELECT * FROM graph:inferred { ?s a ?c }",
        "SELECT * { GRAPH ?g { ?s def:treats ?o } }",
        "SELECT * { << ?s ?p ?o >> ?q ?r }",
        "SELECT * { ?s def:treats ?o # def:nonsense in a comment\n }",
    ],
)
def test_what_is_right_has_no_problem(real: Adviser, text: str) -> None:
    assert real(text, why=False).problems == ()


def test_an_answer_that_is_not_empty_is_said_to_be_none(real: Adviser) -> None:
    found = real("SELECT * { ?t def:treats ?d }").empty
    assert found is not None and found.is_empty is False and found.causes == ()


def test_all_empty_parts_are_said_and_a_branch_of_a_union_each(real: Adviser) -> None:
    both = real("SELECT * { ?t def:treat ?d . ?d a def:Nonsense }").empty
    assert both is not None and [cause.kind for cause in both.causes] == ["unknown-predicate", "unknown-class"]
    union = real("SELECT * { { ?t def:treat ?d } UNION { ?d a def:Nonsense } }").empty
    assert union is not None and len(union.causes) == 3


def test_several_mistakes_are_told_in_the_order_of_the_text(real: Adviser) -> None:
    text = "SELECT * {\n ?t def:treat ?d .\n ?d a def:Diseases ;\n rdfs:label 'ADA-SCID' }"
    assert [problem.place.line for problem in real(text, why=False).problems] == [2, 3, 4]


def test_undeclared_prefixes_are_told_all_at_once(real: Adviser) -> None:
    problems = real("SELECT * { ?t nope:a ?d . ?d dct:title ?e }").problems
    assert [problem.term for problem in problems] == ["nope:a", "dct:title"]


def test_what_stands_in_a_service_is_of_another_graph_and_not_asked(real: Adviser) -> None:
    advice = real("SELECT * { ?t def:treats ?d SERVICE <http://localhost:9/> { ?t <http://example.org/x> ?y } }")
    assert advice.problems == ()
    assert advice.empty is not None and advice.empty.is_empty is None


@pytest.mark.parametrize(
    "text", ["INSERT DATA { <urn:a> <urn:b> <urn:c> }", "SELECT * " + "{" * 500 + "}" * 500, "ASK {}" + " " * 600_000]
)
def test_what_the_guard_refuses_is_refused(real: Adviser, text: str) -> None:
    with pytest.raises(QueryRefusedError):
        real(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT * {",
        "{}{}{}",
        "SELECT * { ?s ?p }",
        "ASK { ?s ?p [ ?x ( ] }",
        "SELECT * { FILTER ( } }",
        "SELECT * { VALUES ?x { } } }",
        "\x00",
        "ASK { ?s <http://a b> ?o }",
    ],
)
def test_what_is_no_sparql_is_one_problem_with_its_place(real: Adviser, text: str) -> None:
    (problem,) = real(text).problems
    assert problem.kind == "syntax" and problem.place.line is not None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?a rdfs:label ?b . ?c rdfs:label ?d . ?e rdfs:label ?f . ?g rdfs:label ?h FILTER(?b = 'no') }",
        "SELECT * { ?a rdfs:subClassOf* ?b . ?b rdfs:subClassOf* ?c . ?c ?q ?d FILTER(?d = 'nothing at all') }",
        "SELECT * {" + " . ".join(f"?v{n} rdfs:label ?v{n + 1}" for n in range(60)) + "}",
        "SELECT * {" + "".join(f"{{ ?a def:p{n} ?b }} UNION " for n in range(40)) + "{ ?a def:q ?b } }",
        "SELECT * {" + " ".join(f"FILTER(?x{n} = 'a')" for n in range(60)) + "?s ?p ?o }",
    ],
)
def test_however_heavy_the_query_advice_comes_in_seconds(real: Adviser, text: str) -> None:
    began = time.monotonic()
    found = real(text).empty
    assert found is not None and found.is_empty is not False and found.probes <= MOST
    assert time.monotonic() - began < 2 * SECONDS + 3


def test_questions_end_with_the_budget(real: Adviser) -> None:
    prober = Prober(real.engine, seconds=60, most=2)
    assert [prober.ask("?s ?p ?o") for _ in range(3)] == [True, True, None]
    assert Prober(real.engine, seconds=0).ask("?s ?p ?o") is None


def test_what_the_schema_could_not_find_out_is_no_problem(real: Adviser) -> None:
    unknown = Schema(None, None, frozenset(), frozenset(), {}, None, merged=True)
    assert Adviser(real.engine, unknown)("SELECT * { ?t def:treat ?d . ?d a def:Nonsenses }", why=False).problems == ()


def test_the_empty_graph_that_syntax_is_tried_on_does_not_exist(real: Adviser) -> None:
    with real.engine.query(QueryRequest("ASK { ?s ?p ?o }", "csv", default_graphs=(NOTHING,))) as answer:
        assert answer.read().strip() == b"false"


def test_the_graphs_of_the_request_are_those_that_are_asked(graph_of: GraphOf) -> None:
    advise = graph_of(SMALL)
    text = EX + "SELECT * { ?x ex:knows ?y }"
    inside = advise(text, default_graphs=("http://example.org/g1",)).empty
    outside = advise(text, default_graphs=("http://example.org/g2",)).empty
    assert inside is not None and inside.is_empty is False
    assert outside is not None and outside.is_empty is True


def test_without_the_merge_the_named_graphs_are_known_too(graph_of: GraphOf) -> None:
    advise = graph_of(SMALL, union=False)
    assert advise(EX + "SELECT * { GRAPH ?g { ?x ex:knows ?y } }").problems == ()
    found = advise(EX + "SELECT * { ?x ex:knows ?y }").empty
    assert found is not None and found.is_empty is True


def test_a_number_written_as_a_text_is_told(graph_of: GraphOf) -> None:
    found = graph_of(SMALL)(EX + 'SELECT * { ?x ex:age "7" }').empty
    assert found is not None and found.causes[0].suggestions[0].text == '"7"^^xsd:integer'


def test_an_empty_graph_says_of_everything_that_it_is_not_there(graph_of: GraphOf) -> None:
    advise = graph_of("")
    assert [problem.kind for problem in advise(EX + "SELECT * { ?x ex:age 7 }").problems] == ["wrong-prefix"]
    found = advise("SELECT * { ?s ?p ?o }").empty
    assert found is not None and found.is_empty is True


def test_places_count_characters_past_the_first_plane(graph_of: GraphOf) -> None:
    (problem,) = graph_of(SMALL)(EX + "\nSELECT ?ä { BIND('😀' AS ?ä) ?x ex:know ?y , ?ä }", why=False).problems
    assert (problem.place.line, problem.place.column, problem.term) == (2, 32, "ex:know")


def test_the_schema_says_how_often_each_term_is_used(graph_of: GraphOf) -> None:
    schema = read_schema(graph_of(SMALL).engine)
    assert schema.predicates is not None and schema.predicates["http://example.org/knows"] == 1
    assert schema.classes == {"http://example.org/Person": 1}
    assert set(schema.graphs or ()) == {"http://example.org/g1", "http://example.org/g2"} and schema.merged
