"""Crews for generations that are not the current one: a number flows in, a crew that reads it from disk flows out.

They are opened when somebody asks for them, and few at once: the one that was asked longest ago makes room, and one
that nobody asks any more is ended. While it is open, a crew holds its generation, so that it is not pruned.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from graph.errors import (
    CorruptGenerationError,
    NoGenerationError,
    PrunedGenerationError,
    ServiceBusyError,
    UnknownGenerationError,
)
from graph.store.crew import Crew
from graph.store.generation import Generation
from graph.store.generations import Generations

IDLE_SECONDS = 60.0


def find(generations: Generations, number: int) -> Generation:
    """The generation of that number.

    Raises:
        PrunedGenerationError: it is no longer kept.
        UnknownGenerationError: it was never made.
        CorruptGenerationError: it cannot be read.
    """
    try:
        return generations.get(number)
    except NoGenerationError:
        pass
    except CorruptGenerationError:
        if (generations.folder / f"{number:06d}").is_dir():
            raise  # else it was pruned while it was read
    numbers = sorted(generation.number for generation in generations.all())
    kept = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else "".join(map(str, numbers)) or "none yet"
    advice = f"Ask without a generation, or one of those that are kept ({kept})."
    if numbers and 0 < number < numbers[-1]:  # numbers are never used again, so there was one of this number
        raise PrunedGenerationError(f"generation {number} is no longer kept.", advice=advice)
    raise UnknownGenerationError(f"there is no generation {number}.", advice=advice)


class OlderCrews:
    """At most so many crews by number; safe to use from several threads."""

    def __init__(self, start: Callable[[Generation], Crew], most: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._start = start
        self._most = most
        self._idle_seconds = idle_seconds
        self._crews: OrderedDict[int, tuple[Crew, float]] = OrderedDict()
        self._opening = threading.Lock()  # one at a time: each costs a process
        self._changed = threading.Condition()
        self._closed = False

    def crew(self, generation: Generation) -> Crew:
        """The crew of a generation, opened where it is not yet.

        Raises:
            CorruptGenerationError: it cannot be read.
            ServiceBusyError: the service is closing.
        """
        crew = self._found(generation)
        if crew is None:
            with self._opening:
                crew = self._found(generation)
                if crew is None:
                    crew = self._start(generation)
                    self._add(generation.number, crew)
        return crew

    def numbers(self) -> list[int]:
        """The generations that are open, the one asked longest ago first."""
        with self._changed:
            return list(self._crews)

    def close(self) -> None:
        """End every process; answers under way break off."""
        with self._changed:
            self._closed = True
            crews = [crew for crew, _ in self._crews.values()]
            self._crews.clear()
            self._changed.notify_all()
        for crew in crews:
            crew.abort()

    def _found(self, generation: Generation) -> Crew | None:
        with self._changed:
            crew, _ = self._crews.get(generation.number, (None, 0.0))
            if crew is None or not crew.is_alive() or crew.generation != generation:
                return None
            self._crews[generation.number] = crew, time.monotonic()
            self._crews.move_to_end(generation.number)
            return crew

    def _add(self, number: int, crew: Crew) -> None:
        retired = []
        with self._changed:
            if self._closed:
                retired.append(crew)
            else:
                old, _ = self._crews.pop(number, (None, 0.0))
                retired += [old] if old else []
                if not self._crews:
                    threading.Thread(target=self._end_idle, name="older-generations", daemon=True).start()
                self._crews[number] = crew, time.monotonic()
                while len(self._crews) > self._most:
                    retired.append(self._crews.popitem(last=False)[1][0])
        for one in retired:
            one.retire()
        if self._closed:
            raise ServiceBusyError("the service is closing.", retry_after=1)

    def _end_idle(self) -> None:
        """End what nobody asks any more, until nothing is open."""
        while True:
            retired = []
            with self._changed:
                for number, (crew, used) in list(self._crews.items()):
                    if used + self._idle_seconds <= time.monotonic():
                        retired.append(crew)
                        del self._crews[number]
                is_empty = not self._crews
                if not is_empty and not retired:
                    oldest = min(used for _, used in self._crews.values())
                    self._changed.wait(max(0.01, oldest + self._idle_seconds - time.monotonic()))
            for crew in retired:
                crew.retire()
            if is_empty:
                return
