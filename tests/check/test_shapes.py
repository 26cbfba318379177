"""The fast SHACL engine gives the reference's report, on the real graph and on planted errors."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.build.merge import merge
from graph.check.shapes import Result, Validator, as_ntriples, merged, with_pyshacl, with_shacl
from graph.names import DEF, ID, RDF, RDFS, SH
from graph.project import Project

PROJECT = Project()


@pytest.fixture(scope="module")
def shapes() -> str:
    return as_ntriples(merged(PROJECT.shapes))


@pytest.fixture(scope="module")
def data() -> frozenset[ox.Triple]:
    return merge(PROJECT).triples


def report(validate: Validator, shapes: str, data: frozenset[ox.Triple]) -> Counter[tuple[object, ...]]:
    def key(result: Result) -> tuple[object, ...]:
        return result.focus, result.component, result.value, result.severity, result.message

    return Counter(map(key, validate(shapes, as_ntriples(data))))


def test_both_engines_report_the_same_of_the_real_graph(shapes: str, data: frozenset[ox.Triple]) -> None:
    fast = report(with_shacl, shapes, data)
    assert fast == report(with_pyshacl, shapes, data)
    assert fast, "the real graph gives warnings: an empty report would compare nothing"


def test_both_engines_report_the_same_of_planted_errors(shapes: str, data: frozenset[ox.Triple]) -> None:
    planted = frozenset(_unlabelled_things(merged(PROJECT.shapes))) | {
        _triple(ID + "strimvelis", DEF + "treats", ox.NamedNode(ID + "ecrin")),
        _triple(ID + "ecrin", RDFS + "label", ox.Literal("another", language="en")),
        _triple(ID + "Not_readable", RDF + "type", ox.NamedNode(DEF + "Disease")),
    }
    fast = report(with_shacl, shapes, data | planted)
    assert fast == report(with_pyshacl, shapes, data | planted)
    assert {"MinCountConstraintComponent", "UniqueLangConstraintComponent", "PatternConstraintComponent"} <= {
        component for _, component, *_ in fast
    }


def _unlabelled_things(shapes: list[ox.Triple]) -> list[ox.Triple]:
    """One bare instance of every class that a shape is about."""
    targets = {t.object for t in shapes if t.predicate.value.endswith("#targetClass")}
    named = sorted(target.value for target in targets if isinstance(target, ox.NamedNode))
    return [_triple(f"{ID}planted-{number}", RDF + "type", ox.NamedNode(iri)) for number, iri in enumerate(named)]


def _triple(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), value)


@pytest.mark.parametrize("path", PROJECT.shapes, ids=lambda path: path.stem)
def test_every_shape_file_refuses_a_bare_instance_of_its_classes(
    path: Path, shapes: str, data: frozenset[ox.Triple]
) -> None:
    own = merged([path])
    messages = {t.object.value for t in own if t.predicate.value == SH + "message" and isinstance(t.object, ox.Literal)}
    found = list(with_shacl(shapes, as_ntriples(data | frozenset(_unlabelled_things(own)))))
    assert messages & {result.message for result in found if result.focus.startswith(ID + "planted-")}
    assert all(result.message for result in found)
