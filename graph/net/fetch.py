"""The guarded HTTP client: a request and its limits flow in, an answer that streams or an error with reasons flows out.

What it never does: connect to an address that the `Reach` does not admit (it looks at the address that the connection
has, so that a name which resolves to something else the second time gains nothing), use a proxy, a netrc file or a
cookie, follow a redirect that it has not looked at, wait longer than it may, or unpack more than it may.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse

from graph.errors import FetchError, FetchLimitError, FetchRefusedError, FetchStatusError, Place
from graph.net.addresses import Address, Reach, listed_urls
from graph.net.connection import connected, connection_to
from graph.net.watch import Watch, explained, plain

USER_AGENT = "pmkg (+https://w3id.org/pmkg/)"
MEBIBYTE = 2**20
CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAME_METHOD = frozenset({307, 308})  # others turn a POST into a GET, which would lose what was posted
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


@dataclass(frozen=True)
class Limits:
    """What one fetch may cost: all its seconds, those to connect, the bytes of its unpacked answer, its redirects."""

    seconds: float = 30.0
    connect_seconds: float = 5.0
    size: int = 16 * MEBIBYTE
    redirects: int = 3


@dataclass(frozen=True)
class Request:
    """What to ask for: `accept` is the Accept header; with a `body` it is a POST of that type."""

    url: str
    accept: str = "*/*"
    body: bytes | None = None
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(
    request: Request, reach: Reach, limits: Limits | None = None, is_wanted: Callable[[], bool] = lambda: True
) -> Fetched:
    """Ask, follow redirects, and hand over the answer once its head is there and says 200.

    `is_wanted` is asked now and then, from another thread: once it says no, the fetch is given up.

    Raises:
        FetchRefusedError: the address, one that it redirects to, or what they resolve to is not allowed.
        FetchTimeoutError: it took too long.
        FetchLimitError: it redirects too often.
        FetchStatusError: its answer is no success, or 304 to a request with a condition.
        FetchError: it cannot be reached.
    """
    limits = limits or Limits()
    watch = Watch(Place(term=request.url), limits.seconds, is_wanted)
    try:
        for _ in range(limits.redirects + 1):
            address = _admitted(request.url, reach)
            response = _ask(request, address, reach, limits, watch)
            if response.status not in REDIRECTS:
                return Fetched(address, response, watch, limits).checked()
            request = _redirected(request, address, response, watch)
    except BaseException:
        watch.close()
        raise
    watch.close()
    raise FetchLimitError(
        f"it redirects more than {limits.redirects} times.", place=watch.place, advice="Name the last address itself."
    )


class Fetched:
    """An answer under way: iterate or `read` it, and close it in any case (it is a context manager).

    Both raise FetchTimeoutError when the time is up, FetchLimitError when there is more than there may be, and
    FetchError when it breaks off.
    """

    def __init__(self, address: Address, response: BaseHTTPResponse, watch: Watch, limits: Limits) -> None:
        self.url = str(address)
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._watch = watch
        self._limits = limits

    def checked(self) -> Fetched:
        """Itself, where its head says that the body can be read; closed otherwise.

        Raises:
            FetchStatusError: it is no success.
            FetchError: it is packed in a way that was not asked for.
            FetchLimitError: it says that it is larger than it may be.
        """
        error: FetchError | None = None
        place, status = self._watch.place, self._response.status
        encoding = self.headers.get("Content-Encoding", "").strip().lower()
        length = self.headers.get("Content-Length", "")
        if status != 200:
            said = f"{status} {plain(self._response.reason or '')}".strip()
            again = plain(self.headers.get("Retry-After", ""))
            advice = "Ask it by hand to see why."
            error = FetchStatusError(
                f"it answered {said}.", status=status, retry_after=again, place=place, advice=advice
            )
        elif encoding not in ENCODINGS:
            said = plain(encoding)
            error = FetchError(f"it answered in the encoding '{said}', which was not asked for.", place=place)
        elif length.isdecimal() and int(length) > self._limits.size:
            error = self._too_large()
        if error is not None:
            self.close()
            raise error
        return self

    @property
    def media_type(self) -> str:
        """What it says that it is, without parameters; empty where it does not say."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        while True:
            with explained(self._watch):
                content = self._response.read1(CHUNK)
            if not content:
                break
            total += len(content)
            if total > self._limits.size:
                raise self._too_large()
            yield content
        self._watch.check()  # an answer whose end is the connection's end looks whole when we cut it

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self)

    def close(self) -> None:
        """Give the rest up."""
        self._response.close()
        self._watch.close()

    def __enter__(self) -> Fetched:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def _too_large(self) -> FetchLimitError:
        return FetchLimitError(
            f"its answer is larger than {self._limits.size / MEBIBYTE:g} MB unpacked.",
            place=self._watch.place,
            advice="Ask for less.",
        )


def _admitted(url: str, reach: Reach) -> Address:
    address = Address.parse(url)
    if not reach.admits(address):
        known = f"Allowed are: {listed_urls(reach)}." if reach.listed else "None is allowed."
        raise FetchRefusedError("this address is not on the list.", place=Place(term=str(address)), advice=known)
    return address


def _ask(request: Request, address: Address, reach: Reach, limits: Limits, watch: Watch) -> BaseHTTPResponse:
    """Send a request over a connection of its own; the response's head is there when it returns."""

    def connect() -> socket.socket:
        return connected(address, reach, min(limits.connect_seconds, watch.left()), watch)

    connection = connection_to(address, connect, limits.seconds)
    watch.keep(connection)
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": request.accept,
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
        **({"Content-Type": request.content_type} if request.body is not None else {}),
        **request.headers,
    }
    method = "GET" if request.body is None else "POST"
    with explained(watch):
        connection.request(method, address.target, body=request.body, headers=headers, preload_content=False)
        return connection.getresponse()


def _redirected(request: Request, address: Address, response: BaseHTTPResponse, watch: Watch) -> Request:
    """The request that a redirect asks for; its address has not been looked at yet, but for the scheme."""
    location = response.headers.get("Location", "")
    response.close()
    if not location:
        message, advice = "it redirects, and does not say where to.", "Name the address that it should lead to."
        raise FetchRefusedError(message, place=watch.place, advice=advice)
    try:
        target = urljoin(str(address), location).partition("#")[0]
    except ValueError as error:  # such as http://[x
        message, advice = "it redirects to what is no address.", "Name the address that it should lead to."
        raise FetchRefusedError(message, place=watch.place, advice=advice) from error
    scheme = target.partition(":")[0].lower()
    if scheme not in (address.scheme, "https"):
        raise FetchRefusedError(
            f"it redirects from {address.scheme}: to {plain(scheme)[:20]}:.",
            place=watch.place,
            advice="Only a redirect to the same scheme or to https: is followed.",
        )
    if request.body is not None and response.status not in SAME_METHOD:
        raise FetchRefusedError(
            f"it answers a POST with a redirect ({response.status}).",
            place=watch.place,
            advice="Name the address that it leads to.",
        )
    same = scheme == address.scheme and Address.parse(target).host == address.host
    return replace(request, url=target, headers=request.headers if same else {})
