"""The build that runs beside the server: a command flows in, whether it runs and how it ended flow out.

It is a process of its own, so that the reasoners' memory and imports never reach the process that serves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

COMMAND = (sys.executable, "-m", "graph.cli", "build")


class Build:
    """One run of `pmkg build`; what it prints goes where the server's own output goes."""

    def __init__(self, when_done: Callable[[int], None], command: Sequence[str] | None = None) -> None:
        """`when_done` gets the exit status, in a thread of its own, unless the build was stopped."""
        self._when_done = when_done
        self._is_stopped = False
        self._process = subprocess.Popen(command or COMMAND, stdin=subprocess.DEVNULL, start_new_session=True)
        threading.Thread(target=self._watch, name="build", daemon=True).start()

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, grace_seconds: float = 3.0) -> None:
        """End it, and whatever it started (a reasoner's Java) with it."""
        self._is_stopped = True
        if not self.is_running():
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _watch(self) -> None:
        status = self._process.wait()
        if not self._is_stopped:
            self._when_done(status)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)  # it leads the group of everything it starts
