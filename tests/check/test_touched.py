"""Validating what a change touches comes to the verdict of full validation, whatever the shapes and the change."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unittest.mock import patch

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.check import merge_view, touched
from graph.check.compiled import CompiledShapes
from graph.check.merge_view import SUBCLASS, TYPE
from graph.check.report import Report
from graph.check.shapes import Result, as_ntriples, merged, with_pyshacl
from graph.check.touched import Shapes
from graph.names import BASE, DEF, ID, INFERRED_GRAPH, ONTOLOGY_GRAPH, RDF, RDFS, SH
from graph.project import Project
from graph.sparql.literals import protect
from tests.conftest import Built

EXAMPLES = int(os.environ.get("PMKG_TEST_EXAMPLES", "60"))  # was run with 3,000 of each law when it was written
PREFIXES = f"""
@prefix : <{ID}> .
@prefix out: <http://example.org/> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <{RDFS}> .
@prefix sh: <{SH}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DEFAULT = ox.DefaultGraph()


def iri(name: str) -> ox.NamedNode:
    return ox.NamedNode(name if ":" in name else ID + name)


# A small world, so that random triples meet: nodes of ours and of others, classes over each other, some values.
CLASSES = [iri(name) for name in ("A", "B", "C")]
NODES: list[ox.NamedNode | ox.BlankNode] = [
    *map(iri, ("n0", "n1", "n2")),
    iri("http://example.org/o0"),
    iri("http://example.org/o1"),
    ox.BlankNode("b0"),
]
PREDICATES = [iri(name) for name in ("p", "q", "r")]
VALUES = [ox.Literal(1), ox.Literal(2), ox.Literal("z"), *(ox.Literal(text, language="en") for text in ("one", "two"))]
GRAPHS = [iri(ONTOLOGY_GRAPH), iri(BASE + "source/one"), iri(BASE + "source/two")]

triples = st.one_of(
    st.builds(ox.Triple, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES + VALUES)),
    st.builds(ox.Triple, st.sampled_from(NODES), st.just(iri(RDF + "type")), st.sampled_from(CLASSES)),
    st.builds(ox.Triple, st.sampled_from(CLASSES), st.just(iri(RDFS + "subClassOf")), st.sampled_from(CLASSES)),
)
quads = st.builds(lambda t, g: ox.Quad(t.subject, t.predicate, t.object, g), triples, st.sampled_from(GRAPHS))

names = st.sampled_from([":p", ":q", ":r", "rdf:type", "rdfs:subClassOf"])
paths = st.recursive(
    names,
    lambda inner: st.one_of(
        inner.map(lambda path: f"[ sh:inversePath {path} ]"),
        st.tuples(inner, inner).map(lambda two: f"( {two[0]} {two[1]} )"),
        st.tuples(inner, inner).map(lambda two: f"[ sh:alternativePath ( {two[0]} {two[1]} ) ]"),
        st.tuples(st.sampled_from(["zeroOrMore", "oneOrMore", "zeroOrOne"]), inner).map(
            lambda two: f"[ sh:{two[0]}Path {two[1]} ]"
        ),
    ),
    max_leaves=3,
)
OF_VALUES = [
    "sh:class :A", "sh:class :B", "sh:class :C", "sh:datatype xsd:integer", "sh:nodeKind sh:IRI",
    "sh:nodeKind sh:BlankNodeOrIRI", "sh:minLength 3", "sh:maxLength 30", 'sh:pattern "n" ; sh:flags "i"',
    'sh:languageIn ( "en" )', "sh:hasValue :n1", "sh:in ( :n0 out:o0 1 )", "sh:equals :q", "sh:disjoint :q",
    "sh:closed true ; sh:ignoredProperties ( rdf:type )", "sh:minInclusive 2", "sh:maxInclusive 1",
    "sh:minExclusive 1", "sh:maxExclusive 2",
]  # fmt: skip
OF_PROPERTIES = [
    "sh:minCount 1", "sh:minCount 2", "sh:maxCount 1", "sh:uniqueLang true", "sh:lessThan :q", "sh:lessThanOrEquals :r",
]  # fmt: skip
TARGETS = [
    "sh:targetClass :A", "sh:targetClass :B", "sh:targetNode :n0", "sh:targetNode out:o1", "sh:targetNode 1",
    "sh:targetSubjectsOf :p", "sh:targetObjectsOf :q", "sh:targetObjectsOf :p",
]  # fmt: skip
SEVERITIES = ["sh:Violation", "sh:Warning", "sh:Info"]


