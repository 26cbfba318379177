"""Between cheroot and the application: a request flows in, chunks flow out, with trailers behind the last one.

cheroot knows no trailers, and ends an answer to an HTTP/1.0 client by closing the connection, whether it is whole or
not: here one that failed is reset instead, so that nobody takes it for whole.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

from cheroot.wsgi import Gateway_10

from web.answering import CONNECTION
from web.wholeness import TRAILERS

_NO_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER: on, and no second to wait


class Gateway(Gateway_10):
    """cheroot's, which also tells the application the connection, so that it can notice a client that goes."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[CONNECTION] = self.req.conn.socket.fileno()
        if self.req.response_protocol == "HTTP/1.1" and _takes_trailers(environ.get("HTTP_TE", "")):
            environ[TRAILERS] = []
        return environ

    def respond(self) -> None:
        """Answer the request, and end the answer with what the application put among the trailers."""
        try:
            super().respond()
        except Exception:
            if self.req.sent_headers and not self.req.chunked_write:
                _reset(self.req.conn)
            raise
        trailers: list[tuple[str, str]] = self.env.get(TRAILERS, [])
        if trailers and self.req.chunked_write:
            lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
            self.req.conn.wfile.write(f"0\r\n{lines}\r\n".encode("latin-1"))
            self.req.chunked_write = False  # or cheroot would end it once more


def _reset(connection: Any) -> None:
    """Close a connection so that its client sees a failure; cheroot would shut it down, which looks like an end."""
    connection.linger = True  # cheroot's word for leaving the socket alone
    with contextlib.suppress(OSError):
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        os.close(connection.socket.detach())


def _takes_trailers(header: str) -> bool:
    """Whether a TE header says that the client reads trailers (RFC 9110, section 10.1.4)."""
    return any(part.partition(";")[0].strip().lower() == "trailers" for part in header.split(","))
