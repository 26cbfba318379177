"""What a harvest came to: numbers and problems flow in, JSON for programs flows out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.catalogue.keep.changes import Changes
from graph.catalogue.keep.same import Twin
from graph.errors import PmkgError


@dataclass
class Outcome:
    """One harvest; `generation` is the new one, None where none was written."""

    slug: str
    source: str
    pages: int = 0
    size: int = 0
    triples: int = 0
    datasets: int = 0
    mends: Counter[str] = field(default_factory=Counter)
    problems: tuple[PmkgError, ...] = ()
    complete: bool = True
    changes: Changes = field(default_factory=Changes)
    twins: tuple[Twin, ...] = ()
    changed: bool = False
    generation: int | None = None
    dry_run: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether nothing at all could be read."""
        return not self.triples

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        if self.failed:
            return "Nothing could be read; nothing has changed."
        if not self.changed:
            return "Nothing has changed: no generation was written."
        if self.dry_run:
            return "It was only looked at: nothing was written."
        return f"Generation {self.generation} holds it."

    @property
    def counts(self) -> Mapping[str, int]:
        """How many datasets were added and so on."""
        changes = self.changes
        return {
            "added": len(changes.added),
            "changed": len(changes.changed),
            "gone": len(changes.gone),
            "back": len(changes.back),
            "not seen": len(changes.missing),
        }

    def as_json(self) -> dict[str, object]:
        """The outcome for a program."""
        changes = self.changes
        return {
            "slug": self.slug,
            "source": self.source,
            "generation": self.generation,
            "changed": self.changed,
            "failed": self.failed,
            "dry_run": self.dry_run,
            "complete": self.complete,
            "pages": self.pages,
            "bytes": self.size,
            "statements": self.triples,
            "datasets": self.datasets,
            "added": list(changes.added),
            "changed_datasets": {name: list(paths) for name, paths in changes.changed.items()},
            "changed_others": {name: list(paths) for name, paths in changes.others.items()},
            "gone": list(changes.gone),
            "back": list(changes.back),
            "not_seen": list(changes.missing),
            "same_as": [{"dataset": t.dataset, "other": t.other, "reason": t.reason} for t in self.twins],
            "mends": dict(sorted(self.mends.items())),
            "problems": [_problem(problem) for problem in self.problems],
            "seconds": round(self.seconds, 2),
        }


def _problem(problem: PmkgError) -> dict[str, object]:
    place = problem.place
    found = {"file": place.file, "line": place.line, "column": place.column, "term": place.term}
    said = {"message": problem.message, "advice": problem.advice}
    return {name: value for name, value in (found | said).items() if value not in (None, "")}
