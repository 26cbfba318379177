"""The SPARQL 1.1 Protocol: a GET, a form or a direct POST flows in, a streamed answer or a problem flows out."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from graph.store.engine import QueryRequest
from graph.store.formats import Kind
from graph.write.request import Dataset, Update
from web import description, negotiation
from web.answering import CONNECTION, answered, watch
from web.writing import graph_iri, written

blueprint = Blueprint("sparql", __name__)

FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"


@blueprint.route("/sparql", methods=["GET", "POST"])
def sparql() -> AnyResponse:
    """Answer one query or carry out one update, as https://www.w3.org/TR/sparql11-protocol/ says."""
    _refuse_other_charsets()
    queries, updates = texts("query", QUERY), texts("update", UPDATE)
    if request.method != "POST":
        if updates:
            abort(HTTPStatus.METHOD_NOT_ALLOWED, "An update is posted.")
        if not queries:
            return _without_query()
    if len(queries) + len(updates) != 1:
        count = len(queries) + len(updates) or "no"
        abort(HTTPStatus.BAD_REQUEST, f"There are {count} 'query' and 'update' parameters; send exactly one.")
    return _update(updates[0]) if updates else _query(queries[0])


def _query(text: str) -> AnyResponse:
    solutions, graph = negotiation.chosen(Kind.SOLUTIONS), negotiation.chosen(Kind.GRAPH)
    asked = QueryRequest(
        text,
        solutions_format=solutions.name if solutions else None,
        graph_format=graph.name if graph else None,
        default_graphs=graphs("default-graph-uri"),
        named_graphs=graphs("named-graph-uri"),
        is_wanted=watch(request.environ.get(CONNECTION)),
        generation=negotiation.generation(),
    )
    return answered(asked, citable=True)


def _update(text: str) -> AnyResponse:
    default, named = graphs("using-graph-uri"), graphs("using-named-graph-uri")
    return written(Update(text, Dataset(default, named) if default or named else None))


def _without_query() -> AnyResponse:
    """What is at the endpoint's own address: a page for a browser, the service description for programs."""
    graphs("default-graph-uri"), graphs("named-graph-uri"), negotiation.generation()  # wrong ones are not passed over
    if not negotiation.wants_html():
        return description.response()
    return redirect(url_for("pages.home"), HTTPStatus.SEE_OTHER)


def texts(name: str, direct: str) -> list[str]:
    """Every query, or every update, that the request holds, in its address and in its body."""
    found = request.args.getlist(name)
    if request.method != "POST":
        return found
    if request.mimetype == FORM:
        return found + request.form.getlist(name)
    if request.mimetype == direct:
        return [*found, decoded(request.get_data(), name)]
    if request.mimetype not in (QUERY, UPDATE):
        message = f"A query is posted as {FORM} or as {QUERY}, an update as {FORM} or as {UPDATE}, in UTF-8."
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    return found


def _refuse_other_charsets() -> None:
    """Whatever is not UTF-8, by its own word or by its bytes: read as if it were, it would be another query."""
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A query is posted as {FORM} or as {QUERY}, in UTF-8.")
    decoded(unquote_to_bytes(request.query_string), "address")
    if request.mimetype == FORM:
        decoded(unquote_to_bytes(request.get_data()), "form")


def decoded(content: bytes, name: str) -> str:
    """The text that was sent, in UTF-8; anything else is a bad request."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        abort(HTTPStatus.BAD_REQUEST, f"The {name} is not UTF-8: byte {error.start + 1} cannot be read.")


def graphs(name: str) -> tuple[str, ...]:
    """The absolute IRIs that a parameter gives; anything else is a bad request."""
    return tuple(graph_iri(iri, name) for iri in request.values.getlist(name))
