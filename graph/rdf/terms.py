"""Terms that are made here or looked at: values flow in; canonical literals, or whether they are IRIs, flow out.

In any other form a literal is kept too, but at a price: every query that computes with it has to be rewritten
(`graph.sparql.rewrite`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import pyoxigraph as ox

from graph.names import XSD

_DATE_TIME = ox.NamedNode(XSD + "dateTime")


def date_time(moment: datetime) -> ox.Literal:
    """A moment as an xsd:dateTime in UTC, to the second.

    >>> date_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)).value
    '2026-01-02T03:04:05Z'
    """
    return ox.Literal(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), datatype=_DATE_TIME)


@lru_cache(maxsize=65536)
def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI.

    >>> is_iri("urn:x"), is_iri("no IRI")
    (True, False)
    """
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True
