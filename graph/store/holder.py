"""The parent of a generation's readers: orders flow in over a control socket, forked readers and reports of deaths out.

It is forked by `graph.store.nursery`, has one thread and has imported only the engine, so that a fork is safe and takes
milliseconds. In memory it holds the generation itself, and readers share it; otherwise each reader opens the generation
on disk, read-only. It says READY when it can fork, and ends with its readers when the server closes the control socket.

An order to fork brings two file descriptors: the reader's end of its socket, and a pipe for the report of its death.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import IO, NoReturn

import pyoxigraph as ox

from graph.store import wire
from graph.store.confine import close_network
from graph.store.reader import serve

STDERR_TAIL = 4000


@dataclass
class Child:
    """A reader that was forked: its number, its process, where its death is reported, and what it wrote as its last."""

    number: int
    pid: int
    report: int
    stderr: IO[bytes]


class Holder:
    """Holds one generation and forks its readers."""

    def __init__(self, control: socket.socket, path: str, query_megabytes: int, in_memory: bool) -> None:
        self.control = control
        self.path = path
        self.query_megabytes = query_megabytes
        self.children: dict[int, Child] = {}
        self.store = load(path) if in_memory else None

    def run(self) -> None:
        """Follow orders until the server hangs up."""
        wakeup, signalled = os.pipe()
        os.set_blocking(signalled, False)
        signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        gc.freeze()
        self.control.sendall(wire.READY)
        try:
            while True:
                ready, _, _ = select.select([self.control.fileno(), wakeup], [], [])
                if wakeup in ready:
                    os.read(wakeup, 4096)
                    self.reap()
                if self.control.fileno() in ready and not self.follow():
                    return
        finally:
            for child in self.children.values():
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)

    def follow(self) -> bool:
        """Carry one order out; False when the server hung up."""
        message, descriptors, _, _ = socket.recv_fds(self.control, wire.ORDER.size, 2)
        if len(message) < wire.ORDER.size:
            return False
        order, number = wire.ORDER.unpack(message)
        if order == wire.FORK:
            self.fork(number, *descriptors)
        else:
            for child in self.children.values():
                if child.number == number:
                    os.kill(child.pid, signal.SIGKILL)
        return True

    def fork(self, number: int, connection: int, report: int) -> None:
        stderr = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the child
        pid = os.fork()
        if pid == 0:
            self.become_reader(connection, report, stderr)
        os.close(connection)
        self.children[pid] = Child(number, pid, report, stderr)

    def become_reader(self, connection: int, report: int, stderr: IO[bytes]) -> NoReturn:
        """In the child: let go of everything that is the holder's, and answer queries."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(stderr.fileno(), 2)
            self.control.close()
            os.close(report)
            for sibling in self.children.values():
                os.close(sibling.report)
            store = self.store if self.store is not None else ox.Store.read_only(self.path)
            serve(store, socket.socket(fileno=connection), self.query_megabytes)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def reap(self) -> None:
        """Report every child that has ended, each on its own pipe."""
        for child in list(self.children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            del self.children[pid]
            killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            death = wire.Death(killed, None if killed else os.WEXITSTATUS(status), _tail(child.stderr))
            with os.fdopen(child.report, "wb", buffering=0) as report, contextlib.suppress(BrokenPipeError):
                report.write(json.dumps(asdict(death)).encode())


def load(path: str) -> ox.Store:
    """The store of a path, in memory.

    Another process reads the disk: it takes a second core, and this one stays without the threads of the disk's
    library, which a fork would break.
    """
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(source)
            with os.fdopen(sink, "wb") as output:
                ox.Store.read_only(path).dump(output, format=ox.RdfFormat.N_QUADS)
            code = 0
        except BrokenPipeError:
            pass  # the holder was ended while it loaded: nobody wants the rest
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    os.close(sink)
    store = ox.Store()
    with os.fdopen(source, "rb") as dumped:
        store.bulk_extend(ox.parse(dumped, format=ox.RdfFormat.N_QUADS))
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit(f"{path} cannot be read")
    return store


def _tail(file: IO[bytes]) -> str:
    with file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - STDERR_TAIL))
        return file.read().decode("utf-8", "replace")


def hold(control: socket.socket, path: str, query_megabytes: int, *, in_memory: bool) -> None:
    """Be the holder of the store at a path until the server closes the control socket."""
    close_network()
    with control:
        Holder(control, path, query_megabytes, in_memory).run()
