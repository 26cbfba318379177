"""What reading gives: a document that flowed in is a `Page`; the pages and problems of one source are a `Reading`."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.errors import InputError


@dataclass(frozen=True)
class Page:
    """One document: where it was asked for, its bytes as they came (after transfer decoding), and what it states.

    Blank nodes of two pages never meet. `triples` may be empty, where nothing of it could be read.
    """

    address: str
    content: bytes = field(repr=False)
    media_type: str
    triples: tuple[ox.Triple, ...] = field(repr=False)
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Seen:
    """What is known of a page from the last time: enough to ask whether it has changed."""

    etag: str = ""
    last_modified: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Recovered:
    """What could be read of a document; `is_whole` where the problems cost no statement."""

    triples: tuple[ox.Triple, ...] = field(repr=False)
    problems: tuple[InputError, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True)
class Reading:
    """What was read of a source.

    `is_complete` is False where a page, a part of one or a bound kept us from seeing all: what is missing then may
    still be there: on one of the `uncertain` pages, by their addresses, or anywhere where these are None.
    `is_unchanged` is True where every page is the one of last time, to the byte.
    """

    source: str
    pages: tuple[Page, ...]
    problems: tuple[InputError, ...] = ()
    is_complete: bool = True
    is_unchanged: bool = False
    uncertain: frozenset[str] | None = None
