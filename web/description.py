"""The endpoint's own description: settings and the generation flow in, SPARQL 1.1 Service Description in RDF flows out.

Every bound is described too, as a `schema:PropertyValue` at `#limit-` and its setting's name. What the vocabulary has
no term for is said with Schema.org's: the media types that have no IRI as a format, the version of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import version

import pyoxigraph as ox
from flask import Response, abort, request, url_for

from graph.errors import QueryMemoryError, QueryTimeoutError
from graph.store.formats import Format, Kind, formats
from graph.store.generation import Generation
from web.graphs import Node, iri, sent, text, triple
from web.limits import bounds
from web.service import Row, Service, service

PREFIXES = ("sd", "void", "rdf", "rdfs", "schema", "dcterms", "xsd")
JSON_LD = "http://www.w3.org/ns/formats/JSON-LD"  # the engine's own name for it is another one

# What Oxigraph has of the drafts; the vocabulary of 1.1 has no term for their languages.
_DRAFTS = {
    "sparql12": "SPARQL 1.2, as far as Oxigraph has it: triple terms, reifiers and annotations in patterns and "
    "templates; TRIPLE, SUBJECT, PREDICATE, OBJECT and isTRIPLE; hasLANG, LANGDIR, hasLANGDIR and STRLANGDIR; VERSION.",
    "rdf12": "RDF 1.2, as far as Oxigraph has it: triple terms as objects, and literals with a base direction.",
    "lateral": "LATERAL, as SPARQL CG enhancement proposal 6 has it.",
    "adjust": "ADJUST, which puts a date or time into another timezone, as SPARQL CG enhancement proposal 2 has it.",
}


def response() -> Response:
    """The description, for a request to the endpoint without a query or an update.

    Raises:
        NotAcceptableError: the client accepts no format of RDF.
    """
    try:
        endpoint = ox.NamedNode(request.base_url)
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, "The request's address is no IRI.")
    return sent(_description(endpoint, service()), PREFIXES)


def _description(endpoint: ox.NamedNode, known: Service) -> Iterator[ox.Triple]:
    described = ox.NamedNode(f"{endpoint.value}#service")
    yield triple(described, "rdf:type", "sd:Service")
    yield triple(described, "sd:endpoint", endpoint)
    yield triple(described, "rdfs:label", text("The SPARQL endpoint of pmkg", "en"))
    yield triple(described, "schema:softwareVersion", text(f"pmkg {version('pmkg')}, Oxigraph {ox.__version__}"))
    for name in ("void", "sparql_examples"):
        yield triple(described, "rdfs:seeAlso", ox.NamedNode(url_for(f"void.{name}", _external=True)))
    yield from _languages(endpoint, described)
    yield from _features(described, known)
    yield from _formats(described)
    yield from _limits(endpoint, described, known)
    yield from _dataset(described, known)


def _languages(endpoint: ox.NamedNode, described: Node) -> Iterator[ox.Triple]:
    yield triple(described, "sd:supportedLanguage", "sd:SPARQL11Query")
    yield triple(described, "sd:supportedLanguage", "sd:SPARQL11Update")
    for name, words in _DRAFTS.items():
        extension = ox.NamedNode(f"{endpoint.value}#{name}")
        yield triple(described, "sd:languageExtension", extension)
        yield triple(extension, "rdf:type", "sd:Feature")
        yield triple(extension, "rdfs:comment", text(words, "en"))


def _features(described: Node, known: Service) -> Iterator[ox.Triple]:
    if known.settings.union_default_graph:
        yield triple(described, "sd:feature", "sd:UnionDefaultGraph")
    if known.settings.service_endpoints:
        yield triple(described, "sd:feature", "sd:BasicFederatedQuery")


def _formats(described: Node) -> Iterator[ox.Triple]:
    for form in formats():
        if name := _name(form):
            yield triple(described, "sd:resultFormat", name)
            if form.kind is Kind.GRAPH:
                yield triple(described, "sd:inputFormat", name)
        else:
            yield triple(described, "schema:encodingFormat", text(form.media_type))


def _name(form: Format) -> ox.NamedNode | None:
    """What https://www.w3.org/ns/formats/ calls a format, None for what it does not know."""
    if form.engine is None:
        return None
    return ox.NamedNode(JSON_LD if form.engine == ox.RdfFormat.JSON_LD else form.engine.iri)


def _limits(endpoint: ox.NamedNode, described: Node, known: Service) -> Iterator[ox.Triple]:
    for bound in bounds(known.settings):
        limit = ox.NamedNode(f"{endpoint.value}#limit-{bound.name.replace('_', '-')}")
        yield triple(described, "schema:additionalProperty", limit)
        yield triple(limit, "rdf:type", "schema:PropertyValue")
        yield triple(limit, "schema:propertyID", text(bound.setting))
        yield triple(limit, "schema:description", text(bound.meaning, "en"))
        yield triple(limit, "schema:value", bound.value)
        yield triple(limit, "schema:unitText", text(bound.unit))


def _dataset(described: Node, known: Service) -> Iterator[ox.Triple]:
    """The dataset that a query without FROM sees, its graphs and how many statements each holds."""
    dataset, default = ox.BlankNode("dataset"), ox.BlankNode("default")
    yield triple(described, "sd:defaultDataset", dataset)
    yield triple(dataset, "rdf:type", "sd:Dataset")
    yield triple(dataset, "sd:defaultGraph", default)
    yield triple(default, "rdf:type", "sd:Graph")
    generation = known.generation
    if generation is None:
        return
    moment = ox.Literal(generation.created, datatype=iri("xsd:dateTime"))
    yield triple(dataset, "dcterms:modified", moment)
    yield triple(dataset, "schema:version", text(str(generation.number)))
    for row in counted(known, generation, _DEFAULT):
        yield triple(default, "void:triples", row["triples"])
    for number, (name, triples) in enumerate(named_graphs(known)):
        graph, held = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        yield triple(dataset, "sd:namedGraph", graph)
        yield triple(graph, "rdf:type", "sd:NamedGraph")
        yield triple(graph, "sd:name", name)
        yield triple(graph, "sd:graph", held)
        yield triple(held, "rdf:type", "sd:Graph")
        yield triple(held, "void:triples", triples)


def named_graphs(known: Service) -> list[tuple[ox.NamedNode, ox.Literal]]:
    """The named graphs of the current generation in the order of their names, with the number of their statements."""
    generation = known.generation
    rows = counted(known, generation, _NAMED) if generation else []
    pairs = ((row["graph"], row["triples"]) for row in rows)
    return [(name, count) for name, count in pairs if isinstance(name, ox.NamedNode) and isinstance(count, ox.Literal)]


def counted(known: Service, generation: Generation, query: str) -> list[Row]:
    """The rows of a query that counts, found once for each generation; none where it is too large to count.

    Raises:
        ServiceBusyError: it cannot be counted now.
    """

    def count() -> list[Row]:
        try:
            return known.select(query)
        except (QueryTimeoutError, QueryMemoryError):
            return []

    return known.kept(query, generation, count)


_DEFAULT = "SELECT (COUNT(*) AS ?triples) { ?s ?p ?o }"
_NAMED = "SELECT ?graph (COUNT(*) AS ?triples) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph ORDER BY ?graph"
