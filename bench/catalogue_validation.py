"""What validating catalogues costs: example records flow in, tables of times flow out.

    python -m bench.catalogue_validation ../shared/ehds [--rounds 3] [--datasets 1000 10000]

First, large documents under HealthDCAT-AP: our shapes by the fast engine and by pyshacl, and the official shapes by
pyshacl. Then catalogues of many datasets, copies of the examples' with names of their own, each dataset at its own
level; the time for each must not grow with their number.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rich import box
from rich.table import Table

from graph.catalogue.records import Catalogue
from graph.catalogue.validate.agreement import BASE_IRI, Case, cases
from graph.catalogue.validate.official import Official
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.reference import reference_results, to_graph
from graph.catalogue.validate.verdict import profile_of, validate, validate_records, with_lists
from graph.names import PREFIXES
from graph.rdf.index import Term
from graph.terminal import console

COLUMNS = 6154
LARGE = ("govdata-de/brandenburg-catalog-page.ttl", "mvd-health-demo/health-catalog.ttl")
WITH_COLUMNS = "healthdcat-ap-release-8/example-healthdcat-dataset.ttl"
TIMES = ("ours", "ours, processor", "ours, pyshacl", "official, pyshacl")
LIMIT = 1.0  # seconds for a large document, parsed and validated
COLUMN = ox.NamedNode(PREFIXES["csvw"] + "column")


def with_columns(triples: Iterable[ox.Triple], number: int) -> frozenset[ox.Triple]:
    """The record with so many columns in its table: copies of those that it has."""
    catalogue = Catalogue(triples)
    own = [it for it in catalogue.triples if it.predicate == COLUMN]
    said = {it.object: [of for of in catalogue.triples if of.subject == it.object] for it in own}
    found = set(catalogue.triples)
    for count, has in zip(range(len(own), number), cycle(own), strict=False):
        column = ox.NamedNode(f"{BASE_IRI}column-{count}")
        found.add(ox.Triple(has.subject, COLUMN, column))
        found.update(ox.Triple(column, it.predicate, it.object) for it in said[has.object])
    return frozenset(found)


def copies(records: list[frozenset[ox.Triple]], number: int) -> Iterator[ox.Triple]:
    """So many records, with nodes of their own."""
    for count, record in zip(range(number), cycle(records), strict=False):
        own = {it.subject for it in record}

        def named(term: Term, own: set[Term] = own, count: int = count) -> Term:  # type: ignore[assignment]
            if term not in own:
                return term
            blank = isinstance(term, ox.BlankNode)
            return ox.BlankNode(f"{term.value}c{count}") if blank else ox.NamedNode(f"{term.value}-copy-{count}")  # type: ignore[union-attr]

        for triple in record:
            yield ox.Triple(named(triple.subject), triple.predicate, named(triple.object))  # type: ignore[arg-type]


def seconds(work: Callable[[], object], rounds: int = 1, clock: Callable[[], float] = time.perf_counter) -> float:
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)  # what else runs on the machine only adds to it


def large_documents(folder: Path, rounds: int) -> bool:
    table = Table("document", "triples", "results", *TIMES, box=box.SIMPLE_HEAD)
    known, official, in_time = {case.name: case for case in cases(folder / "examples")}, Official(folder), True
    for name, document in documents(known):
        turtle = ox.serialize(document, format=ox.RdfFormat.N_TRIPLES) or b""
        profile = PROFILES[profile_of(Catalogue(document))]
        shapes = to_graph(profile.triples)
        results = validate(document, profile.name).results

        def parsed_and_validated(turtle: bytes = turtle, profile: str = profile.name) -> None:
            validate((quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.N_TRIPLES)), profile)

        def by_pyshacl(document: frozenset[ox.Triple] = document, shapes: rdflib.Graph = shapes) -> None:
            list(reference_results(with_lists(document), shapes))

        ours = seconds(parsed_and_validated, rounds)
        processor = seconds(parsed_and_validated, rounds, time.process_time)
        slow = seconds(by_pyshacl)
        theirs = seconds(lambda document=document, profile=profile: list(official.results(document, profile)))  # type: ignore[misc]
        in_time = in_time and ours < LIMIT
        times = (f"{it:.2f} s" for it in (ours, processor, slow, theirs))
        table.add_row(f"{name}, {profile.name}", f"{len(document):,}", f"{len(results):,}", *times)
    console().print(table)
    return in_time


def documents(known: dict[str, Case]) -> Iterator[tuple[str, frozenset[ox.Triple]]]:
    yield f"a record of {COLUMNS:,} columns", with_columns(known[WITH_COLUMNS].triples, COLUMNS)
    for name in LARGE:
        yield name, known[name].triples


def many_datasets(folder: Path, number: int) -> tuple[int, float, int, int]:
    """Triples, seconds, violations, and the megabytes that the process had at most."""
    records = [Catalogue(case.triples) for case in cases(folder / "examples") if case.name not in LARGE]
    chosen = [record for it in records for record in [it.record(dataset) for dataset in it.datasets] if len(record) > 9]
    catalogue = Catalogue(copies(chosen, number))
    start = time.perf_counter()
    verdicts = validate_records(catalogue)
    took = time.perf_counter() - start
    assert len(verdicts) == number, f"{len(verdicts)} of {number} datasets have a verdict"
    violations = sum(len(verdict.violations) for verdict in verdicts.values())
    return len(catalogue.triples), took, violations, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--datasets", type=int, nargs="*", default=[1000, 10000])
    arguments = parser.parse_args()
    in_time = large_documents(arguments.folder, arguments.rounds)
    table = Table("datasets", "triples", "violations", "seconds", "each", "peak memory", box=box.SIMPLE_HEAD)
    for number in arguments.datasets:
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # for the memory of each alone
            triples, took, violations, megabytes = pool.apply(many_datasets, (arguments.folder, number))
        each = f"{1000 * took / number:.2f} ms"
        table.add_row(f"{number:,}", f"{triples:,}", f"{violations:,}", f"{took:.1f}", each, f"{megabytes:,} MB")
    console().print(table)
    print(f"Each large document within {LIMIT:.0f} s: {'yes' if in_time else 'NO'}.")
    return 0 if in_time else 1


if __name__ == "__main__":
    raise SystemExit(main())
