"""Classes that follow from a property or a list: nodes without them flow in; statements of their class flow out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pyoxigraph as ox

from graph.catalogue.mend.model import Change, Rule, Statements
from graph.catalogue.records import CATALOG, DATASET, DCAT, SERIES, SERVICE
from graph.catalogue.validate import lists
from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import TYPE

_FOAF, _VCARD, _PROV, _ORG = PREFIXES["foaf"], PREFIXES["vcard"], PREFIXES["prov"], PREFIXES["org"]
_DPV, _HEALTH = PREFIXES["dpv"], PREFIXES["healthdcatap"]


def _in(*schemes: str) -> Callable[[str], bool]:
    return lambda iri: lists.scheme_of(iri) in schemes


def _matching(pattern: str) -> Callable[[str], bool]:
    return lambda iri: re.match(pattern, iri) is not None


_IANA = _matching(r"^https?://www\.iana\.org/assignments/media-types/")
_ADDRESS = _matching("^https?://")

# property: the class of its values in DCAT-AP's and HealthDCAT-AP's ranges, and of which values that is certain
_CLASSES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (DCTERMS + "language", DCTERMS + "LinguisticSystem", _in(lists.LANGUAGE)),
    (DCTERMS + "accessRights", DCTERMS + "RightsStatement", _in(lists.ACCESS_RIGHT)),
    (DCTERMS + "rights", DCTERMS + "RightsStatement", _in(lists.ACCESS_RIGHT)),
    (DCTERMS + "format", DCTERMS + "MediaTypeOrExtent", _in(lists.FILE_TYPE)),
    (DCTERMS + "format", DCTERMS + "MediaTypeOrExtent", _IANA),
    (DCAT + "mediaType", DCTERMS + "MediaType", _IANA),
    (DCAT + "compressFormat", DCTERMS + "MediaType", _IANA),
    (DCAT + "packageFormat", DCTERMS + "MediaType", _IANA),
    (DCTERMS + "accrualPeriodicity", DCTERMS + "Frequency", _in(lists.FREQUENCY)),
    (DCTERMS + "spatial", DCTERMS + "Location", _in(lists.COUNTRY, lists.CONTINENT)),
    (
        DCTERMS + "spatial",
        DCTERMS + "Location",
        _matching(r"^http://sws\.geonames\.org/|^http://publications\.europa\.eu/"),
    ),
    (DCTERMS + "conformsTo", DCTERMS + "Standard", _in(lists.STANDARD)),
    (_HEALTH + "hasCodingSystem", DCTERMS + "Standard", _in(lists.CODING_SYSTEM)),
    (
        PREFIXES["dcatap"] + "applicableLegislation",
        PREFIXES["eli"] + "LegalResource",
        _matching(r"^https?://data\.europa\.eu/eli/"),
    ),
    (DCTERMS + "license", DCTERMS + "LicenseDocument", _ADDRESS),
    (DCAT + "landingPage", _FOAF + "Document", _ADDRESS),
    (_FOAF + "page", _FOAF + "Document", _ADDRESS),
    (_FOAF + "homepage", _FOAF + "Document", _ADDRESS),
    (_DPV + "hasPersonalData", _DPV + "PersonalData", _matching("^" + re.escape(PREFIXES["dpv-pd"]))),
)
_AGENT = _FOAF + "Agent"
_AGENT_PROPERTIES = (
    DCTERMS + "publisher",
    DCTERMS + "creator",
    _HEALTH + "hdab",
    _HEALTH + "hdabCoordinator",
    PREFIXES["geodcatap"] + "custodian",
)
_AGENTS = frozenset(
    {_FOAF + name for name in ("Organization", "Person", "Group")}
    | {_PROV + name for name in ("Agent", "Organization", "Person")}
    | {
        _ORG + name
        for name in ("Organization", "FormalOrganization", "OrganizationalUnit", "OrganizationalCollaboration")
    }
    | {scheme + "://schema.org/" + name for scheme in ("http", "https") for name in ("Organization", "Person")}
)
_CONTACTS = frozenset(_VCARD + name for name in ("Organization", "Individual", "Group", "Location"))
_UNDER = (
    (_AGENT_PROPERTIES, _AGENTS, _AGENT),
    ((DCAT + "contactPoint",), _CONTACTS, _VCARD + "Kind"),
)
_MEMBERS: Mapping[str, str] = {
    DCAT + "dataset": DATASET,
    DCAT + "catalog": CATALOG,
    DCAT + "service": SERVICE,
    DCAT + "distribution": DCAT + "Distribution",
    DCAT + "inSeries": SERIES,
}
_RESOURCES = frozenset({DATASET, CATALOG, SERVICE, SERIES, DCAT + "Distribution"})


def _of_values(statements: Statements) -> Iterator[Change]:
    for property, kind, is_one in _CLASSES:
        for node in {triple.object for triple in statements.of(property)}:
            if isinstance(node, ox.NamedNode) and kind not in statements.types(node) and is_one(node.value):
                yield _a(node, kind)


def _of_subclasses(statements: Statements) -> Iterator[Change]:
    named = {triple.subject for triple in statements.of(_FOAF + "name")}
    for properties, narrower, kind in _UNDER:
        for node in {triple.object for property in properties for triple in statements.of(property)}:
            types = statements.types(node)
            is_one = kind != _AGENT or node in named  # an agent without a name would break the profile in another way
            if isinstance(node, ox.NamedNode) and is_one and kind not in types and not narrower.isdisjoint(types):
                yield _a(node, kind)


def _of_members(statements: Statements) -> Iterator[Change]:
    """Only of what is described: of a mere link nothing is known."""
    for property, kind in _MEMBERS.items():
        for node in {triple.object for triple in statements.of(property)}:
            is_untyped = node in statements.described and _RESOURCES.isdisjoint(statements.types(node))
            if is_untyped and isinstance(node, ox.NamedNode):
                yield _a(node, kind)


def _a(node: ox.NamedNode, kind: str) -> Change:
    return Change(None, ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(kind)))


RULES = (
    Rule(
        "members",
        "What a catalogue lists as its dataset, and describes, is a dataset, so too for distributions, services, "
        "series and catalogues; without the class no tool would find it.",
        lambda statements: set(_of_members(statements)),
    ),
    Rule(
        "classes",
        "The profile wants the class of some values stated; of a concept of the list, a media type of IANA, a law of "
        "EUR-Lex, a licence or a web page it can only be the one that the property has as its range.",
        lambda statements: set(_of_values(statements)),
    ),
    Rule(
        "broader-classes",
        "An organisation that publishes is an agent, and a vCard of an organisation is a vCard; the profile asks "
        "for the broader class by name.",
        lambda statements: set(_of_subclasses(statements)),
    ),
)
