"""The embedded engine: a request flows in, is looked over and asked of a reader process, and its answer flows out."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import lru_cache

from graph.errors import (
    PmkgError,
    QueryCancelledError,
    QueryCrashError,
    QueryError,
    QueryMemoryError,
    QueryTimeoutError,
    ServiceBusyError,
)
from graph.names import PREFIXES
from graph.settings import Settings, variable
from graph.sparql import guard
from graph.store import wire
from graph.store.engine import Edition, QueryRequest
from graph.store.federate import Federation
from graph.store.formats import Format, by_name
from graph.store.generation import Generation
from graph.store.generations import Generations
from graph.store.lease import Census, Lease, check_wanted
from graph.store.pool import Pool
from graph.worker.ending import ran_out_of_memory

SIGKILL, SIGALRM = 9, 14
WANTED_SECONDS = 0.2  # how often a query that has not begun to answer is looked at: is it wanted still?
GRACE_SECONDS = 5.0  # the reader's own alarm comes first; this is for a reader that is stopped
_ORDER_BY = re.compile(r"\bORDER\b", re.IGNORECASE)


class EmbeddedEngine:
    """Answers from the generations of the data directory, by a pool of reader processes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bounds = guard.Bounds(
            settings.query_characters,
            settings.query_tokens,
            settings.query_levels,
            settings.query_patterns,
            settings.query_operators,
        )
        generations = Generations(settings.home, union=settings.union_default_graph, keep=settings.keep_generations)
        self._federation = Federation(settings)
        self._pool = Pool(generations, settings)
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def query(self, request: QueryRequest) -> EmbeddedAnswer:
        """See `Engine.query`."""
        question = self._question(request)
        lost = 0
        while True:
            asked = time.monotonic()
            lease = self._pool.lease(
                question.seconds + GRACE_SECONDS, request.is_wanted, request.generation, request.client
            )
            question = replace(question, protected=lease.generation.protected, merge=lease.generation.union)
            answer = EmbeddedAnswer(self._pool, lease, question, self._settings)
            answer.queued = time.monotonic() - asked
            request.on_turn()
            try:
                answer.start(request.is_wanted)
            except _ReaderLostError as error:
                if not lost:
                    lost = 1
                    continue  # somebody else ended it, before it said anything: another one can be asked
                raise QueryCrashError(error.message, advice=error.advice) from error
            except QueryCrashError:
                if question.total_order or not _ORDER_BY.search(question.text):
                    raise
                left = question.seconds - (time.monotonic() - asked - answer.queued)
                question = replace(question, total_order=True, seconds=max(0.001, left))
                continue
            return answer

    def generation(self) -> int:
        """See `Engine.generation`."""
        return self._pool.crew().generation.number

    def edition(self, number: int | None = None) -> Edition:
        """See `Engine.edition`."""
        return edition_of(self._pool.crew().generation if number is None else self._pool.of_number(number))

    def census(self) -> Census:
        """What its readers do now."""
        return self._pool.census()

    def close(self) -> None:
        """See `Engine.close`."""
        self._pool.close()

    def _warm_up(self) -> None:
        """Load what is there before the first query asks for it; an error is for that query to tell."""
        try:
            self._pool.crew()
        except PmkgError:
            return

    def _question(self, request: QueryRequest) -> wire.Question:
        inspection = guard.inspect(request.text, PREFIXES, self._bounds, services=self._federation.is_open)
        default, named = inspection.default_graphs, inspection.named_graphs
        if request.default_graphs or request.named_graphs:
            default, named = request.default_graphs, request.named_graphs
        limit = self._settings.query_seconds
        seconds = limit if request.seconds is None else min(limit, max(0.001, request.seconds))
        federated = self._federation.resolve(inspection.text, seconds, request.is_wanted)
        return wire.Question(
            text=federated.text,
            asked=federated.plain,
            prefixes=PREFIXES,
            solutions_format=request.solutions_format,
            graph_format=request.graph_format,
            default_graphs=None if default is None else list(default),
            named_graphs=None if named is None else list(named),
            seconds=seconds - federated.seconds,
            whole=request.whole,
        )


class _ReaderLostError(QueryError):
    """The reader was ended from outside before it sent anything."""


