"""`pmkg agreement`: a folder of official shapes and examples flows in; a table of both verdicts flows out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from graph.catalogue.validate.agreement import Agreement, Reason


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--file", "pattern", default="*", help="Only the examples whose path fits this pattern.")
@click.option("--fast", is_flag=True, help="Leave out pyshacl: both shapes under the fast engine only.")
def agreement(folder: Path, pattern: str, fast: bool) -> None:
    """Hold our shapes for catalogues to the official ones, on every example in FOLDER.

    FOLDER has the official shapes in shapes/, their lists in vocabularies/ and, in examples/, files and expected.tsv.
    The official shapes run under pyshacl, and ours under both engines, which takes a few minutes; --fast leaves pyshacl
    out. Exit status 1 where a difference has no reason.
    """
    from graph.catalogue.validate.agreement import cases, compare, read_reasons
    from graph.catalogue.validate.official import Official
    from graph.terminal import console, stages

    chosen = [case for case in cases(folder / "examples") if case.path.match(pattern)]
    official, found = Official(folder), list["Agreement"]()
    with stages() as stage, stage(f"Holding {len(chosen)} verdicts to the official ones"):
        found.extend(compare(case, official, fast=fast) for case in chosen)
    reasons = read_reasons()
    console().print(_table(found, reasons))
    why = Counter(_reasons(found, reasons))
    for reason, number in why.most_common():
        click.echo(f"{number} {'difference' if number == 1 else 'differences'}: {reason or 'without a reason'}")
    changed = [it.case for it in found if not it.is_as_recorded]
    for case in changed:
        click.echo(f"The official shapes do not give what was recorded: {case.name} under {case.profile}.")
    same = sum(not it.differences for it in found)
    click.echo(
        f"{len(found)} verdicts: {same} the same, node by node and property by property, {len(found) - same} with "
        f"differences; {why[None]} differences without a reason."
    )
    differing = sum(it.differing for it in found)
    if not fast:
        click.echo(f"Our shapes under the fast engine and under pyshacl: {differing} results differ.")
    if why[None] or changed or differing:
        sys.exit(1)


def _reasons(found: Iterable[Agreement], reasons: list[Reason]) -> Iterator[str | None]:
    from graph.catalogue.validate.agreement import reason_for

    for it in found:
        for side, finding in it.differences:
            known = reason_for(it.case, side, finding, reasons)
            yield known.reason if known else None


def _table(found: Iterable[Agreement], reasons: list[Reason]) -> Table:
    """One row a verdict: how many nodes and properties break an obligation or a recommendation, on each side."""
    from rich import box
    from rich.table import Table

    from graph.catalogue.validate.agreement import reason_for

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("file", overflow="fold", min_width=58)
    table.add_column("profile")
    for name in ("conforms", "violations", "warnings"):
        table.add_column(f"{name}:\nours", justify="right")
        table.add_column("\nofficial", justify="right")
    table.add_column("differ:\nexplained", justify="right")
    table.add_column("\nnot", justify="right")
    for it in found:
        explained = [reason_for(it.case, *difference, reasons) is not None for difference in it.differences]
        sides = [
            {severity: sum(finding.severity == severity for finding in side) for severity in ("Violation", "Warning")}
            for side in (it.ours, it.official)
        ]
        table.add_row(
            it.case.name,
            it.case.profile,
            *("yes" if not side["Violation"] else "no" for side in sides),
            *(str(side["Violation"]) for side in sides),
            *(str(side["Warning"]) for side in sides),
            str(sum(explained)),
            str(len(explained) - sum(explained)),
        )
    return table
