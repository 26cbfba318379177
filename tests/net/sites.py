"""Servers that misbehave, for whoever fetches: what one sends is bytes of one's own, at one's own pace."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from graph.net.addresses import Address, Reach


@dataclass
class Site:
    """A server under way: its address, and the requests that it got."""

    port: int
    host: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def reach(self) -> Reach:
        """That server and all below it."""
        return Reach((Address.parse(self.url),))


Respond = Callable[[socket.socket, bytes], None]


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    return head(status, Content_Length=str(len(body)), **headers) + body


@contextmanager
def answering(respond: Respond | bytes, host: str = "127.0.0.1") -> Iterator[Site]:
    """A server on a free port that answers each connection's one request, until the block ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        site = Site(listener.getsockname()[1], host)

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                request = _request(connection)
                site.requests.append(request)
                if isinstance(respond, bytes):
                    connection.sendall(respond)
                else:
                    respond(connection, request)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    site.connections += 1
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        part = connection.recv(65536)
        if not part:
            return content
        content += part
    header, _, body = content.partition(b"\r\n\r\n")
    for line in header.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
            while len(body) < length:
                body += connection.recv(65536)
    return header + b"\r\n\r\n" + body
