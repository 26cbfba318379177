"""Who gets the next reader: clients that wait flow in, turns flow out in order, and no client holds all.

Of those who wait, the client that holds the fewest readers is next, and of these the one that came first. One reader of
several is always left for the others, so that whoever asks much and slowly holds up nobody but himself.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """So many turns at once; safe to use from several threads. The client '' is the server itself, and unbounded."""

    def __init__(self, readers: int) -> None:
        self._free = readers
        self._most = max(1, readers - 1)
        self._held: Counter[str] = Counter()
        self._waiting: list[Ticket] = []
        self._changed = threading.Condition()

    @contextmanager
    def ticket(self, client: str) -> Iterator[Ticket]:
        """A place in line, for as long as the block lasts."""
        ticket = Ticket(self, client)
        with self._changed:
            self._waiting.append(ticket)
        try:
            yield ticket
        finally:
            with self._changed:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                    self._changed.notify_all()  # others may have stood behind it

    def release(self, client: str) -> None:
        """Give a turn back."""
        with self._changed:
            self._free += 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
            self._changed.notify_all()

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Wait for a ticket's turn; whether it came in time, and is taken."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._next() is not ticket:
                if not self._changed.wait(max(0.0, end - time.monotonic())) and self._next() is not ticket:
                    return False
            self._waiting.remove(ticket)
            self._free -= 1
            self._held[ticket.client] += 1
            self._changed.notify_all()  # there may be more turns
            return True

    def _next(self) -> Ticket | None:
        if not self._free:
            return None
        able = (ticket for ticket in self._waiting if not ticket.client or self._held[ticket.client] < self._most)
        return min(able, key=lambda ticket: self._held[ticket.client], default=None)


class Ticket:
    """One place in line."""

    def __init__(self, turns: Turns, client: str) -> None:
        self.client = client
        self._turns = turns

    def wait(self, seconds: float) -> bool:
        """Wait for the turn; whether it came in time, and is taken."""
        return self._turns.wait(self, seconds)
