"""The server's side: a request flows in; its outcome flows out, or why there is none: time, memory or a crash."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Generic

from graph.errors import PmkgError
from graph.project import ROOT
from graph.worker.child import Outcome, Request, Terms
from graph.worker.ending import End, WorkerError, ran_out_of_memory

CLOSE_SECONDS = 5.0
GRACE_SECONDS = 5.0  # the process's own alarm comes first; this is for one that is stopped
MOST_SAID = 64_000  # bytes of a process's last words


class Worker(Generic[Request, Outcome]):
    """One process, `python -m MODULE DESCRIPTOR`, that calls `graph.worker.child.serve`; for one thread at a time."""

    def __init__(self, module: str, terms: Terms) -> None:
        """Start it, and wait until it is ready.

        Raises:
            WorkerError: it ended before it was.
        """
        self._terms = terms
        self._is_leaving = False
        self._said = bytearray()  # by the process on its standard error, which goes on to ours
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            self._connection = Connection(ours.detach())
        self._listener = threading.Thread(target=self._listen, name=f"words of {module}", daemon=True)
        self._listener.start()
        try:
            self._connection.send(terms)
            self._connection.recv()
        except (EOFError, ConnectionError) as error:
            self.end()
            raise WorkerError(End.START) from error

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked again."""
        return not self._is_leaving and self._process.poll() is None

    def ask(self, request: Request) -> Outcome:
        """The outcome of a request.

        Raises:
            PmkgError: what the process raised.
            WorkerError: there is none, and why; the process may have done the work before it ended.
        """
        self._said.clear()
        try:
            self._connection.send(request)
            if not self._connection.poll(self._terms.seconds + GRACE_SECONDS):
                self._process.kill()
                raise TimeoutError
            outcome: Outcome | PmkgError | WorkerError
            outcome, self._is_leaving = self._connection.recv()
        except (EOFError, ConnectionError, TimeoutError) as error:
            signalled = self.end()
            if ran_out_of_memory(self._said.decode("utf-8", "replace")):  # it can hang while it says so
                raise WorkerError(End.MEMORY) from error
            is_late = signalled == signal.SIGALRM or isinstance(error, TimeoutError)
            raise WorkerError(End.TIME if is_late else End.CRASH) from error
        if isinstance(outcome, (PmkgError, WorkerError)):
            raise outcome
        return outcome

    def end(self) -> int:
        """End the process; the signal that it died of, 0 where it was none."""
        self._is_leaving = True
        self._connection.close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(CLOSE_SECONDS)
        return max(0, -(self._process.returncode or 0))

    def _listen(self) -> None:
        """Pass on what the process says, and remember the last of it."""
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._said += line
                del self._said[:-MOST_SAID]
                sys.stderr.write(line.decode("utf-8", "replace"))
                sys.stderr.flush()
