"""One line of log for each request: what was asked, by whom, and how it went flow in, a JSON object or a sentence out.

The lines hold no query, since what a researcher asks is nobody's business, and no address beyond its path. They are
JSON where a program reads them, so that whatever a client sends stays within its own string.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from werkzeug.middleware.proxy_fix import ProxyFix

from graph.errors import SettingError
from graph.settings import Settings, variable

log = logging.getLogger("pmkg.requests")

HEADER = "X-Request-Id"
RECORD = "pmkg.record"  # where the application adds to the line, in the WSGI environment
LONGEST = 200  # characters of what a client says of itself
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PROBES = frozenset({"/health", "/ready", "/metrics"})
_SALT = secrets.token_bytes(16)  # so that a hashed address cannot be looked up, not even by trying all of them

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def new_id() -> str:
    """An id for a request, which no other has."""
    return secrets.token_hex(8)


def request_id() -> str:
    """The id of the current request: its client's where it is sane, one of ours otherwise."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        said = request.headers.get(HEADER, "")
        g.request_id = said if _SANE.fullmatch(said) else new_id()
    found = g.request_id
    assert isinstance(found, str)
    return found


def note(**fields: object) -> None:
    """Add to the line of the current request."""
    request.environ.setdefault(RECORD, {}).update(fields)


def register(app: Flask, settings: Settings) -> None:
    """Give every request an id, and a line when its answer has been sent."""
    app.after_request(_tell_id)
    application: Application = Logged(app.wsgi_app, settings)
    if settings.trusted_proxies:
        # Not the host: a proxy that does not set X-Forwarded-Host hands on what its client wrote there.
        count = settings.trusted_proxies
        application = ProxyFix(application, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0)
    app.wsgi_app = application  # type: ignore[method-assign, assignment]


def _tell_id(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    note(id=request_id())
    return response


class Logged:
    """A WSGI application whose requests are logged when their answers end, however they do."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._settings = settings

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, status = time.monotonic(), [0]
        environ.setdefault(RECORD, {})

        def start(line: str, headers: Any, *more: Any) -> Any:
            status[0] = int(line[:3])
            return start_response(line, headers, *more)

        answer = self._application(environ, start)
        return _Counted(answer, lambda size, whole: self._write(environ, status[0], size, whole, began))

    def _write(self, environ: Environ, status: int, size: int, whole: bool, began: float) -> None:
        path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
        if path in _PROBES and status < 400:
            return
        fields = {
            "method": environ.get("REQUEST_METHOD", ""),
            "path": path,
            "status": status,
            "bytes": size,
            "seconds": round(time.monotonic() - began, 4),
            **environ[RECORD],
            **({} if whole else {"broken": True}),
            "agent": environ.get("HTTP_USER_AGENT", ""),
        }
        write(self._settings, str(environ.get("REMOTE_ADDR", "")), fields)


class _Counted:
    """An answer's chunks, counted; `when_done` gets how many bytes they had and whether they came to an end."""

    def __init__(self, answer: Iterable[bytes], when_done: Callable[[int, bool], None]) -> None:
        self._answer = answer
        self._when_done: Callable[[int, bool], None] | None = when_done
        self._size = 0
        self._is_whole = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._answer:
            self._size += len(chunk)
            yield chunk
        self._is_whole = True

    def close(self) -> None:
        try:
            if hasattr(self._answer, "close"):
                self._answer.close()
        finally:
            when_done, self._when_done = self._when_done, None
            if when_done is not None:
                when_done(self._size, self._is_whole)


def refusal(settings: Settings, address: str, status: int) -> None:
    """The line of a request that never reached the application."""
    write(settings, address, {"id": new_id(), "method": "", "path": "", "status": status, "refused": True})


def write(settings: Settings, address: str, fields: dict[str, object]) -> None:
    """One line."""
    client = {"address": address, "hash": _hashed(address), "none": ""}[settings.log_clients]
    log.info("%s", "", extra={"fields": {name: clean(value) for name, value in {**fields, "client": client}.items()}})


def clean(value: object) -> object:
    r"""A value without what could end a line, colour a terminal or turn its text around.

    >>> clean("a\r\nb")
    'a??b'
    """
    if not isinstance(value, str):
        return value
    text = "".join(letter if letter.isprintable() else "?" for letter in value[:LONGEST])
    return text if len(value) <= LONGEST else text + "…"


def _hashed(address: str) -> str:
    return hashlib.blake2b(address.encode(), key=_SALT, digest_size=8).hexdigest()


class JsonLines(logging.Formatter):
    """Each record as one JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if fields is not None:
            line.update({"event": "request", **fields})
        else:
            line.update({"event": "message", "message": record.getMessage()})
        if record.exc_info and record.exc_info[0]:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Sentences(logging.Formatter):
    """Each record for people: a request as its status, method, path and time."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        if fields is None:
            text = f"pmkg: {record.getMessage()}"
            failed = record.exc_info and record.exc_info[0]
            return f"{text}\n{self.formatException(record.exc_info)}" if failed and record.exc_info else text
        rest = {name: value for name, value in fields.items() if name not in _SHOWN and value not in ("", None)}
        more = " ".join(f"{name}={value}" for name, value in rest.items())
        seconds = fields.get("seconds", 0)
        return f"{fields['status']} {fields['method']:4} {fields['path']} {seconds:.3f} s {more}".rstrip()


_SHOWN = frozenset({"status", "method", "path", "seconds", "agent", "id"})


def configure(settings: Settings) -> None:
    """Send the log to the standard error, as the settings say.

    Raises:
        SettingError: they name a form that there is not.
    """
    for name, choices in {"log_format": ("auto", "json", "text"), "log_clients": ("address", "hash", "none")}.items():
        if getattr(settings, name) not in choices:
            raise SettingError(
                f"{variable(name)} is '{getattr(settings, name)}'.", advice=f"Set it to {', '.join(choices)}."
            )
    is_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(Sentences() if is_text else JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
