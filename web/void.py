"""`/.well-known/`: what is in the graph, in VoID, and what to ask of it, as SIB sparql-examples, flow out as RDF."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pyoxigraph as ox
from flask import Blueprint, Response, url_for

from graph.catalogue.publish.own import DESCRIPTION, TITLE
from graph.names import BASE
from graph.rdf.reading import read_quads
from graph.store.generation import Generation
from web.description import counted, named_graphs
from web.examples import examples
from web.graphs import Node, iri, sent, text, triple
from web.service import Row, Service, service

blueprint = Blueprint("void", __name__, url_prefix="/.well-known")

DATASET = ox.NamedNode(BASE + "dataset")


@blueprint.get("/void")
def void() -> Response:
    """The dataset in VoID (https://www.w3.org/TR/void/), with a partition for each class and property."""
    return sent(_void(service()), ("void", "rdf", "dcterms", "foaf", "xsd"))


@blueprint.get("/sparql-examples")
def sparql_examples() -> Response:
    """The example queries as their files have them, in the form of the SIB sparql-examples."""
    files = tuple((item.path, item.path.stat().st_mtime_ns) for item in examples())
    return sent(_read(files), ("sh", "rdf", "rdfs", "schema"))


@lru_cache(maxsize=1)
def _read(files: tuple[tuple[Path, int], ...]) -> tuple[ox.Triple, ...]:
    return tuple(quad.triple for path, _ in files for quad in read_quads(path))


def _void(known: Service) -> Iterator[ox.Triple]:
    document = ox.NamedNode(url_for("void.void", _external=True))
    yield triple(document, "rdf:type", "void:DatasetDescription")
    yield triple(document, "foaf:primaryTopic", DATASET)
    yield triple(DATASET, "rdf:type", "void:Dataset")
    yield triple(DATASET, "dcterms:title", text(TITLE, "en"))
    yield triple(DATASET, "dcterms:description", text(DESCRIPTION, "en"))
    yield triple(DATASET, "foaf:homepage", ox.NamedNode(url_for("pages.home", _external=True)))
    yield triple(DATASET, "void:sparqlEndpoint", ox.NamedNode(url_for("sparql.sparql", _external=True)))
    yield triple(DATASET, "void:dataDump", ox.NamedNode(url_for("graph_store.read", _external=True) + "?default"))
    yield triple(DATASET, "void:uriSpace", text(BASE))
    generation = known.generation
    if generation is None:
        return
    moment = ox.Literal(generation.created, datatype=iri("xsd:dateTime"))
    yield triple(DATASET, "dcterms:modified", moment)
    yield from known.kept("void", generation, lambda: list(_counts(known, generation)))
    for name, count in named_graphs(known):
        yield triple(DATASET, "void:subset", name)
        yield triple(name, "void:triples", count)


def _counts(known: Service, generation: Generation) -> Iterator[ox.Triple]:
    """What is counted once for each generation: the whole, each property, and each class with its properties."""
    for row in counted(known, generation, _WHOLE):
        yield from _said(DATASET, row)
    for number, row in enumerate(counted(known, generation, _PROPERTIES)):
        yield from _partition(DATASET, ox.BlankNode(f"property{number}"), "property", row)
    grouped = groupby(counted(known, generation, _PROPERTIES_OF_CLASSES), key=itemgetter("class"))
    properties = {name: list(rows) for name, rows in grouped}
    for number, row in enumerate(counted(known, generation, _CLASSES)):
        part = ox.BlankNode(f"class{number}")
        yield from _partition(DATASET, part, "class", row)
        for place, inner in enumerate(properties.get(row["class"], [])):
            counts = {name: term for name, term in inner.items() if name != "class"}
            yield from _partition(part, ox.BlankNode(f"class{number}property{place}"), "property", counts)


def _partition(whole: Node, part: ox.BlankNode, kind: str, row: Row) -> Iterator[ox.Triple]:
    yield triple(whole, f"void:{kind}Partition", part)
    yield from _said(part, row)


def _said(subject: Node, row: Row) -> Iterator[ox.Triple]:
    """The variables of the queries below are named as VoID's properties."""
    for name, term in row.items():
        yield triple(subject, f"void:{name}", term)


_WHOLE = """
SELECT * {
  { SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?distinctSubjects) (COUNT(DISTINCT ?p) AS ?properties)
           (COUNT(DISTINCT ?o) AS ?distinctObjects) { ?s ?p ?o } }
  { SELECT (COUNT(DISTINCT ?class) AS ?classes) (COUNT(DISTINCT ?x) AS ?entities) { ?x a ?class } }
}"""
_CLASSES = """
SELECT ?class (COUNT(*) AS ?entities) { ?x a ?class FILTER(isIRI(?class)) } GROUP BY ?class ORDER BY ?class"""
_PROPERTIES = """
SELECT ?property (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?distinctSubjects)
       (COUNT(DISTINCT ?o) AS ?distinctObjects) { ?s ?property ?o } GROUP BY ?property ORDER BY ?property"""
_PROPERTIES_OF_CLASSES = """
SELECT ?class ?property (COUNT(*) AS ?triples) (COUNT(DISTINCT ?x) AS ?distinctSubjects) {
  ?x a ?class ; ?property ?o FILTER(isIRI(?class))
} GROUP BY ?class ?property ORDER BY ?class ?property"""
