"""Backups: the current generation flows into one file, and such a file flows back as a new generation.

A backup is a tar archive, compressed with zstd: the generation's files, which nobody changes any more; the audit log;
the bytes of harvested catalogues; and, last, a manifest with the SHA-256 of each, so that an archive that was cut off
has none. Tokens and keys are never in it. Both ways are one pass over the data, beside a server that goes on answering
and writing.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import zstandard

from graph.errors import CorruptGenerationError, InputError, Place, StoreError
from graph.store.generation import Generation
from graph.store.generations import Generations

FORMAT, VERSION = "pmkg backup", 1
WRITE_NOTES = ("write", "who", "role", "added", "removed", "graphs")  # what a write notes of itself in its generation
MANIFEST, AUDIT, HARVESTED = "manifest.json", "audit.log", "harvested"
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAMES = re.compile(
    rf"{MANIFEST}|{re.escape(AUDIT)}|generation/generation\.json|generation/store/{_PART}|{HARVESTED}/[0-9a-f]{{64}}"
)
_CHECKSUM = re.compile("[0-9a-f]{64}")
_MOST_MANIFEST = 64 << 20
_BLOCK = 1 << 20
_PACKED_BLOCK = 1 << 12  # which a hostile archive can make 100 MB of


@dataclass
class _Summed:
    """A file that is read or written through it, with its checksum and its size so far."""

    file: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self._count(block)
        return block

    def write(self, block: bytes) -> int:
        self._count(block)
        return self.file.write(block)

    def _count(self, block: bytes) -> None:
        self.digest.update(block)
        self.size += len(block)

    @property
    def entry(self) -> dict[str, object]:
        return {"sha256": self.digest.hexdigest(), "size": self.size}


class _Frame:
    """One zstd frame, unpacked; unlike the library's reader it notices an end that is missing."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    def read(self, size: int = -1) -> bytes:
        """Some bytes, or none at the end of the frame.

        Raises:
            EOFError: the source ends before the frame does.
        """
        block = b""
        while not block and not self._frame.eof:
            packed = self._source.read(_PACKED_BLOCK)
            if not packed:
                raise EOFError
            block = self._frame.decompress(packed)
        return block


