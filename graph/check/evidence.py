"""Whether every fact says where it is from, and every passage is used: facts and sources flow in, findings flow out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.check.finding import Finding, error, warning
from graph.errors import Place
from graph.names import BASE, DCTERMS, DEF, SCHEMA, SOURCE, SOURCES_GRAPH, shorten
from graph.rdf.index import TYPE, Index, str_of
from graph.rdf.reading import Dataset, shown

PASSAGE_NUMBER = DEF + "passageNumber"

# What a source, a passage of one and a release of one must carry: property, name of the check, what to do.
OF_A_SOURCE = ((DCTERMS + "title", "incomplete-source", "Give it a dcterms:title."),)
OF_A_PASSAGE = ((DCTERMS + "isPartOf", "sourceless-passage", "Name its source with dcterms:isPartOf."),)
OF_A_RELEASE = (
    *OF_A_PASSAGE,
    (DCTERMS + "license", "incomplete-source", "State the licence of the authority's release."),
    (SCHEMA + "version", "incomplete-source", "State the version of the authority's release."),
)


def check_evidence(dataset: Dataset, index: Index, uncited: Path) -> Iterator[Finding]:
    """Facts stand in a named graph of a described source; each content sentence of a source is cited or excused.

    The content sentences are the passages with a number but 0, which is a heading's. `uncited` is a table of those that
    state nothing, each as `source/passage` with the reason; there need not be one.
    """
    yield from _graphs(dataset, index)
    yield from _sources(dataset, index)
    yield from _coverage(dataset, index, uncited)


def _graphs(dataset: Dataset, index: Index) -> Iterator[Finding]:
    for file in dataset.files:
        loose = {quad.subject for quad in file.quads if isinstance(quad.graph_name, ox.DefaultGraph)}
        for subject in sorted(map(str_of, loose)):
            yield error(
                "missing-evidence",
                f"what is said of {shorten(subject)} stands in no passage's graph.",
                file.place_of(subject),
                "Put each statement into the named graph of the passage that states it.",
            )
        named = {quad.graph_name.value for quad in file.quads if isinstance(quad.graph_name, ox.NamedNode)}
        for graph in sorted(named):
            if not graph.startswith((SOURCE, BASE + "graph/")):
                yield error(
                    "missing-evidence",
                    f"<{graph}> is not the graph of a source.",
                    file.place_of(graph),
                    f"Facts stand in graphs under {SOURCE}.",
                )
            elif graph.startswith(SOURCE) and not index.objects(graph, TYPE):
                yield error(
                    "unknown-source",
                    f"{shorten(graph)} is described nowhere.",
                    file.place_of(graph),
                    "Describe the passage and its source in facts/sources.trig.",
                )


def _sources(dataset: Dataset, index: Index) -> Iterator[Finding]:
    described = {
        quad.subject.value
        for quad in dataset.quads
        if quad.graph_name == ox.NamedNode(SOURCES_GRAPH)
        and isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith(SOURCE)
    }
    for iri in sorted(described):
        is_part, is_numbered = "/" in iri.removeprefix(SOURCE), index.objects(iri, PASSAGE_NUMBER)
        required = OF_A_SOURCE if not is_part else OF_A_PASSAGE if is_numbered else OF_A_RELEASE
        for predicate, check, advice in required:
            if not index.objects(iri, predicate):
                yield error(check, f"{shorten(iri)} has no {shorten(predicate)}.", dataset.place_of(iri), advice)


def _coverage(dataset: Dataset, index: Index, uncited: Path) -> Iterator[Finding]:
    sentences = {
        passage
        for passage in index.all_subjects
        if any(n.value != "0" for n in index.literals(passage, PASSAGE_NUMBER))
    }
    cited = {quad.graph_name.value for quad in dataset.quads if isinstance(quad.graph_name, ox.NamedNode)}
    excuses = list(_excuses(uncited))
    for passage in sorted(sentences - cited - {excuse.passage for excuse in excuses}):
        source = passage.removeprefix(SOURCE).partition("/")[0]
        yield error(
            "uncited-sentence",
            f"no fact cites {shorten(passage)}.",
            dataset.place_of(passage),
            f"State what it says in facts/{source}.trig, or list it in {uncited.name} with the reason.",
        )
    for excuse in excuses:
        name, place = excuse.passage.removeprefix(SOURCE), excuse.place
        if excuse.passage in cited:
            yield warning("needless-excuse", f"{name} is cited after all.", place, "Take the line out.")
        elif excuse.passage not in sentences:
            advice = "Write source/passage, as facts/sources.trig names them."
            yield error("unknown-sentence", f"no source has a content sentence {name}.", place, advice)
        elif not excuse.reason:
            yield error("missing-reason", f"{name} is left out for no reason.", place, "Say why it states no fact.")


@dataclass(frozen=True)
class Excuse:
    """A line of the table of sentences that state no fact."""

    passage: str
    reason: str
    place: Place


def _excuses(uncited: Path) -> Iterator[Excuse]:
    if not uncited.exists():
        return
    with uncited.open(encoding="utf-8", newline="") as handle:
        for number, line in enumerate(handle, 1):
            name, _, reason = line.rstrip("\r\n").partition("\t")
            if number > 1 and name:  # the first line names the columns
                yield Excuse(SOURCE + name, reason.strip(), Place(shown(uncited), number, term=name))
