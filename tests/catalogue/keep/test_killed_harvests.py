"""A harvest that is killed at any moment leaves the old or the new catalogue, whole."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from graph.catalogue.keep.archive import Archive, checksum
from graph.catalogue.keep.places import Places
from graph.catalogue.keep.views import Stored
from graph.names import DCTERMS
from graph.project import ROOT
from tests.catalogue.keep.conftest import current, dataset, document

KILLS = 15


def titles(home: Path) -> frozenset[str]:
    """The titles in the catalogue, once the generation is known to be whole and its bytes to be there."""
    statements = Stored(current(home), Places("example").statements)
    for path in Archive(home).files():
        assert checksum(path.read_bytes()) == path.name
    return frozenset(str(t.object) for t in statements if t.predicate.value == DCTERMS + "title")


def test_a_killed_harvest_leaves_the_old_or_the_new_catalogue_whole(tmp_path: Path) -> None:
    home, sources, expected = tmp_path / "home", [], []
    for name in ("old", "new"):
        sources.append(tmp_path / f"{name}.ttl")
        texts = [dataset(n).replace("Dataset", name) for n in range(5)]
        sources[-1].write_text(document(*texts), encoding="utf-8")
        expected.append(frozenset(f'"{name} {n}"@en' for n in range(5)))
    command = [sys.executable, "-m", "tests.catalogue.keep.harvesting_process", str(home)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None

    def run(number: int, kill_after: float | None) -> int:
        print(sources[number], file=process.stdin, flush=True)
        pid = int(process.stdout.readline())  # type: ignore[union-attr]
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was faster
                os.kill(pid, signal.SIGKILL)
        return int(process.stdout.readline())  # type: ignore[union-attr]

    assert run(0, None) == 0
    assert titles(home) == expected[0]
    start = time.monotonic()
    assert run(1, None) == 0
    duration, state, outcomes = time.monotonic() - start, 1, {"old": 0, "new": 0}
    for _ in range(KILLS):
        run(1 - state, random.uniform(0, 1.1 * duration))
        after = titles(home)
        assert after in expected
        is_new = after == expected[1 - state]
        outcomes["new" if is_new else "old"] += 1
        state = 1 - state if is_new else state
    assert run(1 - state, None) == 0
    assert titles(home) == expected[1 - state]
    process.communicate()
    assert outcomes["old"] > 0
