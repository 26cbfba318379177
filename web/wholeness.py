"""How an answer says that it is whole: its bytes flow in, its number of rows and its digest flow out.

Rows are counted in the bytes as they pass, in C and not row by row, and only in formats where that is exact: for the
others the count is left out, never guessed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Protocol

from graph.errors import AnswerTooLargeError
from graph.settings import variable

TRAILERS = "pmkg.trailers"  # in the environment: the list to put trailers into, where the client takes them


class Counter(Protocol):
    """Takes in the bytes of one answer; `rows` are those so far, None where it has none (the answer to an ASK)."""

    def take(self, content: bytes) -> None: ...

    @property
    def rows(self) -> int | None: ...


class _Lines:
    """One row a line: N-Triples, N-Quads, and TSV after its header; line ends in literals are escaped there."""

    def __init__(self, header: int = 0) -> None:
        self._lines = -header
        self._any = not header

    def take(self, content: bytes) -> None:
        lines = content.count(b"\n")
        self._lines += lines
        self._any = self._any or bool(lines)

    @property
    def rows(self) -> int | None:
        return self._lines if self._any else None


class _Csv(_Lines):
    """One row a line, but not for a line end between quotes; a quote in a field is doubled, which changes nothing."""

    def __init__(self) -> None:
        super().__init__(header=1)
        self._quoted = False

    def take(self, content: bytes) -> None:
        if not self._quoted and b'"' not in content:
            super().take(content)
            return
        parts = content.split(b'"')
        super().take(b"".join(parts[self._quoted :: 2]))
        self._quoted ^= len(parts) % 2 == 0


class _Json:
    """One row an object of `bindings`: between two of them alone stands `},{`, once the strings are taken out."""

    def __init__(self) -> None:
        self._rows = 0
        self._quoted = self._escaped = self._solutions = False
        self._last = b""

    def take(self, content: bytes) -> None:
        if self._escaped:
            content = content[1:]
        self._escaped = (len(content) - len(content.rstrip(b"\\"))) % 2 == 1
        if b"\\" in content:
            content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = content.split(b'"')
        outside = self._last + b"".join(parts[self._quoted :: 2])
        self._quoted ^= len(parts) % 2 == 0
        self._solutions = self._solutions or b"[" in outside
        self._rows += outside.count(b"},{") + outside.count(b"[{")
        # As much as may begin what ends in the next bytes, and no more: nothing is counted twice.
        self._last = b"}," if outside.endswith(b"},") else outside[-1:] if outside[-1:] in (b"}", b"[") else b""

    @property
    def rows(self) -> int | None:
        return self._rows if self._solutions else None


class _Xml:
    """One row a `<result>`: in text and in attributes `<` is escaped."""

    def __init__(self) -> None:
        self._rows = 0
        self._solutions = False
        self._last = b""

    def take(self, content: bytes) -> None:
        content = self._last + content
        self._rows += content.count(b"<result>")
        self._solutions = self._solutions or b"<results>" in content
        start = content.rfind(b"<", -8)
        self._last = content[start:] if start >= 0 and b">" not in content[start:] else b""

    @property
    def rows(self) -> int | None:
        return self._rows if self._solutions else None


def counter(name: str) -> Counter | None:
    """What counts the rows of a format, None where that cannot be done exactly in its bytes."""
    if name in ("ntriples", "nquads"):
        return _Lines()
    if name == "tsv":
        return _Lines(header=1)
    kinds: dict[str, type[Counter]] = {"csv": _Csv, "json": _Json, "xml": _Xml}
    return kinds[name]() if name in kinds else None


def digest(content: bytes) -> str:
    """The digest of a content, as RFC 9530 writes it."""
    return written(hashlib.sha256(content).digest())


def written(value: bytes) -> str:
    """A SHA-256 value as RFC 9530 writes it."""
    return f"sha-256=:{base64.b64encode(value).decode()}:"


class Account:
    """Keeps the size and the rows of an answer as it passes, before it is compressed."""

    def __init__(self, name: str, most_bytes: float) -> None:
        self.size = 0
        self._counter = counter(name)
        self._most_bytes = most_bytes

    def over(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks as they are.

        Raises:
            AnswerTooLargeError: there are more bytes than an answer may have.
        """
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > self._most_bytes:
                raise AnswerTooLargeError(
                    f"the answer has more than {self._most_bytes / 2**20:g} MB.",
                    advice="Ask for it in pages, with ORDER BY, LIMIT and OFFSET on one generation (?generation=N), or "
                    f"take a format that says it in fewer bytes. The limit is {variable('answer_megabytes')}.",
                )
            if self._counter:
                self._counter.take(chunk)
            yield chunk

    def stop_counting(self) -> None:
        """Nobody will ask for the rows."""
        self._counter = None

    @property
    def counts(self) -> bool:
        """Whether there may be a number of rows in the end."""
        return self._counter is not None

    @property
    def rows(self) -> int | None:
        """The rows so far, None where they cannot be counted."""
        return self._counter.rows if self._counter else None
