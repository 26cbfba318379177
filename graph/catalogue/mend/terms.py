"""Words of older profiles and misspelt namespaces flow in; the words that HealthDCAT-AP uses flow out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

import pyoxigraph as ox

from graph.catalogue.mend.codes import authority_iri
from graph.catalogue.mend.model import Change, Rule, Statements
from graph.catalogue.records import DATASET, DCAT
from graph.catalogue.validate import lists
from graph.names import DCTERMS, OWL, PREFIXES
from graph.rdf.index import TYPE, Term

_HEALTH = PREFIXES["healthdcatap"]
_VCARD = PREFIXES["vcard"]
_CSVW, _ADMS, _DPV, _FOAF = PREFIXES["csvw"], PREFIXES["adms"], PREFIXES["dpv"], PREFIXES["foaf"]

# Vocabularies whose IRIs are often written with https, or with the wrong mark before the name.
_VOCABULARIES = (
    "dcat",
    "dcterms",
    "foaf",
    "vcard",
    "adms",
    "prov",
    "skos",
    "dcatap",
    "healthdcatap",
    "csvw",
    "cv",
    "dqv",
)
_OTHER_HEALTH = re.compile(
    r"^https?://(?:www\.)?(?:healthdataportal\.eu/ns/health|healthdcat-ap\.github\.io/(?:ns|vocab|healthdcatap)?|"
    r"data\.europa\.eu/healthdcatap|healthdcatap\.eu/ns)[#/]?(?=[A-Za-z]+$)"
)
_HEALTH_WORDS = frozenset(
    [
        "analytics",
        "hasCodeValues",
        "hasCodingSystem",
        "hasStructuredData",
        "hasVariables",
        "hdab",
        "hdabCoordinator",
        "healthCategory",
        "healthTheme",
        "maxTypicalAge",
        "minTypicalAge",
        "numberOfRecords",
        "numberOfUniqueIndividuals",
        "populationCoverage",
        "retentionPeriod",
        "trustedDataHolder",
        "publisherType",
        "publisherNote",
        "hasCodeValue",
    ]
)
_OLDER: Mapping[str, str] = {
    _CSVW + "titles": _CSVW + "title",
    PREFIXES["dqv"] + "hasLegalBasis": _DPV + "hasLegalBasis",
    _HEALTH + "hasCodeValue": _HEALTH + "hasCodeValues",
    _ADMS + "contactPoint": DCAT + "contactPoint",
    _VCARD + "organisationName": _VCARD + "organization-name",
    _VCARD + "organisation-name": _VCARD + "organization-name",
    _VCARD + "organisationUnit": _VCARD + "organization-unit",
    _VCARD + "email": _VCARD + "hasEmail",
    _VCARD + "url": _VCARD + "hasURL",
    _VCARD + "tel": _VCARD + "hasTelephone",
}
_OLDER_CLASSES: Mapping[str, str] = {_FOAF + "Organisation": _FOAF + "Organization", _VCARD + "VCard": _VCARD + "Kind"}
_OF_DATASETS: Mapping[str, str] = {
    DCTERMS + "hasVersion": DCAT + "hasVersion",
    DCTERMS + "isVersionOf": DCAT + "isVersionOf",
    OWL + "versionInfo": DCAT + "version",
}
_OF_AGENTS: Mapping[str, str] = {
    _HEALTH + "publisherNote": DCTERMS + "description",
    _HEALTH + "publisherType": DCTERMS + "type",
}
_PERIOD_ENDS: Mapping[str, str] = {
    scheme + "://schema.org/" + name: DCAT + name for scheme in ("http", "https") for name in ("startDate", "endDate")
}
_OF_PERIODS = (DCTERMS + "temporal", _HEALTH + "retentionPeriod")


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    for prefix in _VOCABULARIES:
        namespace = PREFIXES[prefix]
        host = re.escape(re.sub("^https?://(www\\.)?", "", namespace).rstrip("#/"))
        yield re.compile(rf"^https?://(?:www\.)?{host}(?:/#|#|/)(?=[A-Za-z]\w*$)"), namespace


_NAMESPACES = tuple(_patterns())


@lru_cache(maxsize=4096)
def right_term(iri: str) -> str:
    """A property or class as its vocabulary writes it.

    >>> right_term("https://www.w3.org/ns/dcat#Dataset"), right_term("http://purl.org/dc/terms/#license")
    ('http://www.w3.org/ns/dcat#Dataset', 'http://purl.org/dc/terms/license')
    """
    for pattern, namespace in _NAMESPACES:
        if (found := pattern.match(iri)) and found[0] != namespace:
            return namespace + iri[found.end() :]
    if (found := _OTHER_HEALTH.match(iri)) and iri[found.end() :] in _HEALTH_WORDS:
        return _HEALTH + iri[found.end() :]
    return iri


def _namespaces(statements: Statements) -> Iterator[Change]:
    yield from _renamed(statements, {property: right_term(property) for property in statements.by_property})
    for triple in statements.of(TYPE):
        if isinstance(triple.object, ox.NamedNode) and right_term(triple.object.value) != triple.object.value:
            kind = ox.NamedNode(right_term(triple.object.value))
            yield Change(triple, ox.Triple(triple.subject, triple.predicate, kind))


def _older_terms(statements: Statements) -> Iterator[Change]:
    yield from _renamed(statements, _OLDER)
    for triple in statements.of(TYPE):
        kind = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        if newer := _OLDER_CLASSES.get(kind):
            yield Change(triple, ox.Triple(triple.subject, triple.predicate, ox.NamedNode(newer)))
    for older, newer in _OF_DATASETS.items():
        for triple in statements.of(older):
            is_text = isinstance(triple.object, ox.Literal)
            if DATASET in statements.types(triple.subject) and is_text == (newer == DCAT + "version"):
                yield Change(triple, ox.Triple(triple.subject, ox.NamedNode(newer), triple.object))


def _older_agents(statements: Statements) -> Iterator[Change]:
    """Release 8 says the draft's note and type of a publisher with Dublin Core; a second note would break it."""
    for older, newer in _OF_AGENTS.items():
        counted = Counter(triple.subject for triple in (*statements.of(older), *statements.of(newer)))
        for triple in statements.of(older):
            is_type = newer == DCTERMS + "type"
            is_known = isinstance(triple.object, ox.NamedNode) and (
                lists.scheme_of(triple.object.value) == lists.PUBLISHER_TYPE
            )
            is_alone = isinstance(triple.object, ox.Literal) and counted[triple.subject] == 1
            if is_known if is_type else is_alone:
                yield Change(triple, ox.Triple(triple.subject, ox.NamedNode(newer), triple.object))


