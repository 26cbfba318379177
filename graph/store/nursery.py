"""Where holders come from: a generation's place flows in, the process that holds it flows out, forked in milliseconds.

Run as `python -m graph.store.nursery DESCRIPTOR`, it is one process of the server's that has loaded the engine and
nothing else, and forks a holder at each order. So the first query after a write does not wait for an interpreter to
start. It ends when the server hangs up; its holders have a connection of their own to the server.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass

from graph.project import ROOT

MOST_ORDER = 65536
ANSWER = struct.Struct("!I")  # the process that was forked


@dataclass(frozen=True)
class Held:
    """What a holder is to hold, where, and how much memory a query may take."""

    store: str
    query_megabytes: int
    in_memory: bool


class Process:
    """A process that is no child of the server's, by a descriptor that stands for it and for no later one."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self._has_ended(0)

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):  # it has ended
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came in time."""
        return self._has_ended(seconds)

    def close(self) -> None:
        """Let go of the descriptor."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _has_ended(self, seconds: float) -> bool:
        return self._descriptor < 0 or bool(select.select([self._descriptor], [], [], seconds)[0])


class Nursery:
    """The server's side of it, which starts it when it is first needed and after it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def holder(self, held: Held, control: socket.socket) -> Process:
        """A new holder that is told what to do over a control socket.

        Raises:
            OSError: none can be started.
        """
        order = json.dumps(asdict(held)).encode()
        with self._lock:
            for attempt in (1, 2):
                with contextlib.suppress(ConnectionError):
                    connection = self._open()
                    socket.send_fds(connection, [order], [control.fileno()])
                    answer, descriptors, _, _ = socket.recv_fds(connection, ANSWER.size, 1)
                    if answer:
                        (pid,) = ANSWER.unpack(answer)
                        return Process(pid, descriptors[0])
                self._end()
                if attempt == 2:
                    break
        raise OSError("no process can be forked to hold the generation")

    def close(self) -> None:
        """End it; its holders end by themselves when the server hangs up on them."""
        with self._lock:
            self._end()

    def _open(self) -> socket.socket:
        if self._socket is not None and self._process is not None and self._process.poll() is None:
            return self._socket
        self._end()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "graph.store.nursery", str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, "RUST_BACKTRACE": "0"},  # writing one with little memory left can hang
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return self._socket

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serve(connection: socket.socket) -> None:
    """Fork a holder at each order, until the server hangs up."""
    from graph.store.holder import hold  # before the first fork, which is what all this is for

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended: the server sees that they have
    gc.freeze()
    while True:
        order, descriptors, _, _ = socket.recv_fds(connection, MOST_ORDER, 1)
        if not order:
            return
        control = socket.socket(fileno=descriptors[0])
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                connection.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                held = Held(**json.loads(order))
                hold(control, held.store, held.query_megabytes, in_memory=held.in_memory)
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)
        control.close()
        descriptor = os.pidfd_open(pid)
        socket.send_fds(connection, [ANSWER.pack(pid)], [descriptor])
        os.close(descriptor)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then hangs up
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection)
