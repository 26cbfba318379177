"""`pmkg validate`: a file or the slug of a harvested catalogue flows in; the report on its records flows out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graph.errors import InputError, NoGenerationError, Place
from graph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyoxigraph as ox

    from graph.catalogue.records import Catalogue
    from graph.catalogue.report import Reported

PROFILES = ("healthdcat-ap-r8-public", "healthdcat-ap-r8-restricted", "healthdcat-ap-r8-non-public", "dcat-ap-3.0.1")
FORMATS = ("table", "html", "md", "csv", "json", "turtle", "ntriples", "rdfxml", "jsonld", "nquads", "trig")


@click.command()
@click.argument("source", metavar="FILE_OR_SLUG")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Hold every dataset to this; else each to HealthDCAT-AP Release 8 at the level that it names.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How to print the report.")
@click.option("--score", "scored", is_flag=True, help="Add the metadata quality score of data.europa.eu, 405 points.")
@click.option("--reachability", is_flag=True, help="Ask, too, whether the data's addresses answer; implies --score.")
def validate(source: str, profile: str | None, form: str, scored: bool, reachability: bool) -> None:
    """Say what the records of a FILE (- for standard input) or a harvested catalogue lack, and how to mend it.

    Exit status: 0 where no obligation is broken, 1 where one is or there is no dataset, 2 where the file is unreadable.
    """
    from graph import terminal
    from graph.catalogue.records import Catalogue
    from graph.catalogue.report import render, report_of

    settings = Settings.from_environment()
    catalogue = Catalogue(_triples(source, settings))
    reached = _reached(catalogue, settings) if reachability else None
    reported = report_of(
        catalogue, profile, scored=scored or reachability, reachability=reached, source="" if source == "-" else source
    )
    if form == "table":
        _print(reported)
    else:
        terminal.write([render(reported, form).encode()])
    if not reported.conforms:
        sys.exit(1)


def _print(reported: Reported) -> None:
    from graph import terminal
    from graph.catalogue.report.table import print_report

    print_report(reported, terminal.console())


def _triples(source: str, settings: Settings) -> frozenset[ox.Triple]:
    """The statements of a file, or of a catalogue of the current generation without the datasets that are gone.

    Raises:
        InputError: there is neither, or the file cannot be read.
    """
    from graph.catalogue.read.document import read_document

    path = Path(source)
    if source == "-":
        return frozenset(read_document(sys.stdin.buffer.read(), "", "standard input", settings).triples)
    if path.is_file():
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}.", place=Place(file=source)) from error
        return frozenset(read_document(content, "", source, settings).triples)
    if path.is_dir():
        message, advice = "it is a folder.", "Name a file in it, or harvest it: pmkg harvest."
        raise InputError(message, place=Place(file=source), advice=advice)
    return _harvested(source, settings)


def _harvested(slug: str, settings: Settings) -> frozenset[ox.Triple]:
    from graph.store.generations import Generations

    try:
        store = Generations(settings.home, union=settings.union_default_graph).current().open()
    except NoGenerationError as error:
        message = f"there is no file '{slug}', and nothing was harvested yet."
        raise InputError(message, advice="Name a file, or harvest the catalogue first: pmkg harvest.") from error
    known = _slugs(store)
    if slug not in known:
        catalogues = f"Harvested are: {', '.join(known)}." if known else "No catalogue was harvested yet."
        raise InputError(f"there is no file and no catalogue '{slug}'.", advice=f"Name a file. {catalogues}")
    return _without_gone(store, slug)


def _slugs(store: ox.Store) -> list[str]:
    from graph.names import CATALOGUE

    names = (graph.value for graph in store.named_graphs() if graph.value.startswith(CATALOGUE))
    return sorted(name.removeprefix(CATALOGUE) for name in names if "/" not in name.removeprefix(CATALOGUE))


def _without_gone(store: ox.Store, slug: str) -> frozenset[ox.Triple]:
    """What a catalogue says, but for what is only said of datasets that its source has no more."""
    import pyoxigraph as ox

    from graph.catalogue.records import Catalogue
    from graph.names import CATALOGUE, PREFIXES
    from graph.rdf.index import str_of
    from graph.sparql.literals import unprotect_quad

    graph, notes = ox.NamedNode(CATALOGUE + slug), ox.NamedNode(f"{CATALOGUE}{slug}/record")
    triples = frozenset(unprotect_quad(quad).triple for quad in store.quads_for_pattern(None, None, None, graph))
    marked = ox.NamedNode(PREFIXES["prov"] + "invalidatedAtTime")
    topic = ox.NamedNode(PREFIXES["foaf"] + "primaryTopic")
    records = [quad.subject for quad in store.quads_for_pattern(None, marked, None, notes)]
    gone = {str_of(quad.object) for it in records for quad in store.quads_for_pattern(it, topic, None, notes)}
    if not gone:
        return triples
    catalogue = Catalogue(triples)
    kept = frozenset[ox.Triple]().union(*(catalogue.record(it) for it in catalogue.datasets if it not in gone))
    lost = frozenset[ox.Triple]().union(*(catalogue.record(it) for it in catalogue.datasets if it in gone))
    click.echo(f"{len(gone)} that the source has no more are left out.", err=True)
    return triples - (lost - kept)


def _reached(catalogue: Catalogue, settings: Settings) -> Mapping[str, bool]:
    from graph import terminal
    from graph.catalogue.score.reach import Politeness, reachability
    from graph.catalogue.score.scoring import addresses_of
    from graph.net.addresses import Reach

    addresses = list(addresses_of(catalogue))
    reach = Reach.of(settings.harvest_reach, "PMKG_HARVEST_REACH", anywhere=True)
    politeness = Politeness(pause=1 / settings.harvest_requests_per_second)
    number = min(len(addresses), politeness.addresses)
    with terminal.stages() as stage, stage(f"asking {number:,} address{'' if number == 1 else 'es'}"):
        return reachability(addresses, reach, politeness)
