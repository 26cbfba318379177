"""The bytes that were harvested, for good: pages flow in, files named by their checksums flow out.

<home>/harvested/<sha256>       a page as it was received, written before the generation that tells of it
<home>/harvested/<slug>.json    when a source was last looked at, and what came of it
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from graph.errors import NoSuchPageError, Place
from graph.store import disk

FOLDER = "harvested"


@dataclass(frozen=True)
class Look:
    """One look at a source: when, where, and whether it was there."""

    source: str
    time: str
    succeeded: bool

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.time)


class Archive:
    """The harvested bytes of a data directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / FOLDER

    def keep(self, contents: Iterable[bytes]) -> None:
        """Have each on the disk under its checksum; what is there already stays.

        Raises:
            StoreError: the data directory cannot be written.
        """
        with disk.telling(self.home):
            self.folder.mkdir(parents=True, exist_ok=True)
            for content in contents:
                path = self.folder / checksum(content)
                if not path.exists():
                    self._write(path, content)
            disk.sync(self.folder)

    def read(self, digest: str) -> bytes:
        """The bytes of a checksum.

        Raises:
            NoSuchPageError: they are not there, or are not what they were.
        """
        try:
            content = (self.folder / digest).read_bytes()
        except OSError as error:
            raise _missing(digest, error.strerror or str(error)) from error
        if checksum(content) != digest:
            raise _missing(digest, "the file is not what was written")
        return content

    def files(self) -> Iterator[Path]:
        """The files of harvested bytes, in the order of their names."""
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        return (self.folder / name for name in names if is_checksum(name))

    def note_look(self, slug: str, source: str, *, succeeded: bool) -> None:
        """Note that a source was looked at now; where that cannot be written, it is due again."""
        look = Look(source, datetime.now(UTC).isoformat(timespec="seconds"), succeeded)
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(self.folder / f"{slug}.json", json.dumps(asdict(look)).encode())

    def look(self, slug: str) -> Look | None:
        """The last look at a source."""
        try:
            return Look(**json.loads((self.folder / f"{slug}.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file that is there whole or not at all."""
        descriptor, name = tempfile.mkstemp(prefix=".", dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def checksum(content: bytes) -> str:
    """The SHA-256 of some bytes."""
    return sha256(content).hexdigest()


def is_checksum(name: str) -> bool:
    """Whether a file's name is a checksum."""
    return len(name) == 64 and all(character in "0123456789abcdef" for character in name)


def _missing(digest: str, why: str) -> NoSuchPageError:
    place = Place(term=digest[:70])
    return NoSuchPageError(f"the harvested bytes cannot be had: {why}.", place=place, advice="Harvest the source anew.")
