"""The process's side: requests flow in over a socket, one at a time; for each its outcome or an error flows out.

A request is somebody's text, made perhaps so that it takes very long or very much memory. So there is a deadline, by
the kernel's alarm, which also ends code that never comes back to Python, and a memory limit.
"""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic
from typing import TypeVar

from graph.errors import PmkgError
from graph.settings import Settings
from graph.worker.ending import End, WorkerError

MEBIBYTE = 2**20

Request = TypeVar("Request")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Terms:
    """On what a process works: the settings, the seconds for a request, and its memory."""

    settings: Settings
    seconds: float
    megabytes: int


def serve(
    begin: Callable[[Settings], Callable[[Request], Outcome]], is_last: Callable[[Outcome], bool] = lambda _: False
) -> None:
    """Carry out requests until the server hangs up, or an outcome is such that the process is better replaced."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then hangs up
    connection = Connection(int(sys.argv[1]))
    terms: Terms = connection.recv()
    _limit_memory(terms.megabytes)
    handle = begin(terms.settings)
    gc.freeze()
    connection.send(None)  # ready
    is_leaving = False
    while not is_leaving:
        try:
            request: Request = connection.recv()
        except (EOFError, ConnectionError):
            return
        outcome = _carried_out(handle, request, terms.seconds)
        if isinstance(outcome, WorkerError):
            is_leaving = outcome.end is End.MEMORY
        elif not isinstance(outcome, PmkgError):
            is_leaving = is_last(outcome)
        with contextlib.suppress(ConnectionError):
            connection.send((outcome, is_leaving))


def set_alarm(seconds: float) -> None:
    """The kernel ends this process in so many seconds; with 0 it does not."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _carried_out(
    handle: Callable[[Request], Outcome], request: Request, seconds: float
) -> Outcome | PmkgError | WorkerError:
    set_alarm(seconds)
    started = monotonic()
    try:
        return handle(request)
    except PmkgError as error:
        error.__traceback__ = error.__cause__ = error.__context__ = None  # they hold a draft's store open,
        gc.collect()  # in a circle, and open files keep their room on the disk
        return error
    except MemoryError:
        return WorkerError(End.MEMORY)
    except Exception as error:  # a fault of ours, which the server logs; the process lives on
        sys.excepthook(*sys.exc_info())
        return WorkerError(End.CRASH, type(error).__name__, monotonic() - started)
    finally:
        set_alarm(0)


def _limit_memory(megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEBIBYTE, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
