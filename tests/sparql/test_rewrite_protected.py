"""Queries over protected literals: values are computed as on the engine's own data, and terms are those of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import QueryRefusedError
from graph.names import XSD
from graph.sparql.literals import MARK, Protection, canonical, protect, unprotect
from graph.sparql.rewrite import Mended, mend

E = "http://example.org/"
PREFIXES = {"": E, "xsd": XSD}
Row = tuple[Any, ...]


def literal(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


NUMBERS = [
    *(literal(text, "integer") for text in ("1", "01", "2", "+2", "-3", "0", "-0", "007", "7")),
    *(literal(text, "decimal") for text in ("1.0", "1.5", "01.50", "2.0", "-3.00", "7.0")),
    *(literal(text, "double") for text in ("1.0E0", "1", "2.5e0", "-3E0")),
    *(literal("5", kind) for kind in ("nonNegativeInteger", "byte", "int", "integer")),
]
OTHERS = [
    *(literal(text, "boolean") for text in ("true", "1", "false", "0")),
    *(
        literal(text, "dateTime")
        for text in ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+00:00", "2019-12-31T24:00:00Z")
    ),
    *(literal(text, "date") for text in ("2020-01-01Z", "2020-01-01+00:00", "2021-05-06Z")),
    *(literal(text, "dayTimeDuration") for text in ("P1D", "PT24H", "PT36H")),
    *(ox.Literal("a"), ox.Literal("01"), ox.Literal("a", language="en"), ox.Literal("1", language="en")),
    *(literal("abc", "integer"), ox.Literal("01", datatype=ox.NamedNode(E + "datatype")), ox.NamedNode(E + "n")),
]
numbers = st.sampled_from(NUMBERS)
terms = numbers | st.sampled_from(OTHERS)
pairs = st.lists(st.tuples(terms, terms), min_size=1, max_size=6)

atoms = (
    st.sampled_from(["?a", "?b", "?none"]) | terms.map(str) | st.sampled_from(["1", "01", "2.0", "1e0", "-1", "true"])
)


def extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def joined(template: str) -> st.SearchStrategy[str]:
        count = template.count("{}")
        return st.tuples(*[inner] * count).map(lambda parts: template.format(*parts))

    return st.sampled_from(
        [
            *("({} + {})", "({} - {})", "({} * {})", "({} / {})", "(- {})", "(! {})", "({} && {})", "({} || {})"),
            *("({} = {})", "({} != {})", "({} < {})", "({} >= {})", "({} IN ({}, {}))", "({} NOT IN ({}))"),
            *("IF({}, {}, {})", "COALESCE({}, {})", "isNumeric({})", "ABS({})", "CEIL({})", "YEAR({})", "HOURS({})"),
            *("xsd:integer({})", "xsd:double({})", "xsd:string({})", "xsd:boolean({})", "xsd:dateTime({})"),
            *("STRLEN({})", "UCASE({})", 'CONCAT({}, "x")', 'CONTAINS({}, "a")', "isLiteral({})", "LANG({})"),
            *("SUBSTR({}, {})", "STRDT({}, xsd:integer)", "(EXISTS {{ ?s :p ?x FILTER(?x < {}) }})", "BOUND(?a)"),
            *("OBJECT(TRIPLE(:s, :p, {}))", "(TRIPLE(:s, :p, {}) = TRIPLE(:s, :p, {}))", "({} = :n)", "(?a = :n)"),
            *('(?a != "a"@en)', "(<<( :s :p ?a )>> = <<( :s :p ?b )>>)", "({})", "sameTerm({}, {})", "DATATYPE({})"),
        ]
    ).flatmap(joined)


expressions = st.recursive(atoms, extended, max_leaves=6)
# what shows a term's form or datatype: the engine's own data have lost these
values = expressions.filter(lambda text: not any(word in text for word in ("sameTerm", "DATATYPE", "TRIPLE(")))


def stores(rows: Sequence[tuple[object, object]]) -> tuple[ox.Store, ox.Store]:
    """The same data, protected and as the engine makes them."""
    protected, normal = ox.Store(), ox.Store()
    quads = []
    for number, (a, b) in enumerate(rows):
        subject = ox.NamedNode(f"{E}s{number}")
        quads += [ox.Quad(subject, ox.NamedNode(E + "p"), a), ox.Quad(subject, ox.NamedNode(E + "q"), b)]  # type: ignore[arg-type]
    protected.extend(Protection().quads(quads))
    normal.extend(quads)
    return protected, normal


def asked(store: ox.Store, mended: Mended) -> list[Row]:
    """The solutions, without marks, as rows of the variables in order."""
    result = store.query(mended.text, prefixes=PREFIXES, custom_functions=mended.functions)
    if isinstance(result, ox.QueryBoolean):
        return [(bool(result),)]
    assert isinstance(result, ox.QuerySolutions)
    names = [variable.value for variable in result.variables]
    rows = [tuple(None if row[name] is None else unprotect(row[name]) for name in names) for row in result]
    assert MARK not in str(rows)
    return rows


def mended(text: str) -> Mended:
    return mend(text, PREFIXES, protected=True)


def as_values(rows: Iterable[Row]) -> list[Row]:
    return [tuple(canonical(term) if isinstance(term, ox.Literal) else term for term in row) for row in rows]


def same(text: str, rows: Sequence[tuple[object, object]]) -> None:
    """The query gives the same values on protected data as on the engine's own."""
    protected, normal = stores(rows)
    got = as_values(asked(protected, mended(text)))
    assert sorted(got, key=str) == sorted(as_values(asked(normal, Mended(text))), key=str), mended(text).text


