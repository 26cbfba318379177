"""Writes by the commands of this machine: a draft to change flows out, and what was changed flows in as a generation.

Who may run a command on the data directory may do with it what they like; they are noted by the name that the system
has for them, in the audit log and in the generation, and by their role alone in the provenance graph, which all read.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pyoxigraph as ox

from graph.access.roles import Principal, Role
from graph.errors import PmkgError
from graph.names import WRITE
from graph.settings import Settings
from graph.store.draft import Draft
from graph.store.generations import Generations
from graph.write import audit
from graph.write.change import MANY, Change
from graph.write.describe import describe, outcome
from graph.write.request import Chore, Write, Written

log = logging.getLogger(__name__)


@dataclass
class Work:
    """A write under way: change `change`, and add to `details` what the provenance graph is to say of it.

    `written` says afterwards what came of it; where nothing was changed, no generation was made. Keep no reference to
    the store beyond the block: an engine that is open goes on tidying up its files.
    """

    write: Write
    draft: Draft
    change: Change
    details: list[ox.Quad] = field(default_factory=list)
    written: Written | None = None

    @property
    def activity(self) -> ox.NamedNode:
        """What the provenance graph calls this write."""
        return ox.NamedNode(WRITE + self.write.id)


class _NothingToWriteError(PmkgError):
    """Leaves the draft without a new generation."""


@contextmanager
def working(settings: Settings, chore: Chore, role: Role, *, wait: float | None = None) -> Iterator[Work]:
    """Change a copy of the current generation in the block; leaving the block publishes it, an exception drops it.

    Raises:
        StoreBusyError: another writer was at work for longer than `wait` seconds (a write's usual patience).
        StoreError: the data directory cannot be written.
    """
    generations = Generations(settings.home, union=settings.union_default_graph, keep=settings.keep_generations)
    write = Write(secrets.token_hex(8), Principal(local_user(), role), chore)
    patience = settings.write_queue_seconds if wait is None else wait
    with _uninterrupted() as hold:
        try:
            with generations.write(note=f"{chore.verb} {chore.subject}".strip(), wait=patience) as draft:
                before = draft.parent.number if draft.parent else 0
                work = Work(write, draft, Change(draft.store, union=generations.union))
                yield work
                work.written = outcome(work.change, before)
                if work.change.is_empty:
                    raise _NothingToWriteError("nothing was changed.")
                describe(
                    draft, write, work.written, work.change,
                    recorded=True, details=work.details, agent=role.value,
                )  # fmt: skip
                draft.bulk = draft.bulk or work.written.added > MANY
                vars(work.change).pop("store", None)  # a store that is held is not closed before its files are listed
                hold()  # from here on it is done, whatever keys are pressed
        except _NothingToWriteError:
            return
        work.written = replace(work.written, generation=draft.number)
        _note(settings, audit.entry(write, audit.WRITTEN, work.written))


def local_user() -> str:
    """The name of this machine's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container without a list of users
        return f"user {os.getuid()}"


def _note(settings: Settings, line: dict[str, object]) -> None:
    """Add to the audit log; what cannot be added now is made up for by the server before its next write."""
    try:
        audit.append(settings.home, line)
    except OSError as error:
        log.error("the audit log cannot be written: %s. It lacks %s", error.strerror, json.dumps(line))


@contextmanager
def _uninterrupted() -> Iterator[Callable[[], object]]:
    """Give a function after whose call Ctrl-C does nothing until the block ends."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        signal.signal(signal.SIGINT, before)
