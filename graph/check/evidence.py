"""Whether every fact says where it is from, and every passage is used: facts and sources flow in, findings flow out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from graph.check.finding import Finding, error, warning
from graph.errors import Place
from graph.names import BASE, DCTERMS, DEF, SCHEMA, SOURCE, SOURCES_GRAPH, shorten
from graph.rdf.index import TYPE, Index, str_of
from graph.rdf.reading import Dataset, shown

REPORT = SOURCE + "icpermed-2022"
PASSAGE_NUMBER = DEF + "passageNumber"


def check_evidence(dataset: Dataset, index: Index, uncited: Path) -> Iterator[Finding]:
    """Facts stand in a named graph of a described source; each content sentence of the report is cited or excused."""
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
                Place(file=shown(file.path), line=file.line_of(subject), term=shorten(subject)),
                "Put each statement into the named graph of the passage that states it.",
            )
        for graph in sorted(
            {quad.graph_name.value for quad in file.quads if isinstance(quad.graph_name, ox.NamedNode)}
        ):
            if not graph.startswith((SOURCE, BASE + "graph/")):
                yield error(
                    "missing-evidence",
                    f"<{graph}> is not the graph of a source.",
                    Place(file=shown(file.path), line=file.line_of(graph), term=graph),
                    f"Facts stand in graphs under {SOURCE}.",
                )
            elif graph.startswith(SOURCE) and not index.objects(graph, TYPE):
                yield error(
                    "unknown-source",
                    f"{shorten(graph)} is described nowhere.",
                    Place(file=shown(file.path), line=file.line_of(graph), term=shorten(graph)),
                    "Describe the passage and its source in facts/sources.trig.",
                )


def _sources(dataset: Dataset, index: Index) -> Iterator[Finding]:
    described = {
        quad.subject.value
        for quad in dataset.quads
        if isinstance(quad.graph_name, ox.NamedNode)
        and quad.graph_name.value == SOURCES_GRAPH
        and isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith(SOURCE)
    }
    for iri in sorted(described):
        if "/" in iri.removeprefix(SOURCE):
            if not index.iris(iri, DCTERMS + "isPartOf"):
                yield error(
                    "sourceless-passage",
                    f"{shorten(iri)} belongs to no source.",
                    dataset.place_of(iri),
                    "Name its source with dcterms:isPartOf.",
                )
            release = not index.objects(iri, PASSAGE_NUMBER)
            for predicate in (DCTERMS + "license", SCHEMA + "version") if release else ():
                if not index.objects(iri, predicate):
                    yield error(
                        "incomplete-source",
                        f"{shorten(iri)} has no {shorten(predicate)}.",
                        dataset.place_of(iri),
                        "State the version and the licence of each authority's release.",
                    )
        elif not index.objects(iri, DCTERMS + "title"):
            yield error(
                "incomplete-source",
                f"{shorten(iri)} has no title.",
                dataset.place_of(iri),
                "Give it a dcterms:title.",
            )


def _coverage(dataset: Dataset, index: Index, uncited: Path) -> Iterator[Finding]:
    sentences = {
        passage
        for passage in index.subjects(DCTERMS + "isPartOf", REPORT)
        if any(number.value != "0" for number in index.literals(passage, PASSAGE_NUMBER))
    }
    cited = {quad.graph_name.value for quad in dataset.quads if isinstance(quad.graph_name, ox.NamedNode)}
    excused = _excused(uncited)
    for passage in sorted(sentences - cited):
        if passage.removeprefix(REPORT + "/") not in excused:
            yield error(
                "uncited-sentence",
                f"no fact cites {shorten(passage)}.",
                dataset.place_of(passage),
                f"State what it says in facts/icpermed-2022.trig, or list it in {uncited.name} with the reason.",
            )
    for name, line in excused.items():
        place = Place(file=shown(uncited), line=line, term=name)
        if f"{REPORT}/{name}" in cited:
            yield warning("needless-excuse", f"{name} is cited after all.", place, "Take the line out.")
        elif f"{REPORT}/{name}" not in sentences:
            yield error("unknown-sentence", f"the report has no content sentence {name}.", place, "Mend the name.")


def _excused(uncited: Path) -> dict[str, int]:
    with uncited.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        return {row["sentence"]: number for number, row in enumerate(rows, 2)}
