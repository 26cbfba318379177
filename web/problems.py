"""Errors as `application/problem+json` (RFC 9457): an exception flows in, an answer with its status flows out.

A browser that asked for a page gets a page; the endpoint has none, so that its errors are problems whoever asks.
"""

from __future__ import annotations

import io
import json
import logging
from http import HTTPStatus

from flask import Flask, Response, render_template, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from graph import errors
from web import requestlog
from web.negotiation import wants_html

log = logging.getLogger("pmkg")

# The first class of an error's ancestry that stands here decides. Why these: 504, since this server gave up waiting for
# the engine behind it. 507 for memory: the server has no room for what it would have to hold, while 413 would say that
# what was sent is too large. 500 for a crash: the fault is the engine's, and the query may be perfectly good SPARQL, so
# 422 would blame the wrong side.
STATUS: dict[type[errors.PmkgError], HTTPStatus] = {
    errors.QuerySyntaxError: HTTPStatus.BAD_REQUEST,
    errors.QueryTooComplexError: HTTPStatus.BAD_REQUEST,
    errors.QueryTooLongError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.QueryRefusedError: HTTPStatus.FORBIDDEN,
    errors.QueryCancelledError: HTTPStatus.CONFLICT,
    errors.TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    # 403: the query is good (so no 400), asked again it is refused again (so no 5xx), and what was sent is not what is
    # too large (so no 413).
    errors.AnswerTooLargeError: HTTPStatus.FORBIDDEN,
    errors.UnknownGenerationError: HTTPStatus.NOT_FOUND,
    errors.PrunedGenerationError: HTTPStatus.GONE,
    errors.QueryTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
    errors.QueryMemoryError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.QueryCrashError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ServiceBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DiskFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.NoSuchPageError: HTTPStatus.NOT_FOUND,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NoSuchGraphError: HTTPStatus.NOT_FOUND,
    errors.GraphStateError: HTTPStatus.CONFLICT,
    errors.InvalidChangeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.OutdatedWriteError: HTTPStatus.PRECONDITION_FAILED,
    errors.WriteTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
    errors.WriteMemoryError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.WriteCrashError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ValidationTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ValidationTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
    errors.ValidationMemoryError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.ValidationCrashError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.FetchRefusedError: HTTPStatus.FORBIDDEN,
    errors.FetchTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
    errors.FetchError: HTTPStatus.BAD_GATEWAY,
    errors.NotIdentifiedError: HTTPStatus.UNAUTHORIZED,
    errors.InvalidTokenError: HTTPStatus.UNAUTHORIZED,
    errors.MisplacedTokenError: HTTPStatus.BAD_REQUEST,
    errors.AccessError: HTTPStatus.FORBIDDEN,
    errors.IssuerError: HTTPStatus.BAD_GATEWAY,
    errors.LoginError: HTTPStatus.FORBIDDEN,
    errors.UnknownFormatError: HTTPStatus.BAD_REQUEST,
    errors.InputError: HTTPStatus.BAD_REQUEST,
    errors.QueryError: HTTPStatus.BAD_REQUEST,
    errors.PmkgError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRY_SECONDS = 5


def register(app: Flask) -> None:
    """Answer every error of the application with a problem, never with a page or a stack trace."""
    app.register_error_handler(errors.PmkgError, of_pmkg_error)
    app.register_error_handler(HTTPException, _of_http_exception)
    app.register_error_handler(Exception, _of_anything_else)


def problem(status: HTTPStatus, detail: str, kind: str = "", title: str = "", **more: object) -> Response:
    """One problem; `kind` names it within its status, and members that are None or empty are left out."""
    body = {
        "type": f"https://w3id.org/pmkg/problem/{kind}" if kind else "about:blank",
        "title": title or status.phrase,
        "status": status.value,
        "detail": detail,
        **{name: value for name, value in more.items() if value not in (None, "")},
        "request": requestlog.request_id(),
    }
    if request.blueprint != "sparql" and wants_html():
        page = Response(render_template("problem.html", problem=body), status.value, mimetype="text/html")
        page.vary.add("Accept")
        return page
    text = json.dumps(body, ensure_ascii=False) + "\n"
    return Response(text, status.value, content_type="application/problem+json")


def of_pmkg_error(error: errors.PmkgError, **more: object) -> Response:
    """The problem that says what one of our errors says, with its line, column and advice, and more members."""
    place, name = error.place, type(error).__name__.removesuffix("Error")
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    kind = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
    title = kind.replace("-", " ").capitalize() + " error"
    detail = error.message[:1].upper() + error.message[1:]
    response = problem(status, detail, kind, title, line=place.line, column=place.column, advice=error.advice, **more)
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        response.headers["Retry-After"] = str(getattr(error, "retry_after", RETRY_SECONDS))
    if isinstance(error, errors.AccessError):
        response.headers["WWW-Authenticate"] = _challenge(error)
        response.cache_control.no_store = True
    return response


def _challenge(error: errors.AccessError) -> str:
    """What the client would have to send instead (RFC 6750, section 3)."""
    parts = {"realm": "pmkg", "error": error.code, "scope": getattr(error, "scope", "")}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)


def _of_http_exception(error: HTTPException) -> Response:
    """The problem of an error that Flask or werkzeug raised, with its headers (Allow, Location, ...)."""
    if error.code is None or error.code < 400:  # a redirect is no error
        return error.get_response()  # type: ignore[return-value]
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # whoever looks into the body again is refused again
        request.__dict__.update(stream=io.BytesIO(), form=ImmutableMultiDict(), files=ImmutableMultiDict())
    response = problem(HTTPStatus(error.code), error.description or "")
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length", "Vary"):
            response.headers[name] = value
    return response


def _of_anything_else(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The server made a mistake; its log says which.")
