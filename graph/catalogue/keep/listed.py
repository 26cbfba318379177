"""catalogues.toml: a file that lists sources flows in; what to harvest, and what of it is due, flows out.

[[catalogue]]
address = "https://data.example.org/catalog.ttl"   # or a file or folder, from where this file is
slug = "example"
profile = "healthdcat-ap-r8-non-public"            # what its records are meant to keep to; may be left out
every = "1 day"                                     # a number of minutes, hours, days or weeks; a day by default
title = "Example catalogue"                         # may be left out: it is what the catalogue calls itself

Keys that are not known are errors, so that a slip of the pen is not taken for a source that is never due.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from graph.catalogue.keep.archive import Look
from graph.catalogue.keep.harvest import Task
from graph.catalogue.keep.places import checked_slug
from graph.catalogue.read.harvest import is_address
from graph.catalogue.validate.profiles import PROFILES
from graph.errors import InputError, Place

KEYS = frozenset({"address", "slug", "profile", "every", "title"})
DEFAULT = timedelta(days=1)
_EVERY = re.compile(r"\s*(\d{1,6})\s*(minute|hour|day|week)s?\s*")
_HEAD = re.compile(r"\s*\[\[\s*catalogue\s*\]\]")
_AT = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Listed:
    """A source of the list, and how often it is to be harvested."""

    task: Task
    every: timedelta = DEFAULT

    def is_due(self, look: Look | None, now: datetime) -> bool:
        """Whether enough time has passed since the last look at it that succeeded."""
        return look is None or not look.succeeded or now - look.moment >= self.every


def read_list(path: Path) -> list[Listed]:
    """The sources that a file lists.

    Raises:
        InputError: the file is not there, is no TOML, or says what it may not; the place has file, line and key.
    """
    try:
        text = path.read_text("utf-8")
        found = tomllib.loads(text)
    except OSError as error:
        advice = "Make one as the README shows, or name another with --list or PMKG_CATALOGUES."
        raise InputError(f"cannot be read: {error.strerror}.", place=Place(file=str(path)), advice=advice) from error
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text.", place=Place(file=str(path)), advice="Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        at, message = _AT.search(str(error)), _AT.sub("", str(error))
        line, column = (int(at[1]), int(at[2])) if at else (None, None)
        place = Place(file=str(path), line=line, column=column)
        raise InputError(f"not valid TOML: {message}.", place=place, advice="Mend it there.") from error
    return list(_entries(path, text, found))


def _entries(path: Path, text: str, found: Mapping[str, object]) -> Iterator[Listed]:
    entries = found.get("catalogue", [])
    unknown = sorted(found.keys() - {"catalogue"})
    if unknown or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        term = unknown[0] if unknown else "catalogue"
        message = "it holds something else than [[catalogue]] tables."
        raise InputError(
            message, place=Place(file=str(path), term=term), advice="Begin each source with [[catalogue]]."
        )
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _HEAD.match(line)]
    slugs: dict[str, int | None] = {}
    for number, entry in enumerate(entries):
        line = lines[number] if number < len(lines) else None
        listed = _Entry(path, line, entry).read()
        slug = listed.task.slug
        if slug in slugs:
            place = Place(file=str(path), line=line, term="slug")
            raise InputError(f"'{slug}' is the slug of line {slugs[slug]} too.", place=place, advice="Choose another.")
        slugs[slug] = line
        yield listed


@dataclass(frozen=True)
class _Entry:
    path: Path
    line: int | None
    said: Mapping[str, object]

    def read(self) -> Listed:
        for key, value in self.said.items():
            if key not in KEYS:
                raise self._wrong(key, "there is no such key.", f"Use {', '.join(sorted(KEYS))}.")
            if not isinstance(value, str) or not value.strip():
                raise self._wrong(key, "it is no text.", f'Write it as {key} = "…".')
        for key in ("address", "slug"):
            if key not in self.said:
                raise self._wrong(key, "it is missing.", f'Add {key} = "…".')
        address, profile = self._text("address"), self._text("profile")
        if profile and profile not in PROFILES:
            raise self._wrong("profile", f"there is no profile '{profile}'.", f"Use one of {', '.join(PROFILES)}.")
        source = address if is_address(address) else str(self.path.resolve().parent / address)
        slug = checked_slug(self._text("slug"), self._place("slug"))
        return Listed(Task(source, slug, profile, self._text("title")), self._every())

    def _every(self) -> timedelta:
        text = self._text("every")
        if not text:
            return DEFAULT
        found = _EVERY.fullmatch(text)
        if found is None or not int(found[1]):
            raise self._wrong("every", f"'{text}' is no length of time.", 'Write it as "1 day" or "6 hours".')
        try:
            return timedelta(**{f"{found[2]}s": int(found[1])})
        except OverflowError as error:
            raise self._wrong("every", f"'{text}' is too long.", "Use a shorter time.") from error

    def _text(self, key: str) -> str:
        return str(self.said.get(key, "")).strip()

    def _place(self, key: str) -> Place:
        return Place(file=str(self.path), line=self.line, term=key)

    def _wrong(self, key: str, message: str, advice: str) -> InputError:
        return InputError(message, place=self._place(key), advice=advice)
