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
    until the first bytes are there: once it says no, the query is ended. `on_turn` is called when its wait is over.
    `generation` is the number of the one to ask, None for the current one. `client` says whose
    query it is: one client never holds all readers. With `whole`, the answer is the whole
    dataset, in a format that names graphs.
    """

    text: str
    solutions_format: str | None = "json"
    graph_format: str | None = "turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    seconds: float | None = None
    is_wanted: Callable[[], bool] = lambda: True
    on_turn: Callable[[], None] = lambda: None
    generation: int | None = None
    client: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Edition:
    """The state of the dataset that an answer is about.

    `identity` is a checksum of what the generation's description says: a number alone would be given again in another
    data directory. `created` is when it was made, as ISO 8601 writes it.
    """

    number: int
    identity: str
    created: str


class Answer(Protocol):
    """An answer under way: iterate it for its bytes, and close it in any case (it is a context manager).

    Errors found after the first bytes, such as a deadline, raise from the iteration, as a `QueryError`.
    """

    @property
    def format(self) -> Format: ...

    @property
    def generation(self) -> int: ...

    @property
    def edition(self) -> Edition: ...

    @property
    def queued(self) -> float:
        """The seconds that it waited for its turn."""
        ...

    @property
    def evaluated(self) -> float:
        """The seconds from then until its first bytes were there."""
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    def __enter__(self) -> Answer: ...

    def __exit__(self, *exception: object) -> None: ...

    def close(self) -> None: ...

    def cancel(self) -> None:
        """End it from another thread: whoever reads it gets a `QueryCancelledError`."""
        ...

    def read(self) -> bytes: ...


class Engine(Protocol):
    """What answers queries; safe to use from several threads."""

    def query(self, request: QueryRequest) -> Answer:
        """Answer one query; the first bytes or the first error are there when it returns.

        Raises:
            QueryError: it was not answered; its subclasses say why.
            FetchError: an endpoint that it calls with SERVICE was not asked, or did not answer.
        """
        ...

    def generation(self) -> int:
        """The number of the generation that a query sees now.

        Raises:
            NoGenerationError: nothing has been built yet.
        """
        ...

    def edition(self, number: int | None = None) -> Edition:
        """What a query of that generation, or of the current one, sees now; it costs microseconds.

        Raises:
            UnknownGenerationError: there is none of that number; `PrunedGenerationError` where there was.
            StoreError: no generation can be read.
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