@settings(max_examples=80, deadline=None)
@given(pairs, values)
@example([(literal("01", "integer"), literal("1", "integer"))], "(?a = ?b)")
@example([(literal("010", "integer"), literal("9", "integer"))], "(?a < ?b)")
def test_an_expression_has_the_value_that_the_engine_gives_its_own_data(rows: list[Any], expression: str) -> None:
    same(f"SELECT ?s ({expression} AS ?r) {{ ?s :p ?a ; :q ?b }}", rows)


@settings(max_examples=80, deadline=None)
@given(pairs, values)
def test_a_filter_lets_through_what_it_does_on_the_engines_own_data(rows: list[Any], expression: str) -> None:
    same(f"SELECT ?s {{ ?s :p ?a ; :q ?b FILTER({expression}) }}", rows)
    same(f"SELECT ?s {{ ?s :p ?a OPTIONAL {{ ?s :q ?b FILTER({expression}) }} BIND({expression} AS ?c) }}", rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.sampled_from(["?a", "DESC(?a)", "(?a * ?b)"]))
def test_solutions_are_ordered_by_value(rows: list[Any], key: str) -> None:
    protected, normal = stores(rows)
    text = f"SELECT ?s {{ ?s :p ?a ; :q ?b }} ORDER BY {key} ?s"
    assert asked(protected, mended(text)) == asked(normal, Mended(text))
    total = mend(text, PREFIXES, protected=True, total_order=True)
    assert asked(protected, total) == asked(normal, Mended(text))


AGGREGATES = [
    "SUM(?a)",
    "AVG(?a)",
    "MIN(?a)",
    "MAX(?b)",
    "COUNT(?a)",
    "SUM(?a * ?b)",
    "(SUM(?a) + MIN(?b))",
    "MAX(ABS(?a))",
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.sampled_from(AGGREGATES))
def test_aggregates_are_those_of_the_values(rows: list[Any], aggregate: str) -> None:
    protected, normal = stores(rows)
    text = f"SELECT ({aggregate} AS ?r) {{ ?s :p ?a ; :q ?b }} HAVING({aggregate} = {aggregate})"
    (got,), (expected,) = asked(protected, mended(text)), asked(normal, Mended(text))
    assert float(Decimal(got[0].value)) == pytest.approx(float(Decimal(expected[0].value)))


@settings(max_examples=80, deadline=None)
@given(pairs)
def test_terms_are_those_of_the_data(rows: list[tuple[Any, Any]]) -> None:
    protected, _ = stores(rows)

    def column(text: str) -> dict[int, Any]:
        found = asked(protected, mended(f"SELECT ?s ({text} AS ?r) {{ ?s :p ?a ; :q ?b }}"))
        return {int(row[0].value.removeprefix(f"{E}s")): row[1] for row in found}

    def lexical(term: Any) -> ox.Literal:
        return ox.Literal(term.value)

    cases: dict[str, Callable[[Any, Any], Any]] = {
        "?a": lambda a, b: a,
        "(?a)": lambda a, b: a,
        "IF(true, ?a, ?b)": lambda a, b: a,
        "COALESCE(?none, ?b)": lambda a, b: b,
        "OBJECT(TRIPLE(:s, :p, ?b))": lambda a, b: b,
        "STR(?a)": lambda a, b: lexical(a),
        "CONCAT(STR(?a), STR(?b))": lambda a, b: ox.Literal(a.value + b.value),
        "DATATYPE(?a)": lambda a, b: a.datatype if isinstance(a, ox.Literal) else None,
        "sameTerm(?a, ?b)": lambda a, b: literal("true" if a == b else "false", "boolean"),
    }
    for text, give in cases.items():
        assert column(text) == {number: give(a, b) for number, (a, b) in enumerate(rows)}, text


