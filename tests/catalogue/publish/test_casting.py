"""Literals with the datatype that a profile states: what is the same value is written so, what is not is none."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal, URIRef

from graph.catalogue.publish.casting import cast, is_well_formed
from tests.catalogue.publish.records import XSD

DATES = tuple(XSD + name for name in ("date", "dateTime", "gYear", "gYearMonth"))
KNOWN = ["date", "dateTime", "gYear", "gYearMonth", "boolean", "decimal", "integer", "nonNegativeInteger", "hexBinary"]


def literal(text: str, datatype: str = "string") -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


@pytest.mark.parametrize(
    ("given_literal", "wanted", "expected"),
    [
        (literal("5", "integer"), "nonNegativeInteger", "5"),
        (literal("5.0", "decimal"), "nonNegativeInteger", "5"),
        (literal("1e3", "double"), "nonNegativeInteger", "1000"),
        (literal(" 7 "), "nonNegativeInteger", "7"),
        (literal("-1", "integer"), "nonNegativeInteger", None),
        (literal("5.5", "decimal"), "nonNegativeInteger", None),
        (literal("many"), "nonNegativeInteger", None),
        (literal("1e999999", "double"), "nonNegativeInteger", None),
        (literal("10", "integer"), "decimal", "10"),
        (literal("PT1H"), "duration", "PT1H"),
        (literal("P"), "duration", None),
        (literal("ABC"), "hexBinary", None),
        (ox.Literal("2020-01-01", language="en"), "date", "2020-01-01"),
        (literal("2023-02-30", "date"), "date", None),
        (literal("2020-01-01T25:00:00", "dateTime"), "dateTime", None),
    ],
)
def test_a_literal_gets_the_datatype_where_it_is_the_same_value(
    given_literal: ox.Literal, wanted: str, expected: str | None
) -> None:
    found = cast(given_literal, [XSD + wanted])
    assert found == (None if expected is None else literal(expected, wanted))


@pytest.mark.parametrize(
    ("text", "datatype"),
    [("2020", "gYear"), ("2020-05", "gYearMonth"), ("2020-05-01", "date"), ("2020-05-01T10:00:00Z", "dateTime")],
)
def test_a_date_gets_the_datatype_of_its_form(text: str, datatype: str) -> None:
    assert cast(literal(text), DATES) == literal(text, datatype)


@given(st.sampled_from(KNOWN), st.text(alphabet="0123456789-+:.TZPDabtruefals", max_size=20))
def test_what_is_well_formed_here_is_for_the_reference_validator(datatype: str, text: str) -> None:
    if is_well_formed(text, XSD + datatype):
        assert not Literal(text, datatype=URIRef(XSD + datatype)).ill_typed


NUMBERS_AND_DATES = r"\d{4}-[01]\d-[0-3]\d(T[0-2]\d:\d\d:\d\d(\.\d{1,9})?)?Z?|[+-]?\d+(\.\d+)?"


@given(st.sampled_from(KNOWN), st.from_regex(NUMBERS_AND_DATES, fullmatch=True))
def test_casting_again_changes_nothing(datatype: str, text: str) -> None:
    found = cast(literal(text), [XSD + datatype])
    if found is not None:
        assert cast(found, [XSD + datatype]) == found
        assert not Literal(found.value, datatype=URIRef(found.datatype.value)).ill_typed
