"""A report in the form that somebody wants: a report and the form's name flow in, text flows out.

The keys of the JSON are `conforms`, `source`, `profile` (null where each dataset was held to its own level),
`violations`, `warnings`, `datasets`, `readiness` (0 to 1), `score` (points, of, reachable, rating, dimensions and
metrics), `records` and `rest` (items of nodes that belong to no dataset). A record has `dataset`, `title`, `level`,
`profile`, `reason`, `conforms`, `violations`, `warnings`, `readiness` (share, met, unmet), `score` and `items`; an item
has what `Item.as_json` has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import pyoxigraph as ox

from graph.catalogue.report.page import page
from graph.catalogue.report.texts import as_csv, as_markdown
from graph.errors import UnknownFormatError
from graph.store.formats import Kind, formats

if TYPE_CHECKING:
    from graph.catalogue.report.report import Reported

Rendering = Callable[["Reported"], str]


def render(reported: Reported, form: str) -> str:
    """A report in one of `RENDERINGS`.

    Raises:
        UnknownFormatError: there is no such form.
    """
    if form not in RENDERINGS:
        known = ", ".join(RENDERINGS)
        raise UnknownFormatError(f"a report has no format '{form}'.", advice=f"Take one of: {known}.")
    return RENDERINGS[form](reported)


def _json(reported: Reported) -> str:
    return json.dumps(reported.as_json(), indent=2, ensure_ascii=False) + "\n"


def _table(reported: Reported) -> str:
    from graph.catalogue.report.table import as_table  # here, since a server has no use for a terminal

    return as_table(reported)


def _rdf(kind: ox.RdfFormat, reported: Reported) -> str:
    return reported.rdf.serialize(kind).decode()


RENDERINGS: Mapping[str, Rendering] = {
    "table": _table,
    "html": page,
    "md": as_markdown,
    "csv": as_csv,
    "json": _json,
    **{item.name: partial(_rdf, item.engine) for item in formats(Kind.GRAPH) if isinstance(item.engine, ox.RdfFormat)},
}
