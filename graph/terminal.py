"""What the command shows on a terminal: stages with their time on standard error, findings as a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from graph.check.finding import Finding, Severity

Stage = Callable[[str], AbstractContextManager[None]]

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@contextmanager
def stages(quiet: bool = False) -> Iterator[Stage]:
    """Give a function that opens a named stage: a spinner on a terminal, one line a finished stage elsewhere."""
    console = Console(stderr=True, quiet=quiet, highlight=False, emoji=False)
    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:

        @contextmanager
        def stage(name: str) -> Iterator[None]:
            task = progress.add_task(name, total=1)
            start = time.monotonic()
            yield
            progress.update(task, completed=1)
            if not console.is_terminal:
                console.print(f"{name}: {time.monotonic() - start:.1f} s")

        yield stage


def table(findings: Sequence[Finding]) -> Table:
    """One row a finding: how bad, which check, where, what, and what to do."""
    result = Table(box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    result.add_column("severity", no_wrap=True)
    result.add_column("check", no_wrap=True)
    result.add_column("where", overflow="fold", ratio=2)
    result.add_column("what is wrong", overflow="fold", ratio=3)
    result.add_column("what to do", overflow="fold", ratio=3)
    for finding in findings:
        severity = f"[{COLOURS[finding.severity]}]{finding.severity}[/]"
        cells = (finding.check, str(finding.place), finding.message, finding.advice)
        result.add_row(severity, *(cell.replace("[", r"\[") for cell in cells))
    return result


def summary(findings: Sequence[Finding]) -> str:
    """How many findings of each severity there are, in words.

    >>> summary([])
    'No findings.'
    """
    counts = [(sum(finding.severity is severity for finding in findings), severity) for severity in Severity]
    words = [f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number]
    return f"{', '.join(words)}." if words else "No findings."