def _period_ends(statements: Statements) -> Iterator[Change]:
    periods = {triple.object for property in _OF_PERIODS for triple in statements.of(property)}
    for older, newer in _PERIOD_ENDS.items():
        for triple in statements.of(older):
            if triple.subject in periods or DCTERMS + "PeriodOfTime" in statements.types(triple.subject):
                yield Change(triple, ox.Triple(triple.subject, ox.NamedNode(newer), triple.object))


def _renamed(statements: Statements, names: Mapping[str, str]) -> Iterator[Change]:
    for older, newer in names.items():
        if older != newer:
            predicate = ox.NamedNode(newer)
            for triple in statements.of(older):
                yield Change(triple, ox.Triple(triple.subject, predicate, triple.object))


def _authority_hosts(statements: Statements) -> Iterator[Change]:
    """Of subjects too: what a document says of a concept goes with it."""
    for triple in statements:
        subject, object = _moved(triple.subject), _moved(triple.object)
        if subject or object:
            yield Change(triple, ox.Triple(subject or triple.subject, triple.predicate, object or triple.object))


def _moved(term: Term) -> ox.NamedNode | None:
    if not isinstance(term, ox.NamedNode) or "authority/" not in (iri := term.value):
        return None
    moved = authority_iri(iri)
    return ox.NamedNode(moved) if moved and moved != iri else None


RULES = (
    Rule(
        "namespaces",
        "A property or class whose vocabulary is written with https, or with the wrong mark before the name, can only "
        "be the one that the vocabulary has.",
        _namespaces,
    ),
    Rule(
        "older-terms",
        "The draft, earlier releases and earlier DCAT named some properties otherwise (csvw:titles, dqv:hasLegalBasis, "
        "dct:hasVersion, owl:versionInfo, vcard:email); the newer name says the same of the same value.",
        _older_terms,
    ),
    Rule(
        "older-agents",
        "Release 8 writes the draft's publisherNote as dct:description and its publisherType as dct:type, with the "
        "same value; a note moves only where it is alone, a type only where it is of the list.",
        _older_agents,
    ),
    Rule(
        "period-ends",
        "DCAT-AP says start and end of a period with dcat:startDate and dcat:endDate, where it once used schema.org's "
        "words for the same.",
        _period_ends,
    ),
    Rule(
        "authority-hosts",
        "The closed lists moved, and are copied on acceptance and test hosts. Where the end of an IRI is the name of a "
        "list and one of its codes, the concept is the one that the list has today.",
        _authority_hosts,
        is_local=True,
    ),
)
