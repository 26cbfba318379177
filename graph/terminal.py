"""What the command shows on a terminal: stages and findings flow in, timed lines and a table flow out."""

from __future__ import annotations

import codecs
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from graph.check.finding import Finding, Severity
from graph.errors import visible

WIDE = 160  # columns, where the output is a file or a pipe

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@contextmanager
def stages(quiet: bool = False) -> Iterator[Callable[[str], AbstractContextManager[None]]]:
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


def console() -> Console:
    """Standard output, as wide as the terminal, or wide enough to read in a file."""
    found = Console(highlight=False, emoji=False)
    if not found.is_terminal:
        found.width = WIDE
    return found


def write(chunks: Iterable[bytes]) -> None:
    """Write a text to standard output: as it is into a file or a pipe, and on a terminal so that it cannot steer it."""
    out, decoder = sys.stdout.buffer, codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks:
        out.write(visible(decoder.decode(chunk)).encode() if sys.stdout.isatty() else chunk)
    out.flush()


def table(findings: Sequence[Finding], *, every: bool = False) -> Table:
    """One row a finding: how bad, which check, where, what, and what to do.

    Unless `every` one is asked for, warnings with the same advice share a row: the first, and how many more.
    """
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False, row_styles=["", "dim"])
    for name, ratio in (("severity", None), ("check", None), ("where", 2), ("what is wrong", 3), ("what to do", 3)):
        result.add_column(name, no_wrap=ratio is None, overflow="fold", ratio=ratio)
    for finding, more in _grouped(findings, every):
        severity = f"[{COLOURS[finding.severity]}]{finding.severity}[/]"
        place = f"{finding.place}\nand {more} more" if more else str(finding.place)
        result.add_row(severity, *map(escape, (finding.check, place, finding.message, finding.advice)))
    return result


def _grouped(findings: Sequence[Finding], every: bool) -> Iterator[tuple[Finding, int]]:
    """Findings with the number of others that each stands for; an error stands for itself."""
    alike = Counter((finding.severity, finding.check, finding.advice) for finding in findings)
    shown = set[tuple[Severity, str, str]]()
    for finding in findings:
        key = (finding.severity, finding.check, finding.advice)
        if every or finding.severity is Severity.ERROR:
            yield finding, 0
        elif key not in shown:
            shown.add(key)
            yield finding, alike[key] - 1


def summary(findings: Sequence[Finding]) -> str:
    """How many findings of each severity there are, in words.

    >>> summary([])
    'No findings.'
    """
    counts = [(sum(finding.severity is severity for finding in findings), severity) for severity in Severity]
    words = [f"{number} {severity}{'s' if number > 1 else ''}" for number, severity in counts if number]
    return f"{', '.join(words)}." if words else "No findings."
