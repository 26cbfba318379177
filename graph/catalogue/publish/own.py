"""Our graph as a dataset: a generation's description flows in, its HealthDCAT-AP record flows out.

All that is counted or dated comes from the generation; who gives access is who runs the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pyoxigraph as ox

from graph.build.publish import DATASET, version
from graph.catalogue.publish.identifiers import own_identifier
from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.says import Value, english, iri, say, typed
from graph.catalogue.records import Level
from graph.names import PREFIXES
from graph.store.generation import Generation

TITLE = "pmkg, the knowledge graph of personalised medicine"
DESCRIPTION = (
    "An ontology of personalised medicine, facts of which each says where it is stated, and what follows from them: "
    "therapies, diseases, genes, health data, trials, infrastructures and recommendations."
)
GRAPH = DATASET  # our graph, as a dataset
LEGISLATION = ox.NamedNode("http://data.europa.eu/eli/reg/2025/327/oj")
HEALTH = ox.NamedNode(PREFIXES["euauth"] + "data-theme/HEAL")
ENGLISH = ox.NamedNode(PREFIXES["euauth"] + "language/ENG")
_PUBLIC = ox.NamedNode(Level.PUBLIC.iri)
# What the graph has knowledge about, of the categories of Article 51: genes, other omics data, and clinical trials.
_CATEGORIES = ("HGPD", "HPML", "EHCT")
# The codes that it uses for genes, for subjects and for rare diseases, by the EU's list of coding systems.
_CODES = ("HGNC", "MESH", "ORPHACODE")
_KEYWORDS = (
    "personalised medicine",
    "knowledge graph",
    "ontology",
    "linked data",
    "omics",
    "European Health Data Space",
)
_MEDIA = "https://www.iana.org/assignments/media-types/"
# The forms that the whole graph can be had in: format=, how it is called, its media type, its code in the EU's list.
_FORMS = (
    ("turtle", "Turtle", "text/turtle", "RDF_TURTLE"),
    ("jsonld", "JSON-LD", "application/ld+json", "JSON_LD"),
    ("rdfxml", "RDF/XML", "application/rdf+xml", "RDF_XML"),
    ("ntriples", "N-Triples", "application/n-triples", "RDF_N_TRIPLES"),
)
_COLUMNS = (
    ("subject", "Subject", "What the statement is about: an IRI or a blank node."),
    ("predicate", "Predicate", "The property that is stated: an IRI."),
    ("object", "Object", "The value of the property: an IRI, a blank node or a literal."),
    ("graph", "Graph", "The named graph that states it, which says where the statement comes from: an IRI."),
)


@dataclass(frozen=True)
class Addresses:
    """Where this server has what the records lead to."""

    home: str  # the first page
    about: str  # the page that says what it is
    data: str  # the Graph Store Protocol
    sparql: str
    catalogue: str  # where the catalogue's pages are

    def dump(self, form: str) -> str:
        """The whole graph in one format."""
        return f"{self.data}?default&{urlencode({'format': form})}"


def graph_record(generation: Generation, operator: Operator, addresses: Addresses) -> Iterator[ox.Triple]:
    """The record of our graph, which keeps every rule for public datasets."""
    node = ox.NamedNode(GRAPH)
    yield from say(node, _about(generation, operator))
    yield from say(
        node, (("healthdcatap:healthCategory", iri(f"hdeu:healthcategories/{category}")) for category in _CATEGORIES)
    )
    yield from say(node, (("healthdcatap:hasCodingSystem", iri(f"hdeu:coding-system/{code}")) for code in _CODES))
    yield from say(node, (("dcat:keyword", english(word)) for word in _KEYWORDS))
    yield from say(node, [("dcat:landingPage", ox.NamedNode(addresses.home))])
    yield from say(ox.NamedNode(addresses.home), [("rdf:type", "foaf:Document")])
    yield from _provenance(node)
    yield from _variables(node)
    for form in _FORMS:
        yield from _distribution(node, addresses, form)
    yield from service(addresses, operator)
    yield from operator.statements()


def legislation() -> Iterator[ox.Triple]:
    """The regulation that a record of health data names."""
    yield from say(LEGISLATION, [("rdf:type", "eli:LegalResource")])


def service_node(addresses: Addresses) -> ox.NamedNode:
    """The SPARQL endpoint's own IRI, which its description has too."""
    return ox.NamedNode(addresses.sparql + "#service")


