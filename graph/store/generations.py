"""The generations of the store on disk: a change flows in, a whole new generation flows out, or nothing at all.

<home>/CURRENT -> generations/000017        a symbolic link, switched by one atomic rename
<home>/generations/000017/generation.json   what it is; written last, so where it is, the generation is whole
<home>/generations/000017/store/            an Oxigraph store, never changed again
<home>/generations/draft-x1y2/              a write under way, or what a killed one left
<home>/generations/damaged-000016/          what was found not to be whole any more when a server started
<home>/write.lock                           held by the one writer
"""

from __future__ import annotations

import fcntl
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graph.errors import CorruptGenerationError, NoGenerationError, StoreError
from graph.store import disk
from graph.store.draft import Draft, count
from graph.store.generation import DESCRIPTION, Generation, corrupt, files_of
from graph.store.shelf import Shelf, is_number, name_of

log = logging.getLogger(__name__)

DAMAGED = "damaged-"
_NUMBERED = re.compile(rf"(?:{DAMAGED})?(\d+)")


class Generations(Shelf):
    """The generations under one data directory; any number of readers, one writer at a time."""

    def __init__(self, home: Path, *, union: bool = True, keep: int = 10) -> None:
        super().__init__(home)
        self.union = union
        self.keep = keep

    @contextmanager
    def write(self, *, note: str, fresh: bool = False, wait: float = 60.0) -> Iterator[Draft]:
        """Make the next generation: a copy of the current one, or an empty one when `fresh`, to change in the block.

        Leaving the block publishes it; an exception deletes it, and nobody saw it. Where the current generation does
        not open any more, the newest one that does is copied, as it is the one that is served.

        Raises:
            StoreBusyError: another writer was at work for longer than `wait` seconds.
            CorruptGenerationError: there are generations, and none can be copied.
            StoreError: the data directory cannot be written; `DiskFullError` where there is no room.
        """
        with self.lock(wait), disk.telling(self.home):
            number = self._next_number()
            self._clean()
            parent, store = self._parent(fresh=fresh)
            folder = Path(tempfile.mkdtemp(prefix="draft-", dir=self.folder))
            draft = None
            try:
                if store is not None and not fresh:
                    store.backup(str(folder / "store"))
                del store
                draft = Draft(ox.Store(str(folder / "store")), number, parent)
                draft.protected = parent is not None and not fresh and parent.protected
                yield draft
                generation = self._finish(draft, folder, number, note)
                self._publish(folder, generation)
            except BaseException:
                if draft is not None:
                    vars(draft).pop("store", None)  # closes it, since open files keep their room on the disk
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._prune(generation)

    def select(self, number: int, wait: float = 60.0) -> Generation:
        """Make an existing generation the current one (a rollback).

        Raises:
            NoGenerationError: it was never made, or is pruned.
            StoreBusyError: another writer was at work for longer than `wait` seconds.
            StoreError: the data directory cannot be written.
        """
        with self.lock(wait), disk.telling(self.home):
            generation = self.get(number)
            self.switch(generation)
        return generation

    def adopt(self, folder: Path, *, note: str, metadata: dict[str, Any], wait: float = 60.0) -> Generation:
        """Make a store and its description, which stand in a folder of the data directory, the next generation.

        The folder becomes the generation's; what the description says of the store is counted again.

        Raises:
            CorruptGenerationError: there is no whole generation in the folder.
            StoreError: its default graph is not what the settings say it should be.
            StoreBusyError: another writer was at work for longer than `wait` seconds.
        """
        with self.lock(wait), disk.telling(self.home):
            number = self._next_number()
            self._clean()
            found, (parent, _) = Generation.read(folder), self._parent(fresh=True)
            if found.union != self.union:
                message = f"it was made with PMKG_UNION_DEFAULT_GRAPH={found.union:d}, and that is {self.union:d} here."
                raise StoreError(message, advice="Set it as it was there.")
            store = found.open()
            try:
                counts, graphs = count(store), sum(1 for _ in store.named_graphs())
            except OSError as error:
                raise corrupt(folder, f"its store cannot be read: {error}") from error
            del store
            generation = self._generation(number, note, parent, (*counts, graphs), metadata, files_of(found.store))
            self._publish(folder, generation)
            self._prune(generation)
        return generation

    def _parent(self, *, fresh: bool) -> tuple[Generation | None, ox.Store | None]:
        """The newest generation that opens, the current one first, and its store.

        What starts from nothing may also follow nothing; what is to be a copy must not begin with an empty store.
        """
        try:
            for generation in self.candidates():
                try:
                    return generation, generation.open()
                except CorruptGenerationError as error:
                    log.error("generation %d is passed over: %s", generation.number, error)
            raise self.none_whole()
        except NoGenerationError:
            return None, None
        except CorruptGenerationError as error:
            if not fresh:
                raise
            log.error("%s", error)
            return None, None

    def _finish(self, draft: Draft, folder: Path, number: int, note: str) -> Generation:
        """Complete a draft and describe it."""
        triples, quads = draft.complete(union=self.union)
        graphs = sum(1 for _ in draft.store.named_graphs())
        metadata = draft.metadata | ({"protected": True} if draft.protected else {})
        del draft.store  # closes it, unless the caller kept a reference: nothing more is written to it either way
        files = files_of(folder / "store", draft.parent)
        return self._generation(number, note, draft.parent, (triples, quads, graphs), metadata, files)

    def _generation(
        self,
        number: int,
        note: str,
        parent: Generation | None,
        counts: tuple[int, int, int],
        metadata: dict[str, Any],
        files: dict[str, dict[str, Any]],
    ) -> Generation:
        triples, quads, graphs = counts
        return Generation(
            path=self.folder / name_of(number),
            number=number,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            note=note,
            parent=parent.number if parent else None,
            union=self.union,
            triples=triples,
            quads=quads,
            graphs=graphs,
            metadata=metadata,
            files=files,
        )

    def _next_number(self) -> int:
        """A number that no generation ever had."""
        numbers = (_NUMBERED.fullmatch(path.name) for path in self.folder.iterdir())
        return 1 + max((int(found[1]) for found in numbers if found), default=0)

    def _publish(self, folder: Path, generation: Generation) -> None:
        """Make a finished store and its description durable, give them their place, and make them current."""
        generation.describe(folder)
        disk.sync_tree(folder)
        folder.chmod(0o755)
        folder.rename(generation.path)
        try:
            disk.sync(self.folder)
            self.switch(generation)
        except BaseException:
            if self.current_name() != generation.path.name:
                shutil.rmtree(generation.path, ignore_errors=True)  # what nobody saw is not to be found later
            raise

    def switch(self, generation: Generation) -> None:
        """Make a generation the current one; only for who has the lock."""
        link = self.home / "CURRENT.new"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(self.folder.name) / generation.path.name)
        link.replace(self.home / "CURRENT")
        disk.sync(self.home)

    def _prune(self, current: Generation) -> None:
        """Delete all but the newest `keep`; the current one, one being read and one marked as a release stay.

        The write is done: that something could not be deleted is no failure of it.
        """
        for generation in self.all()[: -self.keep]:
            if generation != current and not generation.metadata.get("release"):
                try:
                    _delete_unless_held(generation)
                except OSError as error:
                    log.warning("generation %d is not deleted: %s", generation.number, error)

    def _clean(self) -> None:
        """Delete what killed writers left: drafts, and generations whose deletion had begun."""
        for path in self.folder.iterdir():
            is_left = is_number(path.name) and not (path / DESCRIPTION).exists()
            if path.name.startswith("draft-") or is_left:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def lock(self, wait: float) -> Iterator[None]:
        """Be the only writer, as `graph.store.disk.lock` says."""
        with disk.telling(self.home):
            self.folder.mkdir(parents=True, exist_ok=True)
        with disk.lock(self.home, wait):
            yield


def _delete_unless_held(generation: Generation) -> None:
    description = generation.path / DESCRIPTION
    with description.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        description.unlink()  # first, so that a generation which is half deleted is not taken for a whole one
        shutil.rmtree(generation.path, ignore_errors=True)
