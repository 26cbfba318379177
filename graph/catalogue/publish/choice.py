"""Which of several values stays where a profile admits one: values flow in, the same with the best first flow out."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graph.catalogue.records import ACCESS_RIGHTS, Level
from graph.names import DCTERMS
from graph.rdf.index import Term, str_of

_LATEST = frozenset({DCTERMS + "modified"})


def chosen(property: str, values: Iterable[Term]) -> list[Term]:
    """The values in an order that says nothing but what they are, so that the same is chosen each time.

    Of access rights the strictest comes first, of dates of change the latest, of other dates the earliest; of others
    IRIs before blank nodes, and English before other languages.
    """
    found = sorted(values, key=_place)
    if property in _LATEST:
        found.reverse()
    if property == ACCESS_RIGHTS:
        levels = [level.iri for level in Level]
        found.sort(key=lambda term: levels.index(str_of(term)) if str_of(term) in levels else len(levels))
    return found


def _place(term: Term) -> tuple[int, str]:
    if isinstance(term, ox.Literal):
        return 0 if term.language in (None, "en") else 1, str(term)
    return 0 if isinstance(term, ox.NamedNode) else 1, str(term)
