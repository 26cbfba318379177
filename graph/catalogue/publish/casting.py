"""Literals with the datatype that a profile states: a literal and datatypes flow in, one of these or nothing flows out.

A store keeps values and not terms, and sources write a count as a decimal or a date as a text. Only what is surely the
same value is written anew; what is none of the datatype stays with the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox

from graph.names import XSD

_ZONE = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?"
_FORMS: Mapping[str, re.Pattern[str]] = {
    XSD + name: re.compile(form, re.ASCII)
    for name, form in {
        "dateTime": rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?{_ZONE}",
        "date": rf"\d{{4}}-\d\d-\d\d{_ZONE}",
        "gYearMonth": rf"\d{{4}}-(?:0[1-9]|1[0-2]){_ZONE}",
        "gYear": rf"\d{{4}}{_ZONE}",
        "boolean": "true|false|1|0",
        "decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
        "integer": r"[+-]?\d+",
        "nonNegativeInteger": r"\+?\d+|-0+",
        "hexBinary": "(?:[0-9A-Fa-f]{2})+",
        "duration": r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
    }.items()
}
_WHOLE = frozenset({XSD + "nonNegativeInteger", XSD + "integer"})


def is_well_formed(text: str, datatype: str) -> bool:
    """Whether a text is a form of a datatype; of one that is not known here it is taken to be.

    >>> is_well_formed("2023-02-30", XSD + "date"), is_well_formed("12", XSD + "nonNegativeInteger")
    (False, True)
    """
    form = _FORMS.get(datatype)
    if form is None:
        return True
    parser = _PARSERS.get(datatype)
    return form.fullmatch(text) is not None and (parser is None or parser(text))


def cast(literal: ox.Literal, datatypes: Collection[str]) -> ox.Literal | None:
    """The literal with one of the datatypes, where it is surely the same value; None where it is none of them.

    >>> cast(ox.Literal("5.0", datatype=ox.NamedNode(XSD + "decimal")), [XSD + "nonNegativeInteger"]).value
    '5'
    >>> cast(ox.Literal("soon"), [XSD + "date"])
    """
    own = literal.datatype.value
    if own in datatypes:
        return literal if is_well_formed(literal.value, own) else None
    text = literal.value.strip()
    for datatype in _FORMS:  # the first of the forms that it fits; they stand with the most exact first
        if datatype in datatypes and is_well_formed(text, datatype):
            return ox.Literal(text, datatype=ox.NamedNode(datatype))
    for datatype in _WHOLE.intersection(datatypes):
        if (whole := _whole(text)) is not None and is_well_formed(whole, datatype):
            return ox.Literal(whole, datatype=ox.NamedNode(datatype))
    return None


def _whole(text: str) -> str | None:
    """A number without a fraction as digits, `5.0` and `1e3` too."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number != number.to_integral_value() or number.adjusted() > 30:
        return None
    return str(int(number))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_PARSERS: Mapping[str, Callable[[str], bool]] = {
    XSD + "date": _is_day,
    XSD + "dateTime": _is_moment,
    XSD + "gYear": lambda text: text[:4] != "0000",
    XSD + "gYearMonth": lambda text: text[:4] != "0000",
}
