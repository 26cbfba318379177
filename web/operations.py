"""Whether to send requests here: what the engine and the process say flows in, `/ready` flows out; and the stop.

When the server is told to stop, `/ready` says so at once, new requests get 503, and those under way come to their end.
"""

from __future__ import annotations

import threading
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from graph.errors import PmkgError, ServiceBusyError
from graph.settings import Settings
from graph.store.engine import QueryRequest
from web.service import service

blueprint = Blueprint("operations", __name__)

PROBE = "ASK {}"
PROBE_SECONDS = 2.0
STILL_ANSWERED = frozenset({"health.health", "operations.ready", "metrics.metrics", "queries.listed", "queries.end"})
RETRY_AFTER = 5


class Stopping:
    """Whether the server has been told to stop."""

    def __init__(self) -> None:
        self._told = threading.Event()

    def begin(self) -> None:
        self._told.set()

    def __bool__(self) -> bool:
        return self._told.is_set()


def register(app: Flask, settings: Settings) -> None:
    """Refuse what is new once the server stops."""
    app.extensions["pmkg-stopping"] = Stopping()
    app.before_request(_refuse_when_stopping)
    app.after_request(_close_when_stopping)
    app.register_blueprint(blueprint)


def stopping(app: Flask | None = None) -> Stopping:
    """The state of an application, of the one that answers now where none is given."""
    found = (app or current_app).extensions["pmkg-stopping"]
    assert isinstance(found, Stopping)
    return found


@blueprint.get("/ready")
def ready() -> AnyResponse:
    """200 where a query would be answered now; 503 with the reason otherwise."""
    known = service()
    generation = known.generation
    reason = ""
    if stopping():
        reason = "The server is stopping."
    elif generation is None:
        reason = "Nothing has been built yet."
    elif generation.number != _answered.get(known.settings.home):
        # Once a generation has answered, its readers are replaced when they die: asking each time would take the
        # place of a query, and a probe that waits behind long queries would take a busy server for a broken one.
        reason = _probe()
        if not reason:
            _answered[known.settings.home] = generation.number
    response = jsonify(ready=not reason, generation=generation.number if generation else None, reason=reason or None)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK
    response.cache_control.no_store = True
    if reason:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


_answered: dict[object, int] = {}


def _probe() -> str:
    """Why the current generation does not answer, empty where it does."""
    asked = QueryRequest(PROBE, solutions_format="json", seconds=PROBE_SECONDS)
    try:
        with service().query(asked) as answer:
            answer.read()
    except PmkgError as error:
        return str(error)
    return ""


def _refuse_when_stopping() -> None:
    if stopping() and request.endpoint not in STILL_ANSWERED:
        raise ServiceBusyError("the server is stopping.", retry_after=RETRY_AFTER, advice="Ask again in a moment.")


def _close_when_stopping(response: Response) -> Response:
    if stopping():
        response.headers["Connection"] = "close"
    return response
