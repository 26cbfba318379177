"""The body of a request: what was sent flows in, what it was before it was compressed flows out, up to a bound.

A body of a few kilobytes can unpack to gigabytes, so it is unpacked piece by piece, and no further than allowed.
Content-Encoding is RFC 9110, section 8.4; `gzip`, `deflate`, `br` and `zstd` are understood, in any order.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from http import HTTPStatus
from typing import NoReturn

import brotli
import zstandard
from flask import Flask, abort, request

from graph.access.roles import Action, may
from graph.settings import Settings, variable
from web import identity
from web.service import service

PIECE = 64 * 1024
FORM = "application/x-www-form-urlencoded"
MOST_CODINGS = 3
MEBIBYTE = 2**20
DOCUMENTS = "validation.validate"  # the endpoint that anybody may send a document to
_ERRORS = (zlib.error, brotli.error, zstandard.ZstdError, EOFError)


class _Zlib:
    """zlib's, a piece at a time; gzip may hold several members, one after the other."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._inner = zlib.decompressobj(bits)
        self._begun = False

    def unpack(self, content: bytes, most: int) -> bytes:
        found = bytearray()
        while content and len(found) <= most:
            if self._inner.eof:
                if self._bits < 16:
                    raise zlib.error("there is something after the end")
                self._inner = zlib.decompressobj(self._bits)
            self._begun = True
            found += self._inner.decompress(content, most + 1 - len(found))
            content = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return bytes(found)

    def is_done(self) -> bool:
        return self._inner.eof


class _Brotli:
    """brotli's, which gives as much as it is asked for and keeps the rest."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def unpack(self, content: bytes, most: int) -> bytes:
        found = bytearray(self._inner.process(content, output_buffer_limit=most + 1))
        while len(found) <= most and not self._inner.can_accept_more_data():
            found += self._inner.process(b"", output_buffer_limit=most + 1 - len(found))
        return bytes(found)

    def is_done(self) -> bool:
        return bool(self._inner.is_finished())


class _Zstd:
    """zstandard's, with a bound on the window, which is memory that the sender asks for."""

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=8 * MEBIBYTE).decompressobj()
        self._is_done = False

    def unpack(self, content: bytes, most: int) -> bytes:
        found = bytearray()
        for start in range(0, len(content), 128):  # it cannot be told to stop, so it gets little at a time
            found += self._inner.decompress(content[start : start + 128])
            if len(found) > most:
                break
        self._is_done = bool(self._inner.eof)
        return bytes(found)

    def is_done(self) -> bool:
        return self._is_done


_CODINGS: dict[str, Callable[[], _Zlib | _Brotli | _Zstd]] = {
    "gzip": lambda: _Zlib(31),
    "x-gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
    "br": _Brotli,
    "zstd": _Zstd,
}


def register(app: Flask, settings: Settings) -> None:
    """Hold every body to its bounds, and unpack it before anything reads it; after `identity`, which says who sends."""
    app.config["MAX_CONTENT_LENGTH"] = settings.body_megabytes * MEBIBYTE
    app.before_request(_prepare)


def _prepare() -> None:
    """Bound and unpack the body of the current request."""
    settings = service().settings
    sent = unpacked = "query_body_megabytes"  # who only asks sends nothing that is longer than a query
    if may(identity.principal().role, Action.WRITE):
        sent, unpacked = "body_megabytes", "unpacked_megabytes"
    elif request.endpoint == DOCUMENTS:
        sent = unpacked = "validate_megabytes"
    most: int = getattr(settings, sent)
    request.max_content_length = request.max_form_memory_size = most * MEBIBYTE
    if (request.content_length or 0) > most * MEBIBYTE:
        _too_large(f"The body is longer than {most} MB. The limit is {variable(sent)}.")
    if request.content_length is None and request.environ.get("wsgi.input_terminated"):
        _replace(_whole(most * MEBIBYTE, f"The body is longer than {most} MB. The limit is {variable(sent)}."))
    codings = _codings()
    if codings:
        content = _unpacked(request.get_data(cache=False), codings, unpacked)
        del request.environ["HTTP_CONTENT_ENCODING"]
        _replace(content)
        request.max_content_length = request.max_form_memory_size = getattr(settings, unpacked) * MEBIBYTE
    if request.mimetype == FORM:
        _bound_form(request.get_data(), settings)


def _whole(most: int, refusal: str) -> bytes:
    """A body that comes in chunks: werkzeug would give its first part, and say nothing of the rest."""
    content: bytes = request.environ["wsgi.input"].read(most + 1)
    if len(content) > most:
        _too_large(refusal)
    return content


def _replace(content: bytes) -> None:
    """Have the request read this as its body."""
    request.environ["wsgi.input"] = io.BytesIO(content)
    request.environ["CONTENT_LENGTH"] = str(len(content))
    request.environ.pop("HTTP_TRANSFER_ENCODING", None)
    request.__dict__.pop("stream", None)  # werkzeug keeps the one that has been read


def _bound_form(form: bytes, settings: Settings) -> None:
    """Refuse a form that would take a second and a hundred times its size to be decoded in Python."""
    if form.count(b"&") >= settings.form_fields:
        _too_large(f"The form has more than {settings.form_fields:,} fields.")
    if form.count(b"%") > settings.query_characters:
        message = f"The form has more than {settings.query_characters:,} escapes of the kind %20."
        _too_large(f"{message} Post a query as application/sparql-query, an update as application/sparql-update.")


def _codings() -> list[str]:
    """The codings to undo, the last one applied first."""
    said = [name.strip().lower() for name in request.headers.get("Content-Encoding", "").split(",")]
    names = [name for name in said if name not in ("", "identity")]
    unknown = [name for name in names if name not in _CODINGS]
    if unknown or len(names) > MOST_CODINGS:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A body may be packed with gzip, deflate, br or zstd.")
    return names[::-1]


def _unpacked(content: bytes, codings: list[str], setting: str) -> bytes:
    for name in codings:
        try:
            content = _undone(content, _CODINGS[name](), setting)
        except _ERRORS as error:
            abort(HTTPStatus.BAD_REQUEST, f"The body is not {name}: {error}.")
    return content


def _undone(content: bytes, coding: _Zlib | _Brotli | _Zstd, setting: str) -> bytes:
    found = bytearray()
    megabytes: int = getattr(service().settings, setting)
    most = megabytes * MEBIBYTE
    for start in range(0, len(content), PIECE):
        found += coding.unpack(content[start : start + PIECE], most - len(found))
        if len(found) > most:
            _too_large(f"The body unpacks to more than {megabytes} MB. The limit is {variable(setting)}.")
    if not coding.is_done():
        raise EOFError("it breaks off")
    return bytes(found)


def _too_large(detail: str) -> NoReturn:
    abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
