"""The type of a column: the terms of all rows flow in, one Arrow type and every batch's values in it flow out.

What the datatypes of a column's terms, and their values, must be for a type; the first that fits is taken:

    all integers                           int64; decimal128(38, 0) where one is larger
    integers and decimals                  decimal128(38, n), n being the most digits that one has behind the point
    all xsd:float                          float32
    numbers                                float64, as SPARQL promotes them
    all xsd:boolean                        bool
    all xsd:date, without a timezone       date32
    all xsd:dateTime, with a timezone      timestamp[us, UTC]; in ns where one has more than 6 digits behind the point
    all xsd:dateTime, without a timezone   timestamp[us]; in ns as above
    all xsd:time, without a timezone       time64[us]
    anything else                          string: the lexical form or the IRI, unchanged

So whatever its type cannot hold whole (an integer of 40 digits, a decimal of 39, year 0, nanoseconds in the year 3000,
dates of which only some have a timezone, a literal that is none of its datatype) makes its column one of strings,
and nothing is ever rounded but what has to be, by promotion, a double. A decimal is no double because a
client can make one of it, and cannot make the decimal of the double.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.names import RDF, XSD
from graph.store.column_terms import Terms

Cast = Callable[[Any], Any]  # of an array of lexical forms; raises pa.ArrowInvalid where one does not fit

TEXT = {XSD + "string", RDF + "langString", RDF + "dirLangString"}
INTEGERS = {
    XSD + name
    for name in (
        *("integer", "long", "int", "short", "byte", "negativeInteger", "nonPositiveInteger"),
        *("positiveInteger", "nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
}
EXACT = {*INTEGERS, XSD + "decimal"}
NUMBERS = {*EXACT, XSD + "float", XSD + "double"}
MOMENTS = {XSD + "dateTime", XSD + "dateTimeStamp"}

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?"
_ZONE = "(?:Z|[+-][0-9]{2}:[0-9]{2})"
_FLOAT = "[+-]?(?:(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?|INF)|NaN"
DECIMAL_DIGITS = 38

# What the libraries that read Arrow can hold: the days and microseconds from the year 1 to the year 9999.
_RANGES = {
    pa.date32(): (-719_162, 2_932_896),
    **dict.fromkeys(
        (pa.timestamp("us"), pa.timestamp("us", "UTC")), (-62_135_596_800_000_000, 253_402_300_799_999_999)
    ),
}


def datatypes(batches: Sequence[Terms]) -> set[str | None]:
    """The datatypes of the literals in a column, and None where there are other terms."""
    return {datatype for batch in batches for datatype in pc.unique(batch.datatype).dictionary_decode().to_pylist()}


def is_mixed(kinds: set[str | None]) -> bool:
    """Whether a column of these datatypes cannot do without saying which term has which."""
    return len(kinds - TEXT) + bool(kinds & TEXT) > 1


def typed(kinds: set[str | None], batches: Sequence[Terms]) -> tuple[Any, list[Any]]:
    """The type of a column, and the values of each batch's distinct terms in it."""
    lexical = [batch.lexical for batch in batches]
    for cast in _casts(kinds, lexical):
        try:
            values = [cast(forms) for forms in lexical]
        except pa.ArrowInvalid:
            continue
        return values[0].type, values
    return pa.string(), lexical


def _casts(kinds: set[str | None], lexical: list[Any]) -> Iterator[Cast]:
    """What to try for a column of these datatypes, best first."""
    if not kinds:
        return
    if kinds <= INTEGERS:
        yield _plain(pa.int64(), "[+-]?[0-9]+")
    if kinds <= EXACT:
        yield _decimal(lexical)
    elif kinds <= NUMBERS:
        yield _plain(pa.float32() if kinds == {XSD + "float"} else pa.float64(), _FLOAT)
    elif kinds == {XSD + "boolean"}:
        yield _plain(pa.bool_(), "true|false|1|0")
    elif kinds == {XSD + "date"}:
        yield _plain(pa.date32(), _DAY)
    elif kinds <= MOMENTS:
        for unit in ("us", "ns"):
            yield _plain(pa.timestamp(unit, "UTC"), f"{_DAY}T{_TIME}{_ZONE}")
            yield _plain(pa.timestamp(unit), f"{_DAY}T{_TIME}")
    elif kinds == {XSD + "time"}:
        yield _time


def _plain(kind: Any, pattern: str) -> Cast:
    """Arrow's own cast, of nothing but what the datatype allows."""

    def cast(forms: Any) -> Any:
        _demand(pc.match_substring_regex(forms, f"^(?:{pattern})$"))
        values = pc.cast(pc.replace_substring_regex(forms, "^[+]", ""), kind)
        if kind in _RANGES:
            first, last = (bound.value for bound in pc.min_max(values).values())
            if first is not None and not _RANGES[kind][0] <= first <= last <= _RANGES[kind][1]:
                raise pa.ArrowInvalid("a value is out of range")
        return values

    return cast


def _decimal(lexical: list[Any]) -> Cast:
    """Decimals with the digits that the longest of all batches has, counted, since Arrow's cast overflows silently."""
    fractions = (pc.replace_substring_regex(forms, "^[^.]*[.]?", "") for forms in lexical)
    longest = max((pc.max(pc.binary_length(digits)).as_py() or 0 for digits in fractions), default=0)
    scale = min(longest, DECIMAL_DIGITS - 1)
    whole = f"0*[0-9]{{0,{DECIMAL_DIGITS - scale}}}"
    return _plain(pa.decimal128(DECIMAL_DIGITS, scale), f"[+-]?{whole}(?:[.][0-9]{{0,{scale}}})?")


def _time(forms: Any) -> Any:
    """Times, which Arrow reads only as a part of a moment."""
    _demand(pc.match_substring_regex(forms, f"^{_TIME}$"))
    moments = pc.cast(pc.binary_join_element_wise("1970-01-01T", forms, ""), pa.timestamp("us"))
    return pc.cast(moments, pa.time64("us"))


def _demand(condition: Any) -> None:
    """Raise what a cast raises, unless all is so."""
    if not pc.all(condition).as_py():  # of nothing, all is so
        raise pa.ArrowInvalid("a value is none of its datatype")