def service(addresses: Addresses, operator: Operator) -> Iterator[ox.Triple]:
    """The SPARQL endpoint, which serves the graph."""
    endpoint, protocol = ox.NamedNode(addresses.sparql), ox.NamedNode("https://www.w3.org/TR/sparql11-protocol/")
    yield from say(
        service_node(addresses),
        [
            ("rdf:type", "dcat:DataService"),
            ("dcterms:title", english("SPARQL endpoint of pmkg")),
            (
                "dcterms:description",
                english("Queries in SPARQL 1.1 on the whole graph, with where each fact is stated."),
            ),
            ("dcat:endpointURL", endpoint),
            ("dcat:endpointDescription", endpoint),
            ("dcat:servesDataset", ox.NamedNode(GRAPH)),
            ("dcterms:conformsTo", protocol),
            ("dcterms:accessRights", _PUBLIC),
            ("dcterms:publisher", operator.node),
            ("dcat:contactPoint", operator.contact_point),
            ("dcat:theme", HEALTH),
            ("dcat:keyword", english("SPARQL")),
            ("dcatap:applicableLegislation", LEGISLATION),
        ],
    )
    yield from say(protocol, [("rdf:type", "dcterms:Standard")])


def _about(generation: Generation, operator: Operator) -> list[tuple[str, Value]]:
    return [
        ("rdf:type", "dcat:Dataset"),
        ("dcterms:title", english(TITLE)),
        ("dcterms:description", english(DESCRIPTION)),
        ("dcterms:identifier", own_identifier(GRAPH)),
        ("dcterms:accessRights", _PUBLIC),
        ("dcatap:applicableLegislation", LEGISLATION),
        ("dcat:theme", HEALTH),
        ("dcterms:type", ox.NamedNode(PREFIXES["euauth"] + "dataset-type/ONTOLOGY")),
        ("dcterms:language", ENGLISH),
        ("dcterms:publisher", operator.node),
        ("healthdcatap:hdab", operator.node),
        ("geodcatap:custodian", operator.node),
        ("dcat:contactPoint", operator.contact_point),
        ("dcterms:modified", typed(generation.created, "dateTime")),
        ("dcat:version", ox.Literal(version())),
        ("healthdcatap:numberOfRecords", typed(str(generation.quads), "nonNegativeInteger")),
        ("healthdcatap:numberOfUniqueIndividuals", typed("0", "nonNegativeInteger")),
        ("healthdcatap:hasStructuredData", True),
        ("healthdcatap:populationCoverage", english("None: the graph holds knowledge and no data of patients.")),
    ]


def _provenance(node: ox.NamedNode) -> Iterator[ox.Triple]:
    said = ox.NamedNode(GRAPH + "#provenance")
    words = "Taken from published reports and authorities; the graph of each source has what it states."
    yield from say(node, [("dcterms:provenance", said)])
    yield from say(said, [("rdf:type", "dcterms:ProvenanceStatement"), ("rdfs:label", english(words))])


def _variables(node: ox.NamedNode) -> Iterator[ox.Triple]:
    """The graph as a table of four columns."""
    group, table = ox.NamedNode(GRAPH + "#tables"), ox.NamedNode(GRAPH + "#statements")
    yield from say(node, [("healthdcatap:hasVariables", group)])
    yield from say(
        group,
        [("rdf:type", "csvw:TableGroup"), ("dcterms:title", english("Tables of the graph")), ("csvw:table", table)],
    )
    yield from say(table, [("rdf:type", "csvw:Table"), ("dcterms:title", english("Statements"))])
    for name, title, description in _COLUMNS:
        column = ox.NamedNode(f"{table.value}-{name}")
        yield from say(table, [("csvw:column", column)])
        yield from say(
            column,
            [
                ("rdf:type", "csvw:Column"),
                ("csvw:name", ox.Literal(name)),
                ("csvw:title", english(title)),
                ("dcterms:description", english(description)),
                ("csvw:datatype", ox.Literal("string" if name == "object" else "anyURI")),
            ],
        )


def _distribution(node: ox.NamedNode, addresses: Addresses, form: tuple[str, str, str, str]) -> Iterator[ox.Triple]:
    name, title, media_type, code = form
    here, address = ox.NamedNode(f"{GRAPH}#{name}"), ox.NamedNode(addresses.dump(name))
    yield from say(node, [("dcat:distribution", here)])
    yield from say(
        here,
        [
            ("rdf:type", "dcat:Distribution"),
            ("dcterms:title", english(f"The whole graph in {title}")),
            ("dcterms:description", english(f"Every statement of the graph, asserted or inferred, once, in {title}.")),
            ("dcat:accessURL", address),
            ("dcat:downloadURL", address),
            ("dcat:mediaType", ox.NamedNode(_MEDIA + media_type)),
            ("dcterms:format", iri("euauth:file-type/" + code)),
            ("dcatap:applicableLegislation", LEGISLATION),
            ("dcat:accessService", service_node(addresses)),
        ],
    )
    yield from say(ox.NamedNode(_MEDIA + media_type), [("rdf:type", "dcterms:MediaType")])