def back_up(generations: Generations, output: IO[bytes]) -> Generation:
    """Write the current generation, the audit log and harvested bytes to a stream; the generation that it was.

    Raises:
        NoGenerationError: nothing has been built yet.
        CorruptGenerationError: a file of the generation cannot be read.
    """
    generation, descriptor = _held(generations)
    try:
        with (
            zstandard.ZstdCompressor(write_checksum=True).stream_writer(output, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            files = {f"generation/{path.relative_to(generation.path)}": path for path in _files(generation)}
            if (audit := generations.home / AUDIT).exists():
                files[AUDIT] = audit
            files |= {f"{HARVESTED}/{path.name}": path for path in _harvested(generations.home)}
            entries = {name: _add(archive, name, path) for name, path in sorted(files.items())}
            _add_manifest(archive, generation, entries)
    finally:
        os.close(descriptor)
    return generation


def back_up_to(generations: Generations, path: Path) -> Generation:
    """Write a backup to a file, which is there only once it is whole and on the disk.

    Raises:
        NoGenerationError: nothing has been built yet.
        StoreError: the file cannot be written, or the generation cannot be read.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)  # its mode is 0600
        try:
            with os.fdopen(descriptor, "wb") as output:
                generation = back_up(generations, output)
                output.flush()
                os.fsync(output.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        message = f"the backup cannot be written: {error.strerror}."
        raise StoreError(message, place=Place(file=str(path)), advice="Choose another place for it.") from error
    return generation


def restore(generations: Generations, source: IO[bytes], name: str, metadata: dict[str, Any]) -> Generation:
    """Make the generation of a backup the next one, once all of it is there and its checksums are right.

    The audit log of the backup is taken where there is none. `name` is what messages call the backup; `metadata` takes
    the place of what the generation's writer noted of the write.

    Raises:
        InputError: it is no whole backup, or holds what a backup does not.
        StoreError: the data directory cannot be written, or the generation does not fit the settings.
    """
    with _staging(generations.home) as folder:
        _unpack(source, folder, name)
        staged = folder / "generation"
        try:
            original = Generation.read(staged)
            kept = {name: value for name, value in original.metadata.items() if name not in WRITE_NOTES}
            note = f"restored from generation {original.number} of {original.created}"
            _put_back(folder, generations.home)
            restored = generations.adopt(staged, note=note, metadata={**kept, **metadata})
        except CorruptGenerationError as error:
            raise _not_whole(name, error.message) from error
        if (folder / AUDIT).exists() and not (generations.home / AUDIT).exists():
            (folder / AUDIT).replace(generations.home / AUDIT)
    return restored


def _held(generations: Generations) -> tuple[Generation, int]:
    """The current generation, and what keeps it from being pruned; another try where that came too late."""
    while True:
        generation = generations.current()
        try:
            return generation, generation.hold()
        except FileNotFoundError:
            time.sleep(0.01)


def _files(generation: Generation) -> Iterator[Path]:
    yield generation.path / "generation.json"
    yield from (path for path in generation.store.iterdir() if path.is_file())


def _harvested(home: Path) -> Iterator[Path]:
    """The documents that catalogues were harvested from, each named by its checksum."""
    folder = home / HARVESTED
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _CHECKSUM.fullmatch(path.name))


def _put_back(folder: Path, home: Path) -> None:
    """Have the harvested documents of a backup where they belong; those that are there stay."""
    for path in _harvested(folder):
        (home / HARVESTED).mkdir(exist_ok=True)
        if not (home / HARVESTED / path.name).exists():
            path.replace(home / HARVESTED / path.name)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        member = tarfile.TarInfo(name)
        member.size = os.fstat(file.fileno()).st_size  # what the audit log gains after this is not in the backup
        member.mode, member.mtime = 0o644, int(path.stat().st_mtime)
        summed = _Summed(file)
        archive.addfile(member, summed)
    return summed.entry


def _add_manifest(archive: tarfile.TarFile, generation: Generation, entries: dict[str, dict[str, object]]) -> None:
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "generation": generation.number,
        "files": entries,
    }
    content = json.dumps(manifest, indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _unpack(source: IO[bytes], folder: Path, name: str) -> None:
    """Write the files of an archive into a folder, and compare their checksums with those of its manifest."""
    entries: dict[str, dict[str, object]] = {}
    manifest: object = None
    unpacked = _Frame(source)
    try:
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                if manifest is not None or member.name in entries:
                    raise _not_whole(name, f"it holds '{member.name[:100]}' where no more should be")
                _check_member(member, folder, name)
                file = archive.extractfile(member)
                assert file is not None, "a regular file has content"
                if member.name == MANIFEST:
                    manifest = json.loads(file.read())
                else:
                    entries[member.name] = _write(file, folder / member.name)
            while unpacked.read():  # to the end, where zstd's own checksum is
                pass
    except (tarfile.TarError, zstandard.ZstdError, EOFError, ValueError) as error:
        raise _not_whole(name, "it is cut off, damaged, or something else") from error
    _check_manifest(manifest, entries, name)


def _check_member(member: tarfile.TarInfo, folder: Path, name: str) -> None:
    """Refuse whatever a backup does not hold: links, devices, other places, and names that some read otherwise."""
    if not member.isreg() or not _NAMES.fullmatch(member.name):
        raise _not_whole(name, f"it holds '{member.name[:100]}', which no backup does")
    if member.name == MANIFEST and member.size > _MOST_MANIFEST:
        raise _not_whole(name, "its manifest is too large")
    tarfile.data_filter(member, str(folder))


def _write(file: IO[bytes], path: Path) -> dict[str, object]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as output:
        summed = _Summed(output)
        shutil.copyfileobj(file, summed, _BLOCK)
    return summed.entry


def _check_manifest(manifest: object, entries: dict[str, dict[str, object]], name: str) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _not_whole(name, "it has no manifest")
    if manifest.get("version") != VERSION:
        raise InputError("a later version of pmkg made it.", place=Place(file=name), advice="Restore it with that one.")
    stated = manifest.get("files")
    if stated != entries:
        known = stated if isinstance(stated, dict) else {}
        wrong = min(file for file in entries.keys() | known.keys() if known.get(file) != entries.get(file))
        raise _not_whole(name, f"{wrong[:100]} is not what its manifest says")


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder on the generations' disk that is gone afterwards; what killed ones left is deleted now."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        for left in home.glob("restore-*"):
            _delete_unless_locked(left)
        folder = Path(tempfile.mkdtemp(prefix="restore-", dir=home))
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
    except OSError as error:
        message = f"the data directory cannot be written: {error.strerror}."
        raise StoreError(message, place=Place(file=str(home)), advice="Nothing has changed.") from error


def _delete_unless_locked(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)


def _not_whole(name: str, why: str) -> InputError:
    return InputError(f"not a whole backup: {why.rstrip('.')}.", place=Place(file=name), advice="Nothing has changed.")
