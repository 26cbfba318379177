"""Values in the wrong form: literals and IRIs flow in; IRIs and concepts as the profile asks flow out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pyoxigraph as ox

from graph.catalogue.mend import codes, formats
from graph.catalogue.mend.model import Rule, Statements, rule_for_values
from graph.catalogue.records import DATASET, DCAT, DISTRIBUTION, SERIES
from graph.catalogue.validate import lists
from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import Term

HEALTH, ADMS, DCATAP = PREFIXES["healthdcatap"], PREFIXES["adms"], PREFIXES["dcatap"]
FOAF, PROV = PREFIXES["foaf"], PREFIXES["prov"]


_GEONAMES = re.compile(r"^https?://(?:(?:www|sws)\.)?geonames\.org/([0-9]+)(?:/[^/]*)?$")
_WIKIDATA = re.compile(r"^https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/(?:Property:)?([QP][0-9]+)$")
_CREATIVE_COMMONS = re.compile(
    r"^https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)(/[a-z]{2})?"
    r"(?:/?|/(?:deed|legalcode)(?:\.[a-z]{2}(?:-[a-z]+)?)?)$",
    re.IGNORECASE,
)
_CC_NAME = re.compile(r"^(?:CC|Creative Commons)[ -]?(BY(?:[ -](?:NC|SA|ND)){0,2})[ -]([1-4]\.[0-9])$", re.IGNORECASE)
_CC_ZERO = re.compile(r"^CC[ -]?(?:0|Zero)(?:[ -]1\.0)?$", re.IGNORECASE)


def _geonames(term: Term, *_: object) -> Term | None:
    found = _GEONAMES.match(term.value) if isinstance(term, ox.NamedNode) else None
    return ox.NamedNode(f"http://sws.geonames.org/{found[1]}/") if found else None


def _wikidata(term: Term, *_: object) -> Term | None:
    found = _WIKIDATA.match(term.value) if isinstance(term, ox.NamedNode) else None
    return ox.NamedNode(PREFIXES["wikidata"] + found[1]) if found else None


def _licence(term: Term, *_: object) -> Term | None:
    if isinstance(term, ox.Literal):
        if named := _CC_NAME.match(term.value.strip()):
            parts = named[1].lower().replace(" ", "-")
            return ox.NamedNode(f"https://creativecommons.org/licenses/{parts}/{named[2]}/")
        if _CC_ZERO.match(term.value.strip()):
            return ox.NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")
    if isinstance(term, ox.NamedNode) and (found := _CREATIVE_COMMONS.match(term.value)):
        kind, name, version, country = (part.lower() if part else "" for part in found.groups())
        return ox.NamedNode(f"https://creativecommons.org/{kind}/{name}/{version}{country}/")
    return None


def _concept(look_up: Callable[[str], str | None]) -> Callable[[Term, ox.Triple, Statements], Term | None]:
    """A value as the concept that its text or IRI stands for."""

    def value(term: Term, triple: ox.Triple, statements: Statements) -> Term | None:
        if isinstance(term, ox.BlankNode | ox.Triple):
            return None
        found = look_up(term.value)
        return ox.NamedNode(found) if found else None

    return value


def _type_of_resource(term: Term, triple: ox.Triple, statements: Statements) -> Term | None:
    """A word in dct:type is of the list for its subject's class."""
    if not isinstance(term, ox.Literal):
        return None
    types = statements.types(triple.subject)
    if not types.isdisjoint({DATASET, SERIES}):
        return _concept(codes.word_in(lists.DATASET_TYPE))(term, triple, statements)
    if not types.isdisjoint({FOAF + "Agent", FOAF + "Organization"}):
        return _concept(codes.word_in(lists.PUBLISHER_TYPE))(term, triple, statements)
    if PROV + "Activity" in types:
        return _concept(codes.word_in(lists.HEALTH_ACTIVITY))(term, triple, statements)
    return None


def _status(term: Term, triple: ox.Triple, statements: Statements) -> Term | None:
    if DISTRIBUTION not in statements.types(triple.subject):
        return None
    return _concept(codes.status)(term, triple, statements)


def _list_rule(slug: str, why: str, properties: Iterable[str], look_up: Callable[[str], str | None]) -> Rule:
    return rule_for_values(slug, why, properties, _concept(look_up))


