"""What `pmkg query --check` and `--why` say: an engine and a query flow in, text flows out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graph.store.engine import Engine


def check_query(engine: Engine, text: str, form: str | None) -> int:
    """Print what is wrong with the query, as JSON where that is the form, and give the exit status."""
    from graph.advise.advice import advise
    from graph.advise.schema import read_schema

    advice = advise(text, engine, read_schema(engine), why=False)
    if form == "json":
        click.echo(json.dumps(advice.as_json(), indent=2, ensure_ascii=False))
    elif not advice.problems:
        click.echo("No problem found.")
    for problem in advice.problems if form != "json" else ():
        click.echo(str(problem))
    if any(problem.kind == "syntax" for problem in advice.problems):
        return 2
    return 1 if advice.problems else 0


def explain_emptiness(engine: Engine, text: str) -> None:
    """Say on standard error why the query's answer is empty, where it is."""
    from graph.advise.advice import advise
    from graph.advise.schema import read_schema

    found = advise(text, engine, read_schema(engine)).empty
    if found is not None and found.is_empty is not False:
        click.echo(str(found), err=True)
