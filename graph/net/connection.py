"""Connections to where they may lead: an address and a `Reach` flow in, a connection that was looked at flows out."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import lru_cache

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection

from graph.errors import FetchError, FetchRefusedError, FetchTimeoutError, Place
from graph.net.addresses import Address, Reach
from graph.net.watch import Watch


def connection_to(address: Address, connect: Callable[[], socket.socket], seconds: float) -> HTTPConnection:
    """urllib3's connection, that gets its socket from `connect` and nowhere else; TLS comes after it."""

    class Guarded(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    class GuardedTls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    if address.scheme == "https":
        return GuardedTls(address.host, address.port, timeout=seconds, ssl_context=trust())
    return Guarded(address.host, address.port, timeout=seconds)


def connected(address: Address, reach: Reach, seconds: float, watch: Watch) -> socket.socket:
    """A connection to the first of a host's addresses that is allowed and answers; not a byte has been sent on it."""
    end = time.monotonic() + seconds
    allowed = [found for found in _resolved(address, seconds, watch) if reach.leads_to(address, found[1][0])]
    if not allowed:
        raise _forbidden(address)
    failure: OSError | None = None
    for family, target in allowed:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(max(0.001, end - time.monotonic()))
            connection.connect(target)
            if not reach.leads_to(address, connection.getpeername()[0]):
                raise _forbidden(address)
            watch.over(connection)
            return connection
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
    watch.check()
    raise FetchError(
        f"it cannot be reached: {failure.strerror or failure if failure else 'it has no address'}.",
        place=watch.place,
        advice="See that the address is right and the server runs.",
    )


def _resolved(address: Address, seconds: float, watch: Watch) -> list[tuple[int, tuple[str, int]]]:
    """The host's addresses; looked up in another thread, since the system's resolver knows no deadline."""
    answers: queue.SimpleQueue[list[tuple[int, tuple[str, int]]] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            answers.put([(family, target) for family, _, _, _, target in found])  # type: ignore[misc]
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="fetch-resolve", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise FetchTimeoutError("its name was not resolved in time.", place=watch.place, advice="Try later.") from None
    if isinstance(found, Exception):
        raise FetchError(
            "its name cannot be resolved.", place=watch.place, advice="See that the address is right."
        ) from found
    return found


def _forbidden(address: Address) -> FetchRefusedError:
    return FetchRefusedError(
        "it leads to an address that is not on the open net (loopback, private, link-local, reserved).",
        place=Place(term=str(address)),
        advice="Where that is meant, list the IP address or its network beside it in the setting.",
    )


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Whom to trust over TLS: the system's authorities (SSL_CERT_FILE counts), and certifi's where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
