"""A turn at a reader: it flows from the pool to who asks, and back; and what the pool tells of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph.errors import QueryError
from graph.store.crew import Reader
from graph.store.generation import Generation


@dataclass(eq=False)
class Lease:
    """One turn: a reader to ask, the generation that it reads, and when (on the monotonic clock) the turn is over.

    It is `revoked` when others wait and its time is up, or its client has not taken the next bytes for long, which it
    has had since `stalled` (on the same clock).
    """

    reader: Reader
    generation: Generation
    ends: float
    client: str = ""
    stalled: float | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Census:
    """How many readers answer and wait, and how many have been ended and replaced so far."""

    busy: int
    idle: int
    replaced: int


def check_wanted(is_wanted: Callable[[], bool]) -> None:
    """Go on only where somebody still waits for the answer.

    Raises:
        QueryError: nobody does.
    """
    if not is_wanted():
        raise QueryError("nobody waits for the answer any more.")
