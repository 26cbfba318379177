"""The default graph of a generation is the RDF merge of its named graphs, as rdflib's union of a dataset says too."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.store.draft import merge_into_default_graph

nodes = st.integers(0, 3).map(lambda number: ox.NamedNode(f"http://example.org/{number}"))
blanks = st.integers(0, 1).map(lambda number: ox.BlankNode(f"b{number}"))
literals = st.sampled_from([ox.Literal("a"), ox.Literal("a", language="en"), ox.Literal(1)])
graphs = st.integers(0, 3).map(lambda number: ox.NamedNode(f"http://example.org/graph/{number}"))
datasets = st.lists(st.builds(ox.Quad, nodes | blanks, nodes, nodes | blanks | literals, graphs), max_size=25)

terms = st.sampled_from(["?a", "?b", "?c", "<http://example.org/0>", "<http://example.org/1>"])
patterns = (
    st.lists(st.tuples(terms, terms, terms).map(" ".join), min_size=1, max_size=3)
    .map(" . ".join)
    .filter(lambda pattern: "?" in pattern)  # rdflib leaves out a solution that binds nothing
)


def merged(quads: list[ox.Quad]) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    merge_into_default_graph(store)
    return store


def as_rdflib(quads: list[ox.Quad]) -> rdflib.Dataset:
    dataset = rdflib.Dataset(default_union=True)
    for quad in quads:
        triple = (to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object))
        dataset.graph(rdflib.URIRef(quad.graph_name.value)).add(triple)  # type: ignore[union-attr]
    return dataset


def to_rdflib(term: object) -> rdflib.term.Node:
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    assert isinstance(term, ox.Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    return rdflib.Literal(term.value, datatype=None if term.datatype.value.endswith("string") else term.datatype.value)


def rows_of(store: ox.Store, query: str) -> Counter[tuple[object, ...]]:
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    return Counter(tuple(plain(solution[name]) for name in names) for solution in solutions)


def plain(term: object) -> object:
    return None if term is None else str(to_rdflib(term)) if not isinstance(term, ox.BlankNode) else f"_:{term.value}"


def rdflib_rows(dataset: rdflib.Dataset, query: str) -> Counter[tuple[object, ...]]:
    def plain_node(term: object) -> object:
        return None if term is None else f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)

    return Counter(tuple(plain_node(term) for term in row) for row in dataset.query(query))  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@settings(max_examples=60, deadline=None)
@given(datasets, patterns)
def test_queries_on_the_merge_answer_as_rdflib_does_on_the_union(quads: list[ox.Quad], pattern: str) -> None:
    query = f"SELECT ?a ?b ?c {{ {pattern} }}"
    assert rows_of(merged(quads), query) == rdflib_rows(as_rdflib(quads), query)


@settings(max_examples=60, deadline=None)
@given(datasets)
def test_each_triple_counts_once_and_the_named_graphs_are_untouched(quads: list[ox.Quad]) -> None:
    store = merged(quads)
    count = rows_of(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert count == Counter([(str(len({quad.triple for quad in quads})),)])
    assert set(store.quads_for_pattern(None, None, None)) - set(quads) == set(
        store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    )
    evidence = rows_of(store, "SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }")
    assert evidence.total() == len(set(quads))


@settings(max_examples=30, deadline=None)
@given(datasets)
def test_merging_again_changes_nothing_and_forgets_what_was_taken_away(quads: list[ox.Quad]) -> None:
    store = merged(quads)
    before = set(store)
    merge_into_default_graph(store)
    assert set(store) == before
    for quad in quads[::2]:
        store.remove(quad)
    merge_into_default_graph(store)
    gone = set(quads[::2])
    assert set(store) == set(merged([quad for quad in quads if quad not in gone]))
