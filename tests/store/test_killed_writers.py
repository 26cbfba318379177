"""A writer that is killed at any moment leaves the old or the new generation whole, never neither."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

from graph.project import ROOT
from graph.store.generations import Generations

KILLS = 100


class Writers:
    """Writes from processes of their own, which can be killed."""

    def __init__(self, generations: Generations) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.writing_process", str(generations.home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()

    def write(self, name: str, kill_after: float | None = None) -> int:
        """Begin a write, kill it after some seconds, and give its wait status."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(name, file=self.process.stdin, flush=True)
        pid = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(pid, signal.SIGKILL)  # it cannot have been reaped and its number reused: at most it is gone
        return int(self.process.stdout.readline())


def whole_count(generations: Generations) -> int:
    """The current generation's statements in named graphs, after a look at all of it."""
    generation = generations.current()
    store = generation.open()
    everything = list(store)
    assert len(everything) == generation.triples + generation.quads
    triples = {quad.triple for quad in everything}
    assert len(triples) == generation.triples
    return generation.quads


def test_a_hundred_killed_writers_leave_the_old_or_the_new_generation_whole(generations: Generations) -> None:
    with Writers(generations) as writers:
        begun = time.monotonic()
        assert writers.write("first") == 0
        duration = time.monotonic() - begun
        quads, outcomes = whole_count(generations), {"old": 0, "new": 0}
        for number in range(KILLS):
            try:
                writers.write(f"killed{number}", kill_after=random.uniform(0, 1.1 * duration))
            except ProcessLookupError:
                writers.process.stdout.readline()  # type: ignore[union-attr]  # it was faster
            after = whole_count(generations)
            assert after in (quads, quads + 1)
            outcomes["new" if after > quads else "old"] += 1
            quads = after
            if number % 10 == 9:
                assert writers.write(f"next{number}") == 0
                quads += 1
                assert whole_count(generations) == quads
    assert outcomes["old"] > 0
    left = {path.name for path in generations.folder.iterdir()}
    assert left == {generation.path.name for generation in generations.all()}
