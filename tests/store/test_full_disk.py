"""Wherever in a write the room on the disk ends: it is published whole or not at all, and the next one works."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.errors import DiskFullError, StoreError
from graph.project import ROOT
from graph.store import disk
from graph.store.generations import Generations
from tests.conftest import small_disk
from tests.store.conftest import node

LIMITED = """
import resource, sys
from pathlib import Path
from graph.errors import DiskFullError
from graph.store.generations import Generations
from tests.store.test_full_disk import add
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    add(Generations(Path(sys.argv[1])), int(sys.argv[3]))
    print("published")
except DiskFullError as error:
    print(error.message)
"""


def add(generations: Generations, size: int = 2000) -> None:
    with generations.write(note="add") as draft:
        draft.store.extend(ox.Quad(node(f"n{n}"), node("p"), ox.Literal(f"{n} {size}"), node("g")) for n in range(size))


def check(generations: Generations, number: int) -> None:
    """Everything is as the generation of that number left it, and nothing else is there."""
    current = generations.current()
    assert current.number == number
    current.check_content()
    assert len(list(current.open())) == current.triples + current.quads
    left = sorted(path.name for path in generations.folder.iterdir())
    assert left == [generation.path.name for generation in generations.all()]


@pytest.fixture
def on_small_disk(first_home: Path, tmp_path: Path) -> Iterator[Generations]:
    with small_disk(tmp_path / "disk", megabytes=64) as folder:
        yield Generations(Path(shutil.copytree(first_home, folder / "home", symlinks=True)), keep=2)


def test_wherever_the_room_ends_a_write_is_whole_or_nothing(on_small_disk: Generations) -> None:
    filler, outcomes, number = on_small_disk.home / "filler", set[bool](), 1
    for free in (0, 30, 60, 100, 200, 400, 800, 1600, 5000, 20_000):
        add(on_small_disk, 10 + free % 7)
        number += 1
        _fill(filler, free * 1024)
        try:
            add(on_small_disk, 2000 + free % 7)
            number += 1
            outcomes.add(True)
        except DiskFullError as error:
            assert "no room left" in error.message
            outcomes.add(False)
        check(on_small_disk, number)
        filler.unlink()
    assert outcomes == {True, False}


def _fill(path: Path, free: int) -> None:
    """Leave only so many bytes of the disk."""
    status = os.statvfs(path.parent)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - free))


@pytest.mark.parametrize("limit", [0, 400, 30_000])
def test_where_files_may_not_grow_a_write_changes_nothing(generations: Generations, limit: int) -> None:
    command = [sys.executable, "-c", LIMITED, str(generations.home), str(limit), "2000"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "no room left" in found.stdout, found.stderr
    check(generations, 1)
    add(generations)
    check(generations, 2)


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), DiskFullError, "PMKG_KEEP_GENERATIONS"),
        (OSError("IO error: No space left on device: While appending to file"), DiskFullError, "Free some room"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), DiskFullError, "Free some room"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), StoreError, "Look at its disk"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), StoreError, "Set PMKG_HOME"),
    ],
)
def test_what_the_system_says_is_told_with_what_to_do(error: OSError, kind: type[StoreError], advice: str) -> None:
    found = disk.storage_error(error, Path("home"))
    assert type(found) is kind
    assert advice in found.advice
