"""Queries taken apart and put together again ask the same: the W3C's, and random ones."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.advise.parsing import parse
from graph.advise.pattern import Part, Triple
from tests.conftest import SHARED

ASKED_OF = "http://example.org/"


def put_together(text: str) -> str | None:
    """The query's pattern, part by part, as an ASK; None where it has none."""
    query = parse(text, {})
    assert query is not None, text
    if query.where is None:
        return None
    return f"{query.prologue} ASK {query.dataset} {{ {query.where.text} }}"


def suites() -> list[Path]:
    """The queries of the W3C suites that are read without an error; none has a SERVICE or an order that crashes."""
    return [
        path
        for path in sorted((SHARED / "w3c").rglob("*.rq"))
        if "service" not in str(path) and "syntax-fed" not in str(path) and "mixed" not in path.name
    ]


def test_every_query_of_the_w3c_is_taken_apart_and_stays_sparql() -> None:
    if not suites():
        pytest.skip(f"the W3C suites are not at {SHARED / 'w3c'}")
    store, seen = ox.Store(), 0
    for path in suites():
        text = path.read_bytes().decode("utf-8", "replace")
        try:
            store.query(text, base_iri=ASKED_OF)
        except (SyntaxError, ValueError, OSError, RuntimeError):
            continue
        asked = put_together(text)
        if asked is not None:
            store.query(asked, base_iri=ASKED_OF)
            seen += 1
    assert seen > 800


TERM = st.sampled_from(["<urn:a>", "<urn:b>", "?x", "?y", "_:c", '"l"@en', "7", "[]", "[ <urn:p> ?x ]", "(?x 1)"])
SUBJECT = st.sampled_from(["<urn:a>", "?x", "?y", "_:c", "[ <urn:p> ?z ]"])
VERB = st.sampled_from(
    ["<urn:p>", "a", "?v", "<urn:p>/<urn:q>", "^<urn:p>", "(<urn:p>|a)*", "!(<urn:p>|^a)", "<urn:p>+"]
)
TRIPLES = st.tuples(SUBJECT, VERB, TERM, VERB, TERM, TERM).map(lambda parts: "{} {} {} ; {} {} , {} .".format(*parts))
GROUP = st.recursive(
    TRIPLES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        inner.map("OPTIONAL {{ {} }}".format),
        inner.map("GRAPH ?g {{ {} }}".format),
        inner.map("MINUS {{ {} }}".format),
        inner.map("FILTER NOT EXISTS {{ {} }}".format),
        inner.map("FILTER(?x > 1 && EXISTS {{ {} }})".format),
        inner.map("{{ SELECT ?x {{ {} }} LIMIT 3 }}".format),
        st.tuples(inner, inner).map(lambda two: "{{ {} }} UNION {{ {} }}".format(*two)),
        st.tuples(inner, st.sampled_from(["VALUES ?x { 1 <urn:a> }", "BIND(1 AS ?n)", "FILTER(?x = 1)"])).map(" ".join),
    ),
    max_leaves=5,
)
DATA = ox.Store()
for number in range(3):
    DATA.update(
        f"INSERT DATA {{ <urn:a> <urn:p> <urn:b>, 7, 'l'@en . <urn:b> <urn:p> {number} ; a <urn:a> . "
        f"GRAPH <urn:g> {{ <urn:a> <urn:q> <urn:b> ; <urn:p> <urn:a> }} }}"
    )


@given(GROUP)
def test_the_parts_together_ask_what_the_whole_asks(group: str) -> None:
    text = f"ASK {{ {group} }}"
    try:
        whole = bool(DATA.query(text))
    except SyntaxError:  # a blank node in two groups, or a name bound twice
        return
    asked = put_together(text)
    assert asked is not None and bool(DATA.query(asked)) == whole


@given(st.text(alphabet="{}()[]<>.;,?xa:\"'@^#|/*+!= SELECTWHRFIN\n", max_size=60))
def test_any_text_is_taken_apart_or_not_but_never_fails(text: str) -> None:
    parse(text, {})
    parse("SELECT * { " + text, {})


def test_each_triple_knows_where_it_stands() -> None:
    query = parse("SELECT * {\n ?s a <urn:c> ; <urn:p>/<urn:q> 'x'@en , [ <urn:r> 1 ] }", {})
    assert query is not None and query.where is not None
    triples = [part for part in query.where.parts if isinstance(part, Triple)]
    assert [triple.shown for triple in triples] == [
        "?s a <urn:c>", "?s <urn:p>/<urn:q> 'x'@en", "?s <urn:p>/<urn:q> []", "[] <urn:r> 1"
    ]  # fmt: skip
    assert [query.text[triple.token.start :][:6] for triple in triples] == ["a <urn", "<urn:p", "<urn:p", "<urn:r"]


def test_what_it_does_not_understand_is_kept_whole() -> None:
    query = parse("SELECT * { << ?s ?p ?o >> ?q ?r . ?s a ?c }", {})
    assert query is not None and query.where is not None
    other, triple = query.where.parts
    assert isinstance(other, Part) and other.keyword == "OTHER" and isinstance(triple, Triple)
