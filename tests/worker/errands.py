"""A process that does as it is told, for better or worse."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from graph.errors import InputError
from graph.settings import Settings
from graph.worker.child import serve


def begin(settings: Settings) -> Callable[[str], str]:
    return do


def do(errand: str) -> str:
    match errand:
        case "wait":
            time.sleep(60)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "fill":
            bytearray(2**30)
        case "abort in want of memory":
            sys.stderr.write("memory allocation of 99 bytes failed\n")
            sys.stderr.flush()
            os.abort()
        case "abort":
            os.abort()
        case "err":
            raise KeyError(errand)
        case "refuse":
            raise InputError("no.")
    return errand


if __name__ == "__main__":
    serve(begin, lambda outcome: outcome == "last")
