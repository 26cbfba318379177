"""Small records of our own that keep every rule, to break one rule at a time."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graph.catalogue.records import Level
from graph.names import PREFIXES

PREFIX = {
    **PREFIXES,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "ex": "http://example.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# What a public record must say; `%s` is its level.
RECORD = """
ex:dataset a dcat:Dataset ;
    dcterms:title "Registry"@en ;
    dcterms:description "What a registry knows."@en ;
    dcterms:accessRights <http://publications.europa.eu/resource/authority/access-right/%s> ;
    dcatap:applicableLegislation <http://data.europa.eu/eli/reg/2025/327/oj> ;
    dcterms:identifier "registry" ;
    dcat:theme <http://publications.europa.eu/resource/authority/data-theme/HEAL> ;
    dcat:distribution ex:distribution ;
    healthdcatap:hdab ex:hdab ;
    healthdcatap:healthCategory <https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories/MRMR> ;
    healthdcatap:hasStructuredData true ;
    healthdcatap:hasVariables ex:variables .
<http://publications.europa.eu/resource/authority/access-right/%s> a dcterms:RightsStatement .
<http://data.europa.eu/eli/reg/2025/327/oj> a eli:LegalResource .
ex:distribution a dcat:Distribution ;
    dcat:accessURL <http://example.org/apply> ;
    dcatap:applicableLegislation <http://data.europa.eu/eli/reg/2025/327/oj> .
ex:hdab a foaf:Agent ; foaf:name "Access body"@en ; cv:contactPoint ex:contact .
ex:contact a cv:ContactPoint ; cv:email "access@example.org" .
ex:variables a csvw:TableGroup ; dcterms:title "Variables"@en ; csvw:table ex:table .
ex:table a csvw:Table ; dcterms:title "Persons"@en ; csvw:column ex:column .
ex:column a csvw:Column ; csvw:name "birth" ; csvw:title "Birth"@en ;
    dcterms:description "Year of birth"@en ; csvw:datatype "gYear" .
"""
# What a non-public one must say besides.
NON_PUBLIC = """
ex:dataset dcat:contactPoint ex:kind ; dcat:keyword "registry"@en ; dcterms:provenance ex:provenance ;
    dcterms:type <http://publications.europa.eu/resource/authority/dataset-type/STATISTICAL> .
ex:kind a vcard:Kind ; vcard:hasEmail <mailto:access@example.org> .
ex:provenance a dcterms:ProvenanceStatement .
"""

OBLIGATIONS = [
    "dcterms:title",
    "dcterms:description",
    "dcterms:accessRights",
    "dcatap:applicableLegislation",
    "dcterms:identifier",
    "dcat:theme",
    "dcat:distribution",
    "healthdcatap:hdab",
    "healthdcatap:healthCategory",
    "healthdcatap:hasStructuredData",
]
NON_PUBLIC_OBLIGATIONS = ["dcat:contactPoint", "dcat:keyword", "dcterms:type", "dcterms:provenance"]
RECOMMENDATIONS = [
    "healthdcatap:analytics",
    "healthdcatap:hasCodeValues",
    "healthdcatap:hasCodingSystem",
    "healthdcatap:healthTheme",
    "healthdcatap:minTypicalAge",
    "healthdcatap:maxTypicalAge",
    "healthdcatap:numberOfRecords",
    "healthdcatap:numberOfUniqueIndividuals",
    "healthdcatap:populationCoverage",
    "healthdcatap:retentionPeriod",
    "dpv:hasLegalBasis",
    "dpv:hasPersonalData",
    "dpv:hasPurpose",
    "dqv:hasQualityAnnotation",
    "adms:sample",
    "geodcatap:custodian",
]
NON_PUBLIC_RECOMMENDATIONS = [
    "dcterms:conformsTo",
    "dcterms:accrualPeriodicity",
    "dcterms:isReferencedBy",
    "dcterms:language",
    "dcterms:source",
    "dcterms:temporal",
    "dcterms:relation",
    "dcat:temporalResolution",
    "dcat:landingPage",
    "foaf:page",
]


def triples(turtle: str) -> frozenset[ox.Triple]:
    head = "".join(f"@prefix {name}: <{space}> .\n" for name, space in PREFIX.items())
    return frozenset(quad.triple for quad in ox.parse(head + turtle, format=ox.RdfFormat.TURTLE))


def record(level: Level = Level.PUBLIC) -> frozenset[ox.Triple]:
    text = RECORD % (level.value, level.value)
    return triples(text + NON_PUBLIC if level is Level.NON_PUBLIC else text)


def term(curie: str) -> ox.NamedNode:
    prefix, _, name = curie.partition(":")
    return ox.NamedNode(PREFIX[prefix] + name)


def without(said: Iterable[ox.Triple], predicate: str, subject: str = "ex:dataset") -> frozenset[ox.Triple]:
    return frozenset(it for it in said if (it.subject, it.predicate) != (term(subject), term(predicate)))


def adding(said: Iterable[ox.Triple], turtle: str) -> frozenset[ox.Triple]:
    return frozenset(said) | triples(turtle)


def renamed(said: Iterable[ox.Triple], prefix: str) -> frozenset[ox.Triple]:
    """The same of other nodes."""

    def other(node: ox.NamedNode) -> ox.NamedNode:
        return ox.NamedNode(node.value.replace(PREFIX["ex"], PREFIX["ex"] + prefix))

    return frozenset(
        ox.Triple(
            other(it.subject) if isinstance(it.subject, ox.NamedNode) else it.subject,
            it.predicate,
            other(it.object) if isinstance(it.object, ox.NamedNode) else it.object,
        )
        for it in said
    )
