"""The server's side of writing: a `Write` flows in, waits for those before it, and what came of it flows out.

The process that writes is started when it is first needed, and again when it has ended.
"""

from __future__ import annotations

import contextlib
import threading

from graph.errors import (
    NoGenerationError,
    PmkgError,
    ServiceBusyError,
    WriteCrashError,
    WriteMemoryError,
    WriteTimeoutError,
)
from graph.settings import Settings, variable
from graph.store.generations import Generations
from graph.worker.child import Terms
from graph.worker.ending import End, WorkerError
from graph.worker.worker import Worker
from graph.write.request import Write, Written

RETRY_AFTER = 2


class Writer:
    """Carries out writes one at a time; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._generations = Generations(settings.home, union=settings.union_default_graph)
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(settings.write_queue)
        self._worker: Worker[Write, Written] | None = None
        self._closed = False

    def write(self, write: Write) -> Written:
        """Carry out one write, after those that came before it.

        Raises:
            ServiceBusyError: too many writes wait already, or the turn did not come in time.
            PmkgError: it was not carried out; its kind says why, and nothing has changed.
        """
        if not self._places.acquire(blocking=False):
            message = f"{self._settings.write_queue} writes run or wait already."
            raise ServiceBusyError(message, retry_after=RETRY_AFTER, advice="Send it again later.")
        try:
            if not self._turn.acquire(timeout=self._settings.write_queue_seconds):
                message = f"the writes before it took longer than {self._settings.write_queue_seconds:g} s."
                raise ServiceBusyError(message, retry_after=RETRY_AFTER, advice="Send it again later.")
            try:
                return self._ask(write)
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def prepare(self) -> None:
        """Start the process before the first write, which then need not wait for it."""
        with self._turn, contextlib.suppress(WorkerError):
            if not self._closed:
                self._open()

    def close(self) -> None:
        """Let the write under way end, and end the process."""
        with self._turn:
            self._closed = True
            self._end()

    def _ask(self, write: Write) -> Written:
        if self._closed:
            raise ServiceBusyError("the service is closing.", retry_after=RETRY_AFTER)
        try:
            return self._open().ask(write)
        except WorkerError as failed:
            done = self._published(write)  # it may have been, before the process ended
            if done is None:
                raise self._error(failed) from failed
            return done

    def _open(self) -> Worker[Write, Written]:
        if self._worker is None or not self._worker.is_alive:
            self._end()
            seconds = self._settings.write_seconds + self._settings.write_queue_seconds
            terms = Terms(self._settings, seconds, self._settings.write_megabytes)
            self._worker = Worker("graph.write.process", terms)
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _published(self, write: Write) -> Written | None:
        with contextlib.suppress(NoGenerationError):
            generation = self._generations.current()
            noted = generation.metadata
            if noted.get("write") == write.id:
                return Written(generation.number, noted["added"], noted["removed"], tuple(noted["graphs"]))
        return None

    def _error(self, failed: WorkerError) -> PmkgError:
        if failed.end is End.START:
            return WriteCrashError("the process that writes does not start; the server's log says why.")
        if failed.end is End.MEMORY:
            return WriteMemoryError(
                f"the write needed more than {self._settings.write_megabytes} MB of memory; nothing has changed.",
                advice=f"Send it in parts. The limit is {variable('write_megabytes')}.",
            )
        if failed.end is End.TIME:
            return WriteTimeoutError(
                f"the write ran longer than {self._settings.write_seconds:g} s and was ended; nothing has changed.",
                advice=f"Send it in parts. The limit is {variable('write_seconds')}.",
            )
        if failed.fault:
            return WriteCrashError(f"the write failed after {failed.seconds:.1f} s: {failed.fault}.")
        return WriteCrashError(
            "the write made the engine's process fail; nothing has changed.", advice="Ask in another way."
        )
