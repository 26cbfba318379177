"""Queries that the engine must not see are refused, with a place; words in strings, IRIs and comments never matter."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import QueryError, QueryRefusedError, QueryTooComplexError
from graph.names import PREFIXES
from graph.sparql import guard
from graph.sparql.guard import inspect
from graph.sparql.lexer import tokens_of

HARMLESS = [
    "ASK {}",
    "SELECT * { ?s ?p 'SERVICE <http://x> {}' }",
    'SELECT * { ?s ?p """FROM <file:///etc/passwd> "SERVICE" \\""" """ }',
    "SELECT * { ?s <http://example.org/SERVICE> ?o } # SERVICE <http://x> {}",
    "SELECT ?SERVICE { ?SERVICE ?from _:SERVICE . ?SERVICE x:SERVICE 'a'@service }",
    "PREFIX service: <http://example.org/> SELECT * { ?s service:x ?o ; service:service.service ?q }",
    "SELECT * { ?s ?p ?o FILTER(?s<?o && ?o>?s) }",
    "PREFIX delete: <http://example.org/> SELECT * { ?s delete:insert 1 }",
    "SELECT * { VALUES ?x { " + " ".join(str(number) for number in range(5000)) + " } }",
    "SELECT * { VALUES (?x ?y) { " + "(1 2) " * 5000 + "} }",
    "SELECT * { ?s ?p ?o FILTER(?o IN (" + ", ".join(f"'{number}.;'" for number in range(5000)) + ")) }",
    "SELECT * { ?s ?p ?o FILTER(" + " || ".join(f"?o = {number}" for number in range(900)) + ") }",
    "CONSTRUCT { " + "?s ?p ?o . " * 140 + "} WHERE { " + "?s ?p ?o . " * 140 + "}",
    "ASK { " + "(" * 99 + ")" * 99 + " }",
]

REFUSED = [
    ("SELECT *\n{ SERVICE <http://x> { ?s ?p ?o } }", 2, 3, "SERVICE would call"),
    ("SELECT * { ?s ?p ?o FILTER(?s<?p)SERVICE#>\n?x{} }", 1, 34, "SERVICE would call"),
    ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", 1, 15, "file: address"),
    ("SELECT * FROM NAMED <\\u0066ile:///etc/passwd> { ?s ?p ?o }", 1, 21, "file: address"),
    ("PREFIX f: <file:///etc/>\nASK FROM f:passwd {}", 2, 10, "file: address"),
    ("BASE <file:///etc/> ASK FROM <passwd> {}", 1, 30, "file: address"),
    ("INSERT DATA { <a:a> <a:b> 1 }", 1, 1, "starts an update"),
    ("PREFIX a: <http://a/>\n# drop\nDROP ALL", 3, 1, "starts an update"),
    ("ASK { " + "{" * 100 + "}" * 100 + "}", 1, 106, "100 levels"),
    ("ASK { FILTER(" + "(" * 100, 1, 112, "100 levels"),
    ("ASK { " + "?s ?p ?o . " * 301 + "}", None, None, "300 patterns"),
    ("ASK { ?s <p>" + "/<p>" * 301 + " ?o }", None, None, "300 patterns"),
    ("ASK { ?s ?p (" + " 1" * 302 + ") }", None, None, "300 patterns"),
    ("ASK { " + "OPTIONAL { ?s ?p ?o } " * 301 + "}", None, None, "300 patterns"),
    ("ASK { ?s ?p ?o " + "; ?p ?o " * 301 + "}", None, None, "300 patterns"),
    ("ASK { FILTER(" + "!" * 2001 + "true) }", None, None, "2000 operators"),
    ("ASK {} #" + "a" * 500_000, None, None, "500,000"),
]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_query_is_let_through(text: str) -> None:
    assert inspect(text, PREFIXES).text == text


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_a_query_that_the_engine_must_not_see_is_refused(
    text: str, line: int | None, column: int | None, message: str
) -> None:
    with pytest.raises(QueryRefusedError, match=message) as caught:
        inspect(text)
    assert caught.value.advice
    if line is not None:
        assert (caught.value.place.line, caught.value.place.column) == (line, column)


