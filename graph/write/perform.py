"""Carry out one write: a `Write` flows in; a new generation, or an error with everything as it was, flows out.

The order is: take the lock, copy the current generation, change the copy, ask whether who writes may write what was
changed, validate what was touched, record who did it, publish. Nobody sees a step of it but the last.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pyoxigraph as ox

from graph.access.roles import Principal, graphs_in_words, may_write
from graph.check.report import Report
from graph.check.touched import Shapes
from graph.errors import (
    ForbiddenError,
    InvalidChangeError,
    NoSuchGraphError,
    OutdatedWriteError,
    PmkgError,
)
from graph.names import PROVENANCE_GRAPH
from graph.settings import Settings
from graph.store.draft import DEFAULT_GRAPH, Draft
from graph.store.generation import Generation
from graph.store.generations import Generations
from graph.write import audit
from graph.write.apply import Loader, apply_update
from graph.write.change import Change, GraphName
from graph.write.describe import describe, name_of, outcome
from graph.write.documents import read_document
from graph.write.request import Chore, Removal, Update, Upload, Write, Written

log = logging.getLogger(__name__)


class Performer:
    """Carries out writes, one after the other, on one data directory; `on_turn` is called when a wait is over."""

    def __init__(
        self, settings: Settings, shapes: Shapes, load: Loader, on_turn: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self.generations = Generations(
            settings.home, union=settings.union_default_graph, keep=settings.keep_generations
        )
        self.shapes = shapes
        self.load = load
        self.on_turn = on_turn
        self._is_audited = False  # whether the audit log is known to tell of every generation

    def perform(self, write: Write) -> Written:
        """Carry out one write, and say in the audit log what came of it.

        Raises:
            PmkgError: it was not carried out; nothing has changed.
        """
        try:
            written = self._perform(write)
        except PmkgError as error:
            self._note(audit.entry(write, type(error).__name__, error=error))
            raise
        self._note(audit.entry(write, "reported" if write.report_only else audit.WRITTEN, written))
        return written

    def _note(self, line: dict[str, object]) -> None:
        """Add to the audit log; what cannot be added now goes to the log, and is made up for before the next write.

        That the audit log cannot be written does not undo a generation that is published: to say that the write
        failed would be wrong, and its client would send it again.
        """
        try:
            audit.append(self.settings.home, line)
        except OSError as error:
            self._is_audited = False
            log.error("the audit log cannot be written: %s. It lacks %s", error.strerror, json.dumps(line))

    def _complete_audit(self) -> None:
        """Add the writes of which a generation tells and the audit log does not, as after a kill or on a full disk.

        Raises:
            OSError: the audit log cannot be written; so there is no write that it lacks for long.
        """
        if not self._is_audited:
            audit.complete(self.settings.home, self.generations.all())
            self._is_audited = True

    def _perform(self, write: Write) -> Written:
        try:
            with self.generations.write(
                note=f"{write.work.verb} by {write.principal.name}", wait=self.settings.write_queue_seconds
            ) as draft:
                self.on_turn()
                self._complete_audit()
                written = self._change(write, draft)
        except _NothingToPublish as end:
            return end.written
        return replace(written, generation=draft.number)

    def _change(self, write: Write, draft: Draft) -> Written:
        """Change the draft and look the change over.

        Raises:
            _NothingToPublish: the write is done without a new generation.
        """
        parent = draft.parent
        number = parent.number if parent else 0
        if write.expected is not None and write.expected != number:
            raise OutdatedWriteError(
                f"it was made for generation {write.expected}, and the current one is {number}.",
                advice="Read what has changed, and send the write again for the current generation.",
            )
        change = Change(draft.store, union=self.generations.union)
        created = self._apply(write, change, parent)
        for graph in change.graphs:
            _authorise(write.principal, graph, union=self.generations.union)
        report = self._validate(change)
        written = replace(outcome(change, number), created=created, report=report)
        if write.report_only:
            raise _NothingToPublish(written)
        if not report.conforms:
            raise InvalidChangeError(
                f"the shapes refuse it: {len(report.results)} results.",
                report=report,
                advice="Mend it and send it again.",
            )
        if change.is_empty and parent is not None:
            raise _NothingToPublish(written)
        describe(draft, write, written, change, recorded=self.generations.union)
        return written

    def _apply(self, write: Write, change: Change, parent: Generation | None) -> bool:
        """Carry out what is asked for; whether the graph of an upload is new."""
        work = write.work
        protected = bool(parent and parent.metadata.get("protected"))
        if isinstance(work, Update):
            apply_update(work.text, change, dataset=work.dataset, load=self.load, graph=work.graph, protected=protected)
            return False
        assert not isinstance(work, Chore), "what our own commands write is no request"
        graph: GraphName = DEFAULT_GRAPH if work.graph is None else ox.NamedNode(work.graph)
        exists = isinstance(graph, ox.DefaultGraph) or change.store.contains_named_graph(graph)
        if isinstance(work, Removal):
            if not exists:
                raise NoSuchGraphError(f"there is no graph {graph}.", advice="SELECT ?g { GRAPH ?g {} } lists them.")
            change.empty(graph, drop=True)
            return False
        self._upload(work, change, graph)
        return not exists

    def _upload(self, work: Upload, change: Change, graph: GraphName) -> None:
        quads = [quad for document in work.documents for quad in read_document(document, graph, work.dataset)]
        if work.replace:
            change.empty(graph, drop=False)
        change.add(quads)
        if not quads and not work.dataset and isinstance(graph, ox.NamedNode):
            change.create(graph)

    def _validate(self, change: Change) -> Report:
        union = self.generations.union
        if change.is_tracked:
            return self.shapes.validate(change.store, change.added, change.removed, union=union)
        return self.shapes.validate_all(change.store, union=union)


class _NothingToPublish(Exception):
    """Leaves the draft without a new generation."""

    def __init__(self, written: Written) -> None:
        super().__init__()
        self.written = written


def _authorise(principal: Principal, graph: GraphName, *, union: bool) -> None:
    """Raises ForbiddenError where the principal may not write a graph; nobody may write what tells of the writes."""
    name = name_of(graph)
    recorded = union and name == PROVENANCE_GRAPH
    if recorded or not may_write(principal.role, name or None):
        words = "no one: it tells of the writes themselves" if recorded else graphs_in_words(principal.role)
        subject = "This graph is written by" if recorded else f"A {principal.role.value} writes"
        shown = f"<{name}>" if name else "the default graph"
        raise ForbiddenError(f"the write changes {shown}, which is not allowed.", advice=f"{subject} {words}.")
