"""The generations of the store on disk: a change flows in, a whole new generation flows out, or nothing at all.

<home>/CURRENT -> generations/000017        a symbolic link, switched by one atomic rename
<home>/generations/000017/generation.json   what it is; written last, so where it is, the generation is whole
<home>/generations/000017/store/            an Oxigraph store, never changed again
<home>/generations/draft-x1y2/              a write under way, or what a killed one left
<home>/write.lock                           held by the one writer
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.errors import CorruptGenerationError, NoGenerationError, Place, StoreBusyError, StoreError

log = logging.getLogger(__name__)

DEFAULT_GRAPH = ox.DefaultGraph()


@dataclass(frozen=True)
class Generation:
    """One whole state of the dataset.

    `quads` counts the statements in named graphs, `triples` those of the default graph, `graphs` the named graphs;
    `union` says whether the default graph is the merge of the named ones; `metadata` is what its writer noted.
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

    @property
    def store(self) -> Path:
        return self.path / "store"

    @property
    def fingerprint(self) -> str:
        """The checksum of what it was built from, '' where its writer gave none."""
        return str(self.metadata.get("fingerprint", ""))

    def open(self) -> ox.Store:
        """Its store, read-only.

        Raises:
            CorruptGenerationError: the store does not open.
        """
        try:
            return ox.Store.read_only(str(self.store))
        except OSError as error:
            raise _corrupt(self.path, f"its store does not open: {error}") from error

    def hold(self) -> int:
        """Keep it from being pruned for as long as the returned file descriptor, or a copy of it, is open."""
        descriptor = os.open(self.path / "generation.json", os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    @classmethod
    def read(cls, path: Path) -> Generation:
        """Read a generation's description.

        Raises:
            CorruptGenerationError: it has none that can be read.
        """
        try:
            return cls(path=path, **json.loads((path / "generation.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise _corrupt(path, f"its generation.json cannot be read: {error}") from error


@dataclass
class Draft:
    """A generation being written: change `store`, note what you like in `metadata`; do not use it afterwards."""

    store: ox.Store
    metadata: dict[str, Any] = field(default_factory=dict)
    bulk: bool = False

    def publish(self, quads: Iterable[ox.Quad]) -> None:
        """Add many statements fast; they are visible to queries on the draft at once."""
        self.bulk = True
        self.store.bulk_extend(quads)


class Generations:
    """The generations under one data directory; any number of readers, one writer at a time."""

    def __init__(self, home: Path, *, union: bool = True, keep: int = 10) -> None:
        self.home = home.absolute()
        self.folder = self.home / "generations"
        self.union = union
        self.keep = keep

    def current_name(self) -> str | None:
        """What CURRENT says, unchecked and in microseconds; None where it is lost or broken."""
        try:
            return (self.home / "CURRENT").readlink().name
        except OSError:
            return None

    def current(self) -> Generation:
        """The published generation; where CURRENT is lost or broken, the newest whole one, with a warning.

        Raises:
            NoGenerationError: there is none.
        """
        name = self.current_name()
        if name is not None and (self.folder / name).is_dir():
            try:
                return Generation.read(self.folder / name)
            except CorruptGenerationError as error:
                log.warning("%s", error)
        for newest in reversed(self.all()):
            try:
                newest.open()
            except CorruptGenerationError as error:
                log.warning("%s", error)
                continue
            log.warning(
                "%s is lost or broken: using the newest whole generation, %d.", self.home / "CURRENT", newest.number
            )
            return newest
        raise NoGenerationError(
            "nothing has been built yet.", place=Place(file=str(self.home)), advice="Run pmkg build."
        )

    def get(self, number: int) -> Generation:
        """One generation by its number.

        Raises:
            NoGenerationError: it was never made, or is pruned.
        """
        path = self.folder / _name(number)
        if not path.is_dir():
            raise NoGenerationError(f"there is no generation {number}.", advice="It may have been pruned.")
        return Generation.read(path)

    def all(self) -> list[Generation]:
        """Every whole generation, oldest first."""
        paths = sorted(path.parent for path in self.folder.glob("[0-9]*/generation.json"))
        found = []
        for path in paths:
            try:
                found.append(Generation.read(path))
            except CorruptGenerationError as error:
                log.warning("%s", error)
        return found

    @contextmanager
    def write(self, *, note: str, fresh: bool = False, wait: float = 60.0) -> Iterator[Draft]:
        """Make the next generation: a copy of the current one, or an empty one when `fresh`, to change in the block.

        Leaving the block publishes it; an exception deletes it, and nobody saw it.

        Raises:
            StoreBusyError: another writer was at work for longer than `wait` seconds.
            StoreError: the data directory cannot be written.
        """
        with self._lock(wait):
            self._clean()
            parent = self._current_or_none()
            folder = Path(tempfile.mkdtemp(prefix="draft-", dir=self.folder))
            try:
                if parent is not None and not fresh:
                    parent.open().backup(str(folder / "store"))
                draft = Draft(ox.Store(str(folder / "store")))
                yield draft
                path = self._finish(draft, folder, note, parent)
                self._switch(path)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._prune(path.name)

    def select(self, number: int, wait: float = 60.0) -> Generation:
        """Make an existing generation the current one (a rollback).

        Raises:
            NoGenerationError: it was never made, or is pruned.
            StoreBusyError: another writer was at work for longer than `wait` seconds.
        """
        with self._lock(wait):
            generation = self.get(number)
            self._switch(generation.path)
        return generation

    def _current_or_none(self) -> Generation | None:
        try:
            return self.current()
        except NoGenerationError:
            return None

    def _finish(self, draft: Draft, folder: Path, note: str, parent: Generation | None) -> Path:
        """Complete a draft, make it durable, and give it its number; it is then whole, but not yet current."""
        if self.union:
            merge_into_default_graph(draft.store)
        if draft.bulk:
            draft.store.optimize()  # it makes reads two to four times faster; not worth it for a few changes
        draft.store.flush()
        number = 1 + max((int(path.name) for path in self.folder.glob("[0-9]*")), default=0)
        triples = sum(1 for _ in draft.store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
        generation = Generation(
            path=self.folder / _name(number),
            number=number,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            note=note,
            parent=parent.number if parent else None,
            union=self.union,
            triples=triples,
            quads=len(draft.store) - triples,
            graphs=sum(1 for _ in draft.store.named_graphs()),
            metadata=draft.metadata,
        )
        del draft.store  # closes it, unless the caller kept a reference: nothing more is written to it either way
        description = asdict(generation)
        del description["path"]
        (folder / "generation.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        _sync_tree(folder)
        folder.chmod(0o755)
        folder.rename(generation.path)
        _sync(self.folder)
        return generation.path

    def _switch(self, path: Path) -> None:
        link = self.home / "CURRENT.new"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(self.folder.name) / path.name)
        link.replace(self.home / "CURRENT")
        _sync(self.home)

    def _prune(self, current: str) -> None:
        """Delete all but the newest `keep`; the current one, one being read and one marked as a release stay."""
        for generation in self.all()[: -self.keep]:
            if generation.path.name != current and not generation.metadata.get("release"):
                _delete_unless_held(generation)

    def _clean(self) -> None:
        """Delete what killed writers left: drafts, and generations whose deletion had begun."""
        for path in self.folder.iterdir():
            if path.name.startswith("draft-") or not (path / "generation.json").exists():
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _lock(self, wait: float) -> Iterator[None]:
        end = time.monotonic() + wait
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.home / "write.lock").open("w")
        except OSError as error:
            message = f"the data directory cannot be written: {error.strerror}."
            advice = "Set PMKG_HOME to a directory that you may write."
            raise StoreError(message, place=Place(file=str(self.home)), advice=advice) from error
        with lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= end:
                        place = Place(file=str(self.home))
                        message = f"another process has been writing for more than {wait:g} s."
                        raise StoreBusyError(message, place=place, advice="Try again when it is done.") from None
                    time.sleep(0.02)
            yield


def merge_into_default_graph(store: ox.Store) -> None:
    """Make the default graph the RDF merge of the named graphs: each triple once, blank nodes kept."""
    if next(store.quads_for_pattern(None, None, None, DEFAULT_GRAPH), None) is None:
        quads = store.quads_for_pattern(None, None, None, None)
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    else:  # only what differs is written: a small change to a large store stays small on disk
        store.update("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }")
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }")


def _name(number: int) -> str:
    return f"{number:06d}"


def _corrupt(path: Path, message: str) -> CorruptGenerationError:
    return CorruptGenerationError(
        message, place=Place(file=str(path)), advice="Build again, or choose an older generation."
    )


def _delete_unless_held(generation: Generation) -> None:
    description = generation.path / "generation.json"
    with description.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        description.unlink()  # first, so that a generation which is half deleted is not taken for a whole one
        shutil.rmtree(generation.path, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    """Make files and directories durable; a file that another generation has too already is."""
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory) / name
            if path.stat().st_nlink == 1:
                _sync(path)
        _sync(Path(directory))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
