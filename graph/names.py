"""The namespaces, named graphs and prefixes that the whole project shares."""

from __future__ import annotations

BASE = "https://w3id.org/pmkg/"
DEF = BASE + "def/"
ID = BASE + "id/"
SOURCE = BASE + "source/"
QUERY = BASE + "query/"
SHAPE = BASE + "shape/"
ONTOLOGY = BASE + "ontology/"

ONTOLOGY_GRAPH = BASE + "graph/ontology"
SOURCES_GRAPH = BASE + "graph/sources"
INFERRED_GRAPH = BASE + "graph/inferred"
PROVENANCE_GRAPH = BASE + "graph/provenance"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
SCHEMA = "https://schema.org/"
SH = "http://www.w3.org/ns/shacl#"

# The prefixes that queries, pages and written files use; ours first.
PREFIXES: dict[str, str] = {
    "def": DEF,
    "id": ID,
    "graph": BASE + "graph/",
    "icpermed": SOURCE + "icpermed-2022/",
    "onto": ONTOLOGY,
    "query": QUERY,
    "shape": SHAPE,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "schema": SCHEMA,
    "sh": SH,
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "void": "http://rdfs.org/ns/void#",
    "bibo": "http://purl.org/ontology/bibo/",
    "frapo": "http://purl.org/cerif/frapo/",
    "dpv": "https://w3id.org/dpv#",
    "obo": "http://purl.obolibrary.org/obo/",
    "ncit": "http://purl.obolibrary.org/obo/NCIT_",
    "mondo": "http://purl.obolibrary.org/obo/MONDO_",
    "hgnc": "http://identifiers.org/hgnc/",
    "orphanet": "http://www.orpha.net/ORDO/Orphanet_",
    "mesh": "http://id.nlm.nih.gov/mesh/",
    "ror": "https://ror.org/",
    "wikidata": "http://www.wikidata.org/entity/",
    "edam": "http://edamontology.org/",
}
