"""A fetch watched over: its time and whether it is wanted flow in; its connection is hung up when either is over.

And what goes wrong on a connection becomes an error of ours.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, SSLError

from graph.errors import FetchError, FetchTimeoutError, Place

WATCH_SECONDS = 0.1


class Watch:
    """Ends a connection when its time is up or nobody wants it any more, whatever it is doing then."""

    def __init__(self, place: Place, seconds: float, is_wanted: Callable[[], bool]) -> None:
        self.place = place
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._is_wanted = is_wanted
        self._socket: socket.socket | None = None
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._reason = ""
        self._thread: threading.Thread | None = None

    def left(self) -> float:
        """The seconds that are left.

        Raises:
            FetchTimeoutError: none are.
        """
        self.check()
        return max(0.001, self._end - time.monotonic())

    def check(self) -> None:
        """Raise what ended it, if something did."""
        if not self._reason and time.monotonic() >= self._end:
            self._reason = "late"
        if self._reason == "late":
            raise FetchTimeoutError(
                f"it did not answer within {self._seconds:.3g} s.", place=self.place, advice="Ask for less, or later."
            )
        if self._reason:
            raise FetchError("nobody waits for it any more.", place=self.place)

    def over(self, connection: socket.socket) -> None:
        """Watch over a connection, instead of the one before.

        It keeps a second descriptor of it, so that it can hang up while another thread talks TLS on the first.
        """
        with self._lock:
            self._drop()
            self._socket = connection.dup()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="fetch-watch", daemon=True)
            self._thread.start()

    def keep(self, connection: HTTPConnection) -> None:
        """Close a connection at the end, and the one before it now."""
        if self._connection is not None:
            self._connection.close()
        self._connection = connection

    def close(self) -> None:
        """Watch no longer, and close what was watched; may be called more than once."""
        self._done.set()
        with self._lock:
            self._drop()
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while not self._done.wait(min(WATCH_SECONDS, max(0.001, self._end - time.monotonic()))):
            if time.monotonic() >= self._end:
                self._reason = "late"
            elif not self._is_wanted():
                self._reason = "unwanted"
            if self._reason:
                with self._lock, contextlib.suppress(OSError):
                    if self._socket is not None:
                        self._socket.shutdown(socket.SHUT_RDWR)
                return

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextlib.contextmanager
def explained(watch: Watch) -> Iterator[None]:
    """What goes wrong on a connection, as an error of ours."""
    try:
        yield
    except FetchError:
        raise
    except (HTTPError, OSError, ValueError, EOFError) as error:
        watch.check()  # it broke because we hung up
        certificate = isinstance(error, SSLError | ssl.SSLError)
        raise FetchError(
            f"{'its certificate or encryption is not accepted' if certificate else 'the connection failed'}: "
            f"{plain(str(error))[:200]}.",
            place=watch.place,
            advice="" if certificate else "Try again later.",
        ) from error
    except Exception as error:  # what http.client raises on an answer that is not HTTP
        watch.check()
        raise FetchError(
            f"its answer is not HTTP ({type(error).__name__}).", place=watch.place, advice="See what runs there."
        ) from error


def plain(text: str) -> str:
    """Text from outside, fit for a message and a log: printable characters alone."""
    return "".join(character if character.isprintable() else "?" for character in text)
