"""What many tests share: the real project, built once for the session."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph import pipeline
from graph.project import ROOT
from graph.settings import Settings
from graph.store.generations import Generations

SHARED = ROOT.parent / "shared"


@contextmanager
def silently(name: str) -> Iterator[None]:
    """A stage of the pipeline that shows nothing."""
    yield


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own that is soon full; the test is skipped where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        pytest.skip(f"there is no mount command: {error}")
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass(frozen=True)
class Built:
    """The project as `pmkg build` leaves it."""

    settings: Settings
    outcome: pipeline.Outcome
    store: ox.Store


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    settings = replace(Settings(), home=tmp_path_factory.mktemp("built"))
    outcome = pipeline.build(settings, silently)
    assert outcome.generation == 1, [str(finding) for finding in outcome.findings[:5]]
    return Built(settings, outcome, Generations(settings.home).current().open())


@pytest.fixture(scope="session")
def vocabularies() -> Path:
    """The authorities' tables and their checker, which are no part of the project."""
    folder = SHARED / "vocabularies"
    if not folder.is_dir():
        pytest.skip(f"the authorities' tables are not at {folder}")
    return folder
