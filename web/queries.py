"""`/queries`: the queries under way flow out, each to who may see it, and a wish to end one flows in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from graph.access.roles import Action, may
from graph.settings import Settings
from web import identity, requestlog
from web.clients import client
from web.negotiation import wants_html
from web.running import Queries, Running
from web.service import service

blueprint = Blueprint("queries", __name__)

QUERY_ID = "PMKG-Query-Id"


def queries() -> Queries:
    """The queries under way in the application that answers now."""
    found = current_app.extensions["pmkg-queries"]
    assert isinstance(found, Queries)
    return found


def register(app: Flask, settings: Settings) -> None:
    """Keep a list of the queries under way."""
    app.extensions["pmkg-queries"] = Queries(settings)
    app.register_blueprint(blueprint)


@contextmanager
def place(text: str) -> Iterator[Running]:
    """A place among the queries under way for the current request; see `Queries.place` for what it raises."""
    with queries().place(text, client(), request.headers.get(QUERY_ID)) as running:
        g.running = running
        if service().settings.log_queries:
            requestlog.note(query=text)
        yield running


@blueprint.get("/queries")
def listed() -> AnyResponse:
    """The queries of who asks, for an administrator those of everybody, the oldest first."""
    sees_all = _may(Action.SEE_ALL_QUERIES)
    rows = [_row(item) for item in queries().all() if sees_all or item.client.key == client().key]
    if wants_html():
        response = make_response(render_template("queries.html", rows=rows, sees_all=sees_all))
    else:
        response = jsonify(queries=rows, all=sees_all)
    response.vary.update(("Accept", "Authorization"))
    response.cache_control.no_store = True
    return response


@blueprint.get("/queries/<name>")
def one(name: str) -> Response:
    """One query under way."""
    response = jsonify(_row(_found(name, Action.SEE_ALL_QUERIES)))
    response.cache_control.no_store = True
    return response


@blueprint.delete("/queries/<name>")
def end(name: str) -> AnyResponse:
    """End one query under way."""
    _found(name, Action.CANCEL_ANY_QUERY).cancel()
    return Response(status=HTTPStatus.NO_CONTENT)


def _found(name: str, action: Action) -> Running:
    """The query of that id; another's is not told from one that is not there."""
    running = queries().find(name)
    if running is None or not (running.client.key == client().key or _may(action)):
        abort(HTTPStatus.NOT_FOUND, "No query of yours with this id is under way.")
    return running


def _may(action: Action) -> bool:
    return may(identity.principal().role, action)


def _row(running: Running) -> dict[str, object]:
    started = dt.datetime.fromtimestamp(running.started, dt.UTC)
    return {
        "id": running.id,
        "kind": running.kind,
        "state": running.state.value,
        "started": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(running.seconds, 3),
        "generation": running.generation,
        "client": running.client.name or running.client.key,
        "own": running.client.key == client().key,
        "href": f"{request.path.removesuffix('/' + running.id)}/{running.id}",
        "query": running.text,
    }