def node_shape(parts: list[str], severity: str = "sh:Violation") -> str:
    return f"sh:severity {severity} ; " + " ; ".join(parts)


def property_shape(path: str, parts: list[str]) -> str:
    return f"sh:path {path} ; " + " ; ".join(parts)


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Constraints that lead on to shapes, which have these constraints."""
    of_values = st.lists(inner, min_size=1, max_size=2)
    of_properties = st.lists(inner | st.sampled_from(OF_PROPERTIES), min_size=1, max_size=2)
    properties = st.builds(property_shape, paths, of_properties)
    shapes = properties | of_values.map(" ; ".join)
    counts = st.sampled_from(["sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 1", "sh:qualifiedMinCount 2"])
    disjoint = st.sampled_from(["", " ; sh:qualifiedValueShapesDisjoint true"])
    qualified = st.builds(
        lambda path, shape, count, more: f"sh:path {path} ; sh:qualifiedValueShape [ {shape} ] ; {count}{more}",
        paths, shapes, counts, disjoint,
    )  # fmt: skip
    return st.one_of(
        (properties | qualified).map(lambda text: f"sh:property [ {text} ]"),
        st.tuples(properties, qualified, qualified).map(
            lambda all: "sh:property " + " , ".join(f"[ {one} ]" for one in all)
        ),
        st.tuples(st.sampled_from(["node", "not"]), shapes).map(lambda two: f"sh:{two[0]} [ {two[1]} ]"),
        st.tuples(st.sampled_from(["and", "or", "xone"]), shapes, shapes).map(
            lambda three: f"sh:{three[0]} ( [ {three[1]} ] [ {three[2]} ] )"
        ),
    )


constraints = st.recursive(st.sampled_from(OF_VALUES), _deeper, max_leaves=4)
node_shapes = st.builds(node_shape, st.lists(constraints, min_size=1, max_size=2), st.sampled_from(SEVERITIES))
property_shapes = st.builds(
    property_shape, paths, st.lists(constraints | st.sampled_from(OF_PROPERTIES), min_size=1, max_size=2)
)
targeting = st.tuples(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2), node_shapes | property_shapes)
shapes_graphs = st.lists(targeting, min_size=1, max_size=3).map(
    lambda all: PREFIXES + "\n".join(f":s{n} {' ; '.join(said)} ; {text} ." for n, (said, text) in enumerate(all))
)


@dataclass
class Edited:
    """A store, and what an edit puts into it and takes out."""

    store: ox.Store
    union: bool

    def fill(self, quads: Iterable[ox.Quad]) -> None:
        for quad in quads:
            self.store.add(quad)
            if self.union:
                self.store.add(_in_default(quad))

    def toggle(self, quads: Iterable[ox.Quad]) -> tuple[list[ox.Quad], list[ox.Quad]]:
        """Remove those that are there, add the others."""
        added, removed = list[ox.Quad](), list[ox.Quad]()
        for quad in dict.fromkeys(quads):
            if quad in self.store:
                removed.append(quad)
                self.store.remove(quad)
                if self.union and not any(self._named(quad)):
                    self.store.remove(_in_default(quad))
            else:
                added.append(quad)
                self.fill([quad])
        return added, removed

    def _named(self, quad: ox.Quad) -> Iterator[ox.Quad]:
        found = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return (other for other in found if other.graph_name != DEFAULT)


def _in_default(quad: ox.Quad) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, quad.object, DEFAULT)


def key(result: Result) -> tuple[object, ...]:
    return result.focus, result.path, result.component, result.value, result.severity, result.shape


def hold_to_full(shapes: Shapes, edited: Edited, edit: Iterable[ox.Quad]) -> Report:
    """The law: what is reported of touched nodes, and what was of the others before, is what is reported of all."""
    before = shapes.validate_all(edited.store, union=edited.union)
    added, removed = edited.toggle(edit)
    report = shapes.validate(edited.store, added, removed, union=edited.union)
    after = Counter(map(key, shapes.validate_all(edited.store, union=edited.union).results))
    assert report.touched is not None, "a small edit is validated alone"
    others = [result for result in before.results if result.focus not in report.touched]
    assert Counter(map(key, others)) + Counter(map(key, report.results)) == after
    assert {result.focus for result in report.results} <= report.touched
    return report


@given(
    shapes_graphs,
    st.lists(quads, max_size=25),
    st.lists(quads, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([0, 1, merge_view.FEW]),
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_shapes_and_any_edit(text: str, start: list[ox.Quad], edit: list[ox.Quad], union: bool, few: int) -> None:
    edited = Edited(ox.Store(), union)
    edited.fill(start)
    with patch.object(merge_view, "FEW", few):
        hold_to_full(read(text), edited, edit)


def read(text: str) -> Shapes:
    return Shapes.of(quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE))


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes(Project().shapes)


@pytest.fixture(scope="module")
def real(built: Built) -> Edited:
    """A copy of what is built, which each test leaves changed: that the next one starts elsewhere is welcome."""
    edited = Edited(ox.Store(), union=True)
    edited.store.bulk_extend(built.store)
    return edited


def random_edit(store_quads: list[ox.Quad], dice: random.Random) -> Iterator[ox.Quad]:
    """Quads like those that are there: some of them, and mixtures of two or three."""
    for _ in range(dice.randint(1, 5)):
        one, two, three = (dice.choice(store_quads) for _ in range(3))
        kind = dice.randrange(5)
        if kind == 0:
            yield one
        elif kind == 1:
            yield ox.Quad(one.subject, two.predicate, two.object, one.graph_name)
        elif kind == 2:
            yield ox.Quad(one.subject, one.predicate, two.object, three.graph_name)
        elif kind == 3:
            new = iri(ID + f"new-{dice.randint(1, 3)}")
            yield ox.Quad(new, one.predicate, one.object, one.graph_name)
        elif not isinstance(one.object, ox.Literal):
            yield ox.Quad(two.subject, one.predicate, iri(ID + f"new-{dice.randint(1, 3)}"), one.graph_name)


@pytest.fixture(scope="module")
def facts(built: Built) -> list[ox.Quad]:
    """What sources state, and enough of the rest for classes to change."""
    graphs = {quad.graph_name for quad in built.store if quad.graph_name != DEFAULT}
    inner = {iri(ONTOLOGY_GRAPH), iri(INFERRED_GRAPH)}
    of_sources = sorted((quad for quad in built.store if quad.graph_name in graphs - inner), key=str)
    of_terms = (q for q in built.store if q.graph_name in inner and q.predicate in (TYPE, SUBCLASS))
    return of_sources + sorted(of_terms, key=str)[::5]


@pytest.mark.parametrize("seed", range(EXAMPLES // 20))
def test_any_edit_of_the_real_graph(shapes: Shapes, real: Edited, facts: list[ox.Quad], seed: int) -> None:
    hold_to_full(shapes, real, list(random_edit(facts, random.Random(seed))))


def test_what_refers_to_a_changed_thing_is_validated(shapes: Shapes, real: Edited) -> None:
    dataset, holder = iri(ID + "some-dataset"), iri(ID + "some-holder")
    graph = iri(BASE + "source/one")

    def said(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        return ox.Quad(subject, iri(predicate), value, graph)

    kind = said(holder, RDF + "type", iri(DEF + "ResearchInstitute"))
    real.fill([said(dataset, RDF + "type", iri(DEF + "Dataset")), said(dataset, DEF + "heldBy", holder), kind])
    report = hold_to_full(shapes, real, [kind])
    assert not report.conforms
    assert dataset.value in {result.focus for result in report.results if result.path == f"<{DEF}heldBy>"}


def test_a_statement_that_another_source_makes_too_changes_nothing(shapes: Shapes, real: Edited) -> None:
    quad = ox.Quad(iri("n0"), iri(RDF + "type"), iri(DEF + "Dataset"), iri(BASE + "source/one"))
    real.fill([quad])
    report = hold_to_full(shapes, real, [ox.Quad(quad.subject, quad.predicate, quad.object, iri(BASE + "source/two"))])
    assert report.touched == frozenset()


def test_a_class_that_moves_touches_its_instances_alone(shapes: Shapes, real: Edited) -> None:
    move = ox.Quad(iri(DEF + "City"), iri(RDFS + "subClassOf"), iri(DEF + "Disease"), iri(ONTOLOGY_GRAPH))
    report = hold_to_full(shapes, real, [move])
    cities = {q.subject for q in real.store.quads_for_pattern(None, TYPE, iri(DEF + "City"), DEFAULT)}
    assert report.touched is not None
    assert {city.value for city in cities if isinstance(city, ox.NamedNode)} <= report.touched
    assert len(report.touched) < 200


@pytest.mark.parametrize("bound", ["MOST_CHANGED", "MOST_READ"])
def test_a_change_that_touches_too_much_is_validated_with_everything(bound: str) -> None:
    shapes = read(PREFIXES + ":s sh:targetClass :A ; sh:property [ sh:path :p ; sh:minCount 1 ] .")
    edited = Edited(ox.Store(), union=False)
    edited.fill(ox.Quad(iri(f"n{n}"), TYPE, iri("B"), GRAPHS[1]) for n in range(3))
    added, removed = edited.toggle([ox.Quad(iri("B"), SUBCLASS, iri("A"), GRAPHS[1])])
    with patch.object(touched, bound, 0):
        report = shapes.validate(edited.store, added, removed, union=False)
    assert report.touched is None
    assert len(report.results) == 3


@pytest.mark.parametrize(
    "beyond",
    [
        'sh:sparql [ sh:select "SELECT $this WHERE { $this <urn:p> $this }" ]',
        "sh:property [ sh:path :p , :q ; sh:minCount 1 ]",
        "sh:expression :p",
    ],
    ids=["sparql", "two-paths", "expression"],
)
def test_shapes_whose_dependencies_are_unknown_are_validated_with_everything(beyond: str) -> None:
    shapes = read(f"{PREFIXES} :s sh:targetSubjectsOf :q ; {beyond} . :t sh:targetNode :n1 ; sh:class :A .")
    edited = Edited(ox.Store(), union=False)
    added, removed = edited.toggle([ox.Quad(iri("n0"), iri("q"), iri("n0"), GRAPHS[1])])
    report = shapes.validate(edited.store, added, removed, union=False)
    assert shapes.obstacle
    assert report.touched is None
    assert iri("n1").value in {result.focus for result in report.results}


def test_the_projects_shapes_can_be_analysed(shapes: Shapes) -> None:
    assert shapes.obstacle == ""


def test_an_outside_individual_of_the_ontology_is_exempt_until_a_source_speaks_of_it() -> None:
    shapes = read(PREFIXES + ":s sh:targetClass :A ; sh:property [ sh:path :p ; sh:minCount 1 ] .")
    edited = Edited(ox.Store(), union=True)
    outside = iri("http://example.org/o0")
    edited.fill([ox.Quad(outside, TYPE, iri("A"), iri(ONTOLOGY_GRAPH))])
    assert shapes.validate_all(edited.store, union=True).results == ()
    machine = ox.Quad(outside, iri("q"), iri("n0"), iri(INFERRED_GRAPH))
    assert hold_to_full(shapes, edited, [machine]).results == ()
    assert len(hold_to_full(shapes, edited, [ox.Quad(outside, iri("q"), iri("n1"), GRAPHS[1])]).results) == 1


def test_literals_are_validated_as_they_were_given_to_the_store() -> None:
    shapes = read(PREFIXES + ":s sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:datatype xsd:dateTimeStamp ] .")
    stamp = ox.Literal("2026-01-01T00:00:00Z", datatype=iri("http://www.w3.org/2001/XMLSchema#dateTimeStamp"))
    edited = Edited(ox.Store(), union=True)
    assert hold_to_full(shapes, edited, [ox.Quad(iri("n0"), iri("p"), protect(stamp), GRAPHS[1])]).results == ()
    report = hold_to_full(shapes, edited, [ox.Quad(iri("n0"), iri("p"), stamp, GRAPHS[1])])
    assert len(report.results) == 1, "the store made a dateTime of it"


def test_the_touched_part_has_the_reference_engines_report(shapes: Shapes, real: Edited, facts: list[ox.Quad]) -> None:
    """Both engines, on all that results about the touched nodes hang on."""
    text, dice = as_ntriples(merged(Project().shapes)), random.Random(7)
    edit = [quad for _ in range(8) for quad in random_edit(facts, dice)]
    given: list[list[ox.Triple]] = []

    def noting(self: CompiledShapes, data: Iterable[ox.Triple], about: object = None) -> Iterator[Result]:
        given.append(list(data))
        return results(self, given[-1], about)  # type: ignore[arg-type]

    results = CompiledShapes.results
    with patch.object(CompiledShapes, "results", noting):
        added, removed = real.toggle(edit)
        report = shapes.validate(real.store, added, removed, union=True)
    assert report.touched, "something is touched"
    assert report.results, "something is wrong"
    reference = [r for r in with_pyshacl(text, as_ntriples(given[0])) if r.focus in report.touched]

    def shown(result: Result) -> tuple[object, ...]:
        return result.focus, result.component, result.value, result.severity, result.message

    assert Counter(map(shown, report.results)) == Counter(map(shown, reference))


@pytest.mark.parametrize("few", [0, merge_view.FEW])
@pytest.mark.parametrize("said", ["sh:minCount 2", "sh:minCount 2 ; sh:maxCount 2", "sh:maxCount 1", "sh:minCount 5"])
def test_as_many_values_are_looked_at_as_decide(said: str, few: int) -> None:
    path = "[ sh:alternativePath ( :p [ sh:inversePath :q ] ) ]"
    shapes = read(f"{PREFIXES} :s sh:targetNode :n0 ; sh:property [ sh:path {path} ; {said} ] .")
    edited = Edited(ox.Store(), union=False)
    links = [ox.Quad(iri("n0"), iri("p"), node, GRAPHS[1]) for node in NODES[1:4]]
    links += [ox.Quad(NODES[2], iri("q"), iri("n0"), GRAPHS[1]), ox.Quad(NODES[4], iri("q"), iri("n0"), GRAPHS[2])]
    with patch.object(merge_view, "FEW", few):
        for link in (*links, *links):  # one more, up to all, then one less
            hold_to_full(shapes, edited, [link])


def test_a_disjoint_qualified_shape_hangs_on_what_its_siblings_ask_of_its_values() -> None:
    shapes = read(
        PREFIXES
        + """:s sh:targetNode :n0 ; sh:property
            [ sh:path :p ; sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ; sh:qualifiedMinCount 1 ;
              sh:qualifiedValueShapesDisjoint true ] ,
            [ sh:path :q ; sh:qualifiedValueShape [ sh:path :r ; sh:hasValue :n2 ] ; sh:qualifiedMinCount 0 ] ."""
    )
    edited = Edited(ox.Store(), union=False)
    edited.fill([ox.Quad(iri("n0"), iri("p"), iri("n1"), GRAPHS[1])])
    report = hold_to_full(shapes, edited, [ox.Quad(iri("n1"), iri("r"), iri("n2"), GRAPHS[1])])
    assert not report.conforms
