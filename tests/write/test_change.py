"""An update changes a store as the engine's own updates do, and tells exactly what it changed."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import GraphStateError, QueryRefusedError, QuerySyntaxError
from graph.names import PROVENANCE_GRAPH, UNNAMED_GRAPH
from graph.store.draft import DEFAULT_GRAPH
from graph.write.apply import apply_update
from graph.write.change import Change
from graph.write.request import Dataset

NODES = ["<x:a>", "<x:b>", "<x:c>"]
GRAPHS = ["<x:g>", "<x:h>"]
PREDICATES = ["<x:p>", "<x:q>"]
VALUES = [*NODES, "1", '"1"', "true", '"x"@en', "2.5"]

nodes, predicates, values = st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(VALUES)
triples = st.tuples(nodes, predicates, values).map(" ".join)
blocks = st.lists(triples, min_size=1, max_size=3).map(" . ".join)
graphs = st.sampled_from(GRAPHS)
in_graph = st.builds("GRAPH {} {{ {} }}".format, graphs, blocks)
data = st.lists(st.one_of(blocks.map("{} .".format), in_graph), min_size=1, max_size=3).map(" ".join)
patterns = st.sampled_from(
    [
        "?s ?p ?o",
        "GRAPH ?g { ?s ?p ?o }",
        "GRAPH <x:g> { ?s <x:p> ?o } OPTIONAL { ?o ?p ?z }",
        "?s ?p ?o FILTER(isLiteral(?o))",
        "?s <x:p> ?o . ?s <x:q> ?z",
        "{ ?s ?p ?o } UNION { GRAPH <x:h> { ?s ?p ?o } }",
        "BIND(<x:n> AS ?s) VALUES (?p ?o) { (<x:p> 7) (UNDEF 8) }",
    ]
)
templates = st.sampled_from(
    [
        "?s ?p ?o",
        "GRAPH ?g { ?s ?p ?o }",
        "?o ?p ?s . GRAPH <x:h> { ?s <x:new> ?z }",
        "GRAPH <x:g> { ?s ?p ?o ; <x:q> 9, ?z }",
        "<x:a> <x:p> <<( ?s ?p ?o )>>",
        "",
    ]
)
froms = st.sampled_from(["", "USING <x:g>", "USING <x:g> USING NAMED <x:h>", "USING <x:g> USING <x:h>"])
withs = st.sampled_from(["", "WITH <x:g> "])
modifications = st.builds(
    "{}DELETE {{ {} }} INSERT {{ {} }} {} WHERE {{ {} }}".format, withs, templates, templates, froms, patterns
)
managed = st.sampled_from(["DEFAULT", "NAMED", "ALL", "GRAPH <x:g>"])
named = st.sampled_from(["DEFAULT", "<x:g>", "<x:h>"])
operations = st.one_of(
    data.map("INSERT DATA {{ {} }}".format),
    data.map("DELETE DATA {{ {} }}".format),
    modifications,
    st.builds("{} SILENT {}".format, st.sampled_from(["CLEAR", "DROP"]), managed),
    st.builds("CREATE SILENT GRAPH {}".format, graphs),
    st.builds(  # the engine takes a graph that is not there for an empty one, where the standard wants an error
        "CREATE SILENT GRAPH <x:g> ; CREATE SILENT GRAPH <x:h> ; {} {} TO {}".format,
        st.sampled_from(["COPY", "MOVE", "ADD"]),
        named,
        named,
    ),
    patterns.map("DELETE WHERE {{ {} }}".format).filter(
        lambda text: not any(w in text for w in ("FILTER", "BIND", "OPT", "UNION"))
    ),
)
updates = st.lists(operations, min_size=1, max_size=4).map(" ;\n".join)


def nothing(source: str) -> Iterable[ox.Quad]:
    raise AssertionError(f"{source} is not to be fetched")


def filled(text: str) -> ox.Store:
    store = ox.Store()
    store.update(f"INSERT DATA {{ {text} }}")
    return store


@given(data, updates)
def test_an_update_does_what_the_engine_does_with_it(start: str, update: str) -> None:
    ours, theirs = filled(start), filled(start)
    before = set(ours)
    change = Change(ours, union=False)
    theirs.update(update, base_iri="https://w3id.org/pmkg/")
    apply_update(update, change, load=nothing)
    assert set(ours) == set(theirs), update
    assert change.added == set(ours) - before
    assert change.removed == before - set(ours)
    assert change.triples == sum((1 if q in ours else -1) for q in before ^ set(ours) if q.graph_name == DEFAULT_GRAPH)


@given(data, updates)
def test_the_merge_follows_every_change(start: str, update: str) -> None:
    store = ox.Store()
    first = Change(store, union=True)
    first.add(filled(start))
    before = set(store)
    change = Change(store, union=True)
    apply_update(update, change, load=nothing)
    merge = {q.triple for q in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)}
    named = {q for q in store if q.graph_name != DEFAULT_GRAPH}
    assert merge == {quad.triple for quad in named}
    assert change.quads == len(named) - sum(1 for q in before if q.graph_name != DEFAULT_GRAPH)
    assert change.triples == len(merge) - sum(1 for q in before if q.graph_name == DEFAULT_GRAPH)
    assert not any(quad.graph_name == DEFAULT_GRAPH for quad in change.added | change.removed)


def test_a_change_that_is_too_large_to_track_is_counted() -> None:
    change = Change(ox.Store(), union=True, most_tracked=3)
    apply_update("INSERT DATA { <x:a> <x:p> 1, 2, 3, 4, 5 } ; DELETE DATA { <x:a> <x:p> 5 }", change, load=nothing)
    assert not change.is_tracked
    assert (change.additions, change.removals, change.quads) == (5, 1, 4)
    assert not change.is_empty


def test_what_is_undone_is_no_change() -> None:
    change = Change(ox.Store(), union=False)
    apply_update("INSERT DATA { <x:a> <x:p> 1 } ; DELETE WHERE { <x:a> ?p ?o }", change, load=nothing)
    assert change.is_empty


def test_the_default_graph_of_a_merge_is_written_into_a_graph_of_its_own() -> None:
    store = ox.Store()
    change = Change(store, union=True)
    apply_update("INSERT DATA { <x:a> <x:p> 1 GRAPH <x:g> { <x:a> <x:p> 1 } }", change, load=nothing)
    assert {str(graph) for graph in store.named_graphs()} == {f"<{UNNAMED_GRAPH}>", "<x:g>"}
    apply_update("DELETE DATA { <x:a> <x:p> 1 }", change, load=nothing)
    assert not list(store), "a statement that is taken out of the merge is stated nowhere any more"


def test_all_graphs_are_all_but_the_one_that_tells_of_the_writes() -> None:
    store = ox.Store()
    change = Change(store, union=True)
    apply_update(
        f"INSERT DATA {{ GRAPH <{PROVENANCE_GRAPH}> {{ <x:w> <x:p> 1 }} GRAPH <x:g> {{ <x:a> <x:p> 2 }} }}",
        change,
        load=nothing,
    )
    apply_update("DROP ALL", change, load=nothing)
    assert [str(graph) for graph in store.named_graphs()] == [f"<{PROVENANCE_GRAPH}>"]


def test_blank_nodes_are_new_for_each_solution_and_shared_within_one() -> None:
    store = filled("<x:a> <x:p> 1 . <x:b> <x:p> 2")
    update = "INSERT { _:n <x:of> ?s . GRAPH <x:g> { _:n <x:value> ?o } } WHERE { ?s <x:p> ?o }"
    apply_update(update, Change(store, union=False), load=nothing)
    found = store.query("SELECT * { ?n <x:of> ?s . GRAPH <x:g> { ?n <x:value> ?o } }")
    assert isinstance(found, ox.QuerySolutions)
    rows = {(str(row["s"]), str(row["o"])) for row in found}
    assert {subject for subject, _ in rows} == {"<x:a>", "<x:b>"}
    assert len(rows) == 2


def test_an_iri_that_looks_like_a_variable_is_an_iri() -> None:
    store = ox.Store()
    apply_update("INSERT DATA { <urn:x-pmkg-variable:s> <x:p> 1 }", Change(store, union=False), load=nothing)
    assert [str(quad.subject) for quad in store] == ["<urn:x-pmkg-variable:s>"]


def test_the_requests_dataset_bounds_what_a_pattern_sees() -> None:
    store = filled("GRAPH <x:g> { <x:a> <x:p> 1 } GRAPH <x:h> { <x:b> <x:p> 2 }")
    update = "INSERT { GRAPH <x:n> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    apply_update(update, Change(store, union=False), load=nothing, dataset=Dataset(("x:g",), ()))
    assert [str(q.subject) for q in store.quads_for_pattern(None, None, None, ox.NamedNode("x:n"))] == ["<x:a>"]
    with pytest.raises(QuerySyntaxError, match="using-graph-uri"):
        apply_update(f"WITH <x:g> {update}", Change(store, union=False), load=nothing, dataset=Dataset(("x:g",), ()))


def test_a_patch_changes_its_own_graph_alone() -> None:
    store = filled("GRAPH <x:g> { <x:a> <x:p> 1 } GRAPH <x:h> { <x:b> <x:p> 2 }")
    change = Change(store, union=False)
    apply_update("DELETE { ?s ?p ?o } INSERT { ?s ?p 7 } WHERE { ?s ?p ?o }", change, load=nothing, graph="x:g")
    assert change.graphs == {ox.NamedNode("x:g")}
    assert {str(quad.object) for quad in store.quads_for_pattern(None, None, None, ox.NamedNode("x:g"))} == {
        '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'
    }
    for update in (
        "CLEAR ALL",
        "DROP GRAPH <x:h>",
        "INSERT DATA { GRAPH <x:h> { <x:a> <x:p> 1 } }",
        "WITH <x:h> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ):
        with pytest.raises(QueryRefusedError, match="beyond"):
            apply_update(update, Change(store, union=False), load=nothing, graph="x:g")


@pytest.mark.parametrize(
    "update", ["DROP GRAPH <x:none>", "CLEAR GRAPH <x:none>", "COPY <x:none> TO <x:g>", "CREATE GRAPH <x:g>"]
)
def test_a_graph_that_is_not_as_it_should_be_is_an_error_unless_silent(update: str) -> None:
    store = filled("GRAPH <x:g> { <x:a> <x:p> 1 }")
    with pytest.raises(GraphStateError):
        apply_update(update, Change(store, union=False), load=nothing)
    word, rest = update.split(" ", 1)
    apply_update(f"{word} SILENT {rest}", Change(store, union=False), load=nothing)


@pytest.mark.parametrize(
    ("update", "line"),
    [
        ("INSERT DATA { <x:a> <x:p> ?v }", 1),
        ("DELETE DATA { _:b <x:p> 1 }", 1),
        ("CLEAR ALL ;\nINSERT DATA { oops", 2),
        ("INSERT { ?s ?p ?o }", 1),
        ("SELECT * { ?s ?p ?o }", 1),
    ],
)
def test_what_is_no_update_is_refused_with_its_place(update: str, line: int) -> None:
    store = filled("<x:a> <x:p> 1")
    with pytest.raises(QuerySyntaxError) as caught:
        apply_update(update, Change(store, union=False), load=nothing)
    assert caught.value.place.line == line
    assert len(store) == 1


def test_load_reads_through_what_it_is_given_and_nothing_else() -> None:
    asked = []

    def load(source: str) -> list[ox.Quad]:
        asked.append(source)
        return [ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:p"), ox.Literal("loaded"))]

    store = ox.Store()
    apply_update("LOAD <http://example.org/x> INTO GRAPH <x:g>; LOAD <y>", Change(store, union=False), load=load)
    assert asked == ["http://example.org/x", "https://w3id.org/pmkg/y"]
    assert {str(quad.graph_name) for quad in store} == {"<x:g>", "DEFAULT"}


def test_literals_keep_the_form_they_are_written_in() -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    store = ox.Store()
    change = Change(store, union=False)
    apply_update(f'INSERT DATA {{ <x:a> <x:p> 01, "5"^^<{xsd}byte> }}', change, load=nothing)
    assert change.has_protected
    apply_update(
        "INSERT { ?s <x:q> ?o ; <x:more> ?m } WHERE { ?s <x:p> ?o BIND(?o + 1 AS ?m) }",
        change,
        load=nothing,
        protected=True,
    )
    apply_update("COPY DEFAULT TO <x:g>", change, load=nothing)
    written = {str(quad.object) for quad in change.statements(ox.NamedNode("x:g"))}
    assert written == {f'"01"^^<{xsd}integer>', f'"5"^^<{xsd}byte>', f'"2"^^<{xsd}integer>', f'"6"^^<{xsd}integer>'}
