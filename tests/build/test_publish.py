"""A build becomes a generation that says what it holds and where it comes from."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.access.roles import Principal, Role
from graph.build.publish import load, publish, version
from graph.check.touched import Shapes
from graph.names import AGENT, INFERRED_GRAPH, PREFIXES, PROVENANCE_GRAPH, SOURCE
from graph.project import ROOT
from graph.rdf.reading import Dataset
from graph.settings import Settings
from graph.store.generations import Generations
from graph.write.perform import Performer
from graph.write.request import Update, Write
from tests.build.triples import dataset, triples

INFERRED = triples("id:x a :B . id:y a :B .")


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return dataset(
        tmp_path,
        facts="icpermed:a-1 { id:x a :A ; :p id:y , id:z } icpermed:a-2 { id:x a :A . id:y a :A . }",
    )


def written(home: Path, data: Dataset, *, union: bool = True) -> ox.Store:
    settings = Settings(home=home, union_default_graph=union)
    number, _ = publish(data, INFERRED, settings, {"fingerprint": "f1"})
    generation = Generations(home).current()
    assert generation.number == number
    assert generation.fingerprint == "f1"
    return generation.open()


def count(store: ox.Store, pattern: str) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    (row,) = store.query(query, prefixes=PREFIXES)  # type: ignore[misc]
    return int(row["n"].value)  # type: ignore[union-attr, index, unused-ignore]


def test_each_graph_is_there_and_the_default_graph_is_their_merge(tmp_path: Path, data: Dataset) -> None:
    store = written(tmp_path / "home", data)
    assert count(store, "GRAPH icpermed:a-1 { ?s ?p ?o }") == 3
    assert count(store, f"GRAPH <{INFERRED_GRAPH}> {{ ?s ?p ?o }}") == 2
    assert count(store, "?s a def:A") == 2
    merged = {quad.triple for quad in store if not isinstance(quad.graph_name, ox.DefaultGraph)}
    assert count(store, "?s ?p ?o") == len(merged)


def test_the_default_graph_is_empty_where_no_merge_is_wanted(tmp_path: Path, data: Dataset) -> None:
    assert count(written(tmp_path / "home", data, union=False), "?s ?p ?o") == 0


def test_provenance_says_what_was_built_from_what_and_how_much(tmp_path: Path, data: Dataset) -> None:
    store = written(tmp_path / "home", data)
    where = f"GRAPH <{PROVENANCE_GRAPH}>"
    agent = f"?software schema:softwareVersion '{version()}'"
    build = "?build a prov:Activity ; prov:endedAtTime ?time ; dcterms:identifier 'f1'"
    activity = f"{build} ; prov:wasAssociatedWith ?software . {agent}"
    assert count(store, f"{where} {{ ?dataset prov:wasGeneratedBy ?build . {activity} }}") == 1
    counts = "void:triples 3 ; void:distinctSubjects 1 ; void:classes 1 ; void:properties 2"
    assert count(store, f"{where} {{ ?dataset void:subset icpermed:a-1 . icpermed:a-1 {counts} }}") == 1


def test_the_same_input_gives_the_same_statements_but_for_the_time(tmp_path: Path, data: Dataset) -> None:
    stores = [written(tmp_path / name, data) for name in ("one", "two")]
    one, two = ({quad for quad in store if not quad.predicate.value.endswith("AtTime")} for store in stores)
    assert one == two


def edit(settings: Settings, text: str) -> None:
    """Write as the server does."""
    performer = Performer(settings, Shapes([]), lambda source: [])
    performer.perform(Write("w1", Principal("somebody", Role.ADMIN), Update(text)))


def test_a_build_keeps_what_others_wrote(tmp_path: Path, data: Dataset) -> None:
    settings = Settings(home=tmp_path / "home")
    written(settings.home, data)
    edit(settings, "INSERT DATA { GRAPH <x:mine> { <x:a> <x:p> 01 } GRAPH icpermed:a-1 { id:x def:p id:w } }")
    number, edited = publish(data, INFERRED, settings, {"fingerprint": "f2"})
    assert edited == [SOURCE + "icpermed-2022/a-1"]
    generation = Generations(settings.home).get(number)
    store = generation.open()
    assert count(store, "GRAPH <x:mine> { <x:a> <x:p> ?o }") == count(store, "<x:a> <x:p> ?o") == 1
    assert count(store, "GRAPH icpermed:a-1 { id:x def:p id:w }") == 1, "the edit wins over the file"
    assert count(store, f"GRAPH <{PROVENANCE_GRAPH}> {{ ?w prov:wasAssociatedWith <{AGENT}somebody> }}") == 1
    assert count(store, "?build prov:endedAtTime ?t ; dcterms:identifier ?f") == 1, "one build, the last"
    assert generation.metadata["protected"]


def test_a_graph_that_is_no_longer_in_the_files_goes(tmp_path: Path, data: Dataset) -> None:
    settings = Settings(home=tmp_path / "home")
    written(settings.home, data)
    fewer = dataset(tmp_path, facts="icpermed:a-1 { id:x a :A }")
    publish(fewer, frozenset(), settings, {"fingerprint": "f2"})
    assert count(Generations(settings.home).current().open(), "GRAPH icpermed:a-2 { ?s ?p ?o }") == 0


def test_a_store_is_filled_for_a_check_as_a_generation_is(tmp_path: Path, data: Dataset) -> None:
    store = ox.Store()
    load(store, data, INFERRED, union=True)
    generation = written(tmp_path / "home", data)
    provenance = {quad.triple for quad in generation if quad.graph_name == ox.NamedNode(PROVENANCE_GRAPH)}
    assert {quad for quad in generation if quad.triple not in provenance} == set(store)


def test_the_version_is_the_one_of_the_package() -> None:
    assert f'version = "{version()}"' in (ROOT / "pyproject.toml").read_text("utf-8")