class EmbeddedAnswer:
    """An answer under way from one leased reader; see `Answer`."""

    def __init__(self, pool: Pool, lease: Lease, question: wire.Question, settings: Settings) -> None:
        self.generation = lease.generation.number
        self.edition = edition_of(lease.generation)
        self.queued = self.evaluated = 0.0
        self._pool = pool
        self._lease: Lease | None = lease
        self._lock = threading.Lock()
        self._question = question
        self._settings = settings
        self._format: Format | None = None
        self._first = b""
        self._cancelled = False

    @property
    def format(self) -> Format:
        assert self._format is not None, "query() returns answers that have begun"
        return self._format

    def start(self, is_wanted: Callable[[], bool]) -> None:
        """Ask, and wait for the first bytes for as long as they are wanted.

        Raises:
            QueryError: there are none.
        """
        began = time.monotonic()
        try:
            assert self._lease is not None
            try:
                self._lease.reader.ask(self._question, self._question.seconds + GRACE_SECONDS)
            except ConnectionError as error:
                raise self._lost(began=False) from error
            self._await_first(is_wanted)
            self._first = self._next_data()
            self.evaluated = time.monotonic() - began
        except BaseException:
            self.close()
            raise

    def _await_first(self, is_wanted: Callable[[], bool]) -> None:
        assert self._lease is not None
        end = time.monotonic() + self._question.seconds + GRACE_SECONDS
        while not self._lease.reader.has_begun(WANTED_SECONDS):
            check_wanted(is_wanted)
            if time.monotonic() >= end:
                raise self._timeout()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._first:
                content, self._first = self._first, b""
                self._stall(time.monotonic())
                yield content
                self._stall(None)
                self._first = self._next_data()
        finally:
            self.close()

    def _stall(self, since: float | None) -> None:
        """Note from when on it is for the client to take what there is."""
        with self._lock:
            if self._lease is not None:
                self._lease.stalled = since

    def read(self) -> bytes:
        """All of it at once."""
        return b"".join(self)

    def close(self) -> None:
        """End the query if it still runs, and give the reader back; may be called more than once."""
        self._give_back(healthy=False)

    def cancel(self) -> None:
        """See `Answer.cancel`."""
        with self._lock:
            self._cancelled = True
            if self._lease is not None:
                self._lease.reader.end()

    def __enter__(self) -> EmbeddedAnswer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            self._pool.abandon(lease)

    def _give_back(self, *, healthy: bool) -> None:
        with self._lock:
            lease, self._lease = self._lease, None
        if lease is not None:
            self._pool.give_back(lease, healthy=healthy)

    def _next_data(self) -> bytes:
        """The next bytes, b"" at the end of the answer.

        Raises:
            QueryError: the rest does not come.
        """
        while True:
            kind, content = self._next_frame()
            if kind == wire.HEAD:
                self._format = by_name(content.decode())
            elif kind == wire.DATA:
                return content
            elif kind == wire.END:
                self._give_back(healthy=content != b"1")
                return b""
            else:
                _, leaving = self._next_frame()
                self._give_back(healthy=leaving != b"1")
                raise wire.read_error(content)

    def _next_frame(self) -> tuple[bytes, bytes]:
        if self._lease is None:
            raise ServiceBusyError("the answer was closed.", retry_after=1)
        try:
            return self._lease.reader.read()
        except TimeoutError as error:
            raise self._timeout() from error
        except EOFError as error:
            raise self._lost(began=self._format is not None) from error

    def _lost(self, *, began: bool) -> QueryError:
        """The error that tells of a reader's death."""
        assert self._lease is not None
        if self._cancelled:
            return QueryCancelledError("the query was cancelled.")
        if self._lease.revoked:
            return self._timeout()
        death = self._lease.reader.death()
        if death is None or death.signal == SIGKILL:
            message = "the process that answered the query was ended from outside."
            kind = QueryCrashError if began else _ReaderLostError
            return kind(message, advice="Ask again; if it happens again, the machine may be short of memory.")
        if death.signal == SIGALRM:
            return self._timeout()
        if ran_out_of_memory(death.stderr):
            return QueryMemoryError(
                f"the query needed more than {self._settings.query_megabytes} MB of memory.",
                advice=f"Ask for less at once: fewer rows to sort or group, or LIMIT in a subselect. The limit is "
                f"{variable('query_megabytes')}.",
            )
        return QueryCrashError(
            "the query made the engine's process fail; other queries are not affected.",
            advice="Ask in another way. ORDER BY over dates of which only some have a timezone is known to do this.",
        )

    def _timeout(self) -> QueryTimeoutError:
        return QueryTimeoutError(
            f"the query ran longer than {self._question.seconds:g} s and was ended.",
            advice=f"Ask for less, or start from what is rarest. The limit is {variable('query_seconds')}.",
        )


@lru_cache(maxsize=64)
def edition_of(generation: Generation) -> Edition:
    """What tells the generation from every other one, in this data directory or elsewhere."""
    description = {**asdict(generation), "path": None}
    identity = hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
    return Edition(generation.number, identity, generation.created)
