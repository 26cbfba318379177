"""A bounded pool of reader processes that follows CURRENT: a wait for a turn flows in, a leased reader flows out."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from graph.errors import CorruptGenerationError, NoGenerationError, ServiceBusyError, StoreError
from graph.settings import Settings
from graph.store.crew import Crew, Reader
from graph.store.generations import Generation, Generations

log = logging.getLogger(__name__)

MEBIBYTE = 2**20
QUICK_TO_LOAD = 4 * MEBIBYTE  # some 10,000 statements; a larger generation answers from disk until it is in memory
POLL_SECONDS = 0.02
REVOKE_SECONDS = 0.5
RETRY_AFTER = 5


@dataclass(eq=False)
class Lease:
    """One turn: a reader to ask, the generation that it reads, and when (on the monotonic clock) the turn is over.

    It is `revoked` when others wait and its time is up, say because the asker does not read the answer.
    """

    reader: Reader
    generation: Generation
    ends: float
    revoked: bool = False


class Pool:
    """At most `settings.readers` leases at once; safe to use from several threads."""

    def __init__(self, generations: Generations, settings: Settings) -> None:
        self._generations = generations
        self._settings = settings
        self._turns = threading.BoundedSemaphore(settings.readers)
        self._crew: Crew | None = None
        self._loading: Crew | None = None  # the last that was begun to replace one that reads the disk
        self._unusable: str | None = None  # what CURRENT named when it could not be read
        self._moving = threading.Lock()
        self._closed = False
        self._leases: set[Lease] = set()
        self._abandoned: SimpleQueue[Lease] = SimpleQueue()
        self._leases_lock = threading.Lock()

    def lease(self, seconds: float) -> Lease:
        """Wait for a turn of some seconds and take a reader of the current generation.

        Raises:
            ServiceBusyError: nothing was built, or no turn came, in time.
            StoreError: no generation can be read.
        """
        self._await_generation()
        self._await_turn()
        try:
            lease = self._take(seconds)
        except BaseException:
            self._turns.release()
            raise
        with self._leases_lock:
            self._leases.add(lease)
        return lease

    def give_back(self, lease: Lease, *, healthy: bool) -> None:
        """End a lease, once; a reader that is not healthy is replaced."""
        with self._leases_lock:
            self._leases.discard(lease)
            revoked = lease.revoked
        try:
            lease.reader.crew.give_back(lease.reader, healthy=healthy and not revoked)
        finally:
            if not revoked:
                self._turns.release()

    def abandon(self, lease: Lease) -> None:
        """Leave a lease for the next asker to end: for destructors, which may run while this thread holds any lock."""
        self._abandoned.put(lease)

    def crew(self) -> Crew:
        """The processes of the current generation, moved to it first where CURRENT has changed.

        Raises:
            NoGenerationError: nothing has been built yet.
            StoreError: no generation can be read.
        """
        crew = self._crew
        if crew is not None and self._is_current(crew):
            return crew
        with self._moving:
            crew = self._crew
            if crew is None or not self._is_current(crew):
                crew = self._move(crew)
            return crew

    def close(self) -> None:
        """End every process; leases under way break off."""
        with self._moving:
            self._closed = True
            crews = [crew for crew in (self._crew, self._loading) if crew is not None]
            self._crew = self._loading = None
        for crew in crews:
            crew.abort()
        self._end_abandoned()

    def _await_turn(self) -> None:
        end = time.monotonic() + self._settings.queue_seconds
        self._end_abandoned()
        while not self._turns.acquire(timeout=max(0.0, min(REVOKE_SECONDS, end - time.monotonic()))):
            self._end_abandoned()
            self._revoke_overdue()
            if time.monotonic() >= end:
                message = f"all {self._settings.readers} readers have been busy for {self._settings.queue_seconds:g} s."
                raise ServiceBusyError(message, retry_after=RETRY_AFTER, advice="Ask again later.")

    def _end_abandoned(self) -> None:
        while True:
            try:
                lease = self._abandoned.get_nowait()
            except Empty:
                return
            self.give_back(lease, healthy=False)

    def _revoke_overdue(self) -> None:
        """Take back the turns whose time is up; who holds one finds out at the next read."""
        with self._leases_lock:
            overdue = [lease for lease in self._leases if lease.ends < time.monotonic()]
            for lease in overdue:
                lease.revoked = True
                lease.reader.end()
                self._leases.discard(lease)
                self._turns.release()

    def _take(self, seconds: float) -> Lease:
        """A reader of the current generation; a holder that died between two looks is replaced."""
        for _ in range(3):
            crew = self.crew()
            try:
                return Lease(crew.take(), crew.generation, time.monotonic() + seconds)
            except ConnectionError:
                continue
        raise ServiceBusyError("the reader processes cannot be started.", retry_after=RETRY_AFTER)

    def _await_generation(self) -> None:
        """Wait for the first build to end."""
        end = time.monotonic() + self._settings.startup_seconds
        while True:
            try:
                self.crew()
                return
            except NoGenerationError as error:
                if time.monotonic() >= end:
                    raise ServiceBusyError(error.message, retry_after=RETRY_AFTER, advice=error.advice) from error
            time.sleep(POLL_SECONDS)

    def _is_current(self, crew: Crew) -> bool:
        name = self._generations.current_name()
        return name in (None, crew.generation.path.name, self._unusable) and crew.is_alive()

    def _move(self, old: Crew | None) -> Crew:
        """Go over to the current generation; the answers under way end on the old one."""
        if self._closed:
            raise ServiceBusyError("the service is closing.", retry_after=RETRY_AFTER)
        name = self._generations.current_name()
        crew = self._start_first_that_works(old)
        self._unusable = name if name != crew.generation.path.name else None
        if crew is not old:
            self._crew = crew
            if old is not None:
                old.retire()
        return crew

    def _start_first_that_works(self, old: Crew | None) -> Crew:
        """A crew for the current generation, or, where that is broken, for what still works, newest first."""
        current = self._generations.current()
        first_error: StoreError | None = None
        for generation in (current, *reversed(self._generations.all())):
            if old is not None and old.is_alive() and generation == old.generation:
                return old
            try:
                crew = self._start(generation)
            except CorruptGenerationError as error:
                log.warning("generation %d is not used: %s", generation.number, error)
                first_error = first_error or error
                continue
            return crew
        assert first_error is not None
        raise first_error

    def _start(self, generation: Generation) -> Crew:
        size = _size(generation)
        fits = size <= self._settings.memory_store_megabytes * MEBIBYTE
        quick = fits and size <= QUICK_TO_LOAD
        crew = self._begin(generation, in_memory=quick)
        self._complete(crew)
        if fits and not quick:
            threading.Thread(target=self._load_into_memory, args=(crew,), name="load-into-memory", daemon=True).start()
        return crew

    def _begin(self, generation: Generation, *, in_memory: bool) -> Crew:
        try:
            return Crew(generation, in_memory=in_memory, query_megabytes=self._settings.query_megabytes)
        except OSError as error:
            raise CorruptGenerationError(f"generation {generation.number} cannot be read: {error}") from error

    def _complete(self, crew: Crew) -> None:
        """Wait until a crew can answer, or end it."""
        try:
            crew.wait_until_ready()
        except BaseException:
            crew.retire()
            raise
        crew.prepare(self._settings.readers)

    def _load_into_memory(self, from_disk: Crew) -> None:
        """Replace a crew that reads the disk by one that holds the same generation in memory."""
        try:
            with self._moving:
                if self._closed:
                    return
                in_memory = self._loading = self._begin(from_disk.generation, in_memory=True)
            self._complete(in_memory)
        except StoreError as error:
            if not self._closed:
                log.warning("generation %d stays on disk: %s", from_disk.generation.number, error)
            return
        with self._moving:
            replaced = self._crew is from_disk and not self._closed
            if replaced:
                self._crew = in_memory
        (from_disk if replaced else in_memory).retire()


def _size(generation: Generation) -> int:
    """The bytes of a generation's files."""
    try:
        return sum(path.stat().st_size for path in generation.store.iterdir())
    except OSError as error:
        raise CorruptGenerationError(f"generation {generation.number} cannot be read: {error}") from error
