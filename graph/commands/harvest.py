"""`pmkg harvest`: sources flow in, generations that hold their catalogues and a table of what came of it flow out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graph.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from graph.catalogue.keep.harvest import Advance, Stage, Task
    from graph.catalogue.keep.outcome import Outcome
    from graph.errors import PmkgError

MOST_SHOWN = 20  # rows of a kind; JSON has all
INTERRUPTED = 130  # as a shell has it for who was ended by Ctrl-C


@click.command()
@click.argument("source", required=False)
@click.option("--as", "slug", help="What the catalogue is called here; made of SOURCE where it is not given.")
@click.option("--dry-run", is_flag=True, help="Read and compare, and write nothing.")
@click.option("--anew", is_flag=True, help="Read all of it, even what the server says has not changed.")
@click.option("--all", "every", is_flag=True, help="Harvest each source of the list that is due.")
@click.option(
    "--list", "path", type=click.Path(dir_okay=False, path_type=Path), help="The list; PMKG_CATALOGUES by default."
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print it.")
def harvest(
    source: str | None, slug: str | None, dry_run: bool, anew: bool, every: bool, path: Path | None, form: str
) -> None:
    """Take in the catalogue at SOURCE: a file, a folder, an address, or a SPARQL endpoint (sparql+https://…).

    What cannot be read is listed, and the rest is kept. A source that has not changed writes nothing.
    """
    if every == (source is not None):
        raise click.UsageError("Give a SOURCE or --all, and not both.")
    if (every and slug) or (path is not None and not every):
        raise click.UsageError("--as goes with a SOURCE, and --list with --all.")
    settings = Settings.from_environment()
    if every:
        sys.exit(_harvest_list(path or settings.catalogues, settings, dry_run, anew, form))
    assert source is not None
    from graph.catalogue.keep.harvest import Task
    from graph.errors import FetchError

    try:
        outcome = _one(Task(source, slug or ""), settings, dry_run, anew, form)
    except FetchError as error:  # as of a file that is not there
        click.echo(f"pmkg: {error}", err=True)
        sys.exit(2)
    _print([outcome], form, single=True)
    sys.exit(2 if outcome.failed else 0)


def _harvest_list(path: Path, settings: Settings, dry_run: bool, anew: bool, form: str) -> int:
    """Harvest what is due; the exit status."""
    from datetime import UTC, datetime

    from graph.catalogue.keep.archive import Archive
    from graph.catalogue.keep.listed import read_list
    from graph.catalogue.keep.outcome import Outcome
    from graph.errors import FetchError, InputError

    listed, archive = read_list(path), Archive(settings.home)
    due = [item.task for item in listed if item.is_due(archive.look(item.task.slug), datetime.now(UTC))]
    outcomes = list[Outcome]()
    for task in due:
        try:
            outcomes.append(_one(task, settings, dry_run, anew, form))
        except (InputError, FetchError) as error:  # the others are taken all the same
            outcomes.append(Outcome(task.slug, task.source, problems=(error,), complete=False))
    _print(outcomes, form)
    if form == "table":
        click.echo(f"{len(listed)} sources are listed in {path}; {len(due)} were due.")
    failed = sum(outcome.failed for outcome in outcomes)
    return 0 if not failed else 2 if failed == len(outcomes) else 1


def _one(task: Task, settings: Settings, dry_run: bool, anew: bool, form: str) -> Outcome:
    from graph.catalogue.keep.harvest import harvest as take_in

    try:
        with _stages(quiet=form == "json") as stage:
            return take_in(task, settings, stage, dry_run=dry_run, anew=anew)
    except KeyboardInterrupt:
        click.echo(f"pmkg: stopped. The catalogue '{task.name}' is as it was.", err=True)
        sys.exit(INTERRUPTED)


@contextmanager
def _stages(quiet: bool) -> Iterator[Stage]:
    """Stages as bars on a terminal, and as a line each elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, quiet=quiet, highlight=False, emoji=False)
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:

        def stage(name: str, total: int | None) -> AbstractContextManager[Advance]:
            return _stage(progress, name, total)

        yield stage


@contextmanager
def _stage(progress: Progress, name: str, total: int | None) -> Iterator[Advance]:
    import time

    from rich.markup import escape

    task, start = progress.add_task(escape(name), total=total), time.monotonic()

    def advance(steps: int, what: str) -> None:
        progress.update(task, advance=steps, description=escape(f"{name} {what[-50:]}".strip()))

    yield advance
    done = progress.tasks[task].completed
    progress.update(task, description=escape(name), total=total or done or 1, completed=total or done or 1)
    if not progress.console.is_terminal:
        counted = f" ({done:,.0f})" if done else ""
        progress.console.print(f"{name}{counted}: {time.monotonic() - start:.1f} s", markup=False)


def _print(outcomes: list[Outcome], form: str, *, single: bool = False) -> None:
    if form == "json":
        found = [outcome.as_json() for outcome in outcomes]
        click.echo(json.dumps(found[0] if single else {"harvests": found}, indent=2, ensure_ascii=False))
        return
    for outcome in outcomes:
        _print_outcome(outcome)


def _print_outcome(outcome: Outcome) -> None:
    from rich import box
    from rich.table import Table

    from graph import terminal

    read = {
        "pages": outcome.pages,
        "bytes": outcome.size,
        "statements": outcome.triples,
        "datasets": outcome.datasets,
        "mends": sum(outcome.mends.values()),
        "problems": len(outcome.problems),
    }
    click.echo(f"catalogue {outcome.slug}:")
    for counts in (read, outcome.counts):  # two tables, so that a narrow terminal shows every digit
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in counts:
            table.add_column(name, justify="right")
        table.add_row(*(f"{count:,}" for count in counts.values()))
        terminal.console().print(table)
    _print_rows("changed datasets", {name: ", ".join(paths) for name, paths in outcome.changes.changed.items()})
    _print_rows("other changes", {name: ", ".join(paths) for name, paths in outcome.changes.others.items()})
    _print_rows("gone", dict.fromkeys(outcome.changes.gone, "kept, and left out of what is published"))
    _print_rows("back", dict.fromkeys(outcome.changes.back, "was gone"))
    _print_rows("in another catalogue too", {f"{t.dataset} = {t.other}": t.reason for t in outcome.twins})
    _print_rows("mended", {rule: f"{count:,}" for rule, count in sorted(outcome.mends.items())})
    _print_problems(outcome.problems)
    if not outcome.complete:
        click.echo("Not all of it could be read: what is not seen and may stand there is not taken for gone.")
    click.echo(outcome.verdict)


def _print_rows(title: str, rows: dict[str, str]) -> None:
    from graph.errors import visible

    if rows:
        click.echo(f"{title}:")
    for name, text in list(rows.items())[:MOST_SHOWN]:
        click.echo(visible(f"  {name}: {text}"))
    if len(rows) > MOST_SHOWN:
        click.echo(f"  and {len(rows) - MOST_SHOWN:,} more; --format json lists all.")


def _print_problems(problems: tuple[PmkgError, ...]) -> None:
    """Each problem with its file, line and reason: what was lost is never left out."""
    if problems:
        click.echo("problems:")
    for problem in problems:
        click.echo(f"  {problem}")
