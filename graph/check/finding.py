"""What flows out of every check: one thing that is wrong, where it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from graph.errors import Place, PmkgError


class Severity(StrEnum):
    """How bad a finding is; only an error refuses a build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


ORDER = list(Severity)
NOWHERE = Place()


@dataclass(frozen=True)
class Finding:
    """`check` is the name of the rule that was broken, such as `missing-label`; `also` are other places involved."""

    severity: Severity
    check: str
    message: str
    place: Place = NOWHERE
    advice: str = ""
    also: tuple[Place, ...] = ()

    def concerns(self, files: Collection[str]) -> bool:
        """Whether one of the files is involved, or may be, as far as anybody knows."""
        return any(place.file is None or place.file in files for place in (self.place, *self.also))

    def as_json(self) -> dict[str, object]:
        return {
            "severity": self.severity.value,
            "check": self.check,
            "message": self.message,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "term": self.place.term,
            "advice": self.advice,
        }

    def sort_key(self) -> tuple[int, str, str, int, str, str]:
        place = self.place
        return ORDER.index(self.severity), self.check, place.file or "", place.line or 0, place.term or "", self.message


def error(check: str, message: str, place: Place = NOWHERE, advice: str = "", also: Iterable[Place] = ()) -> Finding:
    """A finding that refuses a build."""
    return Finding(Severity.ERROR, check, message, place, advice, tuple(also))


def warning(check: str, message: str, place: Place = NOWHERE, advice: str = "") -> Finding:
    """A finding that refuses nothing."""
    return Finding(Severity.WARNING, check, message, place, advice)


def from_exception(check: str, problem: PmkgError) -> Finding:
    """An input that could not be read is a finding too, so that the rest is still checked."""
    return error(check, problem.message, problem.place, problem.advice)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the worst first."""
    return sorted(set(findings), key=Finding.sort_key)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether one of them refuses a build."""
    return any(finding.severity is Severity.ERROR for finding in findings)
