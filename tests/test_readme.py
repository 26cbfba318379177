"""The README is true: its count, its answer, its table and its commands are those of the built graph."""

from __future__ import annotations

import re

import click
import pyoxigraph as ox

from graph.check.answers import rows_of
from graph.check.examples import results_csv
from graph.cli import main
from graph.names import PREFIXES
from graph.project import ROOT
from tests.conftest import Built

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def answer(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    return rows_of(results_csv(store.query(query, prefixes=PREFIXES)))


def test_the_count_is_that_of_the_graph(built: Built) -> None:
    stated = rows_of(blocks("csv")[1])
    assert answer(built.store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == stated
    assert f"{int(stated[1][0]):,} statements" in README


def test_the_first_question_has_the_answer_beside_it(built: Built) -> None:
    assert answer(built.store, blocks("sparql")[0]) == rows_of(blocks("csv")[0])


def test_the_table_of_families_is_the_answer_to_its_question() -> None:
    rows = rows_of((ROOT / "queries" / "050-what-is-in-the-graph.csv").read_text(encoding="utf-8"))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows[1:])
    assert f"| {' | '.join(rows[0])} |\n| --- | --- | --- |\n{table}\n" in README


def test_each_command_is_described_and_says_what_it_does() -> None:
    for name, command in main.commands.items():
        assert f"| `pmkg {name}` |" in README
        assert isinstance(command, click.Command) and command.help
