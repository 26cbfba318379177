"""A process that forks one harvest for each source it reads, and says its process number, and then how it ended.

It harvests nothing itself: the engines' threads do not survive a fork.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from graph.catalogue.keep.harvest import Task, harvest
from graph.settings import Settings


def main() -> None:
    settings = replace(Settings(), home=Path(sys.argv[1]))
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            harvest(Task(line.strip(), "example"), settings)
            os._exit(0)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
