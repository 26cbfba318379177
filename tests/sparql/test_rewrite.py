"""What a query is mended for beyond literals; a query that needs nothing is left as it is, and places stay true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from graph.errors import QuerySyntaxError
from graph.names import PREFIXES
from graph.sparql import rewrite
from graph.sparql.rewrite import Dataset, mend
from tests.conftest import SHARED

E = "http://example.org/"
NAMES = {"": E}
SUITES = SHARED / "w3c"

UNTOUCHED = [
    "SELECT * { ?s ?p ?o } LIMIT 10",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?s (SUM(?v) AS ?n) (AVG(?v) AS ?m) { ?s :p ?v } GROUP BY ?s HAVING(SUM(?v) > 1) ORDER BY DESC(?n) ?s",
    "SELECT * { ?s :p*/:q ?o ; :r 1, 2.5, true, 'x'@en . GRAPH ?g { ?s ?p ?o . OPTIONAL { ?o ?q ?r } } }",
    "SELECT ?x { ?x :p? ?y . ?y (:a|^:b)+ ?z FILTER(?x IN (1, :a) && REGEX(STR(?y), '^(a|b)')) }",
    "CONSTRUCT { ?s :p [ :q (1 2 3) ] } WHERE { ?s :p ?o FILTER NOT EXISTS { ?s :q ?o } }",
    "SELECT * { BIND(xsd:integer(?x) AS ?y) VALUES (?a ?b) { (1 UNDEF) ('x' :y) } }",
    "DESCRIBE ?s WHERE { ?s ?p ?o } ORDER BY ?s OFFSET 1",
    "SELECT * { ?s ?p <<( :a :b :c )>> . << :a :b :c >> ?q ?r . :a :b :c ~ :r {| :d :e |} }",
    "SELECT (BNODE() AS ?b) (IF(?x < 1, ?y, 'z') AS ?c) { { SELECT ?x { ?x ?y ?z } } MINUS { ?a ?b ?x } }",
    "SELECT * { ?s ?p 'GROUP_CONCAT(TRUE)', \"BNODE('a')\" } # COUNT(COUNT(*))",
]


def asked(text: str, store: ox.Store | None = None, **options: Any) -> list[tuple[str | None, ...]]:
    """The rows of a mended query, each term in N-Triples."""
    store = store or ox.Store()
    mended = mend(text, NAMES, protected=False, dataset=Dataset(store), **options)
    result = store.query(mended.text, prefixes=NAMES, custom_functions=mended.functions)
    assert isinstance(result, ox.QuerySolutions)
    return sorted(tuple(None if term is None else str(term) for term in row) for row in result)


def plain(text: str) -> str:
    return str(ox.Literal(text))


@pytest.mark.parametrize("text", UNTOUCHED)
def test_a_query_that_needs_nothing_is_left_as_it_is(text: str) -> None:
    assert mend(text, PREFIXES | NAMES, protected=False).text == text


def test_a_function_that_nobody_has_is_an_error_of_its_expression() -> None:
    rows = asked("SELECT ?x (:f(?x) AS ?y) (COALESCE(<http://example.org/g>(1, 2), 'none') AS ?z) { VALUES ?x { 1 } }")
    assert rows == [(str(ox.Literal(1)), None, plain("none"))]
    assert asked("SELECT ?x { VALUES ?x { 1 } FILTER(:f()) }") == []


def test_functions_that_the_engine_has_stay_its_own() -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    names = {**NAMES, "xsd": xsd, "geof": "http://www.opengis.net/def/function/geosparql/"}
    text = "SELECT (xsd:integer('5') AS ?x) (geof:sfEquals('POINT(1 1)', 'POINT(1 1)') AS ?y) (xsd:int(5) AS ?z) {}"
    functions = mend(text, names, protected=False).functions
    assert [name.value for name in functions] == [f"{xsd}int"]


def test_group_concat_gives_a_simple_literal() -> None:
    data = "VALUES ?x { 'a'@en 'b'@en 'b'@en }"
    for inside, expected in (("?x", {"a b b", "b a b", "b b a"}), ("DISTINCT ?x; SEPARATOR=','", {"a,b", "b,a"})):
        ((found,),) = asked(f"SELECT (GROUP_CONCAT({inside}) AS ?y) {{ {data} }}")
        assert found in {plain(text) for text in expected}


def test_booleans_are_read_in_any_case() -> None:
    assert asked("SELECT (TRUE AS ?t) (False && ?none AS ?f) {}") == [(str(ox.Literal(True)), str(ox.Literal(False)))]


def test_bnode_of_a_string_is_one_for_each_string_and_solution() -> None:
    text = "SELECT (BNODE(?a) AS ?x) (BNODE(?b) AS ?y) { VALUES (?a ?b) { ('s' 's') ('s' 's') ('s' 't') } }"
    rows = asked(text)
    assert sorted(x == y for x, y in rows) == [False, True, True]
    assert len({term for row in rows for term in row}) == 4
    bound = asked("SELECT ?x { VALUES ?a { 1 2 } BIND(BNODE('s t') AS ?x) }")
    assert len(set(bound)) == 2
    assert asked("SELECT (BNODE(5) AS ?x) {}") == [(None,)]


def test_a_column_of_a_grouped_select_may_use_the_ones_before_it() -> None:
    text = "SELECT (SUM(?v) AS ?a) (?a * 2 AS ?b) (?a + ?b AS ?c) { VALUES ?v { 1 2 } }"
    assert asked(text) == [tuple(str(ox.Literal(number)) for number in (3, 6, 9))]
    odd = "SELECT (MIN(?v) AS ?a) (?a * 2 AS ?b) { VALUES ?v { 01 02 } }"
    assert asked(odd) == [(str(ox.Literal(1)), str(ox.Literal(2)))]


@pytest.fixture
def graphs() -> ox.Store:
    store = ox.Store()
    store.update(
        "PREFIX : <http://example.org/> INSERT DATA { :here :p :there . GRAPH :g1 { :a :p :o . :b :p :g1 } "
        "GRAPH :g2 { :a :p :o } GRAPH :g3 { :c :q :o } }"
    )
    return store


def iris(*rows: tuple[str, ...]) -> list[tuple[str, ...]]:
    return sorted(tuple(f"<{E}{name}>" for name in row) for row in rows)


def test_a_path_of_length_zero_holds_at_what_the_data_do_not_know(graphs: ox.Store) -> None:
    for path in (":p*", ":p?", "(:p|:q)*", "<http://example.org/p>*"):
        assert asked(f"SELECT * {{ :new {path} ?x }}", graphs) == iris(("new",)), path
        assert asked(f"SELECT * {{ ?x {path} :new . }}", graphs) == iris(("new",)), path
        assert asked(f"SELECT * {{ :here {path} ?x FILTER(isIRI(?x)) }}", graphs)[0] == iris(("here",))[0]
    assert asked("SELECT (1 AS ?x) { :new :p* :new }", graphs) == [(str(ox.Literal(1)),)]
    assert asked("SELECT * { :new :p+ ?x }", graphs) == []


def test_the_variable_of_graph_is_joined_after_its_inside(graphs: ox.Store) -> None:
    counts = asked("SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s :p ?o } } }", graphs)
    expected = [(f"<{E}g{number}>", str(ox.Literal(count))) for number, count in ((1, 2), (2, 1), (3, 0))]
    assert counts == expected
    assert asked("SELECT ?a { GRAPH ?g { ?a :p :o MINUS { ?b :p :o } } }", graphs) == iris(("a",), ("a",))
    assert asked("SELECT ?g { GRAPH ?g { FILTER(!BOUND(?g)) } }", graphs) == iris(("g1",), ("g2",), ("g3",))
    assert asked("SELECT ?g ?s { GRAPH ?g { ?s :p ?o OPTIONAL { ?s :p ?g } } }", graphs) == iris(("g1", "b"))


REFUSED = [
    ("SELECT (COUNT(COUNT(*)) AS ?c)\n{}", 1, 15, "another aggregate"),
    ("SELECT (SUM(1 +\n MAX(?x)) AS ?c) {}", 2, 2, "another aggregate"),
    ('SELECT * {\n BIND(<<( "x" :q :z )>> AS ?x) }', 2, 11, "triple term"),
    ("SELECT * { BIND(<<( <<( :a :b :c )>> :q :z )>> AS ?x) }", 1, 21, "triple term"),
    ("SELECT * { FILTER(?x<?a&&?b>?y) }", 1, 21, "reads as an IRI"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_what_is_no_sparql_is_refused_though_the_engine_takes_it(
    text: str, line: int, column: int, message: str
) -> None:
    ox.Store().query(text, prefixes=NAMES)
    with pytest.raises(QuerySyntaxError, match=message) as caught:
        mend(text, NAMES, protected=False)
    assert (caught.value.place.line, caught.value.place.column) == (line, column)
    assert caught.value.advice


@pytest.mark.parametrize(
    "text", ["SELECT (COUNT(?x AS ?y) {", "ASK { FILTER(?x ?y) }", "ASK { FILTER(:f( }", "\\u0041SK {}"]
)
def test_what_the_engine_refuses_is_left_for_it_to_refuse(text: str) -> None:
    for protected in (False, True):
        assert mend(text, NAMES, protected=protected).text == text


def texts() -> list[Path]:
    return [path for suite in ("sparql10", "sparql11", "sparql12") for path in (SUITES / suite).rglob("*.rq")]


@pytest.mark.skipif(not SUITES.is_dir(), reason=f"the W3C suites are not at {SUITES}")
def test_every_query_of_the_suites_that_the_engine_reads_is_understood_and_can_be_rewritten() -> None:
    """And what is suspected of nothing is changed in nothing."""
    seen = 0
    for path in texts():
        text = path.read_text("utf-8", errors="replace")
        if not _reads(text):
            continue
        try:
            rewritten = mend(text, {}, protected=True)  # raises where it is not understood
        except QuerySyntaxError:
            continue
        assert _reads(rewritten.text, rewritten), path
        assert _reads(mend(text, {}, protected=True, total_order=True).text, rewritten), path
        seen += 1
    assert seen > 700


@pytest.mark.skipif(not SUITES.is_dir(), reason=f"the W3C suites are not at {SUITES}")
def test_a_query_that_is_suspected_of_nothing_has_nothing_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    innocent = [text for text in (path.read_text("utf-8", errors="replace") for path in texts()) if _is_innocent(text)]
    monkeypatch.setattr(rewrite, "_is_suspect", lambda text: True)
    for text in innocent:
        assert mend(text, {}, protected=False).text == text
        assert not mend(text, {}, protected=False).functions
    assert len(innocent) > 200


def _is_innocent(text: str) -> bool:
    return _reads(text) and not rewrite._is_suspect(text)


def _reads(text: str, mended: Any = None) -> bool:
    try:
        ox.Store().query(text, base_iri=E, custom_functions=mended.functions if mended else {})
    except SyntaxError:
        return False
    except (RuntimeError, OSError):
        return True
    return True
