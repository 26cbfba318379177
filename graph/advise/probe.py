"""Small questions to the engine, within a budget: a pattern flows in, yes, no or rows flow out, None when not told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.errors import QueryCancelledError, QueryError, ServiceBusyError, TooManyRequestsError
from graph.store.engine import Engine, QueryRequest

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = dict[str, Term]
SECONDS = 4.0  # for all the questions about one query
EACH_SECONDS = 1.0
MOST = 60
MOST_BYTES = 8 << 20
PASSED_ON = (QueryCancelledError, ServiceBusyError, TooManyRequestsError)  # nothing can be asked any more


def is_passed_on(error: QueryError) -> bool:
    """Whether the error ends the advice, not just the question: so it is where nobody waits for it, too."""
    return isinstance(error, PASSED_ON) or type(error) is QueryError


@dataclass
class Prober:
    """Asks in the query's own prologue and dataset; questions that take too long are not told, and end with the budget.

    A `ServiceBusyError` goes through: nobody can be advised while no reader is free; so does a cancellation.
    """

    engine: Engine
    prologue: str = ""
    dataset: str = ""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    seconds: float = SECONDS
    most: int = MOST
    is_wanted: Callable[[], bool] = lambda: True
    asked: int = 0
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds

    def ask(self, pattern: str, *, dataset: bool = True, seconds: float = EACH_SECONDS) -> bool | None:
        """Whether a pattern matches anything."""
        found = self.answer(f"ASK {self.dataset if dataset else ''} {{ {pattern} }}", dataset=dataset, seconds=seconds)
        return bool(found) if isinstance(found, ox.QueryBoolean) else None

    def select(
        self, head: str, pattern: str, tail: str = "", *, dataset: bool = True, seconds: float = EACH_SECONDS
    ) -> list[Row] | None:
        """The rows of `SELECT head { pattern } tail`; give it a LIMIT."""
        text = f"SELECT {head} {self.dataset if dataset else ''} {{ {pattern} }} {tail}"
        found = self.answer(text, dataset=dataset, seconds=seconds)
        if not isinstance(found, ox.QuerySolutions):
            return None
        names = [variable.value for variable in found.variables]
        rows = ({name: solution[name] for name in names} for solution in found)
        return [{name: term for name, term in row.items() if isinstance(term, Term)} for row in rows]

    def answer(self, text: str, *, dataset: bool = True, seconds: float = EACH_SECONDS) -> object | None:
        """What the engine says to a text that follows the prologue, None where it was not told in time."""
        left = self._ends - time.monotonic()
        if self.asked >= self.most or left <= 0:
            return None
        self.asked += 1
        request = QueryRequest(
            f"{self.prologue} {text}",
            graph_format=None,
            default_graphs=self.default_graphs if dataset else (),
            named_graphs=self.named_graphs if dataset else (),
            seconds=min(seconds, left),
            is_wanted=self.is_wanted,
        )
        try:
            with self.engine.query(request) as answer:
                content = b""
                for chunk in answer:
                    content += chunk
                    if len(content) > MOST_BYTES:
                        return None
        except QueryError as error:
            if is_passed_on(error):
                raise
            return None
        return ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
