"""The command `pmkg`: arguments flow in, text and an exit status flow out.

Exit status: 0 done, 1 findings or refused, 2 wrong usage or unreadable input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from graph.commands.agreement import agreement
from graph.commands.harvest import harvest
from graph.commands.link import link
from graph.commands.store import backup, history, restore, rollback
from graph.commands.token import token
from graph.commands.validate import validate
from graph.errors import InputError, Place, PmkgError, QuerySyntaxError, SettingError
from graph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graph.check.finding import Finding

UNREADABLE = (InputError, SettingError, QuerySyntaxError)


class Commands(click.Group):
    """Turns the errors of the tree into text on standard error and the exit status."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PmkgError as problem:
            click.echo(f"pmkg: {problem}", err=True)
            ctx.exit(2 if isinstance(problem, UNREADABLE) else 1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pmkg")
def main() -> None:
    r"""pmkg, the knowledge graph of personalised medicine.

    \b
    Start with:
      pmkg serve                        build if needed, then serve http://127.0.0.1:7878
      pmkg query 'SELECT * { ?s ?p ?o } LIMIT 5'
      pmkg check                        after a change to the ontology or the facts

    Settings are environment variables (PMKG_HOME, PMKG_PORT, ...): see the README.
    """


@main.command()
@click.option("--no-build", is_flag=True, help="Serve what is in the data directory, even if that is nothing.")
def serve(no_build: bool) -> NoReturn:
    """Serve the SPARQL endpoint and the query page; build first if the files changed."""
    Settings.from_environment()
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "web.serve", *(["--no-build"] if no_build else [])]
    os.execv(sys.executable, arguments)  # noqa: S606 - the server takes this process over, with its signals


@main.command()
@click.option("--force", is_flag=True, help="Build even if nothing changed since the last build.")
def build(force: bool) -> None:
    """Merge the files, reason over them, check the result and write a new generation of the graph."""
    from graph import pipeline, terminal

    with terminal.stages() as stage, _without_garbage_collection():
        outcome = pipeline.build(Settings.from_environment(), stage, force=force)
    if outcome.generation is None:
        _print_findings(outcome.findings, "table")
    elif outcome.findings:
        click.echo(f"{terminal.summary(outcome.findings)} pmkg check shows them.")
    click.echo(outcome.summary)
    if outcome.generation is None:
        sys.exit(1)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-reason", is_flag=True, help="Leave out the OWL reasoner (consistency and satisfiability).")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print findings.")
@click.option("--reference", is_flag=True, help="Validate the shapes with pyshacl, the reference; slower.")
@click.option("--all", "every", is_flag=True, help="A row for each warning, where the table would group those alike.")
def check(files: tuple[Path, ...], no_reason: bool, form: str, reference: bool, every: bool) -> None:
    """Run every check without writing anything: shapes, satisfiability, identifiers, evidence, expected answers.

    With FILES, checks these as if they were added to the project, and reports only what is wrong in them.
    """
    from graph import pipeline, terminal
    from graph.check.finding import has_errors

    with terminal.stages(quiet=form == "json") as stage, _without_garbage_collection():
        findings = pipeline.check(Settings.from_environment(), stage, files, reason=not no_reason, reference=reference)
    _print_findings(findings, form, every)
    if any(finding.check == "unreadable" for finding in findings):
        sys.exit(2)
    if has_errors(findings):
        sys.exit(1)


@main.command()
@click.argument("text", required=False)
@click.option(
    "-f",
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help="Read the query from a file; queries/*.ttl too.",
)
@click.option(
    "--format",
    "name",
    help="csv, json, xml, tsv, arrow, parquet for tables (csv by default); turtle, jsonld, ... for graphs.",
)
@click.option("--check", "only_check", is_flag=True, help="Do not run it: say what in it the graph does not have.")
@click.option("--why", is_flag=True, help="Where the answer is empty, say on standard error why.")
def query(text: str | None, path: Path | None, name: str | None, only_check: bool, why: bool) -> None:
    """Answer one SPARQL query, given as TEXT or with -f FILE (- for standard input), from the built graph."""
    from graph import terminal
    from graph.commands import advice
    from graph.store.engine import QueryRequest, open_engine

    if (text is None) == (path is None):
        raise click.UsageError("Give a query as TEXT or with --file, and not both.")
    with contextlib.closing(open_engine(Settings.from_environment())) as engine:
        engine.generation()  # where nothing has been built, say so at once instead of waiting for a build
        asked = text or _read_text(path)
        if only_check:
            sys.exit(advice.check_query(engine, asked, name))
        request = QueryRequest(asked, *_formats(name))
        with engine.query(request) as answer:
            terminal.write(answer)
        if why:
            advice.explain_emptiness(engine, asked)


for command in (harvest, agreement, token, history, rollback, backup, restore, link, validate):
    main.add_command(command)


def _read_text(path: Path | None) -> str:
    if path is not None and path.suffix == ".ttl":
        from graph.check.examples import read_example

        return read_example(path).text
    try:
        with click.open_file(str(path), encoding="utf-8") as handle:
            return str(handle.read())
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text.", place=Place(file=str(path)), advice="Save it as UTF-8.") from error


def _formats(name: str | None) -> tuple[str | None, str | None]:
    """The format for tables and the one for graphs; a name that fits only one kind leaves none for the other."""
    from graph.store.formats import Kind, by_name

    if name is None:
        return "csv", "turtle"
    kind = by_name(name).kind
    return (name, None) if kind is Kind.SOLUTIONS else (None, name)


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A run of seconds makes a million objects that all live on: looking for cycles among them costs a fifth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _print_findings(findings: Sequence[Finding], form: str, every: bool = False) -> None:
    if form == "json":
        click.echo(json.dumps({"findings": [finding.as_json() for finding in findings]}, indent=2, ensure_ascii=False))
        return
    from graph import terminal

    if findings:
        terminal.console().print(terminal.table(findings, every=every))
    click.echo(terminal.summary(findings))


if __name__ == "__main__":
    main()
