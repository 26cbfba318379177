"""Several FROM, and `default-graph-uri` twice, ask the RDF merge of the graphs: as rdflib has it, and whole copies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
import rdflib.plugins.sparql
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.store.merged import dataset
from tests.store.test_merge import datasets, patterns, plain, rdflib_rows, to_rdflib

G = "http://example.org/graph/"
names = st.lists(st.integers(0, 4).map(lambda number: f"{G}{number}"), max_size=4)  # one of them has no statement


def rows(query: str, quads: list[ox.Quad], default: list[str], named: list[str]) -> Counter[tuple[object, ...]]:
    store = ox.Store()
    store.extend(quads)
    asked, graphs, allowed = dataset(store, default, named)
    solutions = asked.query(query, default_graph=graphs, named_graphs=allowed)
    assert isinstance(solutions, ox.QuerySolutions)
    variables = [variable.value for variable in solutions.variables]
    return Counter(tuple(plain(solution[name]) for name in variables) for solution in solutions)


def as_rdflib(quads: list[ox.Quad], default: list[str], named: list[str]) -> rdflib.Dataset:
    """The dataset that FROM and FROM NAMED describe (SPARQL 1.1 Query, 13.2)."""
    found = rdflib.Dataset(default_union=False)
    for quad in quads:
        name = quad.graph_name.value  # type: ignore[union-attr]
        triple: Any = (to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object))
        if name in default:
            found.default_graph.add(triple)
        if name in named:
            found.graph(rdflib.URIRef(name)).add(triple)
    return found


def test_a_triple_of_two_graphs_counts_once_whether_they_share_others_or_not() -> None:
    one, two, other = (ox.NamedNode(f"{G}{number}") for number in range(3))
    triple, apart = (one, one, one), (one, one, two)
    quads = [ox.Quad(*triple, one), ox.Quad(*triple, two), ox.Quad(*apart, other)]
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    for graphs, expected in (([one, two], 1), ([one, other], 2), ([one, two, other], 2), ([one, one], 1)):
        assert rows(query, quads, [graph.value for graph in graphs], []) == Counter([(str(expected),)])


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@settings(max_examples=80, deadline=None)
@given(datasets, names, names, patterns, patterns)
def test_a_query_sees_what_rdflib_sees_of_the_merge(
    quads: list[ox.Quad], default: list[str], named: list[str], pattern: str, inner: str
) -> None:
    for group in (pattern, f"GRAPH ?g {{ {inner} }}", f"{pattern} . GRAPH ?g {{ {inner} }}"):
        query = f"SELECT ?a ?b ?c ?g {{ {group} }}"
        assert rows(query, quads, default, named) == rdflib_rows(as_rdflib(quads, default, named), query), query


P = "http://example.org"
PATHS = [
    "?a ?b ?c",
    f"?a <{P}/0>* ?b",
    f"?a <{P}/0>? ?b",
    f"?a (<{P}/0>|^<{P}/1>)+ ?b",
    f"?a !<{P}/0> ?b",
    f"?a <{P}/0>/<{P}/1> ?b",
    f"<{P}/0> <{P}/1>* ?b",
]


@settings(max_examples=150, deadline=None)
@given(datasets, names, st.sampled_from(PATHS))
def test_paths_over_several_graphs_are_those_of_their_merge(
    quads: list[ox.Quad], default: list[str], path: str
) -> None:
    merge = ox.Store()
    merge.extend(
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in quads
        if quad.graph_name.value in default  # type: ignore[union-attr]
    )
    expected = merge.query(f"SELECT ?a ?b ?c {{ {path} }}")
    assert isinstance(expected, ox.QuerySolutions)
    found = Counter(tuple(map(plain, solution)) for solution in expected)
    assert rows(f"SELECT ?a ?b ?c {{ {path} }}", quads, default, []) == found
