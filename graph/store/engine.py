"""The one interface to whatever answers queries: a `QueryRequest` flows in, an `Answer` in chunks flows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from graph.errors import SettingError
from graph.settings import Settings, variable
from graph.store.formats import Format


@dataclass(frozen=True)
class QueryRequest:
    """A query and what its asker accepts.

    The formats are names of `graph.store.formats`, one for SELECT and ASK, one for CONSTRUCT and DESCRIBE; None where
    none is accepted. The graphs are IRIs and, where there are any, stand instead of the query's own FROM clauses.
    `seconds` can only shorten the time that the settings give. `is_wanted` is asked now and then
    until the first bytes are there: once it says no, the query is ended.
    """

    text: str
    solutions_format: str | None = "json"
    graph_format: str | None = "turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    seconds: float | None = None
    is_wanted: Callable[[], bool] = lambda: True


class Answer(Protocol):
    """An answer under way: iterate it for its bytes, and close it in any case (it is a context manager).

    Errors found after the first bytes, such as a deadline, raise from the iteration, as a `QueryError`.
    """

    @property
    def format(self) -> Format: ...

    @property
    def generation(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def __enter__(self) -> Answer: ...

    def __exit__(self, *exception: object) -> None: ...

    def close(self) -> None: ...

    def read(self) -> bytes: ...


class Engine(Protocol):
    """What answers queries; safe to use from several threads."""

    def query(self, request: QueryRequest) -> Answer:
        """Answer one query; the first bytes or the first error are there when it returns.

        Raises:
            QueryError: it was not answered; its subclasses say why.
        """
        ...

    def generation(self) -> int:
        """The number of the generation that a query sees now.

        Raises:
            NoGenerationError: nothing has been built yet.
        """
        ...

    def close(self) -> None:
        """End every process and free every file; queries under way are ended."""
        ...


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings ask for.

    Raises:
        SettingError: they ask for one that cannot be used.
    """
    if settings.engine:
        raise SettingError(
            f"{variable('engine')} is '{settings.engine}', and remote engines are not supported yet.",
            advice=f"Leave {variable('engine')} empty for the embedded store.",
        )
    from graph.store.embedded import EmbeddedEngine

    return EmbeddedEngine(settings)
