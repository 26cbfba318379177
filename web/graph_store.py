"""The SPARQL 1.1 Graph Store HTTP Protocol at `/data`: whole graphs flow in and out.

A graph is named by `?graph=IRI`, by `?default`, or directly: `/data/x` is the graph of that address itself. Without a
name, a GET answers with the whole dataset, and a POST makes a new graph, or, where its format can name graphs, adds to
those that it names.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, abort, request

from graph.access.roles import Action
from graph.errors import UnknownFormatError
from graph.store.engine import QueryRequest
from graph.store.formats import Kind, formats
from graph.store.whole import TEXT
from graph.write.documents import DATASETS, format_of
from graph.write.request import Document, Removal, Update, Upload
from web import negotiation
from web.answering import CONNECTION, answered, watch
from web.identity import require
from web.service import service
from web.sparql import FORM, UPDATE, decoded
from web.writing import graph_iri, written

blueprint = Blueprint("graph_store", __name__)

MULTIPART = "multipart/form-data"
GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


@blueprint.get("/data")
@blueprint.get("/data/<path:name>")
def read(name: str = "") -> Response:
    """The statements of one graph (section 5.2), or all of them with their graphs."""
    graph, is_named = _graph(name)
    chosen = negotiation.chosen(Kind.GRAPH, None if is_named else DATASETS)
    if chosen is None:
        abort(HTTPStatus.NOT_ACCEPTABLE)
    if graph is not None:
        _refuse_missing(graph)
    asked = QueryRequest(
        GRAPH if is_named else TEXT,
        solutions_format=None,
        graph_format=chosen.name,
        whole=not is_named,
        default_graphs=() if graph is None else (graph,),
        generation=negotiation.generation(),
        is_wanted=watch(request.environ.get(CONNECTION)),
    )
    return answered(asked)


@blueprint.put("/data")
@blueprint.put("/data/<path:name>")
def replace(name: str = "") -> Response:
    """Replace a graph by what is sent (section 5.3)."""
    graph = _named_graph(name, "replace")
    return _located(written(Upload((_document(graph),), graph, replace=True)), graph)


@blueprint.post("/data")
@blueprint.post("/data/<path:name>")
def add(name: str = "") -> Response:
    """Add what is sent to a graph (section 5.5), several documents of a form too."""
    graph, is_named = _graph(name)
    documents = _parts(graph) if request.mimetype == MULTIPART else (_document(graph),)
    if is_named:
        return _located(written(Upload(documents, graph, replace=False)), graph)
    if any(format_of(document.media_type).supports_datasets for document in documents):
        return written(Upload(documents, None, replace=False, dataset=True))
    new = f"{request.base_url.rstrip('/')}/{uuid.uuid4()}"
    return _located(written(Upload(documents, new, replace=False)), new)


@blueprint.delete("/data")
@blueprint.delete("/data/<path:name>")
def remove(name: str = "") -> Response:
    """Delete a graph (section 5.4)."""
    graph = _named_graph(name, "delete")
    return written(Removal(graph))


@blueprint.patch("/data")
@blueprint.patch("/data/<path:name>")
def patch(name: str = "") -> Response:
    """Change a graph by an update that speaks of it alone (section 5.7)."""
    graph = _named_graph(name, "change")
    if request.mimetype != UPDATE:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A graph is patched with {UPDATE}.")
    if graph is not None:
        _refuse_missing(graph)
    return written(Update(decoded(request.get_data(), "update"), graph=graph))


@blueprint.before_request
def _know_who_writes() -> None:
    """Who may not write is told so before anything else that is wrong, and before what they sent is read."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        require(Action.WRITE)


@blueprint.after_request
def _say_what_is_taken(response: Response) -> Response:
    """Which formats can be sent (https://www.w3.org/TR/ldp/#header-accept-post, RFC 5789)."""
    if request.method == "OPTIONS":
        types = [media_type for item in formats(Kind.GRAPH) for media_type in item.media_types[:1]]
        response.headers["Accept-Post"] = ", ".join([*types, MULTIPART])
        response.headers["Accept-Patch"] = UPDATE
    return response


def _graph(name: str) -> tuple[str | None, bool]:
    """The graph's IRI, None for the default graph, and whether the request names one at all (sections 4.1 and 4.2)."""
    given = request.args.getlist("graph")
    is_default = "default" in request.args
    if len(given) + is_default + bool(name) > 1:
        abort(HTTPStatus.BAD_REQUEST, "Name one graph, in one way: in the address, by ?graph= or by ?default.")
    if given:
        return graph_iri(given[0], "graph"), True
    if name:
        return graph_iri(_own_address(), "address"), True
    return None, is_default


def _named_graph(name: str, verb: str) -> str | None:
    """The same, for a request that must name a graph."""
    graph, is_named = _graph(name)
    if not is_named:
        abort(HTTPStatus.BAD_REQUEST, f"Say which graph to {verb}: ?graph=IRI or ?default.")
    return graph


def _own_address() -> str:
    """The address that was asked for, as it was spelt: percent-encoding is part of a graph's name."""
    if not request.host:
        abort(HTTPStatus.BAD_REQUEST, "The Host header is not the name of a host, and this graph would be named by it.")
    raw = request.environ.get("REQUEST_URI") or quote(request.path)
    return request.host_url.rstrip("/") + str(raw).partition("?")[0]


def _document(graph: str | None) -> Document:
    if not request.mimetype or request.mimetype == FORM:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Say in Content-Type which RDF format is sent.")
    _check_format(request.mimetype, request.mimetype_params)
    return Document(request.get_data(), request.mimetype, graph or request.base_url)


def _parts(graph: str | None) -> tuple[Document, ...]:
    files = [file for _, several in request.files.lists() for file in several]
    if not files:
        abort(HTTPStatus.BAD_REQUEST, "The form holds no file.")
    for file in files:
        _check_format(file.mimetype, file.mimetype_params)
    return tuple(Document(file.read(), file.mimetype, graph or request.base_url) for file in files)


def _check_format(media_type: str, parameters: Mapping[str, str]) -> None:
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "us-ascii"):
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "RDF is read as UTF-8; convert it, or it says other words here.")
    try:
        format_of(media_type)
    except UnknownFormatError as error:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error))


def _refuse_missing(graph: str) -> None:
    asked = QueryRequest(
        f"ASK {{ {{ GRAPH <{graph}> {{ ?s ?p ?o }} }} UNION {{ GRAPH ?g {{}} FILTER(?g = <{graph}>) }} }}",
        solutions_format="csv",
        graph_format=None,
        generation=negotiation.generation(),
    )
    with service().query(asked) as answer:
        if b"true" not in answer.read():
            abort(HTTPStatus.NOT_FOUND, f"There is no graph <{graph}>.")


def _located(response: Response, graph: str | None) -> Response:
    if response.status_code == HTTPStatus.CREATED and graph is not None:
        response.headers["Location"] = graph
    return response
