"""What a connection has received: bytes flow in as they come, and say when they hold a whole request, read as a file.

A request is only given to a thread once it is here, so that a client that sends one slowly, or half of it, holds a few
bytes and no thread. A body longer than `ROOM` is the exception: its thread reads the rest, under a deadline.
"""

from __future__ import annotations

import re
import socket
import time

ROOM = 256 * 1024  # of a body: nearly every query, and nearly no upload
PIECE = 64 * 1024
BYTES_PER_SECOND = 32 * 1024  # a client that is faster than that never meets the deadline
_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding[ \t]*:[^\r\n]*\bchunked\b", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r$")  # of a chunk, its extensions and half its line end
_EXPECT = re.compile(rb"\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)


class Inbox:
    """A file, as cheroot reads its requests from one, over a socket and what has been received from it."""

    def __init__(self, connection: socket.socket, header_bytes: int, seconds: float) -> None:
        self._socket = connection
        self._header_bytes = header_bytes
        self._seconds = seconds
        self._bytes = bytearray()
        self._since = time.monotonic()
        self._searched = 0  # up to where the end of the headers has been looked for
        self._body: int | None = None  # where the body begins, once the headers are here
        self._length: int | None = None  # of the body, None where it comes in chunks
        self._chunk = 0  # where the first chunk begins that is not here yet
        self._is_ended = False  # the client sends no more
        self._is_malformed = False
        self._continued = False
        self.bytes_read = 0
        self.closed = False

    def __len__(self) -> int:
        return len(self._bytes)

    @property
    def deadline(self) -> float:
        """When, on the monotonic clock, the request must be here; later where much of it has come."""
        return self._since + self._seconds + self.bytes_read / BYTES_PER_SECOND

    def expect(self) -> None:
        """Begin with the next request: its time runs from now, its end is looked for in what is left."""
        self._since, self._searched, self._body, self.bytes_read = time.monotonic(), 0, None, len(self._bytes)
        self._continued = False
        self._strip()

    def receive(self) -> None:
        """Take what has come, without waiting for more."""
        self._socket.setblocking(False)  # a time limit would wait, whatever recv is told
        while not self._is_ended and not self.has_data():
            try:
                part = self._socket.recv(PIECE)
            except BlockingIOError:
                return
            except OSError:
                part = b""
            self._add(part)

    def has_data(self) -> bool:
        """Whether a thread should have it: the request is whole, or never will be, or is as long as is waited for."""
        if self._is_ended:
            return True
        if self._body is None:
            found = _END.search(self._bytes, max(0, self._searched - 3))
            self._searched = len(self._bytes)
            if found is None:
                return len(self._bytes) > self._header_bytes
            self._read_headers(found.end())
        assert self._body is not None
        return len(self._bytes) - self._body >= ROOM or self._is_body_here(self._body)

    def is_whole(self) -> bool:
        """Whether the rest of it need not be waited for."""
        return self._body is None or self._is_ended or self._is_body_here(self._body)

    def is_broken(self) -> bool:
        """Whether it can never become a request: the client stopped in the middle, or sends chunks that are none."""
        is_here = self._body is not None and (len(self._bytes) - self._body >= ROOM or self._is_body_here(self._body))
        return self._is_malformed or (self._is_ended and not is_here)

    def wants_word(self) -> bool:
        """Whether the client waits for a "100 Continue" before it sends the body; says so once."""
        if self._body is None or self._continued or self.is_whole():
            return False
        self._continued = True
        return _EXPECT.search(self._bytes, 0, self._body) is not None

    def readline(self, size: int | None = None) -> bytes:
        """Up to the next line end, of at most so many bytes."""
        while True:
            end = self._bytes.find(b"\n", 0, size if size and size > 0 else len(self._bytes))
            if end >= 0:
                return self._take(end + 1)
            if (size is not None and 0 < size <= len(self._bytes)) or not self._wait():
                return self._take(len(self._bytes) if size is None or size < 0 else size)

    def read(self, size: int | None = None) -> bytes:
        """So many bytes, fewer only at the end of what the client sends."""
        while (size is None or size < 0 or len(self._bytes) < size) and self._wait():
            pass
        return self._take(len(self._bytes) if size is None or size < 0 else size)

    def close(self) -> None:
        self.closed = True
        self._bytes.clear()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken

    def _add(self, part: bytes) -> None:
        if not self.bytes_read:
            self._since = time.monotonic()
        self._is_ended = not part
        self._bytes += part
        self.bytes_read += len(part)
        if self._body is None and not self._searched:
            self._strip()

    def _wait(self) -> bool:
        """Wait for more; False when there will be none.

        Raises:
            TimeoutError: none came before the deadline.
        """
        if self._is_ended:
            return False
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        self._add(self._socket.recv(PIECE))
        return not self._is_ended

    def _strip(self) -> None:
        """Forget line ends before a request, which RFC 9112 (section 2.2) allows."""
        while bytes(self._bytes[:1]) in (b"\r", b"\n"):
            del self._bytes[:1]

    def _read_headers(self, end: int) -> None:
        head = bytes(self._bytes[:end])
        found = _LENGTH.search(head)
        self._body = self._chunk = end
        is_chunked = _CHUNKED.search(head) is not None
        # Who says both is refused, whatever the body is.
        self._length = 0 if is_chunked and found else None if is_chunked else int(found[1]) if found else 0

    def _is_body_here(self, body: int) -> bool:
        if self._length is None:
            return self._are_chunks_here()
        return len(self._bytes) - body >= self._length

    def _are_chunks_here(self) -> bool:
        """Whether a body in chunks (RFC 9112, section 7.1) is whole, or is none at all."""
        while not self._is_malformed:
            end = self._bytes.find(b"\n", self._chunk)
            if end < 0:
                return len(self._bytes) - self._chunk > PIECE
            found = _SIZE.match(self._bytes, self._chunk, end)
            if found is None:
                self._is_malformed = True
                break
            size = int(found[1], 16)
            if size == 0:
                return self._bytes[end + 1 : end + 3] == b"\r\n" or self._bytes.find(b"\r\n\r\n", end + 1) >= 0
            if end + 1 + size + 2 > len(self._bytes):
                return False
            self._chunk = end + 1 + size + 2
            self._is_malformed = self._bytes[self._chunk - 2 : self._chunk] != b"\r\n"
        return True
