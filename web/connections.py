"""cheroot with bounds: connections flow in, requests that are whole flow out to its threads, and errors as problems.

cheroot gives a connection to a thread as soon as it is opened, so that as many clients as there are threads stop the
service by sending nothing. Here a connection waits among cheroot's idle ones, which cost no thread, until its request
is here (`web.inbox`). One address may hold so many connections, and have so many requests under way.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest
from cheroot.wsgi import Server

from graph.errors import PmkgError
from graph.settings import Settings
from web import requestlog
from web.clients import network
from web.gateway import Gateway
from web.headers import ALWAYS
from web.inbox import Inbox

log = logging.getLogger("pmkg")

SPARE_THREADS = 8  # beside those that queries may hold: /health and a refusal always find one
SLOW_BODIES = 8  # threads that may wait for the rest of a long body
SEND_SECONDS = 10.0  # a client may let us wait so long, and a second for each 8 kB that it takes
SENT_PER_SECOND = 8 * 1024
DRAIN_BYTES, DRAIN_SECONDS = 4 << 20, 1.0
MOST_RECEIVED = 256 << 20  # bytes of unfinished requests, all together
RETRY_AFTER = 5
DETAILS = {
    "400": "The request is cut off, or not HTTP.",
    "408": "The request was not here in time.",
    "429": "This address has too much under way at once. Wait for some of it to end.",
    "500": "The server made a mistake; its log says which.",
    "503": "The server has too much to do. Ask again later.",
}


class Outbox:
    """The file that answers are written to: a client that takes them too slowly is left."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._waited = 0.0
        self.bytes_written = 0
        self.closed = False

    def write(self, content: bytes) -> int:
        began = time.monotonic()
        self._socket.settimeout(max(0.1, SEND_SECONDS + self.bytes_written / SENT_PER_SECOND - self._waited))
        self._socket.sendall(content)  # its timeout is for all of it
        self._waited += time.monotonic() - began
        self.bytes_written += len(content)
        return len(content)

    def flush(self) -> None:
        """Nothing: each write is sent."""

    def close(self) -> None:
        self.closed = True


class Headers(HeaderReader):
    """The headers of a request, where they cannot be read in two ways: a proxy in front may read them in the other."""

    def __call__(self, rfile: Any, hdict: Any = None) -> Any:
        counted = _Lines(rfile)
        found = super().__call__(counted, hdict)
        if counted.hosts > 1:  # RFC 9112, section 3.2
            raise ValueError("The host is said more than once.")
        if counted.lengths > 1 or (counted.lengths and b"Transfer-Encoding" in found):
            raise ValueError("The length of the body is said more than once.")
        if not found.get(b"Content-Length", b"0").isdigit():
            raise ValueError("Malformed Content-Length Header.")
        found.pop(b"Expect", None)  # answered when the headers came
        return found

    def _allow_header(self, key_name: bytes) -> bool:
        """None with an underscore, which WSGI would take for the same name with a hyphen."""
        return b"_" not in key_name


class _Lines:
    """The lines of the headers as they are read; no line continues the one before (RFC 9112, section 5.2)."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.lengths = self.hosts = 0

    def readline(self) -> bytes:
        line: bytes = self._file.readline()
        if line[:1] in (b" ", b"\t"):
            raise ValueError("A header line continues the one before.")
        name, colon, _ = line.partition(b":")
        if colon and name != name.strip():
            raise ValueError("There is a space before the colon of a header.")
        self.lengths += name.lower() == b"content-length"
        self.hosts += name.lower() == b"host"
        return line


class Request(HTTPRequest):
    """cheroot's, whose own errors are problems as the application's are."""

    header_reader = Headers()

    def read_request_headers(self) -> bool:
        """After a body in chunks the connection ends: cheroot leaves the trailers for the next request."""
        is_read: bool = super().read_request_headers()  # type: ignore[no-untyped-call]
        self.close_connection |= self.chunked_read
        return is_read

    def respond(self) -> None:
        with self.server.room_for(self.conn) as has_room:
            if has_room:
                super().respond()
            else:
                self.simple_response("503 Service Unavailable", "Too many long bodies are on their way.")

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer for cheroot itself, and close the connection: where its next request begins is not known."""
        self.close_connection = self.sent_headers = True
        self.conn.lingers = True
        self.server.log_refusal(self.conn, status)
        with contextlib.suppress(OSError):
            self.conn.wfile.write(problem(status, msg, has_body=getattr(self, "method", b"") != b"HEAD"))


