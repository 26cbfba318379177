"""Data that the fast SHACL engine cannot read: triples flow in; such as it can, or an error that says why, flow out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import pyoxigraph as ox
import shacl

from graph.errors import CheckFailedError
from graph.names import XSD
from graph.rdf.index import Term

OURS = "urn:pmkg:validation:"  # what IRIs that are for the engine alone begin with
# Years that the engine panics at, as they are over 64 bits. Marked, such a date is no date, which is the right verdict.
_LONG_YEAR = re.compile(r"[-+]?\d{19}")
_DATES = frozenset({XSD + "date", XSD + "dateTime"})
_LONG = "pmkg:"


def run(validate: Callable[..., shacl.Report], data: str, **options: str) -> shacl.Report:
    """The engine's report.

    Raises:
        CheckFailedError: the engine cannot read the data, or panics with words that are for its makers.
    """
    try:
        return validate(data, **options)
    except ValueError as error:
        advice = "Look for an IRI with a space, or another character that no IRI may have."
        raise CheckFailedError(f"the SHACL engine cannot read the data: {error}.", advice=advice) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3 does not say where it has the class from
            raise
        advice = "Look for a literal that is far out of the range of its datatype, such as a year of twenty digits."
        raise CheckFailedError(f"the SHACL engine cannot read the data: {error}.", advice=advice) from error


def stand_ins_for(data: Iterable[ox.Triple]) -> dict[Term, ox.NamedNode]:
    """For each IRI that a lenient parser took and the engine does not, one that it takes."""
    found = dict[Term, ox.NamedNode]()
    for triple in data:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode) and term not in found and not _is_valid(term.value):
                found[term] = ox.NamedNode(f"{OURS}iri-{len(found)}")
    return found


def _is_valid(iri: str) -> bool:
    try:
        return bool(ox.NamedNode(iri))
    except ValueError:
        return False


def standing_in(triple: ox.Triple, stand_ins: Mapping[Term, ox.NamedNode]) -> ox.Triple:
    """The triple as the engine takes it."""
    subject, value = (stand_ins.get(term, term) for term in (triple.subject, triple.object))
    assert isinstance(subject, ox.NamedNode | ox.BlankNode)
    return ox.Triple(subject, stand_ins.get(triple.predicate, triple.predicate), value)


def without_long_year(triple: ox.Triple) -> ox.Triple:
    """The triple, its date marked where the engine would panic at it."""
    date = triple.object
    if not isinstance(date, ox.Literal) or date.datatype.value not in _DATES or not _LONG_YEAR.match(date.value):
        return triple
    return ox.Triple(triple.subject, triple.predicate, ox.Literal(_LONG + date.value, datatype=date.datatype))


def with_long_year(value: str | None) -> str | None:
    """A value of a result, as it was before it was marked."""
    return '"' + value[len(_LONG) + 1 :] if value is not None and value.startswith(f'"{_LONG}') else value
