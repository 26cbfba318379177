"""A report as a page of its own: a report flows in, HTML that needs no network flows out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader

from graph.catalogue.report.texts import CONTROLS, counted, measured, verdict
from graph.catalogue.score.metrics import METRICS, Dimension
from graph.names import shorten

if TYPE_CHECKING:
    from graph.catalogue.report.report import Reported

MOST_ITEMS = 300  # of one record that the page shows
TITLES = {"violation": "What must be mended", "warning": "What should be mended", "info": "What to know"}


def page(reported: Reported) -> str:
    """The report as a page for the screen, light or dark, and for paper."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            reported=reported,
            verdict=verdict(reported),
            measured=measured,
            titles=TITLES,
            dimensions={it: sum(metric.points for metric in METRICS if metric.dimension is it) for it in Dimension},
            most=MOST_ITEMS,
        )
    )


def _printable(value: object) -> object:
    """Texts of records without the characters that HTML must not have."""
    return CONTROLS.sub(" ", value) if type(value) is str else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("graph.catalogue.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters["curie"] = shorten
    environment.filters["counted"] = counted
    return environment
