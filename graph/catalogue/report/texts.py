"""A report as text for other programs: a report flows in, Markdown or CSV flows out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.catalogue.report.item import Item
from graph.catalogue.score.metrics import Dimension
from graph.names import shorten

if TYPE_CHECKING:
    from graph.catalogue.report.report import RecordReport, Reported

COLUMNS = (
    "dataset",
    "title",
    "profile",
    "severity",
    "obligation",
    "property",
    "label",
    "where",
    "focus",
    "count",
    "message",
    "advice",
    "values",
    "suggestions",
    "example",
    "points",
)
_FORMULA = re.compile(r"^[=+\-@\t\r]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def as_csv(reported: Reported) -> str:
    """One row an item; a cell that a spreadsheet would run as a formula starts with an apostrophe."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(COLUMNS)
    for record in reported.records:
        for item in record.items:
            writer.writerow(_cells(item, record.dataset, record.title, record.profile))
    for item in reported.rest:
        writer.writerow(_cells(item, "", "", reported.profile or ""))
    return output.getvalue()


def _cells(item: Item, dataset: str, title: str, profile: str) -> list[str]:
    codes = [f"{it.value} -> {' | '.join(code.iri for code in it.codes)}" for it in item.suggestions]
    cells = (
        dataset,
        title,
        profile,
        item.severity,
        "yes" if item.is_obligation else "no",
        item.property,
        item.label,
        item.where,
        " ".join(item.focus),
        str(item.count),
        item.message,
        item.advice,
        "\n".join(item.values),
        "\n".join(codes),
        item.example,
        f"{item.points:g}",
    )
    return [f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells]


def as_markdown(reported: Reported) -> str:
    """A document with a section for each dataset."""
    return "\n".join(_lines(reported)).rstrip() + "\n"


def plain(text: str) -> str:
    """Text of a record without what steers a terminal, in one line."""
    return " ".join(CONTROLS.sub(" ", text).split())


def verdict(reported: Reported) -> str:
    """The verdict in one sentence."""
    if not reported.records:
        return "Does not conform: there is no dataset in it."
    number = len(reported.records)
    datasets = f"{number:,} dataset{'s' if number != 1 else ''}"
    return (
        f"{'Conforms' if reported.conforms else 'Does not conform'}: {datasets}, "
        f"{counted(reported.violations, 'violation')}, {counted(reported.warnings, 'warning')}."
    )


def counted(number: int, word: str) -> str:
    """A number of things.

    >>> counted(1, "warning"), counted(1200, "warning")
    ('1 warning', '1,200 warnings')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def measured(record: RecordReport) -> list[str]:
    """What was measured of a record, in sentences."""
    found = list[str]()
    if record.readiness is not None:
        met, all_ = len(record.readiness.met), len(record.readiness.met) + len(record.readiness.unmet)
        found.append(f"EHDS readiness: {met} of {all_} obligations are met ({record.readiness.share:.0%}).")
    if record.score is not None:
        points = record.score
        parts = ", ".join(f"{it.value} {points.of_dimension(it):.0f}" for it in Dimension)
        sentence = f"Metadata quality: {points.total:.0f} of 405 points, {points.rating.value} ({parts})."
        found.append(sentence)
        if points.not_asked:
            found.append(f"Whether addresses answer was not asked: {points.reachable} points can be had without.")
    return found


def _lines(reported: Reported) -> Iterator[str]:
    yield "# Report"
    yield ""
    yield verdict(reported)
    for record in reported.records:
        yield ""
        yield f"## {_escaped(record.title or record.dataset)}"
        yield ""
        yield f"- Dataset: {_code(record.dataset)}"
        yield f"- Profile: `{record.profile}`. {record.reason}"
        yield f"- {counted(record.violations, 'violation')}, {counted(record.warnings, 'warning')}"
        yield from (f"- {sentence}" for sentence in measured(record))
        yield from _sections(record.items, "###")
    if reported.rest:
        yield ""
        yield "## In no dataset's record"
        yield from _sections(reported.rest, "###")


def _sections(items: tuple[Item, ...], level: str) -> Iterator[str]:
    titles = {"violation": "What must be mended", "warning": "What should be mended", "info": "What to know"}
    for severity, title in titles.items():
        found = [item for item in items if item.severity == severity]
        if found:
            yield from ("", f"{level} {title}")
        for number, item in enumerate(found, 1):
            yield from ("", f"{number}. **{_escaped(item.message)}** {_escaped(item.advice)}")
            yield from (f"   {line}" for line in _details(item))


def _details(item: Item) -> Iterator[str]:
    facts = [f"`{shorten(item.property)}`"] if item.property else []
    if item.where:
        facts.append(f"in {item.where}")
    facts.append(", ".join(map(_code, item.focus)) + (f" and {item.more:,} more" if item.more > 0 else ""))
    if item.points:
        facts.append(f"up to {item.points:.0f} points")
    yield from ("", f"- {'; '.join(facts)}")
    for value in item.values[:5]:
        yield f"- now: {_code(value)}"
    for suggestion in item.suggestions:
        codes = " or ".join(f"{_code(code.iri)} ({_escaped(code.label)})" for code in suggestion.codes)
        yield f"- for {_code(suggestion.value)} perhaps {codes}"
    if item.example:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", item.example)), default=0))
        yield from ("", f"{'In its place' if item.replaces else 'Such as'}:", "", f"{fence}turtle")
        yield from item.example.splitlines()
        yield fence


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", plain(text))


def _code(text: str) -> str:
    text = plain(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
