"""`pmkg link`: the catalogues of the current generation flow in, links from datasets to concepts flow out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graph.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from graph.catalogue.link.evaluate import Evaluation
    from graph.catalogue.link.keeping import Linked
    from graph.rdf.index import Index


@click.command()
@click.argument("slug", required=False)
@click.option("--reject", nargs=2, metavar="DATASET CONCEPT", help="Say that a dataset is not about a concept.")
@click.option("--because", help="Why a link is rejected; whoever sees the dataset sees it too.")
@click.option("--evaluate", is_flag=True, help="Write nothing: print precision and recall on a sample judged by hand.")
@click.option("--sample", type=click.Path(dir_okay=False, path_type=Path), help="Another sample than the project's.")
@click.option("--records", type=click.Path(file_okay=False, path_type=Path), help="The folder of the sample's records.")
@click.option("--errors", is_flag=True, help="With --evaluate, also list each link that is wrong or missing.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print it.")
def link(
    slug: str | None,
    reject: tuple[str, str] | None,
    because: str | None,
    evaluate: bool,
    sample: Path | None,
    records: Path | None,
    errors: bool,
    form: str,
) -> None:
    """Link each dataset to the concepts that it is about: of the catalogue SLUG, or of all.

    Codes are looked up first, then names in titles, keywords, descriptions and variables. Each link says how, how
    surely, and by which words it was found. Linking again what has not changed writes nothing.
    """
    if (reject is None) != (because is None):
        raise click.UsageError("--reject DATASET CONCEPT and --because TEXT go together.")
    if evaluate:
        _evaluate(sample, records, errors, form)
    elif reject is not None and because is not None:
        _reject(*reject, because)
    else:
        _link(slug, form)


def _link(slug: str | None, form: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from graph.access.roles import Role
    from graph.catalogue.keep.places import slugs
    from graph.catalogue.link.keeping import relink
    from graph.errors import NoSuchGraphError
    from graph.write.local import working
    from graph.write.request import Chore

    console = Console(stderr=True)
    columns = (TextColumn("Linking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    chore = Chore("link", f"catalogue {slug}" if slug else "all catalogues")
    with working(Settings.from_environment(), chore, Role.CURATOR) as work:
        known = slugs(work.draft.store)
        if slug is not None and slug not in known:
            advice = f"Harvested are: {', '.join(known)}." if known else "Harvest one with 'pmkg harvest SOURCE'."
            raise NoSuchGraphError(f"there is no catalogue {slug}.", advice=advice)
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=None)
            outcome = relink(work.change, slug, lambda done, of: progress.update(task, completed=done, total=of))
    assert work.written is not None, "said by what ends the work"
    _print_outcome(outcome, work.written.added, work.written.removed, work.written.generation, form)


def _print_outcome(outcome: Linked, added: int, removed: int, generation: int, form: str) -> None:
    is_new = bool(added or removed)
    if form == "json":
        counts = vars(outcome) | {"statements_added": added, "statements_removed": removed, "generation": generation}
        click.echo(json.dumps(counts | {"changed": is_new}))
        return
    rejected = f", and {outcome.rejected} that a curator has rejected" if outcome.rejected else ""
    click.echo(f"{outcome.datasets:,} datasets: {outcome.linked:,} with {outcome.links:,} links{rejected}.")
    if is_new:
        click.echo(f"Generation {generation} is current: {added:,} statements added, {removed:,} removed.")
    else:
        click.echo(f"Nothing has changed: generation {generation} stays.")


def _reject(dataset: str, concept: str, because: str) -> None:
    import pyoxigraph as ox

    from graph.access.roles import Role
    from graph.catalogue.link.concepts import concepts_in
    from graph.catalogue.link.keeping import reject
    from graph.catalogue.link.statements import Statements
    from graph.errors import InputError, Place
    from graph.names import AGENT, PREFIXES
    from graph.rdf.terms import date_time
    from graph.write.local import working
    from graph.write.request import Chore

    prefix, _, local = concept.partition(":")
    iri = PREFIXES[prefix] + local if prefix in ("def", "id") else concept
    role = Role.CURATOR
    with working(Settings.from_environment(), Chore("link", "rejection"), role) as work:
        if not any(True for _ in Statements(work.draft.store).predicates(dataset)):
            advice = "Give the IRI of a dataset as its catalogue has it."
            raise InputError("no catalogue says anything of it.", place=Place(term=dataset), advice=advice)
        if iri not in concepts_in(work.draft.store).families:
            advice = "Give a concept that datasets are linked to, as def:Cancer or id:breast-cancer."
            raise InputError("it is no concept.", place=Place(term=concept), advice=advice)
        now = date_time(datetime.now(UTC))
        stood = reject(work.change, dataset, iri, because, ox.NamedNode(AGENT + role.value), now)
    assert work.written is not None, "said by what ends the work"
    done = "The link is rejected" if stood else "There was no such link; it will not be made"
    click.echo(f"{done}. Generation {work.written.generation} is current.")


def _evaluate(sample: Path | None, records: Path | None, errors: bool, form: str) -> None:
    from graph.build.merge import merge
    from graph.catalogue.link.concepts import Concepts
    from graph.catalogue.link.evaluate import evaluate, read_sample
    from graph.catalogue.link.linker import Linker
    from graph.project import ROOT, Project

    folder = records or ROOT.parent / "shared" / "ehds" / "examples"
    judged = read_sample(sample or ROOT / "tests" / "catalogue" / "link" / "gold.tsv")
    linker = Linker(Concepts(merge(Project()).triples))
    parts = evaluate(linker, judged, lambda name: _index(folder / name))
    if form == "json":
        click.echo(json.dumps({part: found.as_json() for part, found in parts.items()}, indent=2))
        return
    from graph.terminal import console

    console().print(_table(parts))
    if errors:
        for outcome, record, concept in parts["all"].errors:
            click.echo(f"{outcome}\t{record.part}\t{record.file}\t{record.dataset}\t{concept}")
    whole = parts["all"]
    click.echo(
        f"{whole.records} records judged by hand: precision {whole.overall.precision:.2f}, "
        f"recall {whole.overall.recall:.2f}."
    )


def _index(path: Path) -> Index:
    from graph.catalogue.read.document import read_leniently
    from graph.errors import InputError, Place
    from graph.rdf.index import Index

    try:
        content = path.read_bytes()
    except OSError as error:
        advice = "Name the folder with the sample's records with --records."
        raise InputError(f"cannot be read: {error.strerror}.", place=Place(file=str(path)), advice=advice) from error
    page, _ = read_leniently(content, "", str(path))
    return Index(page.triples)


def _table(parts: dict[str, Evaluation]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("records", "family", "right", "wrong", "missing", "precision", "recall"):
        table.add_column(column, justify="left" if column in ("records", "family") else "right")
    for part, found in parts.items():
        rows = [("all families", found.overall), *sorted(found.families.items())]
        for number, (family, tally) in enumerate(rows):
            counts = (str(tally.right), str(tally.wrong), str(tally.missing))
            name = f"{part} ({found.records})" if number == 0 else ""
            table.add_row(name, family, *counts, f"{tally.precision:.2f}", f"{tally.recall:.2f}")
        table.add_section()
    return table
