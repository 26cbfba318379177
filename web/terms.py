"""Our IRIs, dereferenced: a path such as /def/Therapy flows in, its page or its RDF flows out.

A page shows what the graph says of a term, each statement with footnotes that lead to the passages which state it.
"""

from __future__ import annotations

from http import HTTPStatus

import pyoxigraph as ox
from flask import Blueprint, Response, abort, render_template
from werkzeug.wrappers import Response as AnyResponse

from graph.errors import NotAcceptableError
from graph.names import BASE, CATALOGUE, ONTOLOGY, QUERY, RDFS
from graph.rdf.reading import read_quads
from graph.store.engine import QueryRequest
from graph.store.formats import Format, Kind, formats
from web.answering import answered
from web.describing import MOST, describe
from web.examples import Example, example
from web.negotiation import chosen, content_type, wants_html
from web.service import service

blueprint = Blueprint("terms", __name__)

SPACES = ("def", "id", "source", "graph", "ontology", "query", "shape", "build", "catalogue", "link", "metric", "write")
SINGLE = ("dataset", "software")
TITLES = {"turtle": "Turtle", "jsonld": "JSON-LD", "ntriples": "N-Triples", "rdfxml": "RDF/XML"}


@blueprint.app_template_filter("local")
def local(iri: str) -> str:
    """Where a link to an IRI leads: our own path for ours, the address itself for a web address, '' for others."""
    if iri.startswith(BASE):
        return "/" + iri.removeprefix(BASE)
    return iri if iri.startswith(("http://", "https://")) else ""


@blueprint.get(f"/<any({', '.join(SPACES)}):space>/<path:name>")
@blueprint.get(f"/<any({', '.join(SINGLE)}):space>")
def term(space: str, name: str = "") -> AnyResponse:
    """A term as a page or as RDF, whichever the client likes better; 404 where the graph says nothing of it."""
    try:
        node = ox.NamedNode(
            f"{BASE}{space}/{name}" if name else BASE + space
        )  # refuses what could end an IRI inside a query
    except ValueError:
        abort(HTTPStatus.NOT_FOUND, "The address cannot be an IRI.")
    found = example(node.value) if node.value.startswith(QUERY) else None
    if wants_html():
        response = _example_page(found) if found else _term_page(node)
    else:
        graph_format = chosen(Kind.GRAPH)
        if graph_format is None:
            raise NotAcceptableError("A term comes as HTML or as RDF.", advice=f"Accept one of {_media_types()}.")
        response = _example_rdf(found, graph_format) if found else _term_rdf(node, graph_format)
    response.vary.add("Accept")
    return response


def _term_page(node: ox.NamedNode) -> Response:
    page = describe(service(), node)
    if not page.is_known:
        _refuse(node)
    return Response(render_template("term.html", page=page, most=MOST, formats=TITLES.items()), mimetype="text/html")


def _term_rdf(node: ox.NamedNode, graph_format: Format) -> Response:
    used = f"SELECT * {{ {{ {node} ?p ?o }} UNION {{ ?s ?p {node} }} UNION {{ GRAPH {node} {{ ?s ?p ?o }} }} }} LIMIT 1"
    if not service().select(used):
        _refuse(node)
    return answered(QueryRequest(_description(node), None, graph_format.name))


def _description(node: ox.NamedNode) -> str:
    """The query for a term's RDF: all terms of a module, what a graph holds, what is said of anything else."""
    if node.value.startswith(ONTOLOGY):
        return f"DESCRIBE ?term {{ {{ ?term <{RDFS}isDefinedBy> {node} }} UNION {{ VALUES ?term {{ {node} }} }} }}"
    if node.value.startswith((BASE + "source/", BASE + "graph/", CATALOGUE)):
        own = f"VALUES ?s {{ {node} }} ?s ?p ?o"
        return f"CONSTRUCT {{ ?s ?p ?o }} {{ {{ GRAPH {node} {{ ?s ?p ?o }} }} UNION {{ {own} }} }}"
    return f"DESCRIBE {node}"


def _example_page(found: Example) -> Response:
    return Response(render_template("query.html", example=found, formats=TITLES.items()), mimetype="text/html")


def _example_rdf(found: Example, graph_format: Format) -> Response:
    assert isinstance(graph_format.engine, ox.RdfFormat)
    triples = (quad.triple for quad in read_quads(found.path))
    return Response(ox.serialize(triples, format=graph_format.engine), content_type=content_type(graph_format))


def _refuse(node: ox.NamedNode) -> None:
    abort(HTTPStatus.NOT_FOUND, f"The graph says nothing of {node.value}.")


def _media_types() -> str:
    return ", ".join(("text/html", *(item.media_type for item in formats(Kind.GRAPH))))
