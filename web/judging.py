"""The server's side of validation: a `Case` flows in, waits for its turn, and the report or the error flows out.

So many processes validate at once as the settings say. Each is started when it is first needed, and again when it has
ended.
"""

from __future__ import annotations

import contextlib
import queue
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.errors import (
    PmkgError,
    ServiceBusyError,
    ValidationCrashError,
    ValidationMemoryError,
    ValidationTimeoutError,
)
from graph.settings import Settings, variable
from graph.worker.child import Terms
from graph.worker.ending import End, WorkerError
from graph.worker.worker import Worker

if TYPE_CHECKING:
    from graph.catalogue.report.report import Reported

RETRY_AFTER = 5
AS_OBJECT = ""  # the form of a report that is no text yet


@dataclass(frozen=True)
class Case:
    """A document to be validated: what it is said to be, by which profile, and the form that the report is to have."""

    content: bytes = field(repr=False)
    media_type: str
    name: str
    profile: str | None = None
    form: str = AS_OBJECT
    most_triples: int = 0  # 0 for a document of ours, which has no bound


class Judges:
    """Validates documents, a few at a time; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._terms = Terms(settings, settings.validate_seconds, settings.validate_memory_megabytes)
        self._idle: queue.SimpleQueue[Worker[Case, Reported | str] | None] = queue.SimpleQueue()
        for _ in range(settings.validations):
            self._idle.put(None)
        self._closed = False

    def judge(self, case: Case) -> Reported | str:
        """The report on a document.

        Raises:
            ServiceBusyError: as many documents as may be are validated already, and none was done in time.
            PmkgError: it was not validated; its kind says why.
        """
        try:
            worker = self._idle.get(timeout=self._settings.validate_queue_seconds)
        except queue.Empty:
            message = f"{self._settings.validations} documents are being validated."
            raise ServiceBusyError(message, retry_after=RETRY_AFTER, advice="Send it again in a moment.") from None
        try:
            if self._closed:
                raise ServiceBusyError("the service is closing.", retry_after=RETRY_AFTER)
            if worker is None or not worker.is_alive:
                worker = Worker("web.judge", self._terms)
            return worker.ask(case)
        except WorkerError as failed:
            raise self._error(failed) from failed
        finally:
            if worker is not None and not worker.is_alive:
                worker.end()
                worker = None
            self._idle.put(worker)

    def close(self) -> None:
        """End the processes that are idle; one at work ends when it finds that nobody listens."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                worker = self._idle.get_nowait()
                if worker is not None:
                    worker.end()

    def _error(self, failed: WorkerError) -> PmkgError:
        if failed.end is End.START:
            return ValidationCrashError("the process that validates does not start; the log says why.")
        if failed.end is End.MEMORY:
            return ValidationMemoryError(
                f"the validation needed more than {self._settings.validate_memory_megabytes} MB of memory.",
                advice=f"Send the document in parts. The limit is {variable('validate_memory_megabytes')}.",
            )
        if failed.end is End.TIME:
            return ValidationTimeoutError(
                f"the validation took longer than {self._settings.validate_seconds:g} s and was ended.",
                advice=f"Send the document in parts. The limit is {variable('validate_seconds')}.",
            )
        if failed.fault:
            return ValidationCrashError(f"the validation failed: {failed.fault}.", advice="Tell us of it.")
        return ValidationCrashError("the document made the process that validates fail.", advice="Send it in parts.")
