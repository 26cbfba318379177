"""The server's side of writing: a `Write` flows in, waits for those before it, and what came of it flows out.

The process that writes is started when it is first needed, and again when it has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from multiprocessing.connection import Connection

from graph.errors import (
    NoGenerationError,
    PmkgError,
    ServiceBusyError,
    WriteCrashError,
    WriteMemoryError,
    WriteTimeoutError,
)
from graph.project import ROOT
from graph.settings import Settings, variable
from graph.store import wire
from graph.store.generations import Generations
from graph.write.request import Write, Written

RETRY_AFTER = 2
LINES = 50
CLOSE_SECONDS = 5.0
GRACE_SECONDS = 5.0  # the process's own alarm comes first; this is for one that is stopped


class Writer:
    """Carries out writes one at a time; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._generations = Generations(settings.home, union=settings.union_default_graph)
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(settings.write_queue)
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._said: deque[str] = deque(maxlen=LINES)  # by the process on its standard error, which goes on to ours
        self._listener: threading.Thread | None = None
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
                outcome = self._ask(write)
            finally:
                self._turn.release()
        finally:
            self._places.release()
        if isinstance(outcome, PmkgError):
            raise outcome
        return outcome

    def prepare(self) -> None:
        """Start the process before the first write, which then need not wait for it."""
        with self._turn, contextlib.suppress(WriteCrashError):
            if not self._closed:
                self._open()

    def close(self) -> None:
        """Let the write under way end, and end the process."""
        with self._turn:
            self._closed = True
            self._end()

    def _ask(self, write: Write) -> Written | PmkgError:
        if self._closed:
            raise ServiceBusyError("the service is closing.", retry_after=RETRY_AFTER)
        connection = self._open()
        try:
            connection.send(write)
            patience = self._settings.write_seconds + self._settings.write_queue_seconds + GRACE_SECONDS
            if not connection.poll(patience):
                raise TimeoutError
            outcome: Written | PmkgError = connection.recv()
        except (EOFError, ConnectionError, TimeoutError) as error:
            return self._after_death(write, error)
        return outcome

    def _open(self) -> Connection:
        if self._process is not None and self._process.poll() is None and self._connection is not None:
            return self._connection
        self._end()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "graph.write.process", str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._said.clear()
        self._listener = threading.Thread(
            target=self._listen, args=(self._process,), name="writer's words", daemon=True
        )
        self._listener.start()
        self._connection = Connection(os.dup(ours.fileno()))
        ours.close()
        try:
            self._connection.send(self._settings)
            ready = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            self._end()
            raise WriteCrashError("the process that writes does not start; the server's log says why.") from error
        assert ready is None
        return self._connection

    def _after_death(self, write: Write, error: Exception) -> Written | PmkgError:
        """What a write came to whose process ended before it said so: it may have published first."""
        signalled = self._end()
        done = self._published(write)
        if done is not None:
            return done
        if wire.ran_out_of_memory("".join(self._said)):
            return WriteMemoryError(
                f"the write needed more than {self._settings.write_megabytes} MB of memory; nothing has changed.",
                advice=f"Send it in parts. The limit is {variable('write_megabytes')}.",
            )
        if signalled == signal.SIGALRM or isinstance(error, TimeoutError):
            seconds = self._settings.write_seconds
            return WriteTimeoutError(
                f"the write ran longer than {seconds:g} s and was ended; nothing has changed.",
                advice=f"Send it in parts. The limit is {variable('write_seconds')}.",
            )
        return WriteCrashError(
            "the write made the engine's process fail; nothing has changed.", advice="Ask in another way."
        )

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on what the process says, and remember the last of it."""
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                text = line.decode("utf-8", "replace")
                self._said.append(text)
                sys.stderr.write(text)
                sys.stderr.flush()

    def _published(self, write: Write) -> Written | None:
        with contextlib.suppress(NoGenerationError):
            generation = self._generations.current()
            noted = generation.metadata
            if noted.get("write") == write.id:
                return Written(generation.number, noted["added"], noted["removed"], tuple(noted["graphs"]))
        return None

    def _end(self) -> int:
        """End the process; the signal that it died of, 0 where it was none."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self._process = self._process, None
        if process is None:
            return 0
        end = time.monotonic() + CLOSE_SECONDS
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
        process.wait()
        if self._listener is not None:
            self._listener.join(CLOSE_SECONDS)
        return max(0, -(process.returncode or 0))
