"""Edits of a query's text: what a walk found flows in, the text with its edits made flows out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from graph.sparql.lexer import Token


class Rank(IntEnum):
    """The order of edits at one place: what ends there, what begins there (the outermost first), what is replaced."""

    CLOSING = 0
    OPENING = 1
    REPLACING = 2


@dataclass(frozen=True)
class Edit:
    """Characters of the text and what is to stand for them; an insertion where there are none."""

    start: int
    end: int
    text: str
    rank: Rank = Rank.REPLACING


@dataclass(frozen=True)
class ZeroPath:
    """A path that may be of length zero, alone in its triple, from a constant or to one."""

    start: int
    end: int
    iri: str
    other: Token


@dataclass(frozen=True)
class GraphScope:
    """GRAPH ?g { ... } whose inside means another thing to the engine than to the standard."""

    start: int
    end: int
    variable: str
    inner_start: int
    inner_end: int
    size: int


@dataclass
class Findings:
    """What a walk found: edits to make, and what is to be looked at with the data at hand."""

    edits: list[Edit] = field(default_factory=list)
    paths: list[ZeroPath] = field(default_factory=list)
    scopes: list[GraphScope] = field(default_factory=list)
    protects: bool = False


def render(text: str, edits: Sequence[Edit], start: int, end: int) -> str:
    """The part of a text between two positions, with the edits that lie in it."""
    parts: list[str] = []
    position = start
    inside = [edit for edit in edits if start <= edit.start and edit.end <= end]
    for edit in in_order(inside):
        parts += text[position : edit.start], edit.text
        position = edit.end
    return "".join(parts) + text[position:end]


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Edits as they follow each other in the text; of openings at one place, the last made is the outermost."""

    def key(numbered: tuple[int, Edit]) -> tuple[int, int, int]:
        number, edit = numbered
        return edit.start, edit.rank, -number if edit.rank is Rank.OPENING else number

    return [edit for _, edit in sorted(enumerate(edits), key=key)]
