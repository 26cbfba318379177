"""A dataset's page: what its catalogue says and what we know of it flow in; one object for the template flows out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from graph.errors import PmkgError
from graph.rdf.index import str_of
from web.dossier import Dossier, Harvest, Link, Mend
from web.facets import Holding, Index
from web.judging import Case
from web.records import Record, Variable, statements
from web.service import Service
from web.vocabulary import IN_WORDS

if TYPE_CHECKING:
    from graph.catalogue.report.report import RecordReport

MOST_VARIABLES = 50
MOST_KEPT = 64  # reports that are kept until the next generation


@dataclass(frozen=True)
class Elsewhere:
    """The same dataset in another catalogue: its page, where we have one."""

    iri: str
    holding: Holding | None
    reason: str = ""


@dataclass(frozen=True)
class DatasetPage:
    """All that the page shows."""

    holding: Holding
    record: Record
    dossier: Dossier
    catalogue: str
    access_in_words: str
    variables: Sequence[Variable]
    total_variables: int
    links: dict[str, list[Link]]
    mends: list[Mend]
    harvests: list[Harvest]
    elsewhere: list[Elsewhere]
    report: RecordReport | None
    no_report: str


def page_of(
    known: Service,
    index: Index,
    holding: Holding,
    stores: tuple[ox.Store, ox.Store],
    languages: Sequence[str],
    *,
    is_whole: bool = False,
) -> DatasetPage:
    """Everything of one dataset, with its report as the profile of its level has it now.

    The stores are the generation's, and the one that has the record, which is another for our own datasets.
    """
    store, told = stores
    triples = statements(told, holding.slug, holding.iri)
    record, dossier = Record(holding.iri, triples, languages), Dossier(store, holding.slug, holding.iri)
    report, no_report = _report(known, holding, triples)
    columns = record.variables
    return DatasetPage(
        holding=holding,
        record=record,
        dossier=dossier,
        catalogue=index.label("catalogue", holding.slug, languages),
        access_in_words=IN_WORDS[record.level] if record.level else "",
        variables=columns if is_whole else columns[:MOST_VARIABLES],
        total_variables=len(columns),
        links=dossier.links,
        mends=dossier.mends({str_of(triple.subject) for triple in triples}),
        harvests=dossier.harvests,
        elsewhere=_elsewhere(index, holding, dossier),
        report=report,
        no_report=no_report,
    )


def _elsewhere(index: Index, holding: Holding, dossier: Dossier) -> list[Elsewhere]:
    """Where else the dataset is: under the same IRI, or under one that was found to be the same."""
    same = [item for item in index.by_iri.get(holding.iri, []) if item.slug != holding.slug]
    found = [Elsewhere(item.iri, item, "under the same IRI") for item in same]
    for iri in dossier.elsewhere:
        reason = dossier.reason(iri)
        found += [Elsewhere(iri, item, reason) for item in index.by_iri.get(iri, [])] or [Elsewhere(iri, None, reason)]
    return found


def _report(known: Service, holding: Holding, triples: Sequence[ox.Triple]) -> tuple[RecordReport | None, str]:
    """What is to be mended of the record, or why that cannot be said now."""
    generation = known.generation
    if generation is None:
        return None, ""
    kept = known.kept("reports", generation, OrderedDict[tuple[str, str], "RecordReport"])
    if (found := kept.get((holding.slug, holding.key))) is not None:
        return found, ""
    content = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    try:
        reported = known.judges.judge(Case(content, "application/n-triples", holding.iri))
    except PmkgError as error:
        return None, error.message
    if isinstance(reported, str):
        return None, ""
    report = next((item for item in reported.records if item.dataset == holding.iri), None)
    if report is not None:
        kept[holding.slug, holding.key] = report
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return report, ""
