"""The server's side of one generation's processes: a generation flows in, readers that can be asked flow out."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import socket
import threading
import time
from typing import BinaryIO, cast

from graph.errors import CorruptGenerationError, Place
from graph.store import wire
from graph.store.generation import Generation
from graph.store.nursery import Held, Nursery

REPORT_SECONDS = 2.0  # longest wait for the holder's report of a death
CLOSE_SECONDS = 5.0


class Reader:
    """One reader process, as the server holds it: what is asked of it, and how it died."""

    def __init__(self, crew: Crew, number: int, connection: socket.socket, report: int) -> None:
        self.crew = crew
        self.number = number
        self._connection = connection
        self._stream = cast(BinaryIO, connection.makefile("rb", buffering=65536))
        self._report = report

    def ask(self, question: wire.Question, patience: float) -> None:
        """Send a question; from then on, `read` raises TimeoutError after `patience` seconds of silence.

        Raises:
            ConnectionError: the reader is gone.
        """
        self._connection.settimeout(patience)
        self._connection.sendall(wire.json_frame(wire.QUERY, question))

    def has_begun(self, seconds: float) -> bool:
        """Wait for so long at most; whether there is something to `read`, for use before the first one."""
        return bool(select.select([self._connection], [], [], seconds)[0])

    def read(self) -> tuple[bytes, bytes]:
        """The next frame of the answer.

        Raises:
            EOFError: the reader died.
            TimeoutError: it was silent for too long.
        """
        try:
            return wire.read_frame(self._stream)
        except ConnectionError as error:
            raise EOFError from error

    def is_waiting(self) -> bool:
        """Whether it is alive and owes nothing: a socket that can be read while nothing was asked has been hung up."""
        return not select.select([self._connection], [], [], 0)[0]

    def death(self) -> wire.Death | None:
        """What it died of, None where its holder died too and nobody knows."""
        content = b""
        end = time.monotonic() + REPORT_SECONDS
        while select.select([self._report], [], [], max(0.0, end - time.monotonic()))[0]:
            part = os.read(self._report, 65536)
            if not part:
                return wire.Death(**json.loads(content)) if content else None
            content += part
        return None

    def end(self) -> None:
        """End the process at once, whatever it is doing; a `read` under way raises EOFError."""
        self.crew.end(self.number)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the process and free its files."""
        self.end()
        self._stream.close()
        self._connection.close()
        os.close(self._report)


class Crew:
    """A holder process and the readers that it forked, for one generation; safe to use from several threads."""

    def __init__(self, nursery: Nursery, generation: Generation, *, in_memory: bool, query_megabytes: int) -> None:
        self.generation = generation
        self.in_memory = in_memory
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._idle: list[Reader] = []
        self._busy = 0
        self._retired = False
        self._ready = False
        self._held = generation.hold()
        self._control, theirs = socket.socketpair()
        try:
            with theirs:
                place = Held(str(generation.store), query_megabytes, in_memory)
                self._process = nursery.holder(place, theirs)
        except OSError:
            self._control.close()
            os.close(self._held)
            raise

    def wait_until_ready(self) -> None:
        """Wait until it can fork readers.

        Raises:
            CorruptGenerationError: the holder ended instead, because the generation cannot be read.
        """
        try:
            ready = self._control.recv(1)
        except OSError:  # the crew was ended meanwhile
            ready = b""
        self._ready = ready == wire.READY
        if ready != wire.READY:
            place = Place(file=str(self.generation.path))
            raise CorruptGenerationError("its store cannot be read.", place=place, advice="Build again.")

    def is_alive(self) -> bool:
        """Whether the holder still runs."""
        return self._process.is_alive()

    def take(self) -> Reader:
        """A reader that waits for a question, a new one where none is idle.

        Raises:
            ConnectionError: the holder is gone.
        """
        with self._lock:
            while self._idle:
                reader = self._idle.pop()
                if reader.is_waiting():
                    break
                reader.close()
            else:
                reader = self._recruit()
            self._busy += 1
            return reader

    def give_back(self, reader: Reader, *, healthy: bool) -> None:
        """Return a reader that was taken; one that is not healthy is ended, and a new one waits in its place."""
        with self._lock:
            self._busy -= 1
            if healthy and not self._retired:
                self._idle.append(reader)
            else:
                reader.close()
            if not healthy and not self._retired:
                with contextlib.suppress(ConnectionError):
                    self._idle.append(self._recruit())
            finished = self._retired and not self._busy
        if finished:
            self._finish()

    def prepare(self, count: int) -> None:
        """Have some readers waiting before they are needed."""
        with self._lock, contextlib.suppress(ConnectionError):
            self._idle += [self._recruit() for _ in range(count - len(self._idle))]

    def end(self, number: int) -> None:
        """End one reader, whatever it is doing."""
        with contextlib.suppress(OSError):  # the holder is gone: the reader ends at its deadline at the latest
            self._control.send(wire.ORDER.pack(wire.KILL, number))

    def retire(self) -> None:
        """Take no more questions; the processes end when the last answer under way does."""
        with self._lock:
            if self._retired:
                return
            self._retired = True
            finished = not self._busy
        if finished:
            self._finish()

    def abort(self) -> None:
        """End every process now; answers under way break off."""
        with self._lock:
            self._retired = True
        self._end_holder()
        with self._lock:
            finished = not self._busy
        if finished:
            self._finish()

    def _recruit(self) -> Reader:
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        report, their_report = os.pipe()
        try:
            socket.send_fds(self._control, [wire.ORDER.pack(wire.FORK, number)], [theirs.fileno(), their_report])
        except OSError as error:
            ours.close()
            os.close(report)
            raise ConnectionError("the holder is gone") from error
        finally:
            theirs.close()
            os.close(their_report)
        return Reader(self, number, ours, report)

    def _finish(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            for reader in idle:
                reader.close()
            held, self._held = self._held, -1
        if held >= 0:
            os.close(held)
        self._end_holder()

    def _end_holder(self) -> None:
        """Hang up, at which the holder ends its readers and itself."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        if not self._ready:
            self._process.kill()  # still loading, it would not notice; it has no readers yet
        if not self._process.wait(CLOSE_SECONDS):
            self._process.kill()
        self._process.close()
