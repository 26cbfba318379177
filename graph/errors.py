"""Every error that pmkg raises on purpose, as one tree.

    PmkgError
    ├── SettingError                 a setting has a value that cannot be used
    ├── InputError                   something that was read cannot be used
    │   ├── RdfSyntaxError           a file is not the RDF it says it is
    │   ├── UnknownFormatError       a file or a request names a format that we do not know
    │   ├── MappingError             a mapping table is not SSSOM, or a row of it is wrong
    │   ├── UnknownProfileError      records are to be held to a profile that we do not know
    │   └── SeveralInputsError       more than one of these
    ├── ReasoningError               the reasoner could not do its work
    │   └── ReasonerTimeoutError         it took longer than it may
    ├── CheckFailedError             a build was refused because a check found errors
    ├── StoreError                   the data directory cannot be used
    │   ├── NoGenerationError        nothing has been built yet
    │   ├── CorruptGenerationError   a generation is not whole
    │   ├── DiskFullError            there is no room left for another generation
    │   ├── StoreBusyError           another process is writing
    │   └── NoSuchPageError          the bytes of a harvested document are not there, or not whole
    ├── AccessError                  who asks may not have what they ask for
    │   ├── NotIdentifiedError           nothing says who asks
    │   ├── InvalidTokenError            the credentials are not valid, or not any more
    │   ├── MisplacedTokenError          a token was sent where it is written down
    │   └── ForbiddenError               the role of who asks does not allow it
    ├── FetchError                   another server did not answer, or not as it should
    │   ├── FetchRefusedError            its address is not one to go to
    │   ├── FetchTimeoutError            it took longer than it may
    │   ├── FetchLimitError              it sent more than it may
    │   │   └── HarvestBoundError            the whole harvest took as much as it may
    │   └── FetchStatusError             its answer has a status that is no success
    ├── WriteError                   a write was not carried out, and changed nothing
    │   ├── GraphStateError              a graph that it names is not there, or is there already
    │   │   └── NoSuchGraphError             a graph that is to be deleted is not there
    │   ├── InvalidChangeError           the shapes refuse what it would make
    │   ├── OutdatedWriteError           it was made for another generation than the current one
    │   ├── WriteTimeoutError            it took longer than it may
    │   ├── WriteMemoryError             it needed more memory than it may
    │   └── WriteCrashError              it ended the process that writes
    ├── ValidationError              a document was not validated
    │   ├── ValidationTooLargeError      it has more statements than it may
    │   ├── ValidationTimeoutError       it took longer than it may
    │   ├── ValidationMemoryError        it needed more memory than it may
    │   └── ValidationCrashError         it ended the process that validates
    ├── LoginError                   a person could not be identified
    │   └── IssuerError                  their OpenID issuer does not answer as it should
    └── QueryError                   a query was not answered
        ├── QuerySyntaxError         it is not SPARQL
        ├── QueryRefusedError        it asks for what is not allowed here
        │   ├── QueryTooComplexError     it is too deep, or has too many patterns or operators
        │   └── QueryTooLongError        it is longer than a query may be
        ├── NotAcceptableError       no format that the client accepts fits its answer
        ├── AnswerTooLargeError      its answer is larger than it may be
        ├── UnknownGenerationError   it asks a generation that was never made
        │   └── PrunedGenerationError    or one that is no longer kept
        ├── QueryTimeoutError        it ran longer than it may
        ├── QueryMemoryError         it needed more memory than it may
        ├── QueryCrashError          it ended the engine
        ├── QueryCancelledError      somebody who may do so ended it
        ├── TooManyRequestsError     one client asks for more at once than it may
        └── ServiceBusyError         no reader was free in time, or nothing is loaded yet

Each says what was wrong, where, and what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n|\Z)")


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
        return visible(" ".join(part for part in (position, self.term) if part))


class PmkgError(Exception):
    """Something was wrong: `message` says what, `place` where, `advice` what to do."""

    def __init__(self, message: str, *, place: Place | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()
        self.advice = advice

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel between processes whole, whatever their constructor takes."""
        return _again, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        place = str(self.place)
        text = f"{place}: {self.message}" if place else self.message
        return visible(f"{text} {self.advice}" if self.advice else text)


def visible(text: str) -> str:
    r"""A text with what would steer a terminal, or turn the text around, written out; new lines and tabs are left.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _again(kind: type[PmkgError], args: tuple[object, ...], state: dict[str, object]) -> PmkgError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


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


class UnknownProfileError(InputError):
    """Records are to be held to a profile that we do not know."""


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


class DiskFullError(StoreError):
    """There is no room left for another generation."""


class StoreBusyError(StoreError):
    """Another process is writing."""


class NoSuchPageError(StoreError):
    """The bytes of a harvested document are not there, or are not what they were."""


class AccessError(PmkgError):
    """Who asks may not have what they ask for; `code` is RFC 6750's word for why, '' where it has none."""

    code = ""


