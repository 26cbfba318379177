"""How the server and its reader processes talk: values flow into frames, frames flow out over a Unix socket.

A frame is one byte for its kind, four bytes for its length, and its content:

    QUERY    server to reader: a JSON object, the fields of `Question`
    HEAD     reader to server: the name of the format that the answer is in
    DATA     reader to server: the next bytes of the answer
    END      reader to server: the answer is whole; b"1" where the reader ends itself now, else empty
    FAILURE  reader to server: a JSON object, an error instead of the rest of the answer; then END

What a reader died of comes over a pipe of its own, from the holder, as the JSON object `Death`.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import BinaryIO

from graph import errors

QUERY, HEAD, DATA, END, FAILURE = b"Q", b"H", b"D", b"E", b"F"

_HEADER = struct.Struct("!cI")

# What the server asks of the holder over the control socket: fork a reader with this number, or end it.
ORDER = struct.Struct("!cI")
FORK, KILL = b"f", b"k"
READY = b"!"


@dataclass(frozen=True)
class Question:
    """A query as a reader gets it: the graphs are None where the generation's own are to be used.

    `asked` is what its client wrote, for messages about places, where `text` is no longer of the same length.
    With `whole`, all of the dataset is wanted, without the default graph where that is a `merge`.
    `protected` says that the generation holds literals in the form of `graph.sparql.literals`; `total_order` that the
    engine has failed to order its answer.
    """

    text: str
    prefixes: dict[str, str]
    solutions_format: str | None
    graph_format: str | None
    default_graphs: list[str] | None
    named_graphs: list[str] | None
    seconds: float
    asked: str = ""
    protected: bool = False
    total_order: bool = False
    whole: bool = False
    merge: bool = False


@dataclass(frozen=True)
class Death:
    """How a reader ended: by a signal or with an exit code, and the last that it wrote to its standard error."""

    signal: int | None
    code: int | None
    stderr: str


def frame(kind: bytes, content: bytes = b"") -> bytes:
    """One frame, as bytes."""
    return _HEADER.pack(kind, len(content)) + content


def json_frame(kind: bytes, value: Question | Death | dict[str, object]) -> bytes:
    """A frame with a JSON object in it."""
    return frame(kind, json.dumps(value if isinstance(value, dict) else vars(value)).encode())


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes]:
    """The next frame: its kind and content.

    Raises:
        EOFError: the other side is gone, before or within the frame.
    """
    kind, length = _HEADER.unpack(_exactly(stream, _HEADER.size))
    return kind, _exactly(stream, length)


def error_frame(error: errors.PmkgError) -> bytes:
    """A deliberate error, to be raised again on the other side."""
    place = error.place
    return json_frame(
        FAILURE,
        {
            "error": type(error).__name__,
            "message": error.message,
            "advice": error.advice,
            "line": place.line,
            "column": place.column,
        },
    )


def read_error(content: bytes) -> errors.PmkgError:
    """The error that a FAILURE frame holds."""
    value = json.loads(content)
    kind = getattr(errors, value["error"])
    place = errors.Place(line=value["line"], column=value["column"])
    error: errors.PmkgError = kind(value["message"], place=place, advice=value["advice"])
    return error


def _exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content
