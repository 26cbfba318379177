"""Looking over a data directory at a start: generations flow in, the newest whole one is current afterwards."""

from __future__ import annotations

import logging

from graph.errors import CorruptGenerationError
from graph.store import disk
from graph.store.generation import Generation
from graph.store.generations import DAMAGED, Generations

log = logging.getLogger(__name__)


def recover(generations: Generations, wait: float = 60.0) -> list[Generation]:
    """Read all of the current generation, and set it aside where it is not whole, until one is; those set aside.

    CURRENT then names the newest whole generation, and the log says what was found. What is set aside is kept.

    Raises:
        NoGenerationError: there is none.
        CorruptGenerationError: there are some, and none is whole; they are left where they are.
        StoreBusyError: another writer was at work for longer than `wait` seconds.
        StoreError: the data directory cannot be written.
    """
    current = generations.current()
    try:
        _check(current)
        if generations.current_name() == current.path.name:
            return []
    except CorruptGenerationError as error:
        log.error("generation %d is damaged. %s", current.number, error)
    with generations.lock(wait), disk.telling(generations.home):
        damaged, whole = _look_over(generations)
        generations.switch(whole)
        for generation in damaged:
            generation.path.rename(generations.folder / f"{DAMAGED}{generation.path.name}")
    names = ", ".join(f"{DAMAGED}{generation.path.name}" for generation in damaged)
    aside = f" What is damaged was kept, as {names} in {generations.folder}." if names else ""
    log.error("Generation %d is the newest whole one, and is the current one now.%s", whole.number, aside)
    return damaged


def _look_over(generations: Generations) -> tuple[list[Generation], Generation]:
    """Which generations are damaged down to the first whole one, and that one."""
    damaged: list[Generation] = []
    for generation in generations.candidates():
        try:
            _check(generation)
        except CorruptGenerationError as error:
            log.error("generation %d is damaged. %s", generation.number, error)
            damaged.append(generation)
            continue
        return damaged, generation
    raise generations.none_whole()


def _check(generation: Generation) -> None:
    generation.check_content()
    generation.open()
