"""Ask other servers politely: an address flows in, its bytes flow out, or an error; within the bounds of one harvest.

At most so many requests a second to one server, again and later where it is busy, and only if the document changed
since the last time. Where it did not, its bytes come from what was kept then.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util import Retry

from graph.catalogue.read.model import Seen
from graph.errors import (
    FetchError,
    FetchLimitError,
    FetchRefusedError,
    FetchStatusError,
    FetchTimeoutError,
    HarvestBoundError,
    Place,
)
from graph.net.addresses import Address, Reach
from graph.net.fetch import MEBIBYTE, Limits, Request, fetch
from graph.settings import Settings, variable

ACCEPT = (
    "text/turtle, application/trig;q=0.9, application/n-triples;q=0.9, application/n-quads;q=0.9,"
    " application/rdf+xml;q=0.8, application/ld+json;q=0.7, application/xml;q=0.3, application/json;q=0.3, */*;q=0.1"
)
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
LONGEST_WAIT = 60.0  # seconds between two tries, whatever a server asks for


@dataclass(frozen=True)
class Answer:
    """What came for an address; `url` is where it came from in the end, `is_kept` where it is the one of last time."""

    url: str
    content: bytes = field(repr=False)
    media_type: str
    etag: str = ""
    last_modified: str = ""
    links: str = ""
    is_kept: bool = False


class Client:
    """The one way out of a harvest; it knows the bounds and what is left of them."""

    def __init__(
        self,
        settings: Settings,
        before: Mapping[str, Seen],
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._before, self._sleep, self._now = settings, before, sleep, now
        self._reach = Reach.of(settings.harvest_reach, variable("harvest_reach"), anywhere=True)
        self._end = now() + settings.harvest_seconds
        self._bytes = int(settings.harvest_megabytes * MEBIBYTE)
        self._documents = settings.harvest_pages
        self._free = dict[tuple[str, int], float]()

    def get(self, address: str, *, accept: str = ACCEPT) -> Answer:
        """A document, as it is now.

        Raises:
            HarvestBoundError: the harvest may not take more.
            FetchError: it cannot be had.
        """
        self._count_document(address)
        seen = self._before.get(address, Seen())
        kept = self._kept(seen)
        conditions = {"If-None-Match": seen.etag, "If-Modified-Since": seen.last_modified}
        headers = {name: value for name, value in conditions.items() if value} if kept is not None else {}
        try:
            return self._patiently(Request(address, accept=accept, headers=headers))
        except FetchStatusError as error:
            if error.status != 304 or kept is None:
                raise
            return Answer(address, kept, "", seen.etag, seen.last_modified, is_kept=True)

    def post(self, address: str, fields: Mapping[str, str], *, accept: str) -> Answer:
        """The answer to a form.

        Raises:
            HarvestBoundError: the harvest may not take more.
            FetchError: it cannot be had.
        """
        self._count_document(address)
        body = urlencode(fields).encode()
        return self._patiently(Request(address, accept, body, "application/x-www-form-urlencoded"))

    def check(self, address: str) -> None:
        """See that something is left of the harvest's time and bytes.

        Raises:
            HarvestBoundError: nothing is.
        """
        if self._now() >= self._end:
            raise self._bound(address, "harvest_seconds")
        if self._bytes <= 0:
            raise self._bound(address, "harvest_megabytes")

    def _count_document(self, address: str) -> None:
        self.check(address)
        if self._documents <= 0:
            raise self._bound(address, "harvest_pages")
        self._documents -= 1

    def _bound(self, address: str, setting: str) -> HarvestBoundError:
        message = f"the harvest ends here, at {variable(setting)} ({getattr(self._settings, setting):g})."
        return HarvestBoundError(message, place=Place(term=address), advice="Raise it to take in more.")

    def _kept(self, seen: Seen) -> bytes | None:
        """The bytes of last time, where they are still there."""
        if not seen.sha256.isalnum():
            return None
        try:
            content = Path(self._settings.home, "harvested", seen.sha256).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == seen.sha256 else None

    def _patiently(self, request: Request) -> Answer:
        """Ask, and again after a while where the server is busy or does not answer."""
        retry = Retry(total=self._settings.harvest_retries, backoff_factor=0.5, backoff_max=LONGEST_WAIT)
        while True:
            try:
                return self._once(request)
            except (FetchRefusedError, FetchLimitError):
                raise
            except FetchError as error:
                if isinstance(error, FetchStatusError) and error.status not in BUSY:
                    raise
                try:
                    retry = retry.increment("GET", request.url, error=error)
                except MaxRetryError:
                    raise error from None
                wait = max(retry.get_backoff_time(), _asked_for(retry, error))
                if wait > min(LONGEST_WAIT, self._end - self._now()):
                    raise
                self._sleep(wait)

    def _once(self, request: Request) -> Answer:
        self._wait_turn(request.url)
        self.check(request.url)
        size = int(self._settings.harvest_document_megabytes * MEBIBYTE)
        seconds = min(self._settings.harvest_request_seconds, self._end - self._now())
        limits = Limits(seconds=seconds, connect_seconds=min(10.0, seconds), size=min(size, self._bytes))
        try:
            with fetch(request, self._reach, limits) as fetched:
                content = b""
                parts = list[bytes]()
                for part in fetched:
                    self._bytes -= len(part)
                    parts.append(part)
                content = b"".join(parts)
                headers = fetched.headers
                return Answer(fetched.url, content, fetched.media_type, headers.get("ETag", ""),
                              headers.get("Last-Modified", ""), headers.get("Link", ""))  # fmt: skip
        except FetchTimeoutError:
            self.check(request.url)  # its time was up because the harvest's was
            raise
        except FetchLimitError as error:
            if self._bytes < size:
                raise self._bound(request.url, "harvest_megabytes") from error
            raise

    def _wait_turn(self, url: str) -> None:
        """Wait until the server may be asked again."""
        address = Address.parse(url)
        server, now = (address.host, address.port), self._now()
        start = max(now, self._free.get(server, now))
        self._free[server] = start + 1 / self._settings.harvest_requests_per_second
        if start > now:
            self._sleep(start - now)


def _asked_for(retry: Retry, error: FetchError) -> float:
    """The seconds that a server asks to wait."""
    if not isinstance(error, FetchStatusError) or not error.retry_after:
        return 0.0
    try:
        return float(retry.parse_retry_after(error.retry_after))
    except InvalidHeader:
        return 0.0
