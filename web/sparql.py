"""The SPARQL 1.1 Protocol: a GET, a form or a direct POST flows in, a streamed answer or a problem flows out."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from itertools import chain
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox
from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from graph.errors import QueryRefusedError, ServiceBusyError
from graph.store.engine import QueryRequest
from graph.store.formats import Kind
from web import negotiation
from web.service import service

blueprint = Blueprint("sparql", __name__)

FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
CONNECTION = "pmkg.connection"  # where the server puts the file descriptor of the client's connection
MOST_QUERIES = 40  # that run or wait at once: each holds a thread of the server
SMALL = 4_096  # an answer that ends before so many bytes gets a Content-Length

_places = threading.BoundedSemaphore(MOST_QUERIES)


@blueprint.route("/sparql", methods=["GET", "POST"])
def query() -> AnyResponse:
    """Answer one query, as https://www.w3.org/TR/sparql11-protocol/ says."""
    _refuse_other_charsets()
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
        default_graphs=_graphs("default-graph-uri"),
        named_graphs=_graphs("named-graph-uri"),
        is_wanted=_watch(request.environ.get(CONNECTION)),
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
            response.automatically_set_content_length = False  # it is not known, and certainly not 0
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
    if request.mimetype != QUERY:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A query is posted as {FORM} or as {QUERY}, in UTF-8.")
    return [*texts, _decoded(request.get_data(), "query")]


def _refuse_other_charsets() -> None:
    """Whatever is not UTF-8, by its own word or by its bytes: read as if it were, it would be another query."""
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A query is posted as {FORM} or as {QUERY}, in UTF-8.")
    _decoded(unquote_to_bytes(request.query_string), "address")
    if request.mimetype == FORM:
        _decoded(unquote_to_bytes(request.get_data()), "form")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        abort(HTTPStatus.BAD_REQUEST, f"The {name} is not UTF-8: byte {error.start + 1} cannot be read.")


def _graphs(name: str) -> tuple[str, ...]:
    iris = request.values.getlist(name)
    for iri in iris:
        try:
            ox.NamedNode(iri)
        except ValueError as error:
            abort(HTTPStatus.BAD_REQUEST, f"The value of '{name}' is not an absolute IRI: {error}.")
    return tuple(iris)


def _watch(connection: int | None) -> Callable[[], bool]:
    """Whether the client is still there, as a function; always where the server does not tell its connection."""
    if connection is None:
        return lambda: True
    hung_up = select.poll()
    hung_up.register(connection, select.POLLRDHUP)
    return lambda: not hung_up.poll(0)


def _stream(chunks: Iterator[bytes], opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from chunks
