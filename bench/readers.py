"""What the reader processes cost: a generated dataset flows in, a table of medians flows out.

    python -m bench.readers [--triples 20000] [--rounds 200]

Run it with `--triples 1000000` to see a generation that is read from disk until it is in memory.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox

from graph.errors import QueryError
from graph.settings import Settings
from graph.store.embedded import EmbeddedEngine
from graph.store.engine import QueryRequest
from graph.store.generations import Generations

BASE = "http://example.org/"
SMALL = f"SELECT ?p ?o {{ <{BASE}s7> ?p ?o }}"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
EXPORT = "SELECT * { ?s ?p ?o }"
CRASH = "SELECT * { VALUES ?o { %s } } ORDER BY ?o"


def generated(triples: int) -> Iterator[ox.Quad]:
    """Triples in 200 named graphs: ten predicates, half of the objects links, half texts."""
    dice = random.Random(1)
    predicates = [ox.NamedNode(f"{BASE}p{number}") for number in range(10)]
    graphs = [ox.NamedNode(f"{BASE}g{number}") for number in range(200)]
    for number in range(triples):
        subject = ox.NamedNode(f"{BASE}s{number // 10}")
        link = ox.NamedNode(f"{BASE}s{dice.randrange(triples // 10)}")
        thing = link if number % 2 else ox.Literal(f"the text of number {number}")
        yield ox.Quad(subject, predicates[number % 10], thing, graphs[number % 200])


def crash() -> str:
    """A query that ends the engine's process."""
    dice = random.Random(1)
    zones = ("", "+02:00", "+01:00")
    dates = (f'"2020-01-0{dice.randint(1, 2)}T{dice.randrange(24):02}:00:00{dice.choice(zones)}"' for _ in range(1000))
    return CRASH % " ".join(f"{date}^^xsd:dateTime" for date in dates)


def seconds(action: Callable[[], object], rounds: int = 1) -> float:
    """The median time of an action."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ask(engine: EmbeddedEngine, query: str) -> bytes:
    with engine.query(QueryRequest(query)) as answer:
        return answer.read()


def replacement(engine: EmbeddedEngine) -> float:
    """From a reader's death to the next answer, by a reader that was forked for it."""
    try:
        ask(engine, crash())
    except QueryError:
        return seconds(lambda: ask(engine, SMALL))
    raise AssertionError("the query was to crash")


def measure(home: Path, triples: int, rounds: int) -> Iterator[tuple[str, float]]:
    """Names of what was measured, and seconds."""
    generations = Generations(home)

    def write() -> None:
        with generations.write(note="generated", fresh=True) as draft:
            draft.publish(generated(triples))

    yield f"write a generation of {triples:,} triples", seconds(write)
    store = generations.current().open()
    memory = ox.Store()
    memory.bulk_extend(store)

    def directly(query: str) -> None:
        result = memory.query(query)
        assert isinstance(result, ox.QuerySolutions)
        result.serialize(format=ox.QueryResultsFormat.JSON)

    settings = Settings(home=home, readers=1)
    start = time.perf_counter()
    engine = EmbeddedEngine(settings)
    try:
        ask(engine, SMALL)
        yield "first answer after opening the engine", time.perf_counter() - start
        while not engine._pool.crew().in_memory:
            time.sleep(0.01)
        yield "held in memory after opening the engine", time.perf_counter() - start
        yield "small query, in this process", seconds(lambda: directly(SMALL), rounds)
        yield "small query, by a reader", seconds(lambda: ask(engine, SMALL), rounds)
        yield "count, in this process", seconds(lambda: directly(COUNT), 5)
        yield "count, by a reader", seconds(lambda: ask(engine, COUNT), 5)
        yield "export of everything, in this process", seconds(lambda: directly(EXPORT), 3)
        yield "export of everything, by a reader", seconds(lambda: ask(engine, EXPORT), 3)
        yield "answer after a reader's death", statistics.median(replacement(engine) for _ in range(20))
        with generations.write(note="one more") as draft:
            draft.store.add(
                ox.Quad(ox.NamedNode(f"{BASE}x"), ox.NamedNode(f"{BASE}p0"), ox.Literal(1), ox.NamedNode(BASE))
            )
        yield "first answer from a new generation", seconds(lambda: ask(engine, SMALL))
    finally:
        yield "closing", seconds(engine.close)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the reader processes.")
    parser.add_argument("--triples", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for name, value in measure(Path(home), arguments.triples, arguments.rounds):
            print(f"{name:45} {value * 1000:12.2f} ms", flush=True)


if __name__ == "__main__":
    main()
