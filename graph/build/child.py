"""A Java reasoner in a process of its own: files in a folder flow in, other files in it flow out, and nothing is left.

A Java that its Python started goes on at full load when that Python is ended. So both run in a process group of their
own, which is killed whole when it takes too long or we are interrupted. We also hold its standard input open: should we
be killed ourselves, the child reads the end of that stream and kills its own group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import ReasonerTimeoutError, ReasoningError
from graph.project import ROOT

# A run takes seconds: too short for Java's second compiler and its parallel collector to pay. Half the time without.
JAVA_OPTIONS = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def run(module: str, folder: Path, *arguments: str, seconds: float) -> None:
    """Run `python -m MODULE FOLDER ARGUMENTS` and wait for its end.

    Raises:
        ReasonerTimeoutError: it took longer than `seconds` and was ended.
        ReasoningError: it failed.
    """
    with running(module, folder, *arguments, seconds=seconds) as wait:
        wait()


@contextmanager
def running(module: str, folder: Path, *arguments: str, seconds: float) -> Iterator[Callable[[], None]]:
    """Run it beside the block, and give a function that waits for its end; it is ended when the block is left.

    That function raises what `run` does.
    """
    command = [sys.executable, "-m", module, str(folder), *arguments]
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": JAVA_OPTIONS}
    errors = folder / "errors.txt"
    with (
        errors.open("wb") as log,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        end = time.monotonic() + seconds
        try:
            yield lambda: _wait(process, errors, seconds, end)
        finally:
            _kill(process.pid)


def _wait(process: subprocess.Popen[bytes], errors: Path, seconds: float, end: float) -> None:
    try:
        # Not communicate(): that would close the pipe that keeps the child alive.
        process.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise ReasonerTimeoutError(
            f"the reasoner took longer than {seconds:g} s and was ended.",
            advice="Raise PMKG_REASONER_SECONDS, or look for classes with many unions or number restrictions.",
        ) from error
    if process.returncode != 0:
        reason = _last_words(errors.read_text("utf-8", errors="replace"))
        raise ReasoningError(f"the reasoner failed: {reason}.", advice="Check that the ontology is OWL 2 DL.")


def end_with_starter() -> None:
    """Called in the child: from now on, end the whole group when the process that ran us ends."""
    threading.Thread(target=_wait_for_end_of_input, daemon=True).start()


def _wait_for_end_of_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _last_words(text: str) -> str:
    """The line of an error's output that says most: the exception, or else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith((" ", "\t"))]
    telling = [line for line in lines if "Exception" in line or "Error" in line]
    return next(iter(telling[::-1] or lines[::-1]), "it gave no reason").rstrip(".")
