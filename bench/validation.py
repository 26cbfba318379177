"""What validating a write costs: copies of the project's facts flow in as a store, a table of medians flows out.

    python -m bench.validation [--triples 1000000] [--rounds 20]

The store is on disk, as a write finds it. Each row is a write that is validated by what it touches; the last validates
everything, in the same run.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from graph.build.materialise import materialise
from graph.build.merge import merge
from graph.build.publish import named_quads
from graph.check.report import Report
from graph.check.touched import Shapes
from graph.names import DEF, ID, RDF, RDFS, SOURCE, XSD
from graph.project import Project
from graph.rdf.index import Term

TYPE, LABEL = ox.NamedNode(RDF + "type"), ox.NamedNode(RDFS + "label")
GRAPH = ox.NamedNode(SOURCE + "icpermed-2022/trials-2")
DEFAULT = ox.DefaultGraph()
SHARED = (DEF + "Place", DEF + "Aim", DEF + "Topic", DEF + "HealthData")  # what many things refer to, so not copied


def named(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def copies(quads: list[ox.Quad], triples: int) -> Iterator[ox.Quad]:
    """The quads, and copies of the facts with things of their own, until there are so many triples."""
    shared = {quad.subject for quad in quads if quad.predicate == TYPE and quad.object in set(map(named, SHARED))}
    facts = [q for q in quads if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(ID)]
    facts = [quad for quad in facts if quad.subject not in shared]
    yield from quads
    count, number = len({quad.triple for quad in quads}), 0
    size = len({quad.triple for quad in facts})
    while count < triples:
        number += 1
        own = {quad.subject for quad in facts if isinstance(quad.subject, ox.NamedNode)}
        names: dict[Term, ox.NamedNode] = {subject: named(f"{subject.value}-{number}") for subject in own}
        for quad in facts:
            value = names.get(quad.object, quad.object)
            yield ox.Quad(names[quad.subject], quad.predicate, value, quad.graph_name)
        count += size


def new_datasets(number: int) -> Iterator[ox.Quad]:
    """Ten statements about each of so many new datasets, which conform."""
    for n in range(number):
        dataset, data = named(f"{ID}bench-dataset-{n}"), named(f"{ID}bench-data-{n}")
        for subject, predicate, value in (
            (dataset, TYPE, named(DEF + "Dataset")),
            (dataset, LABEL, ox.Literal(f"dataset {n}", language="en")),
            (dataset, named(DEF + "hasDataType"), data),
            (dataset, named(DEF + "heldBy"), named(ID + "ecrin")),
            (dataset, named(DEF + "hasTopic"), named(ID + "rare-disease")),
            (data, TYPE, named(DEF + "HealthData")),
            (data, LABEL, ox.Literal(f"data {n}", language="en")),
            (data, named(DEF + "dataTypeOf"), dataset),
            (dataset, named(f"{DEF}acronym"), ox.Literal(f"D{n}")),
            (dataset, named(f"{DEF}homepage"), ox.Literal(f"https://example.org/{n}", datatype=named(f"{XSD}anyURI"))),
        ):
            yield ox.Quad(subject, predicate, value, GRAPH)


def writes() -> Iterator[tuple[str, list[ox.Quad]]]:
    """Writes by name, as quads to add."""
    yield "1: a second label", [ox.Quad(named(ID + "ecrin"), LABEL, ox.Literal("another", language="en"), GRAPH)]
    yield "1: a link", [ox.Quad(named(ID + "strimvelis"), named(DEF + "treats"), named(ID + "ecrin"), GRAPH)]
    yield "1: a place's class", [ox.Quad(named(ID + "germany"), TYPE, named(DEF + "Disease"), GRAPH)]
    yield "1: the label of a class", [ox.Quad(named(DEF + "Disease"), LABEL, ox.Literal("y", language="en"), GRAPH)]
    superclass = named(RDFS + "subClassOf")
    yield "1: a class over a class", [ox.Quad(named(DEF + "City"), superclass, named(DEF + "Disease"), GRAPH)]
    yield "10: a dataset", list(new_datasets(1))
    yield "100: ten datasets", list(new_datasets(10))
    yield "1000: a hundred datasets", list(new_datasets(100))


def seconds(shapes: Shapes, store: ox.Store, quads: list[ox.Quad], rounds: int) -> tuple[float, Report]:
    """The median time of validating a write, in this process's own time, and the report."""
    both = [*quads, *(ox.Quad(quad.subject, quad.predicate, quad.object, DEFAULT) for quad in quads)]
    new = [quad for quad in both if quad not in store]
    store.extend(new)
    times = []
    for _ in range(rounds):
        start = time.process_time()
        report = shapes.validate(store, quads, [], union=True)
        times.append(time.process_time() - start)
        if times[-1] > 1:
            break
    for quad in new:
        store.remove(quad)
    return statistics.median(times), report


def show(name: str, taken: float, report: Report) -> None:
    nodes = "all" if report.touched is None else f"{len(report.touched):,}"
    verdict = "conforms" if report.conforms else "refused"
    print(
        f"{name:<28} {taken * 1000:10.1f} ms   {nodes:>8} nodes   {verdict}, {len(report.results):,} results",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the validation of writes.")
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    dataset = merge(Project())
    quads = list(named_quads(dataset, materialise(dataset.triples)))
    start = time.process_time()
    shapes = Shapes(Project().shapes)
    print(f"{'reading the shapes':<28} {(time.process_time() - start) * 1000:10.1f} ms")
    with tempfile.TemporaryDirectory() as folder:
        store = ox.Store(Path(folder) / "store")
        store.bulk_extend(copies(quads, arguments.triples))
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, DEFAULT) for t in {quad.triple for quad in store})
        store.optimize()
        size = sum(1 for _ in islice(store.quads_for_pattern(None, None, None, DEFAULT), None))
        print(f"{size:,} triples, {len(store) - size:,} statements in named graphs")
        for name, added in writes():
            show(name, *seconds(shapes, store, added, arguments.rounds))
        start = time.process_time()
        report = shapes.validate_all(store, union=True)
        show("everything", time.process_time() - start, report)
    print("process time: what other processes take of the machine is not counted")
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB of memory")


if __name__ == "__main__":
    main()
