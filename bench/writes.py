"""What a write costs: copies of the project's facts flow in as a generation, tables of times flow out.

    python -m bench.writes [--statements 1000000] [--rounds 5] [--home DIRECTORY]

Each write is carried out by the process that writes, and then over HTTP by a server, where the first query after it is
timed too. The parts are those of one small write. With --home, the generation is kept there and used again.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyoxigraph as ox
import requests

from bench.validation import copies, new_datasets
from graph.access.roles import Principal, Role
from graph.access.tokens import Tokens
from graph.build.materialise import materialise
from graph.build.merge import merge
from graph.build.publish import named_quads
from graph.check.touched import Shapes
from graph.names import SOURCE
from graph.project import ROOT, Project
from graph.settings import Settings
from graph.store.generations import Generations
from graph.write.loading import loader
from graph.write.perform import Performer
from graph.write.request import Document, Removal, Update, Upload, Write

GRAPH = SOURCE + "bench/1"
NTRIPLES = "application/n-triples"
COUNT = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"
PARTS = {  # functions of which the profile tells, in the order of a write
    "lock": "lock",
    "look for the parent, open it": "_parent",
    "checkpoint": "<method 'backup'",
    "audit log": "append",
    "apply": "_apply",
    "validate": "_validate",
    "record": "_record",
    "complete: flush": "complete",
    "checksums": "files_of",
    "describe, fsync, rename, switch": "_publish",
    "delete old generations": "_prune",
}
Step = tuple[str, Callable[[], Update | Upload | Removal]]


def documents(number: int, name: str) -> bytes:
    """So many statements about new things that conform, ten about each, as N-Triples; `name` tells them from others."""
    quads = list(new_datasets(number // 10))
    text = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b""
    return text.replace(b"id/bench-", f"id/bench-{name}-".encode())


def steps() -> Iterator[Step]:
    """Writes by name; each time they write something else."""
    rounds = count(1)
    last: dict[str, str] = {}

    def insert(number: int) -> Update:
        text = documents(number, str(next(rounds))).decode()
        if number == 1:  # another label for something that is there, so that its shape is looked at
            text = f"<https://w3id.org/pmkg/id/ecrin> skos:altLabel 'label {next(rounds)}'@en ."
        last["insert"] = text
        return Update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {text} }} }}")

    def delete() -> Update:
        return Update(f"DELETE DATA {{ GRAPH <{GRAPH}> {{ {last['insert']} }} }}")

    def put() -> Upload:
        document = Document(documents(1000, str(next(rounds))), NTRIPLES, GRAPH)
        return Upload((document,), GRAPH, replace=True)

    yield "INSERT DATA of 1", lambda: insert(1)
    yield "DELETE DATA of 1", delete
    yield "INSERT DATA of 10, a new dataset", lambda: insert(10)
    yield "INSERT DATA of 100", lambda: insert(100)
    yield "PUT of a graph of 1,000", put
    yield "DELETE of that graph", lambda: Removal(GRAPH)


STEPS = list(steps())


def make(home: Path, statements: int) -> None:
    """A generation of so many statements in the form of ours, where there is none yet."""
    generations = Generations(home)
    if generations.current_name() is not None:
        return
    dataset = merge(Project())
    quads = list(named_quads(dataset, materialise(dataset.triples)))
    with generations.write(note="bench", fresh=True) as draft:
        draft.publish(copies(quads, statements))


def performed(home: Path, rounds: int) -> None:
    """Time each write in the process that writes, without what HTTP adds, and the parts of the smallest."""
    settings = replace(Settings(), home=home)
    performer = Performer(settings, Shapes(Project().shapes), loader(settings))
    principal = Principal("bench", Role.ADMIN)

    def carry_out(work: Update | Upload | Removal) -> None:
        performer.perform(Write(str(uuid.uuid4()), principal, work))

    timed("", carry_out, rounds)
    profile = cProfile.Profile()
    for _ in range(rounds):
        work = dict(STEPS)["INSERT DATA of 1"]()
        profile.runcall(carry_out, work)
    show_parts(profile, rounds)


def show_parts(profile: cProfile.Profile, rounds: int) -> None:
    """Where the time of a small write goes."""
    found = pstats.Stats(profile, stream=io.StringIO()).stats  # type: ignore[attr-defined]
    print("\nof INSERT DATA of 1:")
    for title, name in PARTS.items():
        seconds = sum(
            entry[3]
            for (file, _, function), entry in found.items()
            if (function == name or function.startswith(name + " ")) and ("graph/" in file or file == "~")
        )
        print(f"  {title:<34} {seconds / rounds * 1000:8.1f} ms")


def timed(prefix: str, carry_out: Callable[[Update | Upload | Removal], object], rounds: int) -> None:
    """Print the median and the longest time of each write."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, work in STEPS:
            asked = work()
            start = time.monotonic()
            carry_out(asked)
            times.setdefault(prefix + name, []).append(time.monotonic() - start)
    for name, taken in times.items():
        show(name, taken)


def show(name: str, taken: list[float]) -> None:
    print(f"{name:<44} {statistics.median(taken) * 1000:8.0f} ms   {max(taken) * 1000:8.0f} ms at most", flush=True)


@contextmanager
def server(home: Path) -> Iterator[str]:
    """A server on the data directory; its address."""
    environment = {"PMKG_HOME": str(home), "PMKG_PORT": "0", "PATH": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.serve", "--no-build"],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"pmkg serves (http://\S+)", line):
                yield found[1]
                break
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def over_http(home: Path, rounds: int) -> None:
    """Time each write as a client sees it, and the first and second query after it."""
    token, _ = Tokens(home).new(Role.ADMIN, "bench", days=1)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    after: list[float] = []
    second: list[float] = []

    def ask(url: str) -> float:
        start = time.monotonic()
        session.get(url + "/sparql", params={"query": f"{COUNT} # {uuid.uuid4()}"}, timeout=60).raise_for_status()
        return time.monotonic() - start

    with server(home) as url:
        for _ in range(20):
            ask(url)

        def carry_out(work: Update | Upload | Removal) -> None:
            send(session, url, work).raise_for_status()

        times: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, work in STEPS:
                asked = work()
                start = time.monotonic()
                carry_out(asked)
                times.setdefault(f"HTTP: {name}", []).append(time.monotonic() - start)
                after.append(ask(url))
                second.append(ask(url))
        for name, taken in times.items():
            show(name, taken)
        show("HTTP: the first query after a write", after)
        show("HTTP: the next one", second)


def send(session: requests.Session, url: str, work: Update | Upload | Removal) -> requests.Response:
    """One write as a request."""
    if isinstance(work, Update):
        return session.post(f"{url}/sparql", data={"update": work.text}, timeout=60)
    if isinstance(work, Removal):
        return session.delete(f"{url}/data", params={"graph": GRAPH}, timeout=60)
    content = work.documents[0].content
    return session.put(f"{url}/data", content, params={"graph": GRAPH}, headers={"Content-Type": NTRIPLES}, timeout=60)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time writes to a large generation.")
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="where the generation is made, or was")
    arguments = parser.parse_args()
    with nullcontext(arguments.home) if arguments.home else tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make(home, arguments.statements)
        current = Generations(home).current()
        size = sum(path.stat().st_size for path in current.store.iterdir())
        print(f"{current.triples:,} statements, {current.quads:,} with their graphs, {current.graphs:,} graphs, "
              f"{size / 2**20:,.0f} MB\n")  # fmt: skip
        performed(home, arguments.rounds)
        print()
        over_http(home, arguments.rounds)


if __name__ == "__main__":
    main()
