"""What the tests of the store share: a small dataset, a data directory with one generation, an engine on it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.settings import Settings
from graph.store.embedded import EmbeddedEngine
from graph.store.engine import QueryRequest
from graph.store.generations import Generations

GRAPHS = 3
SUBJECTS = 40


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"http://example.org/{name}")


def quads(subjects: int = SUBJECTS) -> Iterator[ox.Quad]:
    """Each subject's number, stated in three graphs, and a link stated in one."""
    for subject, graph in itertools.product(range(subjects), range(GRAPHS)):
        yield ox.Quad(node(f"s{subject}"), node("number"), ox.Literal(subject), node(f"g{graph}"))
        if graph == 0:
            yield ox.Quad(node(f"s{subject}"), node("next"), node(f"s{(subject + 1) % subjects}"), node("g0"))


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one generation of 80 triples, each number stated three times; not to be changed."""
    found = Generations(tmp_path_factory.mktemp("store") / "home")
    with found.write(note="the first") as draft:
        draft.publish(quads())
    return found.home


@pytest.fixture
def generations(first_home: Path, tmp_path: Path) -> Generations:
    """A copy of that data directory, to be changed."""
    return Generations(Path(shutil.copytree(first_home, tmp_path / "home", symlinks=True)))


OpenEngine = Callable[..., EmbeddedEngine]
USUAL = Settings(query_seconds=60.0, queue_seconds=60.0, query_megabytes=128, startup_seconds=0.0)


@pytest.fixture
def open_engine(generations: Generations) -> Iterator[OpenEngine]:
    """Opens engines on the data directory with settings of one's own; they are closed after the test."""
    opened: list[EmbeddedEngine] = []

    def open_with(**settings: object) -> EmbeddedEngine:
        engine = EmbeddedEngine(replace(USUAL, **{"home": generations.home, **settings}))  # type: ignore[arg-type]
        opened.append(engine)
        return engine

    yield open_with
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def engine(first_home: Path) -> Iterator[EmbeddedEngine]:
    """One engine for all the tests that only ask."""
    engine = EmbeddedEngine(replace(USUAL, home=first_home))
    yield engine
    engine.close()


def ask(engine: EmbeddedEngine, text: str, name: str = "csv", **request: object) -> str:
    """The whole answer to a query, as text."""
    with engine.query(QueryRequest(text, name, **request)) as answer:  # type: ignore[arg-type]
        return answer.read().decode()


def count(engine: EmbeddedEngine) -> int:
    return int(ask(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").split()[1])
