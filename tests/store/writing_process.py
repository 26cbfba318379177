"""A process that forks one writer for each line it reads, and says its process number, and then how it ended."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyoxigraph as ox

from graph.store.generations import Generations
from tests.store.conftest import node


def write(home: Path, name: str) -> None:
    with Generations(home, keep=3).write(note=name) as draft:
        draft.store.add(ox.Quad(node(name), node("p"), ox.Literal(name), node("g0")))


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            write(Path(sys.argv[1]), line.strip())
            os._exit(0)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
