"""How long a catalogue takes: a number of datasets flows in; seconds, datasets a second and peak memory flow out.

Run as `python -m bench.catalogues` (1,000 and then 10,000), or with the numbers wanted, and `--examples FOLDER` for
the records to start from. Each is generated, harvested (read, mended, compared, validated, scored, written), harvested
again unchanged, and linked, each step in a process of its own. The same seed makes the same catalogue.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from graph.catalogue.read.document import read_leniently
from graph.catalogue.records import CATALOG, DATASET, Catalogue
from graph.names import DCTERMS, PREFIXES
from graph.project import ROOT
from graph.rdf.index import TYPE, str_of
from graph.settings import Settings

EXAMPLES = ROOT.parent / "shared" / "ehds" / "examples"
BASE = "http://example.org/bench/"
PER_FILE = 500
MOST_STATEMENTS = 400  # of a record to start from: the usual, not the one with thousands of columns
LINEAR = 1.5  # how much dearer a dataset may be among ten times as many
WORDS = ("breast cancer", "asthma", "genome", "transcriptome", "cohort", "registry", "diabetes", "imaging", "biobank")
STEPS = ("harvest", "again", "link")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, default=[1000, 10_000])
    parser.add_argument("--examples", type=Path, default=EXAMPLES)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(*run(arguments.step, arguments.folder))
        return
    costs: dict[int, dict[str, float]] = {}
    for number in arguments.numbers:
        with tempfile.TemporaryDirectory() as folder:
            costs[number] = measured(number, Path(folder), arguments.examples)
    if len(costs) > 1:
        compare(costs)


def measured(number: int, folder: Path, examples: Path) -> dict[str, float]:
    """Run each step in a process of its own; the seconds for each dataset, by step."""
    statements = generate(number, folder / "source", examples)
    print(f"{number:,} datasets, {statements:,} statements")
    found: dict[str, float] = {}
    for step in STEPS:
        command = [sys.executable, "-m", "bench.catalogues", "--step", step, "--folder", str(folder)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        seconds, megabytes = map(float, done.stdout.split()[-2:])
        rate = number / max(seconds, 0.001)
        print(f"  {step:8} {seconds:8.1f} s  {rate:8,.0f} datasets/s  {megabytes:7,.0f} MB at most", flush=True)
        found[step] = seconds / number
    return found


def compare(costs: dict[int, dict[str, float]]) -> None:
    """Say of each step whether its cost is linear."""
    least, most = min(costs), max(costs)
    for step in STEPS:
        ratio = costs[most][step] / max(costs[least][step], 1e-9)
        word = "linear" if ratio <= LINEAR else "more than linear"
        print(f"{step}: a dataset costs {ratio:.2f} times as much among {most:,} as among {least:,}: {word}")


def run(step: str, folder: Path) -> tuple[float, float]:
    """One step in this process: its seconds, and the most memory in megabytes."""
    settings, start = replace(Settings(), home=folder / "home", write_queue_seconds=600.0), time.monotonic()
    if step == "link":
        from graph.access.roles import Role
        from graph.catalogue.link.keeping import relink
        from graph.write.local import working
        from graph.write.request import Chore

        with working(settings, Chore("link"), Role.CURATOR) as work:
            relink(work.change)
    else:
        from graph.catalogue.keep.harvest import Task, harvest

        outcome = harvest(Task(str(folder / "source"), "bench"), settings)
        assert outcome.changed == (step == "harvest"), outcome.verdict
    return time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def generate(number: int, folder: Path, examples: Path, seed: int = 1) -> int:
    """Write a catalogue of so many datasets, made of the examples' records; how many statements it makes."""
    folder.mkdir(parents=True)
    chance, records, statements = random.Random(seed), list(_records(examples)), 0
    for start in range(0, number, PER_FILE):
        triples = list[ox.Triple]()
        for n in range(start, min(start + PER_FILE, number)):
            dataset, record = records[n % len(records)]
            triples += _varied(n, dataset, record, chance)
        statements += len(triples)
        ox.serialize(triples, str(folder / f"{start:06}.nt"), format=ox.RdfFormat.N_TRIPLES)
    return statements


def _records(examples: Path) -> Iterator[tuple[str, list[ox.Triple]]]:
    for path in sorted(examples.rglob("*")):
        if path.suffix in (".ttl", ".rdf", ".jsonld", ".nt", ".xml"):
            page, _ = read_leniently(path.read_bytes(), "", str(path), base=BASE)
            catalogue = Catalogue(page.triples)
            for dataset in catalogue.datasets:
                record = sorted(catalogue.record(dataset), key=str)
                if 5 < len(record) <= MOST_STATEMENTS and CATALOG not in catalogue.index.iris(dataset, TYPE):
                    yield dataset, record


def _varied(number: int, dataset: str, record: Sequence[ox.Triple], chance: random.Random) -> Iterator[ox.Triple]:
    """A record under names of its own, with other words and numbers."""
    own = {str_of(triple.subject) for triple in record}
    names = {name: ox.NamedNode(f"{BASE}{number}/{place}") for place, name in enumerate(sorted(own))}
    keyword, title = PREFIXES["dcat"] + "keyword", DCTERMS + "title"
    for triple in record:
        subject = names[str_of(triple.subject)]
        value = names.get(str_of(triple.object), triple.object)
        if triple.predicate.value == title and isinstance(value, ox.Literal):
            text = f"{value.value} {number} {chance.choice(WORDS)}"
            value = ox.Literal(text, language=value.language) if value.language else ox.Literal(text)
        yield ox.Triple(subject, triple.predicate, value)
    head = names[dataset]
    yield ox.Triple(head, ox.NamedNode(TYPE), ox.NamedNode(DATASET))
    yield ox.Triple(head, ox.NamedNode(keyword), ox.Literal(chance.choice(WORDS), language="en"))
    yield ox.Triple(head, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(f"bench-{number:08}"))


if __name__ == "__main__":
    main()
