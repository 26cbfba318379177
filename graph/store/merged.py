"""The dataset of a query: the graphs that FROM or the protocol names flow in, what to ask of the engine flows out.

Several default graphs are one: their RDF merge, in which a triple stands once however many graphs state it (SPARQL 1.1
Query, section 13.2). The engine gives it once for each, so the merge is made for the query.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

Name = ox.NamedNode | ox.BlankNode
Graph = Name | ox.DefaultGraph


def dataset(
    store: ox.Store, default: Sequence[str] | None, named: Sequence[str] | None
) -> tuple[ox.Store, list[Graph] | None, list[Name] | None]:
    """The store, the default graphs and the named graphs to ask the engine with; None where all of the store's stand.

    The IRIs are None where a query names no graph of that kind.
    """
    graphs: list[Graph] | None = None if default is None else [ox.NamedNode(iri) for iri in dict.fromkeys(default)]
    names: list[Name] | None = None if named is None else [ox.NamedNode(iri) for iri in dict.fromkeys(named)]
    if graphs is None or len(graphs) < 2 or _are_disjoint(store, graphs):
        return store, graphs, names
    return _merge(store, graphs, names), None, names


def _are_disjoint(store: ox.Store, graphs: Sequence[Graph]) -> bool:
    """Whether no triple stands in two of them: the engine's answer is then right, at a sixth of what a copy costs."""
    shared = "ASK { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(?g != ?h) }"
    return not store.query(shared, named_graphs=[graph for graph in graphs if not isinstance(graph, ox.DefaultGraph)])


def _merge(store: ox.Store, default: Sequence[Graph], named: Sequence[Name] | None) -> ox.Store:
    """A store that holds the merge as its default graph, and the named graphs as they are."""
    found = ox.Store()
    for graph in default:
        quads = store.quads_for_pattern(None, None, None, graph)
        found.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    for graph in store.named_graphs() if named is None else named:
        found.extend(store.quads_for_pattern(None, None, None, graph))
    return found
