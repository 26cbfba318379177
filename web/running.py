"""The queries under way: one that a client sends flows in, a place among them flows out, or why there is none now.

No client can take all places: each has a few of its own, so that who asks for much at once is told to wait, and who
asks for one thing finds a reader. Whoever may see a query can end it.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from graph.errors import QueryCancelledError, QueryError, ServiceBusyError, TooManyRequestsError
from graph.settings import Settings, variable
from graph.store.engine import Answer
from web.clients import Client

RETRY_AFTER = 5
_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KIND = re.compile(r"#[^\r\n]*|<[^<>\s]*>|(?<![\w:?$@])(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:])", re.IGNORECASE)
_LOOKED_AT = 20_000  # characters of a text in which its kind is looked for


class State(Enum):
    """What a query is doing."""

    WAITING = "waiting"
    RUNNING = "running"
    STREAMING = "streaming"


@dataclass(eq=False)
class Running:
    """A query under way; its `id` cannot be guessed, so that who was told it may be its asker."""

    id: str
    text: str
    client: Client
    kind: str
    started: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    state: State = State.WAITING
    generation: int | None = None
    is_cancelled: bool = False
    is_stopped: bool = False  # cancelled because the server stops
    waited: float = 0.0
    answer: Answer | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def on_turn(self) -> None:
        """Its wait for a reader is over."""
        self.waited = self.seconds
        self.state = State.RUNNING

    def on_answer(self, answer: Answer) -> None:
        """Its first bytes are there.

        Raises:
            QueryCancelledError: it was cancelled while they came.
        """
        self.answer, self.generation, self.state = answer, answer.generation, State.STREAMING
        if self.is_cancelled:  # by a thread that found no answer to cancel yet
            raise cancelled()

    def cancel(self) -> None:
        """End it: its client gets a problem, or a broken answer where it has begun."""
        self.is_cancelled = True
        if self.answer is not None:
            self.answer.cancel()

    def wanted(self, is_there: Callable[[], bool]) -> Callable[[], bool]:
        """Whether to go on, as a function: it is not cancelled, and its client is there."""
        return lambda: not self.is_cancelled and is_there()


class Queries:
    """All queries under way, and how many there may be; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}

    @contextmanager
    def place(self, text: str, client: Client, name: str | None = None) -> Iterator[Running]:
        """A place for one query, until the block ends; `name` is the id that its client gave it.

        Raises:
            QueryError: the name is not one, or another query has it.
            TooManyRequestsError: the client has its share of places already.
            ServiceBusyError: all places are taken.
            QueryCancelledError: it was cancelled.
        """
        running = self._enter(text, client, name)
        try:
            yield running
        except QueryError as error:
            if running.is_stopped:
                raise ServiceBusyError("the server is stopping.", retry_after=RETRY_AFTER) from error
            if running.is_cancelled and not isinstance(error, QueryCancelledError):
                raise cancelled() from error
            raise
        finally:
            with self._lock:
                del self._running[running.id]

    def stop_waiting(self) -> None:
        """End those that wait, with word that the server stops: what they wait for will not come."""
        for running in self.all():
            if running.state is State.WAITING:
                running.is_stopped = True
                running.cancel()

    def all(self) -> list[Running]:
        """Those under way, the oldest first."""
        with self._lock:
            return sorted(self._running.values(), key=lambda item: item.began)

    def find(self, name: str) -> Running | None:
        with self._lock:
            return self._running.get(name)

    def _enter(self, text: str, client: Client, name: str | None) -> Running:
        if name is not None and not _NAME.fullmatch(name):
            raise QueryError(
                "the PMKG-Query-Id header is not an id.", advice="Send 16 to 64 letters, digits, - and _, at random."
            )
        setting = "user_queries" if client.name else "client_queries"
        share: int = getattr(self._settings, setting)
        with self._lock:
            if name in self._running:
                raise QueryError("another query has this id.", advice="Make an id at random for each query.")
            if sum(item.client.key == client.key for item in self._running.values()) >= share:
                raise TooManyRequestsError(
                    f"{share} queries of yours run or wait already.",
                    retry_after=RETRY_AFTER,
                    advice=f"Wait for one to end, or cancel one (/queries). The limit is {variable(setting)}.",
                )
            if len(self._running) >= self._settings.most_queries:
                raise ServiceBusyError(
                    f"{self._settings.most_queries} queries run or wait already.",
                    retry_after=RETRY_AFTER,
                    advice=f"Ask again later. The limit is {variable('most_queries')}.",
                )
            running = Running(name or secrets.token_urlsafe(18), text, client, kind_of(text))
            self._running[running.id] = running
        return running


def cancelled() -> QueryCancelledError:
    """What a cancelled query ends with."""
    return QueryCancelledError("the query was cancelled, by its asker or by an administrator.")


def kind_of(text: str) -> str:
    r"""The form of a query in small letters, 'other' where it is none.

    >>> kind_of("PREFIX ask: <http://x/select> # construct\nselect * {}")
    'select'
    """
    found = next((match[1] for match in _KIND.finditer(text[:_LOOKED_AT]) if match[1]), "other")
    return found.lower()
