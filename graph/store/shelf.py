"""Finding generations on disk: a data directory flows in, the current generation, one by its number or all flow out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from graph.errors import CorruptGenerationError, NoGenerationError, Place
from graph.store.generation import DESCRIPTION, Generation

log = logging.getLogger(__name__)

FOLDER = "generations"


class Shelf:
    """Where the generations of one data directory stand; see `graph.store.generations`."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.folder = self.home / FOLDER

    def current_name(self) -> str | None:
        """What CURRENT says, in microseconds and without looking there; None where it is lost, or leads elsewhere."""
        try:
            target = (self.home / "CURRENT").readlink()
        except OSError:
            return None
        return target.name if target.parts == (FOLDER, target.name) and is_number(target.name) else None

    def current(self) -> Generation:
        """The published generation; where CURRENT is lost or broken, the newest whole one, with a warning.

        Raises:
            NoGenerationError: there is none.
            CorruptGenerationError: there are some, and none is whole.
        """
        name = self.current_name()
        if name is not None and (self.folder / name).is_dir():
            try:
                return Generation.read(self.folder / name)
            except CorruptGenerationError as error:
                log.warning("%s", error)
        newest = self._newest_whole()
        log.warning(
            "%s is lost or broken: using the newest whole generation, %d.", self.home / "CURRENT", newest.number
        )
        return newest

    def get(self, number: int) -> Generation:
        """One generation by its number.

        Raises:
            NoGenerationError: it was never made, or is pruned.
        """
        path = self.folder / name_of(number)
        if not path.is_dir():
            raise NoGenerationError(f"there is no generation {number}.", advice="It may have been pruned.")
        return Generation.read(path)

    def all(self) -> list[Generation]:
        """Every whole generation, oldest first."""
        found = []
        for path in self._directories():
            try:
                found.append(Generation.read(path))
            except CorruptGenerationError as error:
                if (path / DESCRIPTION).exists():  # else it is being deleted just now
                    log.warning("%s", error)
        return found

    def candidates(self) -> Iterator[Generation]:
        """What may be used, in this order: the current generation, and then every other one, newest first.

        Raises:
            NoGenerationError: there is none.
            CorruptGenerationError: there are some, and none is whole.
        """
        current = self.current()
        yield current
        yield from (generation for generation in reversed(self.all()) if generation != current)

    def none_whole(self) -> CorruptGenerationError:
        """The error that says that there is nothing left to use."""
        message = f"none of the generations is whole, of which there are {len(self._directories())}."
        advice = "Restore a backup (pmkg restore), or build again (pmkg build), which loses what was written since."
        return CorruptGenerationError(message, place=Place(file=str(self.folder)), advice=advice)

    def _newest_whole(self) -> Generation:
        for newest in reversed(self.all()):
            try:
                newest.open()
            except CorruptGenerationError as error:
                log.warning("%s", error)
                continue
            return newest
        if self._directories():
            raise self.none_whole()
        raise NoGenerationError(
            "nothing has been built yet.", place=Place(file=str(self.home)), advice="Run pmkg build."
        )

    def _directories(self) -> list[Path]:
        """Those that should be whole generations, oldest first."""
        return sorted(path.parent for path in self.folder.glob(f"[0-9]*/{DESCRIPTION}"))


def name_of(number: int) -> str:
    """The directory of a generation."""
    return f"{number:06d}"


def is_number(name: str) -> bool:
    """Whether a directory of that name is a generation's."""
    return name.isascii() and name.isdigit()
