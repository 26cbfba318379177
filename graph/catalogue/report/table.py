"""A report on a terminal: a report flows in, tables flow out, as wide as the terminal or a file likes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graph import terminal
from graph.catalogue.report.item import Item
from graph.catalogue.report.texts import counted, measured, plain, verdict
from graph.names import shorten

if TYPE_CHECKING:
    from graph.catalogue.report.report import RecordReport, Reported

COLOURS = {"violation": "bold red", "warning": "yellow", "info": "cyan"}


def as_table(reported: Reported) -> str:
    """The report as text without colours."""
    console = Console(file=io.StringIO(), width=terminal.WIDE, highlight=False, emoji=False, color_system=None)
    print_report(reported, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def print_report(reported: Reported, console: Console) -> None:
    """Print one table for each dataset that has anything to mend, and the verdict at the end."""
    for record in reported.records:
        _print_record(record, console)
    if reported.rest:
        console.print("[bold]In no dataset's record[/]")
        console.print(_table(reported.rest))
    if reported.score is not None and len(reported.records) > 1:
        score = reported.score
        console.print(f"All datasets together: {score.total:.0f} of 405 points, {score.rating.value}.")
    share = reported.measured.readiness
    if share is not None and len(reported.records) > 1:
        console.print(f"Mean EHDS readiness: {share:.0%}.")
    console.print(verdict(reported))


def _print_record(record: RecordReport, console: Console) -> None:
    console.print(f"[bold]{escape(plain(record.title) or record.dataset)}[/]")
    console.print(f"{escape(record.dataset)}", soft_wrap=True)
    state = "conforms" if record.conforms else "does not conform"
    counts = f"{counted(record.violations, 'violation')}, {counted(record.warnings, 'warning')}"
    console.print(f"{record.profile}: {state}, {counts}. {escape(record.reason)}")
    for sentence in measured(record):
        console.print(escape(sentence))
    if record.items:
        console.print(_table(record.items))
    console.print()


def _table(items: tuple[Item, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, row_styles=["", "dim"])
    for name, ratio in (("severity", None), ("what is wrong", 3), ("where", 2), ("what to do", 4), ("points", None)):
        table.add_column(name, no_wrap=ratio is None, overflow="fold", ratio=ratio, justify="left")
    for item in items:
        severity = f"[{COLOURS.get(item.severity, 'cyan')}]{item.severity}[/]"
        points = f"+{item.points:.0f}" if item.points else ""
        table.add_row(severity, escape(_wrong(item)), escape(_where(item)), escape(_advice(item)), points)
    return table


def _wrong(item: Item) -> str:
    return f"{plain(item.message)} ({shorten(item.property)})" if item.property else plain(item.message)


def _where(item: Item) -> str:
    first = plain(item.names[0]) if item.names and item.names[0] else (item.focus[0] if item.focus else "")
    if not item.where:
        return ""
    more = f" and {item.count - 1:,} more" if item.count > 1 else ""
    return f"{item.where}: {first}{more}"


def _advice(item: Item) -> str:
    codes = [code.iri for suggestion in item.suggestions[:3] for code in suggestion.codes[:1]]
    hints = f" Nearest: {', '.join(dict.fromkeys(codes))}." if len(item.suggestions) > 1 else ""
    return plain(item.advice) + hints