class Connection(HTTPConnection):
    """cheroot's, with an inbox and an outbox of ours."""

    RequestHandlerClass = Request

    def __init__(self, server: BoundedServer, connection: socket.socket, makefile: object = None) -> None:
        def file(_: socket.socket, mode: str, size: int) -> Inbox | Outbox:
            if "w" in mode:
                return Outbox(connection)
            return Inbox(connection, server.max_request_header_size, server.settings.request_seconds)

        super().__init__(server, connection, file)
        self.address: str | None = None  # once it is counted
        self.is_waiting = False  # for its request, in no thread
        self.lingers = False
        self.awaits_body = False  # its request was given to a thread before all of it was here
        self.held = 0  # bytes that it holds while it waits

    @property
    def last_used(self) -> float:
        """What cheroot measures against its timeout, so that it closes this when the request is late."""
        return time.time() + self.rfile.deadline - time.monotonic() - self.server.timeout  # type: ignore[no-any-return]

    @last_used.setter
    def last_used(self, now: float | None) -> None:
        """Nothing: the inbox knows."""

    def communicate(self) -> bool:
        """Answer one request; whether the connection stays open."""
        self.wfile = Outbox(self.socket)
        try:
            self.is_waiting = bool(super().communicate())  # type: ignore[no-untyped-call]
        finally:
            self.server.leave_thread(self)
        self.lingers |= self.awaits_body
        self.rfile.expect()
        return self.is_waiting

    def refuse(self, status: str) -> None:
        """Say why, as far as that can be done without waiting, and close."""
        self.is_waiting = False
        self.server.log_refusal(self, status)
        with contextlib.suppress(OSError):
            self.socket.setblocking(False)
            self.socket.send(problem(status))
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.recv(1 << 16)  # bytes that lie there unread would break off what was said
        self.close()

    def close(self) -> None:
        if self.is_waiting and len(self.rfile):
            self.refuse("408 Request Timeout")
            return
        self.server.leave(self)
        if self.lingers:
            self._drain()
        super().close()

    def _drain(self) -> None:
        """Let a client that is still sending read why it may stop: closing on unread bytes would break that off."""
        end, left = time.monotonic() + DRAIN_SECONDS, DRAIN_BYTES
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            while left > 0 and (seconds := end - time.monotonic()) > 0:
                self.socket.settimeout(seconds)
                part = self.socket.recv(1 << 16)
                if not part:
                    return
                left -= len(part)


