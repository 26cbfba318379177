"""A bounded pool of reader processes that follows CURRENT: a wait for a turn flows in, a leased reader flows out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from graph.errors import CorruptGenerationError, NoGenerationError, ServiceBusyError, StoreError
from graph.settings import Settings
from graph.store.crew import Crew
from graph.store.generation import Generation
from graph.store.generations import Generations
from graph.store.lease import Census, Lease, check_wanted
from graph.store.nursery import Nursery
from graph.store.older import OlderCrews, find
from graph.store.turns import Turns

log = logging.getLogger(__name__)

MEBIBYTE = 2**20
QUICK_TO_LOAD = 4 * MEBIBYTE  # some 10,000 statements; a larger generation answers from disk until it is in memory
SETTLE_SECONDS = 1.0  # a write is often followed by another: only then is its generation loaded into memory
POLL_SECONDS = 0.02
REVOKE_SECONDS = 0.5
STALL_SECONDS = 5.0  # how long a client may take for the next bytes while others wait
RETRY_AFTER = 5


class Pool:
    """At most `settings.readers` leases at once; safe to use from several threads."""

    def __init__(self, generations: Generations, settings: Settings) -> None:
        self._generations = generations
        self._settings = settings
        self._turns = Turns(settings.readers)
        self._nursery = Nursery()
        self._crew: Crew | None = None
        self._loading: Crew | None = None  # the last that was begun to replace one that reads the disk
        self._unusable: str | None = None  # what CURRENT named when it could not be read
        self._moving = threading.Lock()
        self._one_load = threading.Lock()  # many writes in a row must not each take the graph's memory once more
        self._closing = threading.Event()
        self._closed = False
        self._older = OlderCrews(self._start_older, settings.older_generations)
        self._leases: set[Lease] = set()
        self._replaced = 0
        self._abandoned: SimpleQueue[Lease] = SimpleQueue()
        self._leases_lock = threading.Lock()

    def lease(
        self,
        seconds: float,
        is_wanted: Callable[[], bool] = lambda: True,
        number: int | None = None,
        client: str = "",
    ) -> Lease:
        """Wait for a client's turn of some seconds, as long as it is wanted, and take a reader of a generation.

        Raises:
            QueryError: it is not wanted any more.
            ServiceBusyError: nothing was built, or no turn came, in time.
            UnknownGenerationError: there is no generation of that number.
            StoreError: no generation can be read.
        """
        self._await_generation(is_wanted)
        self._await_turn(is_wanted, client)
        try:
            lease = self._take(seconds, number, client)
        except BaseException:
            self._turns.release(client)
            raise
        with self._leases_lock:
            self._leases.add(lease)
        return lease

    def give_back(self, lease: Lease, *, healthy: bool) -> None:
        """End a lease, once; a reader that is not healthy is replaced."""
        with self._leases_lock:
            self._leases.discard(lease)
            revoked = lease.revoked
            self._replaced += revoked or not healthy
        try:
            lease.reader.crew.give_back(lease.reader, healthy=healthy and not revoked)
        finally:
            if not revoked:
                self._turns.release(lease.client)

    def abandon(self, lease: Lease) -> None:
        """Leave a lease for the next asker to end: for destructors, which may run while this thread holds any lock."""
        self._abandoned.put(lease)

    def of_number(self, number: int) -> Generation:
        """A generation as its files describe it.

        Raises:
            UnknownGenerationError: there is none of that number; `PrunedGenerationError` where there was.
            StoreError: it cannot be read.
        """
        current = self.crew().generation
        return current if current.number == number else find(self._generations, number)

    def census(self) -> Census:
        """What the readers do now."""
        with self._leases_lock:
            busy = len(self._leases)
            return Census(busy, max(0, self._settings.readers - busy), self._replaced)

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
        self._closing.set()
        with self._moving:
            self._closed = True
            crews = [crew for crew in (self._crew, self._loading) if crew is not None]
            self._crew = self._loading = None
        for crew in crews:
            crew.abort()
        self._older.close()
        self._end_abandoned()
        self._nursery.close()

    def _await_turn(self, is_wanted: Callable[[], bool], client: str) -> None:
        end = time.monotonic() + self._settings.queue_seconds
        self._end_abandoned()
        with self._turns.ticket(client) as ticket:
            while not ticket.wait(max(0.0, min(REVOKE_SECONDS, end - time.monotonic()))):
                self._end_abandoned()
                self._revoke_overdue(client)
                check_wanted(is_wanted)
                if time.monotonic() >= end:
                    seconds = self._settings.queue_seconds
                    message = f"all {self._settings.readers} readers have been busy for {seconds:g} s."
                    raise ServiceBusyError(message, retry_after=RETRY_AFTER, advice="Ask again later.")

    def _end_abandoned(self) -> None:
        while True:
            try:
                lease = self._abandoned.get_nowait()
            except Empty:
                return
            self.give_back(lease, healthy=False)

    def _revoke_overdue(self, client: str) -> None:
        """Take back turns that are over, and those of other clients that do not read; a holder sees it when it reads.

        A client whose answer breaks off so was slow for long while others waited.
        """
        now = time.monotonic()
        with self._leases_lock:
            for lease in list(self._leases):
                is_stalled = lease.stalled is not None and now - lease.stalled > STALL_SECONDS
                if lease.ends >= now and not (is_stalled and lease.client != client):
                    continue
                lease.revoked = True
                lease.reader.end()
                self._leases.discard(lease)
                self._turns.release(lease.client)

    def _take(self, seconds: float, number: int | None, client: str) -> Lease:
        """A reader of a generation; a holder that died between two looks is replaced."""
        for _ in range(3):
            crew = self.crew()
            if number not in (None, crew.generation.number):
                crew = self._older.crew(self.of_number(number))
            try:
                return Lease(crew.take(), crew.generation, time.monotonic() + seconds, client)
            except ConnectionError:
                continue
        raise ServiceBusyError("the reader processes cannot be started.", retry_after=RETRY_AFTER)

    def _await_generation(self, is_wanted: Callable[[], bool]) -> None:
        """Wait for the first build to end."""
        end = time.monotonic() + self._settings.startup_seconds
        while True:
            try:
                self.crew()
                return
            except NoGenerationError as error:
                if time.monotonic() >= end:
                    raise ServiceBusyError(error.message, retry_after=RETRY_AFTER, advice=error.advice) from error
            check_wanted(is_wanted)
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
        first_error: StoreError | None = None
        for generation in self._generations.candidates():
            if old is not None and old.is_alive() and generation == old.generation:
                return old
            try:
                crew = self._start_twice(generation, settle=SETTLE_SECONDS if old else 0.0)
            except CorruptGenerationError as error:
                log.warning("generation %d is not used: %s", generation.number, error)
                first_error = first_error or error
                continue
            return crew
        assert first_error is not None
        raise first_error

    def _start_twice(self, generation: Generation, settle: float) -> Crew:
        """A process that was ended from outside while it read the generation says nothing about the generation."""
        try:
            return self._start(generation, settle)
        except CorruptGenerationError as error:
            log.warning("generation %d is tried again: %s", generation.number, error)
            return self._start(generation, settle)

    def _start(self, generation: Generation, settle: float) -> Crew:
        size = _size(generation)
        fits = size <= self._settings.memory_store_megabytes * MEBIBYTE
        quick = fits and size <= QUICK_TO_LOAD
        crew = self._begin(generation, in_memory=quick)
        self._complete(crew)
        if fits and not quick:
            threading.Thread(target=self._load_later, args=(crew, settle), name="load-into-memory", daemon=True).start()
        return crew

    def _start_older(self, generation: Generation) -> Crew:
        """A crew that reads the disk: it is there in an instant, and takes no memory that the current one needs."""
        try:
            crew = self._begin(generation, in_memory=False)
            self._complete(crew, readers=1)
        except CorruptGenerationError:
            find(self._generations, generation.number)  # says so where it was pruned meanwhile
            raise
        return crew

    def _begin(self, generation: Generation, *, in_memory: bool) -> Crew:
        try:
            return Crew(self._nursery, generation, in_memory=in_memory, query_megabytes=self._settings.query_megabytes)
        except OSError as error:
            raise CorruptGenerationError(f"generation {generation.number} cannot be read: {error}") from error

    def _complete(self, crew: Crew, readers: int | None = None) -> None:
        """Wait until a crew can answer, or end it."""
        try:
            crew.wait_until_ready()
        except BaseException:
            crew.retire()
            raise
        crew.prepare(readers or self._settings.readers)

    def _load_later(self, from_disk: Crew, settle: float) -> None:
        self._closing.wait(settle)
        with self._one_load:
            self._load_into_memory(from_disk)

    def _load_into_memory(self, from_disk: Crew) -> None:
        """Replace a crew that reads the disk by one that holds its generation in memory, if that is still current."""
        try:
            with self._moving:
                if self._closed or self._crew is not from_disk:
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
