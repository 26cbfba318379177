"""The process that writes: a `Write` flows in; a `Written` or an error flows out.

Run as `python -m graph.write.process DESCRIPTOR`, by a `Worker`: a write is somebody's text that runs in the engine,
and the server stays out of that.
"""

from __future__ import annotations

from collections.abc import Callable

from graph.check.touched import Shapes
from graph.project import Project
from graph.settings import Settings
from graph.worker.child import serve, set_alarm
from graph.write.loading import loader
from graph.write.perform import Performer
from graph.write.request import Write, Written

RELEASE = 100_000  # statements after which the process starts anew, to give its memory back


def begin(settings: Settings) -> Callable[[Write], Written]:
    """What carries out a write. Its own time counts from its turn: others may be writing, of other servers."""
    shapes = Shapes(Project().shapes)
    return Performer(settings, shapes, loader(settings), on_turn=lambda: set_alarm(settings.write_seconds)).perform


def is_swollen(written: Written) -> bool:
    """Whether a write left the process much larger than it was."""
    return written.added + written.removed > RELEASE


if __name__ == "__main__":
    serve(begin, is_swollen)