class NotIdentifiedError(AccessError):
    """Nothing says who asks, and not everybody may have it."""


class InvalidTokenError(AccessError):
    """The credentials are malformed, unknown, expired or revoked; the message never holds them."""

    code = "invalid_token"


class MisplacedTokenError(AccessError):
    """A token was sent where it is written down, such as in an address."""

    code = "invalid_request"


class ForbiddenError(AccessError):
    """The role of who asks does not allow it; `scope` is the lowest role that does, where there is one."""

    code = "insufficient_scope"

    def __init__(self, message: str, *, scope: str = "", place: Place | None = None, advice: str = "") -> None:
        super().__init__(message, place=place, advice=advice)
        self.scope = scope


class FetchError(PmkgError):
    """Another server did not answer, or not as it should; `place` has the address."""


class FetchRefusedError(FetchError):
    """The address is not one to go to: not listed, or not on the open net."""


class FetchTimeoutError(FetchError):
    """The other server took longer than it may."""


class FetchLimitError(FetchError):
    """The other server sent more bytes, rows or redirects than it may."""


class HarvestBoundError(FetchLimitError):
    """A bound of a whole harvest is reached: nothing more is asked for."""


class FetchStatusError(FetchError):
    """The other server answered with a status that is no success; `retry_after` is its header of that name."""

    def __init__(
        self, message: str, *, status: int, retry_after: str = "", place: Place | None = None, advice: str = ""
    ) -> None:
        super().__init__(message, place=place, advice=advice)
        self.status, self.retry_after = status, retry_after


class WriteError(PmkgError):
    """A write was not carried out, and changed nothing."""


class GraphStateError(WriteError):
    """A graph that it names is not there, or is there already."""


class NoSuchGraphError(GraphStateError):
    """A graph that is to be deleted is not there."""


class InvalidChangeError(WriteError):
    """The shapes refuse what it would make; `report` is a `graph.check.report.Report`."""

    def __init__(self, message: str, *, report: object, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.report = report


class OutdatedWriteError(WriteError):
    """It was made for another generation than the current one."""


class WriteTimeoutError(WriteError):
    """It took longer than it may."""


class WriteMemoryError(WriteError):
    """It needed more memory than it may."""


class WriteCrashError(WriteError):
    """It ended the process that writes."""


class ValidationError(PmkgError):
    """A document was not validated."""


class ValidationTooLargeError(ValidationError):
    """The document has more statements than it may."""


class ValidationTimeoutError(ValidationError):
    """The validation took longer than it may."""


class ValidationMemoryError(ValidationError):
    """The validation needed more memory than it may."""


class ValidationCrashError(ValidationError):
    """The document ended the process that validates; nothing else is affected."""


class LoginError(PmkgError):
    """A person could not be identified by what their browser brought back from the issuer."""


class IssuerError(LoginError):
    """The OpenID issuer does not answer as it should."""


class QueryError(PmkgError):
    """A query was not answered."""


class QuerySyntaxError(QueryError):
    """The text is not SPARQL; `place` holds the parser's line and column."""


class QueryRefusedError(QueryError):
    """The query asks for what is not allowed here, such as an update or a SERVICE call."""


class QueryTooComplexError(QueryRefusedError):
    """The query is nested too deep, or has more patterns or operators than it may."""


class QueryTooLongError(QueryRefusedError):
    """The query has more characters than it may."""


class NotAcceptableError(QueryError):
    """No format that the client accepts fits the answer's kind."""


class AnswerTooLargeError(QueryError):
    """The answer has more bytes than one may have."""


class UnknownGenerationError(QueryError):
    """The query asks a generation that was never made."""


class PrunedGenerationError(UnknownGenerationError):
    """The query asks a generation that is no longer kept."""


class QueryTimeoutError(QueryError):
    """The query ran longer than it may and was ended."""


class QueryMemoryError(QueryError):
    """The query needed more memory than it may and was ended."""


class QueryCrashError(QueryError):
    """The query ended the engine; other queries are not affected."""


class QueryCancelledError(QueryError):
    """Its client, or an administrator, asked for the query to be ended."""


class TooManyRequestsError(QueryError):
    """One client has too much under way at once; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class ServiceBusyError(QueryError):
    """No reader was free in time, or nothing is loaded yet; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, place: Place | None = None, advice: str = "") -> None:
        super().__init__(message, place=place, advice=advice)
        self.retry_after = retry_after