def test_from_clauses_are_read_and_blanked_in_place() -> None:
    text = "PREFIX x: <http://x/>\nSELECT * FROM <http://a>\nFROM NAMED x:b\nFROM id:c { ?s ?p 'FROM <d>' }"
    found = inspect(text, {"id": "http://id/"})
    assert found.default_graphs == ("http://a", "http://id/c")
    assert found.named_graphs == ("http://x/b",)
    assert len(found.text) == len(text)
    assert found.text.split() == ["PREFIX", "x:", "<http://x/>", "SELECT", "*", "{", "?s", "?p", "'FROM", "<d>'", "}"]
    assert found.text.count("\n") == text.count("\n")


def test_a_silent_service_is_left_to_who_takes_it_out() -> None:
    text = "SELECT * { service silent <http://x> { ?s ?p ?o } }"
    assert inspect(text).text == text
    with pytest.raises(QueryRefusedError, match="SERVICE would call"):
        guard.refuse_services(text)


def test_a_from_that_is_not_understood_is_left_to_the_engine() -> None:
    for text in ("ASK FROM unknown:x {}", "ASK FROM"):
        assert inspect(text) == guard.Inspection(text)


def test_a_relative_from_is_resolved_against_the_base() -> None:
    assert inspect("ASK FROM <source/x> {}").default_graphs == ("https://w3id.org/pmkg/source/x",)
    assert inspect("BASE <http://a/b/> ASK FROM <c> {}").default_graphs == ("http://a/b/c",)


PIECES = [
    "SERVICE",
    "FROM",
    "NAMED",
    "<file:///x>",
    "INSERT",
    "PREFIX",
    "VALUES",
    "SELECT",
    "x:",
    "?x",
    "1.5e3",
    "::",
    "é",
]
MARKS = [*"<>\"'\\#{}()[]./ \n\x00", '"""', "\\u0053", "&&"]
pieces = st.sampled_from([*PIECES, *MARKS])


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(pieces, max_size=60).map("".join))
@example("FROM")
@example("PREFIX")
def test_any_text_is_let_through_or_refused_and_nothing_else(text: str) -> None:
    try:
        found = inspect(text, PREFIXES)
    except QueryError as error:
        assert isinstance(error, QueryRefusedError)
        assert error.place.line is not None
        assert error.place.line >= 1
    else:
        assert len(found.text) == len(text)


words = st.lists(st.sampled_from(["SERVICE", "FROM", "<file:", "INSERT", "{", "(", ".", "/", "a"]), max_size=400)


@settings(max_examples=100, deadline=None)
@given(words.map(" ".join))
def test_nothing_in_a_string_or_a_comment_is_ever_refused(hidden: str) -> None:
    long = f"'''{hidden}\n''' , \"\"\"{hidden}\n\"\"\""
    inspect(f"# {hidden}\nSELECT * {{ ?s ?p '{hidden}' , \"{hidden}\" , {long} }} # {hidden}")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["SERVICE", "FROM", "file:", "INSERT", "(", ".", "/", "a", "#"]), max_size=400).map(
        "".join
    )
)
def test_nothing_in_an_iri_is_ever_refused(hidden: str) -> None:
    inspect(f"SELECT * {{ <http://example.org/{hidden}> ?p <http://example.org/{hidden}> }}")


@pytest.mark.parametrize("word", ["a.", "1 ", "?a ", "}", "\\u0041"])
def test_a_text_of_too_many_words_is_refused_before_all_of_it_is_read(word: str) -> None:
    text = "SELECT * { " + word * (498_000 // len(word))
    with pytest.raises(QueryTooComplexError, match="more than"):
        inspect(text)
    assert len(tokens_of(text, 100)) == 100


def test_where_each_of_many_from_clauses_stands_is_not_counted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "place", lambda text, position: pytest.fail("a place is looked for that nobody is told"))
    found = inspect("SELECT * " + "FROM <a:b>\n" * 1000 + "{}")
    assert found.default_graphs == ("a:b",) * 1000
    assert found.text == "SELECT * " + (" " * 10 + "\n") * 1000 + "{}"
