"""What the tests of keeping share: a data directory, a source to change, and harvests of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.keep.harvest import Task, harvest
from graph.catalogue.keep.outcome import Outcome
from graph.settings import Settings
from graph.store.generations import Generations

PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix adms: <http://www.w3.org/ns/adms#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
Harvest = Callable[..., Outcome]


def dataset(number: int, more: str = "") -> str:
    """A dataset in Turtle."""
    return f'ex:d{number} a dcat:Dataset ; dct:title "Dataset {number}"@en ; dct:publisher ex:agent {more}.\n'


def document(*datasets: str) -> str:
    """A catalogue in Turtle, whose datasets share a publisher."""
    return f'{PREFIXES}ex:agent a foaf:Agent ; foaf:name "Agent" .\n{"".join(datasets)}'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source.ttl"


@pytest.fixture
def take_in(home: Path, source: Path) -> Harvest:
    """Writes a text to the source and harvests it."""

    def take(text: str, slug: str = "example", **options: bool) -> Outcome:
        source.write_text(text, encoding="utf-8")
        return harvest(Task(str(source), slug), replace(Settings(), home=home), **options)  # type: ignore[arg-type]

    return take


def current(home: Path) -> ox.Store:
    """The store of the current generation, once its counts are known to be right."""
    generation = Generations(home).current()
    store = generation.open()
    everything = list(store)
    merge = {quad.triple for quad in everything if quad.graph_name == ox.DefaultGraph()}
    named = [quad for quad in everything if quad.graph_name != ox.DefaultGraph()]
    assert merge == {quad.triple for quad in named}
    assert (generation.triples, generation.quads) == (len(merge), len(named))
    return store


def ask(home: Path, pattern: str) -> bool:
    """Whether a pattern is in the current generation."""
    text = PREFIXES.replace("@prefix", "PREFIX").replace(" .\n", "\n").replace(" . PREFIX", "\nPREFIX")
    prefixes = "PREFIX def: <https://w3id.org/pmkg/def/> PREFIX prov: <http://www.w3.org/ns/prov#>\n"
    return bool(current(home).query(f"{text}{prefixes}ASK {{ {pattern} }}"))