@settings(max_examples=50, deadline=None)
@given(pairs, terms)
def test_patterns_join_and_match_by_term(rows: list[tuple[Any, Any]], constant: Any) -> None:
    protected, _ = stores(rows)

    def numbers(text: str) -> list[Row]:
        return sorted(asked(protected, mended(text)), key=str)

    def subject(number: int) -> ox.NamedNode:
        return ox.NamedNode(f"{E}s{number}")

    joins = [(subject(i), subject(j)) for i, (a, _) in enumerate(rows) for j, (_, b) in enumerate(rows) if a == b]
    assert numbers("SELECT ?s ?t { ?s :p ?x . ?t :q ?x }") == sorted(joins, key=str)
    matches = [(subject(number),) for number, (a, _) in enumerate(rows) if a == constant]
    assert numbers(f"SELECT ?s {{ ?s :p {constant} }}") == sorted(matches, key=str)
    assert numbers(f"SELECT ?s {{ VALUES ?x {{ {constant} }} ?s :p ?x }}") == sorted(matches, key=str)
    assert numbers(f"SELECT ?s {{ BIND({constant} AS ?x) ?s :p ?x }}") == sorted(matches, key=str)
    assert numbers(f"SELECT ?s {{ ?s :p ?x FILTER(sameTerm(?x, {constant})) }}") == sorted(matches, key=str)
    distinct = {a for a, _ in rows}
    assert numbers("SELECT DISTINCT ?x { ?s :p ?x }") == sorted([(term,) for term in distinct], key=str)
    assert len(numbers("SELECT ?x (COUNT(*) AS ?n) { ?s :p ?x } GROUP BY ?x")) == len(distinct)
    assert numbers("SELECT (COUNT(DISTINCT ?x) AS ?n) { ?s :p ?x }") == [(ox.Literal(len(distinct)),)]


def test_a_constant_of_the_query_is_protected_where_the_data_hold_none() -> None:
    found = mend("SELECT ?x (?x + 1 AS ?y) { VALUES ?x { 01 } }", PREFIXES, protected=False)
    assert found.marked
    assert asked(ox.Store(), found) == [(literal("01", "integer"), literal("2", "integer"))]
    assert not mend("SELECT * { ?s ?p 1 FILTER(?p + 01 > 1.0) }", PREFIXES, protected=False).marked


def test_constants_in_every_place_of_a_query_are_protected() -> None:
    protected, _ = stores([(literal("01", "integer"), literal("+2", "integer"))])
    for text in (
        "ASK { ?s :p 01 ; :q +2 }",
        "ASK { ?s :q +2 ; :p 01. }",
        "ASK { ?s :p '01'^^xsd:integer }",
        "ASK { ?s :p '''01'''^^<http://www.w3.org/2001/XMLSchema#integer> }",
        "ASK { ?s :p ?x } VALUES ?x { 01 }",
        "ASK { ?s :p '\\u00301'^^xsd:integer }",
        "ASK { { SELECT * { ?s :p 01 } } }",
        "ASK { ?s :p ?x FILTER EXISTS { ?s :q +2 } FILTER(?x IN (1.0)) }",
    ):
        assert asked(protected, mended(text)) == [(True,)], text
    assert asked(protected, mended("ASK { ?s :p 1 }")) == [(False,)]
    built = protected.query(mended("CONSTRUCT { ?s :r 001 } WHERE { ?s :p 01 }").text, prefixes=PREFIXES)
    assert [str(triple.object) for triple in built] == [str(protect(literal("001", "integer")))]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [f'ASK {{ ?s ?p "{MARK}1" }}', 'ASK {\n ?s ?p "\\U0010fffe" }'])
def test_a_query_that_holds_the_mark_is_refused(text: str) -> None:
    with pytest.raises(QueryRefusedError, match="noncharacter") as caught:
        mend(text, PREFIXES, protected=False)
    assert caught.value.place.line in (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o FILTER ?o }",
        "SELECT * { ?s ?p ?o FILTER 1 }",
        "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING ?s",
        "SELECT * { ?s ?p ?o } ORDER BY 1",
    ],
)
def test_a_rewrite_does_not_make_sparql_of_what_is_none(text: str) -> None:
    mended = mend(text, PREFIXES, protected=True)
    with pytest.raises(SyntaxError):
        ox.Store().query(mended.text, custom_functions=mended.functions)
