"""What the tests of advice share: engines on the real project and on small graphs of one's own, with their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.advise.advice import Advice, advise
from graph.advise.schema import Schema, read_schema
from graph.settings import Settings
from graph.store.engine import Engine, open_engine
from graph.store.generations import Generations
from tests.conftest import Built


@dataclass(frozen=True)
class Adviser:
    """A graph that can be asked for advice."""

    engine: Engine
    schema: Schema

    def __call__(self, text: str, **options: object) -> Advice:
        return advise(text, self.engine, self.schema, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def real(built: Built) -> Iterator[Adviser]:
    """The real project."""
    with closing(open_engine(built.settings)) as engine:
        yield Adviser(engine, read_schema(engine))


@pytest.fixture
def graph_of(tmp_path: Path) -> Iterator[Callable[..., Adviser]]:
    """Makes a graph of some TriG, whose default graph is the merge unless `union` is off."""
    with ExitStack() as opened:

        def make(trig: str, union: bool = True) -> Adviser:
            settings = replace(Settings(), home=tmp_path / "home", union_default_graph=union)
            with Generations(settings.home, union=union).write(note="test", fresh=True) as draft:
                draft.publish(ox.parse(trig.encode(), format=ox.RdfFormat.TRIG))
            engine = opened.enter_context(closing(open_engine(settings)))
            return Adviser(engine, read_schema(engine))

        yield make
