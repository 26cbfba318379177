"""The SPARQL 1.1 Protocol: a GET, a form or a direct POST flows in, a streamed answer or a problem flows out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from itertools import chain

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from graph.errors import QueryRefusedError, ServiceBusyError
from graph.store.engine import QueryRequest
from graph.store.formats import Kind
from web import negotiation
from web.service import service

blueprint = Blueprint("sparql", __name__)

FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
MOST_QUERIES = 40  # that run or wait at once: each holds a thread of the server
SMALL = 4_096  # an answer that ends before so many bytes gets a Content-Length

_places = threading.BoundedSemaphore(MOST_QUERIES)


@blueprint.route("/sparql", methods=["GET", "POST"])
def query() -> AnyResponse:
    """Answer one query, as https://www.w3.org/TR/sparql11-protocol/ says."""
    is_update = request.mimetype == UPDATE or "update" in request.values
    if is_update:
        raise QueryRefusedError("This endpoint is read-only for now.", advice="Send a query, not an update.")
    texts = _texts()
    if not texts and request.method != "POST" and negotiation.wants_html():
        return redirect(url_for("pages.home"), HTTPStatus.SEE_OTHER)
    if len(texts) != 1:
        abort(HTTPStatus.BAD_REQUEST, f"There are {len(texts) or 'no'} 'query' parameters; send exactly one.")
    solutions, graph = negotiation.chosen(Kind.SOLUTIONS), negotiation.chosen(Kind.GRAPH)
    asked = QueryRequest(
        texts[0],
        solutions_format=solutions.name if solutions else None,
        graph_format=graph.name if graph else None,
        default_graphs=tuple(request.values.getlist("default-graph-uri")),
        named_graphs=tuple(request.values.getlist("named-graph-uri")),
    )
    return answered(asked)


def answered(asked: QueryRequest) -> Response:
    """The answer as a response that streams: an error before the first bytes is a problem, a later one breaks it off.

    Raises:
        QueryError: it was not answered.
    """
    with ExitStack() as opened:
        if not _places.acquire(blocking=False):
            raise ServiceBusyError(
                f"{MOST_QUERIES} queries run or wait already.", retry_after=5, advice="Ask again later."
            )
        opened.callback(_places.release)
        answer = opened.enter_context(service().query(asked))
        response = Response(content_type=negotiation.content_type(answer.format))
        response.headers["PMKG-Generation"] = str(answer.generation)
        response.vary.add("Accept")
        if request.method == "HEAD":
            return response
        chunks = iter(answer)
        first = next(chunks, b"")
        # A short first chunk is nearly always the whole answer: looking for another then costs nothing.
        second = next(chunks, None) if len(first) < SMALL else b""
        if second is None:
            response.set_data(first)
        else:
            rest = opened.pop_all()
            response.response = _stream(chain((first, second), chunks), rest)
            response.call_on_close(rest.close)  # for a client that has gone before the first byte was sent
        return response


def _texts() -> list[str]:
    """Every query that the request holds, in its address and in its body."""
    texts = request.args.getlist("query")
    if request.method != "POST":
        return texts
    if request.mimetype == FORM:
        return texts + request.form.getlist("query")
    if request.mimetype != QUERY or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        abort(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A query is posted as {FORM} or as {QUERY}, in UTF-8, not as this type."
        )
    try:
        return [*texts, request.get_data().decode("utf-8")]
    except UnicodeDecodeError as error:
        abort(HTTPStatus.BAD_REQUEST, f"The query is not UTF-8: byte {error.start + 1} cannot be read.")


def _stream(chunks: Iterator[bytes], opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from chunks