RULES = (
    _list_rule(
        "language-list",
        "An ISO 639 code, a language tag, an English name or the same language in another list names one language of "
        "the EU's list.",
        (DCTERMS + "language",),
        codes.language,
    ),
    _list_rule(
        "file-type-list",
        "A code, label, extension or media type that belongs to one file type of the EU's list alone names it; a media "
        "type that the list lacks gets IANA's IRI.",
        (DCTERMS + "format",),
        formats.format_of,
    ),
    _list_rule(
        "media-type-list",
        "The name of a media type, or an older IRI of it, names one entry of IANA's register.",
        (DCAT + "mediaType", DCAT + "compressFormat", DCAT + "packageFormat"),
        formats.media_type,
    ),
    _list_rule(
        "frequency-list",
        "A word, a repeating period of ISO 8601 or a concept of Dublin Core with one meaning names "
        "one frequency of the EU's list. Words with two meanings, such as biweekly, are left alone.",
        (DCTERMS + "accrualPeriodicity",),
        codes.frequency,
    ),
    _list_rule(
        "access-right-list",
        "The code or label of an access right of the EU's list names it.",
        (DCTERMS + "accessRights",),
        codes.word_in(lists.ACCESS_RIGHT),
    ),
    _list_rule(
        "theme-list",
        "The code or label of a theme of the EU's list names it.",
        (DCAT + "theme",),
        codes.word_in(lists.DATA_THEME),
    ),
    _list_rule(
        "country-list",
        "An ISO 3166 code in capitals or the English name of a country names one country of the EU's list.",
        (DCTERMS + "spatial",),
        codes.country,
    ),
    _list_rule(
        "availability-list",
        "The code or label of a planned availability of the EU's list names it.",
        (DCATAP + "availability",),
        codes.word_in(lists.PLANNED_AVAILABILITY),
    ),
    rule_for_values(
        "status-list",
        "A distribution's status by code, label or in ADMS's older list names one of the EU's list.",
        (ADMS + "status",),
        _status,
    ),
    _list_rule(
        "health-category-list",
        "The code or label of a health category of EHDS Article 51 names it.",
        (HEALTH + "healthCategory",),
        codes.word_in(lists.HEALTH_CATEGORY),
    ),
    _list_rule(
        "health-theme-list",
        "The code or label of a health theme of DG SANTE's list names it.",
        (HEALTH + "healthTheme",),
        codes.word_in(lists.HEALTH_THEME),
    ),
    _list_rule(
        "coding-system-list",
        "The code of a coding system of DG SANTE's list names it.",
        (HEALTH + "hasCodingSystem",),
        codes.word_in(lists.CODING_SYSTEM),
    ),
    _list_rule(
        "standard-list",
        "The code of a standard of DG SANTE's list names it.",
        (DCTERMS + "conformsTo",),
        codes.word_in(lists.STANDARD),
    ),
    _list_rule(
        "publisher-type-list",
        "The code or label of a type of publisher of DG SANTE's list names it.",
        (HEALTH + "publisherType",),
        codes.word_in(lists.PUBLISHER_TYPE),
    ),
    rule_for_values(
        "type-list",
        "In dct:type, a code or label of the list that the profile names for a dataset, an agent or an activity names "
        "its concept.",
        (DCTERMS + "type",),
        _type_of_resource,
    ),
    rule_for_values(
        "geonames",
        "GeoNames has one IRI for a place, whatever scheme, host or page of it is written.",
        (DCTERMS + "spatial",),
        _geonames,
    ),
    rule_for_values(
        "wikidata",
        "A concept of Wikidata has one IRI; the https form and the page about it name the same.",
        (
            DCAT + "theme",
            HEALTH + "healthTheme",
            HEALTH + "healthCategory",
            HEALTH + "hasCodingSystem",
            DCTERMS + "subject",
        ),
        _wikidata,
    ),
    rule_for_values(
        "licence",
        "Creative Commons has one IRI for each licence and version; its short name, the http form, and the page of its "
        "deed or text name the same.",
        (DCTERMS + "license", DCTERMS + "rights"),
        _licence,
    ),
)
