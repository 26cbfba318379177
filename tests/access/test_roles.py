"""What each role may write and do, and that no look-alike of a graph's name gets around it."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access.roles import ANYONE, Action, Principal, Role, lowest, may, may_write
from graph.names import BASE, INFERRED_GRAPH, ONTOLOGY_GRAPH, PROVENANCE_GRAPH, SOURCES_GRAPH

CATALOGUE = BASE + "catalogue/sciensano"
READER, HARVESTER, CURATOR, ADMIN = Role


@pytest.mark.parametrize(
    ("graph", "roles"),
    [
        (CATALOGUE, [HARVESTER, CURATOR, ADMIN]),
        (CATALOGUE + "/2026-05-05", [HARVESTER, CURATOR, ADMIN]),
        (ONTOLOGY_GRAPH, [CURATOR, ADMIN]),
        (SOURCES_GRAPH, [CURATOR, ADMIN]),
        (BASE + "graph/links", [CURATOR, ADMIN]),
        (BASE + "source/icpermed-2022/trials-2", [CURATOR, ADMIN]),
        ("http://example.org/graph", [CURATOR, ADMIN]),
        ("urn:example:g", [CURATOR, ADMIN]),
        (None, [CURATOR, ADMIN]),
        (INFERRED_GRAPH, [ADMIN]),
        (PROVENANCE_GRAPH, [ADMIN]),
        (BASE + "graph/anything-new", [ADMIN]),
        (BASE + "catalogue/", [ADMIN]),
        (BASE + "catalogue", [CURATOR, ADMIN]),
        ("catalogue/x", [ADMIN]),
        ("_:b0", [ADMIN]),
        ("", [ADMIN]),
    ],
)
def test_a_graph_is_written_by_these_roles_alone(graph: str | None, roles: list[Role]) -> None:
    assert [role for role in Role if may_write(role, graph)] == roles


TRICKS = [
    BASE + "catalogue/../graph/ontology",
    BASE + "catalogue/x/../../graph/provenance",
    BASE + "catalogue/%2e%2e/graph/ontology",
    BASE + "catalogue/%252e%252e/graph/ontology",
    BASE + "catalogue/..%2fgraph/ontology",
    BASE + "catalogue/./x",
    BASE + "catalogue//x",
    BASE + "catalogue/x/",
    BASE + "catalogue/x#" + ONTOLOGY_GRAPH,
    BASE + "catalogue/x?graph=" + ONTOLOGY_GRAPH,
    BASE + "catalogue/x\n",
    BASE + "catalogue/x\\..\\y",
    BASE + "catalogue/\N{FULLWIDTH LATIN SMALL LETTER X}",
    BASE + "catalogue/x\N{ZERO WIDTH SPACE}",
    BASE + "Catalogue/x/../x",
    "HTTPS://w3id.org/pmkg/catalogue/x",
    "https://W3ID.org/pmkg/catalogue/x",
    "http://w3id.org/pmkg/catalogue/x",
    "https://w3id.org:443/pmkg/catalogue/x",
    "https://w3id.org./pmkg/catalogue/x",
    "https://someone@w3id.org/pmkg/catalogue/x",
    "https://w3id.org/./pmkg/graph/inferred",
    "https://w3id.org//pmkg/graph/inferred",
    "https://w3id.org/x/../pmkg/graph/inferred",
    "https://w3id.org/%70mkg/graph/inferred",
    "https://w3id.org/pmkg\\graph\\inferred",
    "https:\\\\w3id.org\\pmkg\\graph\\inferred",
    "https:w3id.org/pmkg/graph/inferred",
    "https://\N{FULLWIDTH LATIN SMALL LETTER W}3id.org/pmkg/graph/inferred",
    BASE + "graph/%69nferred",
    BASE + "graph/Inferred",
    BASE + "graph/inferred#",
    BASE + "graph/inferred/",
    BASE.rstrip("/") + "#graph/inferred",
]


@pytest.mark.parametrize("graph", TRICKS)
def test_a_name_that_could_be_taken_for_another_is_for_the_admin_alone(graph: str) -> None:
    assert [role for role in Role if may_write(role, graph)] == [ADMIN]


@pytest.mark.parametrize(
    "graph",
    ["https://w3id.org/pmkg-other/g", "https://w3id.org/other/pmkg", "https://w3id.org.example/pmkg/graph/inferred"],
)
def test_a_neighbour_of_our_namespace_is_somebody_elses(graph: str) -> None:
    assert may_write(CURATOR, graph) and not may_write(HARVESTER, graph)


@given(st.text(alphabet=st.sampled_from("abZ09./%2eE\\#?:@-_~ é"), max_size=12))
def test_a_harvester_writes_only_what_stays_below_the_catalogues(path: str) -> None:
    graph = BASE + "catalogue/" + path
    if may_write(HARVESTER, graph):
        assert quote(path, safe="/~") == path, "nothing to decode"
        assert all(segment.strip(".") for segment in path.split("/")), "nothing to resolve"


@given(st.one_of(st.none(), st.text(), st.sampled_from(TRICKS), st.text(max_size=9).map(lambda end: BASE + end)))
def test_each_role_writes_at_least_what_the_role_before_it_writes(graph: str | None) -> None:
    for less, more in itertools.pairwise(Role):
        assert may_write(more, graph) or not may_write(less, graph)


def test_each_role_does_at_least_what_the_role_before_it_does() -> None:
    for (less, more), action in itertools.product(itertools.pairwise(Role), Action):
        assert may(more, action) or not may(less, action)
    assert not any(may(READER, action) for action in Action) and all(may(ADMIN, action) for action in Action)


def test_the_lowest_role_for_an_action_is_the_one_to_ask_for() -> None:
    assert (lowest(Action.WRITE), lowest(Action.ROLL_BACK)) == (HARVESTER, ADMIN)


def test_who_is_known_is_not_anyone() -> None:
    assert ANYONE.is_anyone and not Principal("x", READER).is_anyone and not Principal("anyone", ADMIN).is_anyone


def test_a_name_that_is_encoded_over_and_over_is_refused_at_once() -> None:
    assert not may_write(Role.CURATOR, "http://example.org/%" + "25" * 200_000)
    assert may_write(Role.CURATOR, "http://example.org/%25" + "a" * 200_000)
