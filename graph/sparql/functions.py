"""Functions of ours that rewritten queries call: terms flow in, one term flows out, or None, which is an error.

`value` gives what the engine computes with for a protected literal (`graph.sparql.literals`); `order` gives a text that
sorts as the term does, by a total order, for ORDER BY where the engine's own comparison is none and aborts the process.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import pyoxigraph as ox

from graph.names import XSD
from graph.sparql.literals import Term, canonical, unprotect

VALUE = "urn:x-pmkg:function:value"
ORDER = "urn:x-pmkg:function:order"
Function = Callable[..., Term | None]
Functions = dict[ox.NamedNode, Function]

_NUMBERS = {XSD + name for name in ("integer", "decimal", "double", "float")}
_SECONDS_OF_MONTH = 2629746  # of 400 Gregorian years, in equal parts: only an order has to come out


def value(term: Term) -> Term:
    """The term that a protected literal stands for, in triple terms too; other terms are their own value."""
    return unprotect(term)


def order(term: Term) -> Term:
    """A text that sorts as the term does: blank nodes, IRIs, literals by what they are, triple terms.

    Dates and times without a timezone are taken as UTC, a month of a duration as 30.436875 days.
    """
    return ox.Literal("".join(_key(unprotect(term))))


@lru_cache(maxsize=4096)
def is_known(iri: str) -> bool:
    """Whether the engine has a function of its own with this name."""
    for arguments in ("0", "0,0", "", "0,0,0"):
        try:
            ox.Store().query(f"ASK {{ FILTER(<{iri}>({arguments})) }}")
        except RuntimeError:
            continue
        except SyntaxError:
            return True  # no IRI at all: for the engine to say
        return True
    return False


def unknown(*_: Term) -> None:
    """A function that nobody has: an error of the expression, not of the query (SPARQL 1.1, 17.3)."""


def _key(term: Term) -> tuple[str, ...]:
    if isinstance(term, ox.BlankNode):
        return "0", term.value
    if isinstance(term, ox.NamedNode):
        return "1", term.value
    if isinstance(term, ox.Triple):
        parts = (term.subject, term.predicate, term.object)
        return "3", *(text for part in parts for text in (*_key(part), "\x00"))
    kept = canonical(term)
    datatype, lexical = kept.datatype.value, kept.value
    name = datatype[len(XSD) :] if datatype.startswith(XSD) else ""
    number = _number(name, lexical) if datatype in _NUMBERS else None
    if number is not None:
        return "2a", number
    if name == "boolean" and lexical in ("true", "false"):
        return "2b", lexical
    if name == "string" or kept.language:
        return "2c", lexical, "\x00", kept.language or ""
    moment = _moment(name, lexical)
    if moment is not None:
        return "2d", moment
    return "2e", datatype, "\x00", lexical


def _number(name: str, lexical: str) -> str | None:
    try:
        exact = Decimal(lexical.replace("INF", "Infinity"))
    except InvalidOperation:
        return None
    if exact.is_nan():
        return ""
    return _exact(exact)


def _exact(number: Decimal) -> str:
    """Two doubles, the second for what the first leaves over."""
    near = float(number)
    rest = 0.0 if math.isinf(near) else float(number - Decimal(near))
    return _bits(near) + _bits(rest)


def _bits(number: float) -> str:
    """A double as sixteen hexadecimal digits that sort as the numbers do; both zeros are one."""
    bits = int.from_bytes(struct.pack(">d", number + 0.0), "big")
    return f"{bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63):016x}"


# How each kind of moment is completed to a dateTime, as the timeline of XML Schema has it.
_COMPLETE = {
    "dateTime": "{}",
    "date": "{}T00:00:00",
    "time": "1972-12-31T{}",
    "gYear": "{}-01-01T00:00:00",
    "gYearMonth": "{}-01T00:00:00",
    "gMonthDay": "1972{}T00:00:00",
    "gMonth": "1972{}-01T00:00:00",
    "gDay": "1972-12{}T00:00:00",
}
_ZONED = re.compile(r"(.*?)(?:(Z)|([+-])(\d\d):(\d\d))?", re.DOTALL)
_MOMENT = re.compile(r"(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)")
_DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def _moment(name: str, lexical: str) -> str | None:
    """What sorts as the date, time or duration does: its kind and its seconds; None where it is none."""
    if name in ("duration", "dayTimeDuration", "yearMonthDuration"):
        found = _DURATION.fullmatch(lexical)
        if found is None:
            return None
        sign, *parts = found.groups()
        years, months, days, hours, minutes, seconds = (Decimal(part or 0) for part in parts)
        length = (years * 12 + months) * _SECONDS_OF_MONTH + ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return "duration" + _exact(-length if sign else length)
    zoned = _ZONED.fullmatch(lexical)
    if name not in _COMPLETE or zoned is None:
        return None
    moment = _MOMENT.fullmatch(_COMPLETE[name].format(zoned[1]))
    if moment is None:
        return None
    year, month, day, hour, minute = map(int, moment.groups()[:5])
    offset = 60 * int(zoned[4]) + int(zoned[5]) if zoned[3] else 0
    total = (_days(year, month, day) * 24 + hour) * 60 + minute + (offset if zoned[3] == "-" else -offset)
    return name + _exact(Decimal(total) * 60 + Decimal(moment[6]))


def _days(year: int, month: int, day: int) -> int:
    """The days from a fixed one to this one of the Gregorian calendar, which goes on in both directions."""
    cycles, year = divmod(year, 400)
    return cycles * 146097 + date(year + 400, month, min(day, 28)).toordinal() + max(0, day - 28)
