"""A better value for a wrong one: the literal or IRI that stands there flows in, what it should be flows out."""

from __future__ import annotations

import re

import pyoxigraph as ox

from graph.names import XSD
from graph.rdf.index import Term

_DATES = {
    "dateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
    "date": re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"),
    "gYearMonth": re.compile(r"\d{4}-(?:0[1-9]|1[0-2])"),
    "gYear": re.compile(r"\d{4}"),
}
_FORMS = {
    "nonNegativeInteger": re.compile(r"\d+"),
    "integer": re.compile(r"[+-]?\d+"),
    "decimal": re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"),
    "boolean": re.compile(r"true|false|1|0"),
    "duration": re.compile(r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"),
    "hexBinary": re.compile(r"(?:[0-9a-fA-F]{2})+"),
    "string": re.compile(r".*", re.DOTALL),
    **_DATES,
}


def retyped(value: Term, datatype: str) -> ox.Literal | None:
    """The same text with another datatype, where it has the form of that; None elsewhere.

    >>> retyped(ox.Literal(" 12.0"), XSD + "nonNegativeInteger").value
    '12'
    """
    form = _FORMS.get(datatype.removeprefix(XSD))
    if form is None or not isinstance(value, ox.Literal):
        return None
    text = value.value.strip()
    if datatype.endswith("nteger"):
        text = re.sub(r"\.0*$", "", text)
    if datatype == XSD + "boolean":
        text = text.lower()
    return ox.Literal(text, datatype=ox.NamedNode(datatype)) if form.fullmatch(text) else None


def dated(value: Term) -> ox.Literal | None:
    """A text that is a date as a typed date, None where it is none."""
    return next((found for name in _DATES if (found := retyped(value, XSD + name)) is not None), None)


def as_iri(value: Term) -> ox.NamedNode | None:
    """A text that is an address as an IRI, None where it is none.

    >>> as_iri(ox.Literal("info@example.org")).value
    'mailto:info@example.org'
    """
    if not isinstance(value, ox.Literal):
        return None
    text = value.value.strip()
    if re.fullmatch(r"[^\s@<>\"]+@[\w.-]+\.\w+", text):
        text = f"mailto:{text}"
    if not re.fullmatch(r"(?:https?|mailto|urn|doi|ftp):[^\s<>\"{}|\\^`]+", text):
        return None
    try:
        return ox.NamedNode(text)
    except ValueError:
        return None


def as_text(value: Term) -> ox.Literal | None:
    """An IRI as text."""
    return ox.Literal(value.value.removeprefix("mailto:")) if isinstance(value, ox.NamedNode) else None
