"""What is said of a text that is not SPARQL: which token, where, and what to do."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.sparql.syntax import syntax_error

WRONG = [
    ("", 1, 1, "empty"),
    ("# nothing but a comment", 1, 1, "empty"),
    ("SELCT * {}", 1, 1, "'SELCT'"),
    ("SELECT * { ?s ?p }", 1, 18, "'}'"),
    ("SELECT * {\n  ?s a <x:T> ;\n    <x:label> ?l\n  FILTER(lang(?l) = 'en'\n}", 5, 1, "'}'"),
    ("SELECT ?t {\n  ?t a <x:T>\n  <x:label> ?l .\n}", 3, 3, "'<x:label>'"),
    ("SELECT * { ?s ?p ?o . LIMIT 5 }", 1, 23, "'LIMIT'"),
    ("SELECT * { FILTER(nothing(?x)) }", 1, 19, "'nothing'"),
    ("SELECT * { ?s ?p ?o }}", 1, 22, "'}'"),
    ("SELECT * {} LIMIT ten", 1, 19, "'ten'"),
    ("SELECT ('''two\nlines''' AS ?x) {} LIMIT ten", 2, 26, "'ten'"),
    ("SELECT * {", 1, 11, "not complete"),
    ('SELECT * { ?s ?p "open }', 1, 25, "not complete"),
    ("SELECT * { ?s\n no:where ?o }", 2, 2, "prefix no: is not declared"),
    ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", 1, 39, "unbound"),
    ("SELECT (1 AS ?x) (2 AS ?x) {}", 1, 29, "Duplicated"),
    ("SELECT * {} GROUP BY ?s", 1, 22, "GROUP BY"),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), WRONG)
def test_a_mistake_is_named_where_it_stands(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(text)
    error = syntax_error(text, {}, str(caught.value))
    assert said in error.message
    assert (error.place.line, error.place.column) == (line, column)
    assert error.advice
