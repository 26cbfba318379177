"""How long each stage of a build of the project takes: `python -m bench.build [TIMES]` prints medians in seconds."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.build.materialise import materialise
from graph.build.merge import merge
from graph.build.publish import publish
from graph.build.reason import reason
from graph.project import Project
from graph.settings import Settings

TIMES: dict[str, list[float]] = defaultdict(list)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    TIMES[stage].append(time.perf_counter() - start)


def build_once(home: Path) -> str:
    """One build without its checks; returns what it came to."""
    settings = Settings(home=home)
    with timed("merge"):
        dataset = merge(Project())
        quads, triples = dataset.quads, dataset.triples
    with timed("reason (HermiT)"):
        reasoning = reason(triples, settings.reasoner_seconds)
    with timed("materialise"):
        inferred = materialise(triples, reasoning.entailed)
    with timed("publish"):
        publish(dataset, inferred, settings, {"fingerprint": "bench"})
    return f"{len(quads):,} quads, {len(triples):,} triples, {len(inferred):,} that follow; {reasoning.consistent=}"


def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        for _ in range(times):
            outcome = build_once(Path(home))
    print(outcome)
    for stage, seconds in TIMES.items():
        print(f"{stage:<20} {statistics.median(seconds):7.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
