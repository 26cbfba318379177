"""How much a client may ask, and what else is bounded: settings flow in, refusals and the page `/limits` flow out.

flask-limiter counts the requests of each client in this process's memory. The bounds on connections are those of
`web.connections`, those on queries at once of `web.running`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

from flask import Blueprint, Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_limiter import Limiter, RequestLimit
from werkzeug.wrappers import Response as AnyResponse

from graph.errors import TooManyRequestsError
from graph.settings import Settings, variable
from web.clients import client
from web.negotiation import wants_html
from web.service import service

blueprint = Blueprint("limits", __name__)

FREE = frozenset({"static", "health.health", "operations.ready", "metrics.metrics"})


@dataclass(frozen=True)
class Bound:
    """One bound: the setting's name, what it means, its value here and its unit."""

    name: str
    setting: str
    meaning: str
    value: float
    unit: str
    default: float


def bounds(settings: Settings) -> list[Bound]:
    """Every setting that is a bound, as the one table of settings has them."""
    return [
        Bound(
            item.name,
            variable(item.name),
            item.metadata["help"],
            getattr(settings, item.name),
            item.metadata["unit"],
            item.default,  # type: ignore[arg-type]
        )
        for item in fields(settings)
        if item.metadata["unit"] and not item.metadata["secret"]
    ]


def register(app: Flask, settings: Settings) -> None:
    """Count the requests of each client."""

    def allowance() -> str:
        return f"{settings.user_requests if client().name else settings.client_requests} per minute"

    app.extensions["pmkg-limiter"] = Limiter(
        lambda: client().key,
        app=app,
        application_limits=[allowance],
        application_limits_exempt_when=lambda: request.endpoint in FREE,
        request_identifier=lambda: request.endpoint or "nothing",
        on_breach=_refuse,
        storage_uri="memory://",
        strategy="sliding-window-counter",  # a few bytes for each client, however much it asks
    )
    app.after_request(_tell)
    app.register_blueprint(blueprint)


@blueprint.get("/limits")
def limits() -> AnyResponse:
    """Every bound of this server, as JSON or as a page."""
    found = bounds(service().settings)
    if wants_html():
        response = make_response(render_template("limits.html", bounds=found))
    else:
        response = jsonify(limits=[vars(item) for item in found])
    response.vary.add("Accept")
    return response


def _refuse(breached: RequestLimit) -> Response | None:
    g.breached = breached
    setting = "user_requests" if client().name else "client_requests"
    raise TooManyRequestsError(
        f"you have sent more than {breached.limit.amount} requests in a minute.",
        retry_after=_seconds(breached),
        advice=f"Wait, then ask more slowly, or for more at once. The limit is {variable(setting)}.",
    )


def _tell(response: Response) -> Response:
    """What is left to the client, as the IETF's draft on RateLimit headers (its third) writes it."""
    found = getattr(g, "breached", None) or current_app.extensions["pmkg-limiter"].current_limit
    if found is not None:
        response.headers["RateLimit-Limit"] = str(found.limit.amount)
        response.headers["RateLimit-Remaining"] = str(max(0, found.remaining))
        response.headers["RateLimit-Reset"] = str(_seconds(found))
    return response


def _seconds(limit: RequestLimit) -> int:
    return max(1, int(limit.reset_at - time.time()))
