"""One generation: a directory flows in; what it holds, whether it is whole, and its store flow out.

A generation's files never change once it is published, so that its description can say what each of them is: its size,
which costs nothing to compare, and its checksum. Generations share files (hard links), and then damage too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.errors import CorruptGenerationError, Place

DESCRIPTION = "generation.json"
_DATA = re.compile(r"CURRENT|MANIFEST-\d+|\d+\.(?:sst|blob|log)")  # not RocksDB's own log, its options and its lock


@dataclass(frozen=True)
class Generation:
    """One whole state of the dataset.

    `quads` counts the statements in named graphs, `triples` those of the default graph, `graphs` the named graphs;
    `union` says whether the default graph is the merge of the named ones; `metadata` is what its writer noted; `files`
    are the store's, with size and SHA-256.
    """

    path: Path = field(compare=False)
    number: int
    created: str
    note: str
    parent: int | None
    union: bool
    triples: int
    quads: int
    graphs: int
    metadata: dict[str, Any] = field(compare=False, default_factory=dict)
    files: dict[str, dict[str, Any]] = field(compare=False, default_factory=dict)

    @property
    def store(self) -> Path:
        return self.path / "store"

    @property
    def fingerprint(self) -> str:
        """The checksum of what it was built from, '' where its writer gave none."""
        return str(self.metadata.get("fingerprint", ""))

    @property
    def protected(self) -> bool:
        """Whether literals stand in its store in the form of `graph.sparql.literals`."""
        return bool(self.metadata.get("protected"))

    def open(self) -> ox.Store:
        """Its store, read-only.

        Raises:
            CorruptGenerationError: a file is missing or has another size than it should, or the store does not open.
        """
        self.check_sizes()
        try:
            return ox.Store.read_only(str(self.store))
        except OSError as error:
            raise corrupt(self.path, f"its store does not open: {error}") from error

    def check_sizes(self) -> None:
        """Look whether every file is there and as long as it should be; this takes no time.

        Raises:
            CorruptGenerationError: one is not.
        """
        for name, stated in self.files.items():
            try:
                size = (self.store / name).stat().st_size
            except OSError as error:
                raise corrupt(self.path, f"its file {name} cannot be read: {error.strerror}.") from error
            if size != stated["size"]:
                raise corrupt(self.path, f"its file {name} has {size} bytes and should have {stated['size']}.")

    def check_content(self) -> None:
        """Compare the checksum of every file; this reads all of it.

        Raises:
            CorruptGenerationError: one is not what it was.
        """
        self.check_sizes()
        for name, stated in self.files.items():
            try:
                found = _sha256(self.store / name)
            except OSError as error:
                raise corrupt(self.path, f"its file {name} cannot be read: {error.strerror}.") from error
            if found != stated["sha256"]:
                raise corrupt(self.path, f"its file {name} is not what was written: its checksum is another.")

    def hold(self) -> int:
        """Keep it from being pruned for as long as the returned file descriptor, or a copy of it, is open."""
        descriptor = os.open(self.path / DESCRIPTION, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def describe(self, folder: Path) -> None:
        """Write its description into a folder, which is whole from then on."""
        description = asdict(self)
        del description["path"]
        (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Generation:
        """Read a generation's description.

        Raises:
            CorruptGenerationError: it has none that can be read.
        """
        try:
            return cls(path=path, **json.loads((path / DESCRIPTION).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise corrupt(path, f"its {DESCRIPTION} cannot be read: {error}") from error


def files_of(store: Path, parent: Generation | None = None) -> dict[str, dict[str, Any]]:
    """What each file of a finished store is; what it shares with its parent is not read again."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(store.iterdir()):
        if _DATA.fullmatch(path.name):
            shared = parent.files.get(path.name) if parent is not None and _is_shared(path, parent) else None
            found[path.name] = shared or {"size": path.stat().st_size, "sha256": _sha256(path)}
    return found


def corrupt(path: Path, message: str) -> CorruptGenerationError:
    """The error that says that what stands there is no whole generation."""
    advice = "Build again, choose an older generation (pmkg rollback), or restore a backup."
    return CorruptGenerationError(message, place=Place(file=str(path)), advice=advice)


def _is_shared(path: Path, parent: Generation) -> bool:
    try:
        return path.samefile(parent.store / path.name)
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
