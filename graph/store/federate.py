"""SERVICE calls made: a query's text flows in, listed endpoints are asked, and the text with their rows flows out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from graph.errors import FetchError, FetchLimitError, Place, QueryRefusedError, QueryTimeoutError
from graph.names import PREFIXES
from graph.net.addresses import Address, Reach, listed_urls
from graph.net.fetch import MEBIBYTE, Fetched, Limits, Request, fetch
from graph.settings import Settings, variable
from graph.sparql.federation import Call, Rows, calls_of, read_rows, substituted, without
from graph.sparql.guard import refuse_services
from graph.sparql.lexer import place
from graph.store.lease import check_wanted

JSON = "application/sparql-results+json"
_MENTION = re.compile("service", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Federated:
    """A query without SERVICE: `text` has the rows in it; `plain`, where there are any, the old length."""

    text: str
    plain: str
    seconds: float  # that the calls took


class Federation:
    """The endpoints that queries may call, and what a call may cost."""

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            SettingError: an endpoint that they list is no URL.
        """
        self._settings = settings
        self._reach = Reach.of(settings.service_endpoints, variable("service_endpoints"))

    @property
    def is_open(self) -> bool:
        """Whether any endpoint is listed."""
        return bool(self._reach.listed)

    def resolve(self, text: str, seconds: float, is_wanted: Callable[[], bool]) -> Federated:
        """Ask what the query wants of other endpoints, one after another, within the query's own time.

        Raises:
            QueryRefusedError: an endpoint is not listed, or the calls are too many or of a kind that is not made.
            QuerySyntaxError: a SERVICE block is not whole.
            QueryTimeoutError: the query's time is up.
            QueryError: nobody waits for the answer any more.
            FetchError: a call that is not SILENT failed.
        """
        if not _MENTION.search(text):
            return Federated(text, "", 0.0)
        began = time.monotonic()
        calls = calls_of(text, PREFIXES)
        self._check(text, calls)
        answers = dict[tuple[str, str], Rows]()
        for call in calls:
            key = (call.endpoint, call.query)
            if key not in answers:
                left = seconds - (time.monotonic() - began)
                answers[key] = self._rows(call, left, is_wanted)
        spent = time.monotonic() - began
        if calls and spent >= seconds:
            raise _too_late()
        rows = [answers[call.endpoint, call.query] for call in calls]
        found = substituted(text, calls, rows) if calls else text
        refuse_services(found)  # whatever was not understood as a call: the engine would make it
        return Federated(found, without(text, calls) if calls else "", spent)

    def _check(self, text: str, calls: tuple[Call, ...]) -> None:
        """Refuse before the first call is made. SILENT to an endpoint that is not listed fails, without a call."""
        for number, call in enumerate(calls, 1):
            where = place(text, call.start)
            if number > self._settings.service_calls:
                raise QueryRefusedError(
                    f"the query has more than {self._settings.service_calls} SERVICE calls.",
                    place=where,
                    advice="Ask in several queries.",
                )
            if not call.silent and not self._is_listed(call.endpoint):
                raise QueryRefusedError(
                    f"SERVICE may not call <{call.endpoint}> here.",
                    place=where,
                    advice=f"Allowed are: {listed_urls(self._reach)}.",
                )

    def _is_listed(self, endpoint: str) -> bool:
        try:
            return self._reach.admits(Address.parse(endpoint))
        except FetchError:
            return False

    def _rows(self, call: Call, left: float, is_wanted: Callable[[], bool]) -> Rows:
        if left <= 0:
            raise _too_late()
        if not self._is_listed(call.endpoint):
            return Rows.nothing_known(call)
        try:
            return self._asked(call, left, is_wanted)
        except FetchError as error:
            check_wanted(is_wanted)
            if call.silent:
                return Rows.nothing_known(call)
            error.message, error.place = f"SERVICE <{call.endpoint}>: {error.message}", Place()
            raise

    def _asked(self, call: Call, left: float, is_wanted: Callable[[], bool]) -> Rows:
        most = self._settings.service_rows
        form = urlencode({"query": f"{call.query} LIMIT {most + 1}"}).encode()
        request = Request(call.endpoint, accept=JSON, body=form, content_type=FORM)
        limits = Limits(
            seconds=min(left, self._settings.service_seconds), size=int(self._settings.service_megabytes * MEBIBYTE)
        )
        with fetch(request, self._reach, limits, is_wanted) as fetched:
            rows = read_rows(fetched.read(), call, most)
            _refuse_partial(fetched, len(rows.rows))
            return rows


def _refuse_partial(fetched: Fetched, rows: int) -> None:
    """Virtuoso cuts answers at a number of rows or seconds of its own, and says so in headers alone.

    Raises:
        FetchLimitError: it did.
    """
    most = fetched.headers.get("X-SPARQL-MaxRows", "")
    if (most.isdecimal() and rows >= int(most)) or fetched.headers.get("X-SQL-State"):
        raise FetchLimitError(
            f"it cut its answer after {rows:,} rows.", advice="Ask it for less: with VALUES in the SERVICE block, say."
        )


def _too_late() -> QueryTimeoutError:
    return QueryTimeoutError(
        "the time of the query was up before its SERVICE calls were answered.",
        advice=f"Ask them for less. The limits are {variable('query_seconds')} and {variable('service_seconds')}.",
    )
