"""Advice on a query: its text flows in, what the graph does not have of it and why its answer is empty flow out.

`GET` or `POST /advice?query=…`, with the protocol's `default-graph-uri` and `named-graph-uri`, answers JSON:
`problems` and `empty`, or a page where a browser asks. `why=0` leaves out the latter, which takes most of the time.
"""

from __future__ import annotations

import threading
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request

from graph.advise.advice import Advice, advise
from graph.advise.schema import Schema, read_schema
from web.answering import CONNECTION, watch
from web.clients import client
from web.negotiation import wants_html
from web.queries import queries
from web.service import Service, service
from web.sparql import QUERY, graphs, texts

blueprint = Blueprint("advice", __name__)

_reading = threading.Lock()  # one thread finds out what a new generation holds, the others wait for it


@blueprint.route("/advice", methods=["GET", "POST"])
def advice() -> Response:
    """The advice on one query."""
    queries = texts("query", QUERY)
    is_page = wants_html()
    if not queries and is_page:
        return _page("", None)
    if len(queries) != 1:
        abort(HTTPStatus.BAD_REQUEST, f"There are {len(queries) or 'no'} 'query' parameters; send exactly one.")
    found = advised(
        queries[0], why=_why(), default_graphs=graphs("default-graph-uri"), named_graphs=graphs("named-graph-uri")
    )
    return _page(queries[0], found) if is_page else _described(jsonify(found.as_json()))


def advised(
    text: str, *, why: bool = True, default_graphs: tuple[str, ...] = (), named_graphs: tuple[str, ...] = ()
) -> Advice:
    """The advice on a query, which takes a place among those under way.

    Raises:
        QueryRefusedError: it is an update, or too deep or too large.
        TooManyRequestsError: the client asks for more at once than it may.
        ServiceBusyError: no reader was free.
    """
    with queries().place(text, client()) as running:
        running.on_turn()
        known = service()
        return advise(
            text,
            known.engine,
            _schema(known),
            why=why,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            is_wanted=running.wanted(watch(request.environ.get(CONNECTION))),
        )


def _schema(known: Service) -> Schema:
    generation = known.generation
    if generation is None:
        return read_schema(known.engine)  # waits for the first build, or says that there is none
    with _reading:
        return known.kept("schema", generation, lambda: read_schema(known.engine))


def _why() -> bool:
    value = request.values.get("why", "1")
    if value not in ("0", "1"):
        abort(HTTPStatus.BAD_REQUEST, "The value of 'why' is 0 or 1.")
    return value == "1"


def _page(text: str, found: Advice | None) -> Response:
    page = render_template("advice.html", text=text, advice=found)
    return _described(current_app.make_response(page))


def _described(response: Response) -> Response:
    generation = service().generation
    if generation is not None:
        response.headers["PMKG-Generation"] = str(generation.number)
    response.vary.add("Accept")
    response.cache_control.no_cache = True
    return response
