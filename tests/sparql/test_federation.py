"""SERVICE taken out of a query's text: what is asked elsewhere, and that rows come back as exactly what they were."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.errors import FetchError, FetchLimitError, QueryRefusedError, QuerySyntaxError
from graph.names import BASE, PREFIXES
from graph.sparql.federation import Call, Rows, calls_of, read_rows, substituted, without
from graph.sparql.lexer import unescape

ENDPOINT = "http://a.org/sparql"


def document(variables: list[str], *rows: Mapping[str, object]) -> bytes:
    return json.dumps({"head": {"vars": variables}, "results": {"bindings": rows}}).encode()


def call(text: str = "SELECT * { SERVICE <http://a.org/sparql> { ?s ?p ?o } }") -> Call:
    (found,) = calls_of(text, PREFIXES)
    return found


def test_a_block_is_asked_with_the_prologue_that_it_needs() -> None:
    text = (
        "BASE <http://b.org/x/> PREFIX ex: <y#>\nPREFIX unused: <http://u.org/>\n"
        "SELECT * { ?a ?b ?c . SERVICE SILENT <http://a.org/sparql> { ?s ex:p [ a def:T ] ; <z> '}' "
        "FILTER(?s != ex:q) } }"
    )
    found = call(text)
    assert (found.endpoint, found.silent, found.variables) == (ENDPOINT, True, ("s",))
    prologue, _, query = found.query.partition("SELECT")
    assert prologue.splitlines() == [
        "BASE <http://b.org/x/>", f"PREFIX def: <{BASE}def/>", "PREFIX ex: <http://b.org/x/y#>",
    ]  # fmt: skip
    assert query == " * WHERE { ?s ex:p [ a def:T ] ; <z> '}' FILTER(?s != ex:q) }"
    ox.Store().query(found.query)


def test_every_block_is_found_wherever_a_group_may_hold_one() -> None:
    text = (
        "PREFIX e: <http://a.org/> SELECT ?x { SERVICE e:1 {?x ?y ?z} OPTIONAL { service e:2 {?x a ?z} } "
        "{ SELECT ?x { SERVICE e:3 { { ?x a ?q } UNION { ?q a ?x } } } } UNION "
        "{ GRAPH ?g { SERVICE <http://a.org/4> {} } } "
        "MINUS { SERVICE e:5 { ?x a ?SERVICE } } # SERVICE e:6 {}\n FILTER(?x != 'SERVICE e:7 {}') }"
    )
    calls = calls_of(text, PREFIXES)
    assert [found.endpoint[-1] for found in calls] == list("12345")
    left = substituted(text, calls, [Rows(("x",), ((None,),))] * 5)
    assert calls_of(left, PREFIXES) == ()
    assert list(ox.Store().query(left)) == []  # type: ignore[arg-type]


REFUSED = [
    ("SELECT * { ?s ?p ?e\nSERVICE ?e { ?a ?b ?c } }", 2, 1, "bound to a variable"),
    ("SELECT * { SERVICE <http://a/> { SERVICE <http://b/> { ?a ?b ?c } } }", 1, 34, "within another"),
    ("ASK { FILTER EXISTS { SERVICE <http://a/> { ?a ?b ?c } } }", 1, 23, "EXISTS"),
    ("ASK { ?a ?b ?c LATERAL { SERVICE <http://a/> { ?a ?b ?c } } }", 1, 26, "LATERAL"),
    ("ASK { ?a ?b ?c FILTERNOTEXISTS{ SERVICE <http://a/> { ?a ?b ?c } } }", 1, 33, "EXISTS"),
    ("ASK { ?a ?b ?c FILTER(1 = 1 && NOT EXISTS { { SERVICE <http://a/> { ?a ?b ?c } } }) }", 1, 47, "EXISTS"),
]
BROKEN = [
    "ASK { SERVICE",
    "ASK { SERVICE <http://a/>",
    "ASK { SERVICE <http://a/> { ?a",
    "ASK { SERVICE x:y {} }",
    "ASK { SERVICE SILENT {} }",
    "ASK { SERVICE SERVICE <a:b> {} }",
    "ASK { SERVICE <http://a/> 1 {} }",
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_a_block_that_cannot_be_asked_by_itself_is_refused(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(QueryRefusedError, match=message) as caught:
        calls_of(text, PREFIXES)
    assert (caught.value.place.line, caught.value.place.column) == (line, column)
    assert caught.value.advice


@pytest.mark.parametrize("text", BROKEN)
def test_a_block_that_is_not_whole_is_an_error_and_never_left_in_the_text(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        calls_of(text, PREFIXES)


pieces = st.sampled_from(
    ["SERVICE", "SILENT", "<http://a/>", "{", "}", "?x", "EXISTS", "SELECT", "'", "#", "\n", "x:", "a", "."]
)


@given(st.lists(pieces, max_size=40).map(" ".join))
def test_in_no_text_is_a_service_left_over(text: str) -> None:
    try:
        calls = calls_of(text, PREFIXES)
    except (QueryRefusedError, QuerySyntaxError):
        return
    for left in (substituted(text, calls, [Rows((), ((),))] * len(calls)), without(text, calls)):
        assert calls_of(left, PREFIXES) == ()
    assert len(without(text, calls)) == len(text)
    assert without(text, calls).count("\n") == text.count("\n")


literals = st.builds(ox.Literal, st.text(st.characters(exclude_categories=["Cs"])))
tagged = st.builds(
    lambda text, tag: ox.Literal(text, language=tag),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["en", "de-CH", "zh-Hant"]),
)
typed = st.builds(
    lambda text, name: ox.Literal(text, datatype=ox.NamedNode(f"http://d.org/{name}")),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["a", "é", "x'y"]),
)
iris = st.sampled_from(["http://a.org/é", "urn:x:'y'", "http://a.org/?q=(a)&b#c", "a:"]).map(ox.NamedNode)
terms = st.one_of(literals, tagged, typed, iris, st.none())


def in_json(term: ox.Literal | ox.NamedNode) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    more = {"xml:lang": term.language} if term.language else {"datatype": term.datatype.value}
    return {"type": "literal", "value": term.value, **more}


@given(st.lists(st.tuples(terms, terms), max_size=8))
@example([(ox.Literal("\\u0022 } } SERVICE <http://evil/> { ?s ?p ?o } #"), None)])
@example([(ox.Literal("\\\\u005C\\U00000022\\"), ox.Literal("'\"\r\n\t\0"))])
def test_rows_come_back_as_what_they_were(rows: list[tuple[ox.Literal | ox.NamedNode | None, ...]]) -> None:
    bindings = [{name: in_json(term) for name, term in zip("ab", row, strict=True) if term is not None} for row in rows]
    answer = read_rows(document(["a", "b"], *bindings), call(), 100)
    asked = "SELECT ?a ?b { SERVICE <http://a.org/sparql> { ?s ?p ?o } }"
    text = substituted(asked, calls_of(asked, PREFIXES), [answer])
    assert "\n" not in text
    assert calls_of(text, PREFIXES) == ()
    for read in (text, unescape(text)):  # the second as an engine does that replaces escapes before all else
        assert [(row["a"], row["b"]) for row in ox.Store().query(read)] == rows  # type: ignore[union-attr]


def test_blank_nodes_become_iris_that_mean_nothing_elsewhere() -> None:
    node = {"type": "bnode", "value": "b 0>"}
    answers = [read_rows(document(["a", "b"], {"a": node, "b": node}), call(), 9) for _ in range(2)]
    first, second = (answer.rows[0] for answer in answers)
    assert first[0] == first[1] != second[0]
    assert first[0] is not None
    assert first[0].startswith(f"<{BASE}genid/")


def test_rows_that_bind_nothing_count() -> None:
    answer = read_rows(document([], {}, {}), call(), 9)
    assert len(list(ox.Store().query(f"SELECT * {{ {answer} }}"))) == 2  # type: ignore[arg-type]


def test_a_silent_call_that_failed_gives_one_solution_that_binds_nothing() -> None:
    text = "SELECT * { VALUES ?x { 1 } SERVICE SILENT <http://a/> { ?x ?p ?o } }"
    calls = calls_of(text, PREFIXES)
    result = ox.Store().query(substituted(text, calls, [Rows.nothing_known(calls[0])]))
    assert isinstance(result, ox.QuerySolutions)
    assert {variable.value for variable in result.variables} == {"x", "p", "o"}
    assert [row["x"].value for row in result] == ["1"]


def term(**members: str) -> bytes:
    return document(["a"], {"a": members})


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html>", b"[]", b"{}", b"null", b'{"boolean": true}', b'{"results": {"bindings": 1}}', b"\xff",
        b"[" * 100_000,
        b'{"results": {"bindings": [1]}}', b'{"head": {"vars": 1}, "results": {"bindings": []}}',
        document(["a b"]), document(["a) } SERVICE <http://x/> {"]), document([""]), document(["a"], {"b\n": {}}),
        term(type="uri", value="a b"), term(type="uri", value="http://a/> } } #"), term(type="uri", value="relative"),
        term(type="literal", value="x", **{"xml:lang": "e n"}), term(type="literal", value="x", datatype="no iri"),
        term(type="literal", value="\ud800"), term(type="triple", value="x"), term(type="literal"), term(value="x"),
        term(type="literal", value="x", **{"xml:lang": "en", "its:dir": "ltr . }"}),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_passed_on_is_an_error(content: bytes) -> None:
    with pytest.raises(FetchError):
        read_rows(content, call(), 9)


def test_more_rows_than_there_may_be_are_an_error_and_never_cut() -> None:
    rows = [{"a": {"type": "literal", "value": "x"}}] * 10
    assert len(read_rows(document(["a"], *rows), call(), 10).rows) == 10
    with pytest.raises(FetchLimitError, match="more than 9 rows"):
        read_rows(document(["a"], *rows), call(), 9)


def test_a_declaration_cannot_end_the_line_that_it_is_passed_on_in() -> None:
    found = call("PREFIX x: <http://a/\\u003E\\u007D> SELECT * { SERVICE <http://a.org/sparql> { ?s x:p ?o } }")
    assert "PREFIX x: <http://a/%3E%7D>\n" in found.query


names = [ox.NamedNode(f"http://x.org/{name}") for name in "abcd"]
triples = st.builds(
    ox.Quad,
    st.sampled_from(names),
    st.sampled_from(names[:2]),
    st.sampled_from([*names, ox.Literal(1), ox.Literal("x")]),
)
patterns = st.builds(
    " ".join,
    st.tuples(
        st.sampled_from(["?s", "?o", "<http://x.org/a>"]),
        st.sampled_from(["?p", "<http://x.org/a>", "<http://x.org/a>+"]),
        st.sampled_from(["?o", "?q", "?s", "<http://x.org/b>"]),
    ),
)
blocks = st.one_of(
    patterns,
    st.builds("{} . {}".format, patterns, patterns),
    st.builds("{} OPTIONAL {{ {} }}".format, patterns, patterns),
    st.builds("{{ {} }} UNION {{ {} }}".format, patterns, patterns),
    st.builds("{} MINUS {{ {} }}".format, patterns, patterns),
    st.builds("{{ SELECT DISTINCT ?s (COUNT(*) AS ?n) {{ {} }} GROUP BY ?s }}".format, patterns),
    st.builds("{} FILTER(?s != ?o)".format, patterns),
)
contexts = st.sampled_from(
    [
        "{0} . {1}", "{1} . {0}", "{1} OPTIONAL {{ {0} }}", "{{ {1} }} UNION {{ {0} }}", "{1} MINUS {{ {0} }}", "{0}",
        "{1} {{ SELECT ?s {{ {0} }} }}", "OPTIONAL {{ {1} }} {0}", "{0} FILTER(!BOUND(?q) || ?q != ?s)",
    ]
)  # fmt: skip


def answer_of(store: ox.Store, text: str) -> list[tuple[str, ...]]:
    result = store.query(text)
    assert isinstance(result, ox.QuerySolutions)
    variables = sorted(result.variables, key=str)
    return sorted(tuple(str(row[variable]) for variable in variables) for row in result)


@given(st.lists(triples, max_size=12), patterns, blocks, contexts)
@example([ox.Quad(names[0], names[0], names[0])], "?s ?p ?o", "{ ?s ?p ?o } UNION { ?s ?p ?o }", "{0}")
def test_an_endpoint_with_the_same_graph_answers_as_the_block_by_itself_would(
    graph: list[ox.Quad], pattern: str, block: str, context: str
) -> None:
    store = ox.Store()
    store.extend(graph)
    asked = f"SELECT * {{ {context.format(f'SERVICE <{ENDPOINT}> {{ {block} }}', pattern)} }}"
    calls = calls_of(asked, PREFIXES)
    rows = []
    for found in calls:
        result = store.query(found.query)
        assert isinstance(result, ox.QuerySolutions)
        rows.append(read_rows(result.serialize(format=ox.QueryResultsFormat.JSON) or b"", found, 10_000))
    expected = f"SELECT * {{ {context.format(f'{{ {block} }}', pattern)} }}"
    assert answer_of(store, substituted(asked, calls, rows)) == answer_of(store, expected)
