"""The process that writes: `Write`s flow in over a socket, one at a time; for each a `Written` or an error flows out.

Run as `python -m graph.write.process DESCRIPTOR`. A write is somebody's text that runs in the engine, which can take
too long, take too much memory, or abort the process; so it has a process, a deadline by the kernel's alarm, and a
memory limit of its own, and the server stays out of it.
"""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
import sys
from multiprocessing.connection import Connection
from time import monotonic

from graph.check.touched import Shapes
from graph.errors import PmkgError, WriteCrashError, WriteMemoryError
from graph.project import Project
from graph.settings import Settings, variable
from graph.write.loading import loader
from graph.write.perform import Performer
from graph.write.request import Write, Written

MEBIBYTE = 2**20
RELEASE = 100_000  # statements after which the process starts anew, to give its memory back


def serve(connection: Connection) -> None:
    """Carry out writes until the server hangs up."""
    settings: Settings = connection.recv()
    _limit_memory(settings.write_megabytes)
    performer = Performer(
        settings,
        Shapes(Project().shapes),
        loader(settings),
        on_turn=lambda: _set_alarm(settings.write_seconds),
    )
    gc.freeze()
    connection.send(None)  # ready
    while True:
        try:
            write: Write = connection.recv()
        except (EOFError, ConnectionError):
            return
        outcome = _perform(performer, write, settings)
        with contextlib.suppress(ConnectionError):
            connection.send(outcome)
        if isinstance(outcome, WriteMemoryError) or _is_swollen(outcome):
            return


def _perform(performer: Performer, write: Write, settings: Settings) -> Written | PmkgError:
    _set_alarm(settings.write_seconds + settings.write_queue_seconds)  # others may be writing, of other servers
    started = monotonic()
    try:
        return performer.perform(write)
    except PmkgError as error:
        error.__traceback__ = error.__cause__ = error.__context__ = None  # they hold the draft's store open,
        gc.collect()  # in a circle, and open files keep their room on the disk
        return error
    except MemoryError:
        return WriteMemoryError(
            f"the write needed more than {settings.write_megabytes} MB of memory.",
            advice=f"Send it in parts. The limit is {variable('write_megabytes')}.",
        )
    except Exception as error:  # a fault of ours, which the server logs; the writer lives on
        sys.excepthook(*sys.exc_info())
        return WriteCrashError(f"the write failed after {monotonic() - started:.1f} s: {type(error).__name__}.")
    finally:
        _set_alarm(0)


def _set_alarm(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _is_swollen(outcome: object) -> bool:
    return isinstance(outcome, Written) and outcome.added + outcome.removed > RELEASE


def _limit_memory(megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEBIBYTE, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then hangs up
    serve(Connection(int(sys.argv[1])))
