"""The namespaces, named graphs and prefixes that the whole project shares."""

from __future__ import annotations

import json
from pathlib import Path

BASE = "https://w3id.org/pmkg/"
DEF = BASE + "def/"
ID = BASE + "id/"
SOURCE = BASE + "source/"
QUERY = BASE + "query/"
ONTOLOGY = BASE + "ontology/"
WRITE = BASE + "write/"  # activities: one for each write
AGENT = BASE + "agent/"  # who writes
CATALOGUE = BASE + "catalogue/"  # harvested catalogues: one graph for each, and graphs below it
RECORD = BASE + "record/"  # our records of harvested datasets
LINK = BASE + "link/"  # links from datasets to concepts
METRIC = BASE + "metric/"  # what datasets are measured by

ONTOLOGY_GRAPH = BASE + "graph/ontology"
SOURCES_GRAPH = BASE + "graph/sources"
INFERRED_GRAPH = BASE + "graph/inferred"
PROVENANCE_GRAPH = BASE + "graph/provenance"
LINKS_GRAPH = BASE + "graph/links"
UNNAMED_GRAPH = BASE + "graph/unnamed"  # what is written into the default graph where that is a merge

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
LANGUAGES = (RDF, RDFS, OWL, XSD)  # their terms are words of the language that everything is written in
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
SCHEMA = "https://schema.org/"
SH = "http://www.w3.org/ns/shacl#"

# The prefixes that CURIEs, queries and pages use, with the shape of an identifier where the authority states one:
# an extended prefix map, as `curies` reads it.
PREFIX_MAP = Path(__file__).resolve().parent.parent / "ontology" / "prefixes.json"

PREFIXES: dict[str, str] = {row["prefix"]: row["uri_prefix"] for row in json.loads(PREFIX_MAP.read_text("utf-8"))}


def shorten(iri: str) -> str:
    """The CURIE of an IRI with the longest namespace that fits, or the IRI itself.

    >>> shorten("https://w3id.org/pmkg/def/AdaptiveTrial")
    'def:AdaptiveTrial'
    >>> shorten("urn:x")
    'urn:x'
    """
    fits = [(namespace, prefix) for prefix, namespace in PREFIXES.items() if iri.startswith(namespace)]
    if not fits:
        return iri
    namespace, prefix = max(fits, key=lambda pair: len(pair[0]))
    return f"{prefix}:{iri.removeprefix(namespace)}"
