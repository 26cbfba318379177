"""The shapes as they are written: complete in themselves, and in words that help."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.validate.profiles import FOLDER, LEVELS, PROFILES, Profile
from graph.names import PREFIXES, SH, shorten
from graph.rdf.index import TYPE, Index
from graph.rdf.reading import read_quads

FILES = sorted([*(FOLDER / "dcat-ap").glob("*.ttl"), *(FOLDER / "healthdcat-ap").glob("*.ttl")])
profiles = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
SEVERAL = [SH + name for name in ("property", "node", "not", "or", "and")]


def shapes_with_properties(index: Index) -> list[str]:
    return list(index.subjects(TYPE, SH + "PropertyShape"))


def test_every_file_belongs_to_a_profile() -> None:
    assert {path for profile in PROFILES.values() for path in profile.paths} == set(FILES)


@profiles
def test_every_shape_that_is_named_is_defined(profile: Profile) -> None:
    for triple in profile.triples:
        if triple.predicate.value in SEVERAL and isinstance(triple.object, ox.NamedNode):
            assert profile.index.objects(triple.object.value, TYPE), f"{triple.object} is used, but not defined"


def test_every_property_shape_is_used() -> None:
    said = [triple for profile in PROFILES.values() for triple in profile.triples]
    used = {triple.object.value for triple in said if isinstance(triple.object, ox.NamedNode)}
    for profile in PROFILES.values():
        for shape in shapes_with_properties(profile.index):
            assert shape in used, f"no shape has {shape}"


@profiles
def test_every_property_shape_says_its_path_its_name_and_what_to_do(profile: Profile) -> None:
    for shape in shapes_with_properties(profile.index):
        assert len(profile.index.objects(shape, SH + "path")) == 1, shape
        assert len(profile.index.literals(shape, SH + "name")) == 1, shape
        (message,) = profile.index.literals(shape, SH + "message")
        assert message.language == "en"
        assert message.value.endswith("."), shape
        assert len(message.value.split()) > 3, shape


@profiles
def test_a_message_names_the_property_that_it_is_about(profile: Profile) -> None:
    for shape in shapes_with_properties(profile.index):
        for path in profile.index.iris(shape, SH + "path"):
            (message,) = profile.index.literals(shape, SH + "message")
            prefix, _, name = shorten(path).partition(":")
            assert f"{prefix}:{name}" in message.value or path in message.value or _is_indirect(shape), shape


def _is_indirect(shape: str) -> bool:
    """Shapes of values whose message is about the value's own properties."""
    return shape.endswith(("-complete", "-listed", "-health", "-replaced"))


@profiles
def test_every_prefix_in_a_message_is_one_of_the_project(profile: Profile) -> None:
    for triple in profile.triples:
        if triple.predicate.value == SH + "message" and isinstance(triple.object, ox.Literal):
            for word in triple.object.value.replace("^^", " ").split():
                prefix, colon, name = word.strip("(),.;").partition(":")
                if colon and name[:1].isalpha() and prefix.isidentifier():
                    assert prefix in {*PREFIXES, "xsd", "rdf"}, f"{word} in {triple.object}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_recommendations_warn_and_obligations_do_not(path: Path) -> None:
    index = Index(quad.triple for quad in read_quads(path))
    for shape in shapes_with_properties(index):
        severities = index.iris(shape, SH + "severity")
        if path.stem == "recommendations" or shape.endswith("-advised"):
            assert severities == [SH + "Warning"], shape
        elif path.stem in ("structure", "ranges"):
            assert severities == [], shape


def test_a_level_adds_to_what_all_levels_ask() -> None:
    common = set.intersection(*(set(profile.files) for profile in LEVELS.values()))
    for level, profile in LEVELS.items():
        assert set(profile.files) - common == {f"healthdcat-ap/{level.slug}.ttl"}


def test_the_shapes_for_facts_are_others() -> None:
    from graph.project import Project

    assert not {path.parent for path in Project().shapes} & {path.parent for path in FILES}