class BoundedServer(Server):
    """cheroot's server, with bounds on what one client may hold."""

    ConnectionClass = Connection
    _connections: Any

    def __init__(self, settings: Settings, app: object) -> None:
        self.settings = settings
        threads = settings.most_queries + SPARE_THREADS
        super().__init__((settings.host, settings.port), app, numthreads=threads, server_name="pmkg")
        self.gateway = Gateway
        self.max_request_header_size = settings.header_kilobytes << 10
        self.keep_alive_conn_limit = settings.connections
        self.request_queue_size = 128
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._received = 0  # bytes of requests that are not whole
        self._slow_bodies = threading.BoundedSemaphore(SLOW_BODIES)

    @property
    def requests_under_way(self) -> int:
        """How many requests wait for a thread or have one."""
        with self._lock:
            return self._busy.total()

    def process_conn(self, conn: Connection) -> None:
        """Take what has come, and give the connection to a thread where that is a request."""
        if conn.address is None and not self._enter(conn):
            return
        conn.is_waiting = True
        conn.rfile.receive()
        is_too_much = self._hold(conn, len(conn.rfile)) > MOST_RECEIVED
        if conn.rfile.has_data() and conn.rfile.is_broken():
            if len(conn.rfile):
                conn.refuse("400 Bad Request")
            else:
                conn.close()
        elif conn.rfile.has_data():
            self._dispatch(conn)
        elif is_too_much:
            conn.refuse("503 Service Unavailable")
        else:
            if conn.rfile.wants_word():
                with contextlib.suppress(OSError):
                    conn.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._connections.put(conn)

    @contextlib.contextmanager
    def room_for(self, conn: Connection) -> Iterator[bool]:
        """Whether a request can be answered now: one whose body is still to come takes one of few places."""
        waits = conn.awaits_body
        has_room = not waits or self._slow_bodies.acquire(blocking=False)
        try:
            yield has_room
        finally:
            if waits and has_room:
                self._slow_bodies.release()

    def leave_thread(self, conn: Connection) -> None:
        """A request is answered."""
        with self._lock:
            _count_down(self._busy, conn.address or "")

    def leave(self, conn: Connection) -> None:
        """A connection is closed."""
        self._hold(conn, 0)
        if conn.address is not None:
            with self._lock:
                _count_down(self._open, conn.address)
            conn.address = None

    def log_refusal(self, conn: Connection, status: str) -> None:
        """One line for a request that never reached the application."""
        requestlog.refusal(self.settings, str(conn.remote_addr or ""), int(status[:3]))

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Errors go to our log: one line for an answer that broke off."""
        error = sys.exc_info()[1] if traceback else None
        late = isinstance(error, PmkgError)
        log.log(level, "%s", f"an answer broke off: {error}" if late else msg, exc_info=None if late else error)

    def _enter(self, conn: Connection) -> bool:
        """Count a new connection, or refuse it."""
        address = network(conn.remote_addr or "")
        with self._lock:
            conn.address = address
            self._open[address] += 1
            is_one_too_many = self._open.total() > self.settings.connections
            has_too_many = self._open[address] > self.settings.client_connections and not self.settings.trusted_proxies
        if is_one_too_many or has_too_many:
            conn.refuse("429 Too Many Requests" if has_too_many else "503 Service Unavailable")
            return False
        return True

    def _hold(self, conn: Connection, held: int) -> int:
        """Count the bytes that a waiting connection holds; those of all of them together."""
        with self._lock:
            self._received += held - conn.held
            conn.held = held
            return self._received

    def _dispatch(self, conn: Connection) -> None:
        address = conn.address or ""
        self._hold(conn, 0)
        conn.awaits_body = not conn.rfile.is_whole()
        with self._lock:
            has_room = self._busy[address] < self.settings.client_answers or bool(self.settings.trusted_proxies)
            if has_room:
                self._busy[address] += 1
        conn.is_waiting = False
        if has_room:
            self.requests.put(conn)
        else:
            conn.refuse("429 Too Many Requests")


def problem(status: str, detail: str = "", has_body: bool = True) -> bytes:
    """An answer that the application does not give: a problem, as `web.problems` makes them."""
    code, _, phrase = status.partition(" ")
    title = "Content Too Large" if code == "413" else phrase
    body = {"type": "about:blank", "title": title, "status": int(code), "detail": detail or DETAILS.get(code, title)}
    content = json.dumps(body, ensure_ascii=False).encode() + b"\n"
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(content)),
        "Connection": "close",
        "X-Request-Id": requestlog.new_id(),
        **({"Retry-After": str(RETRY_AFTER)} if code in ("429", "503") else {}),
        **ALWAYS,
    }
    lines = [f"HTTP/1.1 {code} {title}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (content if has_body else b"")


def _count_down(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
