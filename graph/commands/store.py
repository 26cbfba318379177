"""`pmkg history`, `rollback`, `backup` and `restore`: generations flow in and out, beside a server that runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graph.settings import Settings

if TYPE_CHECKING:
    from graph.store.generation import Generation
    from graph.store.generations import Generations


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print it.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
def history(form: str, limit: int | None) -> None:
    """List the generations, newest first: when, by whom, and what each changed."""
    generations = _generations()
    current = generations.current().number
    found = sorted(generations.all(), key=lambda generation: generation.number, reverse=True)[:limit]
    if form == "json":
        import json

        rows = [_row(generation, current) for generation in found]
        click.echo(json.dumps({"generations": rows}, indent=2, ensure_ascii=False))
    else:
        _print_table(found, current)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
def rollback(number: int) -> None:
    """Make an older generation the current one again; those after it are kept."""
    generations = _generations()
    before = generations.current()
    generations.get(number).check_content()
    generations.get(number).open()
    chosen = generations.select(number)
    _note("rollback", chosen)
    click.echo(f"Generation {number} of {chosen.created} is current: {chosen.triples} statements.")
    if chosen.fingerprint != before.fingerprint:
        click.echo(
            "It was built from other files than the one before. 'pmkg serve' builds anew where the files have changed "
            "since; 'pmkg serve --no-build' serves what is there.",
            err=True,
        )


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def backup(path: Path, force: bool) -> None:
    """Write the current generation and the audit log to FILE (- for standard output), without tokens or keys."""
    from graph.store.backup import back_up, back_up_to

    if str(path) == "-":
        made = back_up(_generations(), sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif path.exists() and not force:
        raise click.UsageError(f"{path} is there already. Choose another name, or --force.")
    else:
        made = back_up_to(_generations(), path)
    click.echo(f"Generation {made.number} of {made.created} is backed up: {made.triples} statements.", err=True)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
def restore(path: Path) -> None:
    """Make the generation of a backup FILE (- for standard input) the next one, if it is whole."""
    from graph.store.backup import restore as restore_from

    with click.open_file(str(path), "rb") as source:
        from graph.write.local import local_user

        metadata = {"who": local_user(), "role": "admin"}
        made = restore_from(_generations(), source, str(path), metadata)
    _note("restore", made)
    click.echo(f"Generation {made.number} is current: {made.triples} statements, {made.note}.")


def _generations() -> Generations:
    from graph.store.generations import Generations

    settings = Settings.from_environment()
    return Generations(settings.home, union=settings.union_default_graph, keep=settings.keep_generations)


def _row(generation: Generation, current: int) -> dict[str, Any]:
    from graph.store.backup import WRITE_NOTES

    noted = {name: generation.metadata[name] for name in WRITE_NOTES if name in generation.metadata}
    return {
        "generation": generation.number,
        "current": generation.number == current,
        "created": generation.created,
        "note": generation.note,
        "parent": generation.parent,
        "statements": generation.triples if generation.union else generation.triples + generation.quads,
        **noted,
    }


def _print_table(found: list[Generation], current: int) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from graph import terminal

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("generation", "created", "by", "note", "added", "removed", "statements"):
        right = column in ("generation", "added", "removed", "statements")
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for generation in found:
        row = _row(generation, current)
        number = f"[bold]* {generation.number}[/]" if row["current"] else str(generation.number)
        counts = (f"{row[name]:,}" if isinstance(row.get(name), int) else "" for name in ("added", "removed"))
        who = escape(str(row.get("who", "")))
        table.add_row(number, generation.created, who, escape(generation.note), *counts, f"{row['statements']:,}")
    terminal.console().print(table)


def _note(verb: str, generation: Generation) -> None:
    """Say in the audit log who did it."""
    from datetime import UTC, datetime

    from graph.write import audit
    from graph.write.local import local_user

    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": moment, "who": local_user(), "role": "admin", "verb": verb, "outcome": "done"}
    try:
        audit.append(Settings.from_environment().home, {**line, "generation": generation.number})
    except OSError as error:
        click.echo(f"It is done, but the audit log cannot be written: {error.strerror}.", err=True)
