"""Terms that are made here: Python values flow in, literals in their canonical form flow out.

In any other form a literal is kept too, but at a price: every query that computes with it has to be rewritten
(`graph.sparql.rewrite`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyoxigraph as ox

from graph.names import XSD

_DATE_TIME = ox.NamedNode(XSD + "dateTime")


def date_time(moment: datetime) -> ox.Literal:
    """A moment as an xsd:dateTime in UTC, to the second.

    >>> date_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)).value
    '2026-01-02T03:04:05Z'
    """
    return ox.Literal(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), datatype=_DATE_TIME)
