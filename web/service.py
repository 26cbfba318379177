"""What the blueprints share: settings flow in; answers to queries, and what is known of the generation, flow out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pyoxigraph as ox
from flask import current_app

from graph.errors import NoGenerationError
from graph.settings import Settings
from graph.store.engine import Answer, Engine, QueryRequest, open_engine
from graph.store.generation import Generation
from graph.store.generations import Generations
from graph.write.writer import Writer
from web.caching import AnswerCache
from web.judging import Judges

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = dict[str, Term]
Value = TypeVar("Value")


class Service:
    """The engine behind the pages and the endpoint, opened when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.generations = Generations(
            settings.home, union=settings.union_default_graph, keep=settings.keep_generations
        )
        self.cache = AnswerCache(settings.cache_megabytes << 20)
        self.is_building: Callable[[], bool] = lambda: False
        self.writer = Writer(settings)
        self.judges = Judges(settings)
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, object]] = {}

    @property
    def engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = open_engine(self.settings)
            return self._engine

    @property
    def generation(self) -> Generation | None:
        """The current generation as its files describe it, or None before the first build."""
        try:
            return self.generations.current()
        except NoGenerationError:
            return None

    def make_first_generation(self) -> None:
        """Make an empty generation where there is none, so that an empty store answers at once."""
        if self.generation is None:
            with self.generations.write(note="empty", fresh=True):
                pass

    def query(self, request: QueryRequest) -> Answer:
        """Ask the engine; raises what `graph.errors` says of queries."""
        return self.engine.query(request)

    def select(self, text: str) -> list[Row]:
        """The rows of a SELECT, each a term by variable name; unbound variables are left out."""
        with self.query(QueryRequest(text, solutions_format="json", graph_format=None)) as answer:
            solutions = ox.parse_query_results(answer.read(), format=ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        found = ({name: row[name] for name in names} for row in solutions)
        return [{name: term for name, term in row.items() if isinstance(term, Term)} for row in found]

    def kept(self, name: str, generation: Generation, make: Callable[[], Value]) -> Value:
        """What `make` returns, computed once for each generation."""
        stored = self._kept.get(name)
        if stored is None or stored[0] != generation.number:
            stored = self._kept[name] = (generation.number, make())
        return stored[1]  # type: ignore[return-value]

    def close(self) -> None:
        """End the engine and every query under way."""
        self.writer.close()
        self.judges.close()
        with self._lock:
            if self._engine is not None:
                self._engine.close()


def service() -> Service:
    """The service of the application that answers now."""
    found = current_app.extensions["pmkg"]
    assert isinstance(found, Service)
    return found
