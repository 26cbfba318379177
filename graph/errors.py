"""Every error that pmkg raises on purpose, as one tree.

    PmkgError
    ├── SettingError                 a setting has a value that cannot be used
    ├── InputError                   something that was read cannot be used
    │   ├── RdfSyntaxError           a file is not the RDF it says it is
    │   ├── UnknownFormatError       a file or a request names a format that we do not know
    │   ├── MappingError             a mapping table is not SSSOM, or a row of it is wrong
    │   └── SeveralInputsError       more than one of these
    ├── ReasoningError               the reasoner could not do its work
    │   └── ReasonerTimeoutError         it took longer than it may
    ├── CheckFailedError             a build was refused because a check found errors
    ├── StoreError                   the data directory cannot be used
    │   ├── NoGenerationError        nothing has been built yet
    │   ├── CorruptGenerationError   a generation is not whole
    │   └── StoreBusyError           another process is writing
    └── QueryError                   a query was not answered
        ├── QuerySyntaxError         it is not SPARQL
        ├── QueryRefusedError        it asks for what is not allowed here
        ├── NotAcceptableError       no format that the client accepts fits its answer
        ├── QueryTimeoutError        it ran longer than it may
        ├── QueryMemoryError         it needed more memory than it may
        ├── QueryCrashError          it ended the engine
        └── ServiceBusyError         no reader was free in time, or nothing is loaded yet

Each says what was wrong, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where something is: a file, a line and column in it (from 1), or a term."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    term: str | None = None

    def __str__(self) -> str:
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        if self.file is None and self.line is not None:
            position = f"line {self.line}" + (f", column {self.column}" if self.column is not None else "")
        return " ".join(part for part in (position, self.term) if part)


class PmkgError(Exception):
    """Something was wrong: `message` says what, `place` where, `advice` what to do."""

    def __init__(self, message: str, *, place: Place | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()
        self.advice = advice

    def __str__(self) -> str:
        place = str(self.place)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} {self.advice}" if self.advice else text


class SettingError(PmkgError):
    """A setting has a value that cannot be used."""


class InputError(PmkgError):
    """Something that was read cannot be used."""

    @property
    def problems(self) -> tuple[InputError, ...]:
        """Each thing that cannot be used: itself, unless it stands for several."""
        return (self,)


class RdfSyntaxError(InputError):
    """A file is not the RDF it says it is."""


class UnknownFormatError(InputError):
    """A file or a request names a format that we do not know."""


class MappingError(InputError):
    """A mapping table is not SSSOM, or a row of it is wrong."""


class SeveralInputsError(InputError):
    """More than one thing that was read cannot be used; `problems` are the errors."""

    def __init__(self, problems: Sequence[InputError]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[InputError, ...]:
        return self._problems


class ReasoningError(PmkgError):
    """The reasoner could not do its work."""


class ReasonerTimeoutError(ReasoningError):
    """The reasoner took longer than it may."""


class CheckFailedError(PmkgError):
    """A build was refused because a check found errors."""


class StoreError(PmkgError):
    """The data directory cannot be used."""


class NoGenerationError(StoreError):
    """Nothing has been built yet."""


class CorruptGenerationError(StoreError):
    """A generation is not whole."""


class StoreBusyError(StoreError):
    """Another process is writing."""


class QueryError(PmkgError):
    """A query was not answered."""


class QuerySyntaxError(QueryError):
    """The text is not SPARQL; `place` holds the parser's line and column."""


class QueryRefusedError(QueryError):
    """The query asks for what is not allowed here, such as an update or a SERVICE call."""


class NotAcceptableError(QueryError):
    """No format that the client accepts fits the answer's kind."""


class QueryTimeoutError(QueryError):
    """The query ran longer than it may and was ended."""


class QueryMemoryError(QueryError):
    """The query needed more memory than it may and was ended."""


class QueryCrashError(QueryError):
    """The query ended the engine; other queries are not affected."""


class ServiceBusyError(QueryError):
    """No reader was free in time, or nothing is loaded yet; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, place: Place | None = None, advice: str = "") -> None:
        super().__init__(message, place=place, advice=advice)
        self.retry_after = retry_after
