"""What fuzzing (bench/fuzz.py) found in the texts of queries and updates, each as a test of its own."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.errors import QuerySyntaxError
from graph.names import PREFIXES
from graph.sparql.guard import inspect
from graph.sparql.operations import operations_of
from graph.sparql.syntax import syntax_error


@pytest.mark.parametrize(
    "text",
    [
        "BASE <http://e[xample.org/>\nPREFIX : <#>\nSELECT * { :a :b :c }",
        "BASE <x:/>\nPREFIX : <//[x>\nSELECT * { :a :b :c }",
        "BASE <http://[/> SELECT * FROM <y> { }",
    ],
)
def test_a_base_that_is_no_iri_is_a_mistake_with_a_place(text: str) -> None:
    assert len(inspect(text, PREFIXES).text) == len(text)
    with pytest.raises(SyntaxError) as raised:
        ox.Store().query(text)
    assert syntax_error(text, PREFIXES, str(raised.value)).place.line


def test_a_template_under_a_base_that_is_no_iri_is_a_mistake_with_a_place() -> None:
    with pytest.raises(QuerySyntaxError, match="base IRI") as raised:
        list(operations_of("BASE <base:\ufffd>\nDELETE { <s> ?p ?o } WHERE { <s> ?p ?o }", PREFIXES))
    assert raised.value.place.line == 2
