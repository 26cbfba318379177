"""Dates, numbers and other literals with the wrong datatype: literals flow in, and out with the right one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, time

import pyoxigraph as ox

from graph.catalogue.mend.model import Change, Rule, Statements, rule_for_values
from graph.catalogue.records import DCAT
from graph.names import DCTERMS, PREFIXES, RDF, SKOS, XSD
from graph.rdf.index import Term

_HEALTH, _PROV, _TIME = PREFIXES["healthdcatap"], PREFIXES["prov"], PREFIXES["time"]
_DATE_PROPERTIES = (
    *(DCTERMS + name for name in ("issued", "modified", "created", "valid", "available", "date")),
    *(DCAT + name for name in ("startDate", "endDate")),
    *(_PROV + name for name in ("startedAtTime", "endedAtTime", "generatedAtTime", "invalidatedAtTime")),
    *(_TIME + name for name in ("inXSDDate", "inXSDDateTime", "inXSDgYear", "inXSDgYearMonth")),
    _HEALTH + "validUntil",
)
_COUNTS = (
    DCAT + "byteSize",
    *(_HEALTH + name for name in ("numberOfRecords", "numberOfUniqueIndividuals", "minTypicalAge", "maxTypicalAge")),
)
_NUMBERS = frozenset(
    XSD + name for name in ("integer", "decimal", "int", "long", "positiveInteger", "unsignedLong", "double")
)
_DATES = frozenset(XSD + name for name in ("date", "dateTime", "gYear", "gYearMonth"))
_TEXTS = frozenset({XSD + "string", RDF + "langString", XSD + "token", XSD + "normalizedString"})
# What some writers state as the datatype of a date: names without a namespace, and other vocabularies' classes.
_LOOSE_DATES = frozenset(
    {"xsd:date", "xsd:dateTime", XSD + "datetime", XSD + "DateTime", XSD + "Date", DCTERMS + "W3CDTF"}
    | {scheme + "://schema.org/" + name for scheme in ("http", "https") for name in ("Date", "DateTime")}
)
_YEAR = r"(?P<year>[0-9]{4})"
_DAY = rf"{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<part>\.[0-9]+)?)?"
_SHAPES = (
    ("gYear", re.compile(_YEAR)),
    ("gYearMonth", re.compile(rf"{_YEAR}-(?P<month>[0-9]{{2}})")),
    ("date", re.compile(_DAY)),
    ("date", re.compile(rf"{_DAY}{_ZONE}")),
    ("date", re.compile(r"(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")),
    ("dateTime", re.compile(rf"{_DAY}[T ]{_CLOCK}{_ZONE}")),
)
_CURIE = re.compile(r"^[A-Za-z][A-Za-z0-9.-]*:[A-Za-z0-9][A-Za-z0-9.+-]*$")
_CODE_VALUES = _HEALTH + "hasCodeValues"
_DURATION = re.compile(
    r"P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
)


def date_literal(text: str) -> ox.Literal | None:
    """The date, month, year or moment that a text is in ISO 8601.

    >>> date_literal("2024-02-30"), date_literal("2024-02").datatype.value.rsplit("#")[-1]
    (None, 'gYearMonth')
    >>> date_literal("2012-05-10T21:04+0200").value
    '2012-05-10T21:04:00+02:00'
    """
    for name, shape in _SHAPES:
        if (found := shape.fullmatch(text)) and _is_real(parts := found.groupdict()):
            return ox.Literal(_canonical(name, parts), datatype=ox.NamedNode(XSD + name))
    return None


def _is_real(parts: dict[str, str | None]) -> bool:
    try:
        date(int(parts["year"] or 0), int(parts.get("month") or 1), int(parts.get("day") or 1))
        time(int(parts.get("hour") or 0), int(parts.get("minute") or 0), int(parts.get("second") or 0))
    except ValueError:
        return False
    return True


def _canonical(name: str, parts: dict[str, str | None]) -> str:
    day = "-".join(filter(None, (parts.get("year"), parts.get("month"), parts.get("day"))))
    zone = parts.get("zone") or ""
    if zone and zone != "Z":
        zone = f"{zone[:3]}:{zone[-2:] if len(zone) > 3 else '00'}"
    if name != "dateTime":
        return day + zone
    return f"{day}T{parts['hour']}:{parts['minute']}:{parts['second'] or '00'}{parts['part'] or ''}{zone}"


def _date(term: Term, *_: object) -> Term | None:
    if not isinstance(term, ox.Literal) or term.datatype.value not in _TEXTS | _DATES | _LOOSE_DATES:
        return None
    return date_literal(term.value.strip())


def _count(term: Term, *_: object) -> Term | None:
    if not isinstance(term, ox.Literal) or term.datatype.value not in _TEXTS | _NUMBERS:
        return None
    found = re.fullmatch(r"\+?([0-9]{1,30})(?:\.0*)?", term.value.strip())
    return ox.Literal(found[1], datatype=ox.NamedNode(XSD + "nonNegativeInteger")) if found else None


def _decimal(term: Term, *_: object) -> Term | None:
    if not isinstance(term, ox.Literal) or term.datatype.value not in _TEXTS | _NUMBERS - {XSD + "decimal"}:
        return None
    is_decimal = re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", term.value.strip())
    return ox.Literal(term.value.strip(), datatype=ox.NamedNode(XSD + "decimal")) if is_decimal else None


def _code_values(statements: Statements) -> Iterator[Change]:
    """Codes that are nodes: an IRI as text, and the code of a node that says nothing but its code."""
    values = [triple for triple in statements.of(_CODE_VALUES) if isinstance(triple.object, ox.NamedNode)]
    texts: dict[Term, set[str]] = {triple.object: set() for triple in values}
    codes: dict[Term, set[str]] = {triple.object: set() for triple in values}
    for triple in statements if texts else ():
        if triple.subject in texts and isinstance(triple.object, ox.Literal):
            is_code = triple.predicate.value in (DCTERMS + "identifier", SKOS + "notation")
            (codes if is_code else texts)[triple.subject].add(triple.object.value)
    for triple in values:
        code = _code(triple.object, codes[triple.object], texts[triple.object], statements)
        if code is not None:
            yield Change(triple, ox.Triple(triple.subject, triple.predicate, code))


def _code(node: Term, codes: set[str], texts: set[str], statements: Statements) -> ox.Literal | None:
    if node not in statements.described and isinstance(node, ox.NamedNode):
        return ox.Literal(node.value, datatype=ox.NamedNode(XSD + "anyURI"))
    with_system = {code for code in codes if _CURIE.match(code)}
    return ox.Literal(with_system.pop()) if len(with_system) == 1 and texts <= codes else None


def _texts_as(datatype: str, is_one: Callable[[str], object]) -> Callable[..., Term | None]:
    """Plain text with the datatype, where it is in its lexical space."""

    def value(term: Term, *_: object) -> Term | None:
        if not isinstance(term, ox.Literal) or term.datatype.value not in _TEXTS or not is_one(term.value.strip()):
            return None
        return ox.Literal(term.value.strip(), datatype=ox.NamedNode(XSD + datatype))

    return value


def _truth(term: Term, *_: object) -> Term | None:
    if not isinstance(term, ox.Literal) or term.datatype.value not in _TEXTS:
        return None
    word = term.value.strip().lower()
    return ox.Literal(word, datatype=ox.NamedNode(XSD + "boolean")) if word in ("true", "false") else None


RULES = (
    rule_for_values(
        "dates",
        "The text is exactly a date, month, year or moment in ISO 8601, and gets the datatype of that; seconds that "
        "were left out are zero.",
        _DATE_PROPERTIES,
        _date,
    ),
    rule_for_values(
        "counts",
        "The profile counts in xsd:nonNegativeInteger, and the text is a whole number.",
        _COUNTS,
        _count,
    ),
    rule_for_values(
        "decimals",
        "The profile measures in xsd:decimal, and the text is a decimal number.",
        (DCAT + "spatialResolutionInMeters",),
        _decimal,
    ),
    rule_for_values(
        "durations",
        "The text is exactly a duration in ISO 8601.",
        (DCAT + "temporalResolution",),
        _texts_as("duration", _DURATION.fullmatch),
    ),
    rule_for_values(
        "truth-values",
        "The profile asks for yes or no, and the text is true or false.",
        (_HEALTH + "hasStructuredData", _HEALTH + "trustedDataHolder"),
        _truth,
    ),
    Rule(
        "code-values",
        "Release 8 holds codes as text, where the draft had concepts: the IRI is kept letter by letter, and "
        "of a concept that says nothing but its code, the code with its coding system.",
        _code_values,
    ),
    rule_for_values(
        "checksums",
        "A checksum is xsd:hexBinary, and the text is pairs of hexadecimal digits.",
        (PREFIXES["spdx"] + "checksumValue",),
        _texts_as("hexBinary", re.compile("(?:[0-9A-Fa-f]{2})+").fullmatch),
    ),
)
