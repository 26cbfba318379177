"""`python -m tests.w3c.over_http`: every W3C suite flows against a real server of its own; closing lines flow out.

The server holds a plain store (no merge, no provenance) that each test empties. The runners and their suites are beside
the project, in `shared/w3c`; where they are not, that is said and the exit status is 0. It is 1 where a test fails that
`differences.tsv` does not explain, or where one passes that it lists.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.project import ROOT
from tests.w3c.test_suites import SUITES, differences

MEMORY = Path("/dev/shm")  # each test makes several generations, and nobody needs them on a disk
HTTP = {
    "protocol": ["--suite", "protocol"],
    "graph-store": ["--suite", "graph-store", "--graph-store", "/data"],
    "service-description": ["--suite", "service-description"],
    "extra": ["--tests", str(SUITES / "extra" / "protocol-extra-tests.json")],
}
SPARQL = ("sparql10", "sparql11", "sparql12")


@contextmanager
def server(home: Path) -> Iterator[str]:
    """A server on a free port; its address."""
    settings = {"HOME": home, "PORT": 0, "UNION_DEFAULT_GRAPH": 0, "CLIENT_REQUESTS": 10**9, "USER_REQUESTS": 10**9}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.serve", "--no-build"],
        cwd=ROOT,
        env={**os.environ, **{f"PMKG_{name}": str(value) for name, value in settings.items()}},
        stdout=subprocess.PIPE,
        stderr=(home / "server.log").open("w"),
        text=True,
    )
    try:
        assert process.stdout is not None
        found = next(
            (match for line in process.stdout if (match := re.search(r"pmkg serves (http://\S+)", line))), None
        )
        assert found is not None, "the server did not start"
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def run(suite: str, url: str, token: str, known: Path) -> bool:
    """Run one suite and print its failures and its closing line; whether all is as it should be."""
    if suite in HTTP:
        command = [str(SUITES / "run_http_suite.py"), url, *HTTP[suite]]
    else:
        command = [str(SUITES / "run_sparql_suite.py"), url, "--suite", suite, "--known", str(known)]
        names = [row["test"] for row in differences() if row["test"].startswith(f"{suite}/")]
        known.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *command, "--token", token],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines() or ["nothing was printed"]
    for line in lines[:-1]:
        if line.startswith(("FAIL", "KNOWN", "PASS")):
            print(line)
    print(f"{suite}: {lines[-1]}", flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help=f"some of {', '.join((*HTTP, *SPARQL))}; all without"
    )
    chosen = parser.parse_args().suites or [*HTTP, *SPARQL]
    if not SUITES.is_dir():
        print(f"skipped: the W3C suites are not at {SUITES.relative_to(ROOT.parent)} beside the project")
        return 0
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        home = Path(folder)
        token, _ = Tokens(home).new(Role.ADMIN, "w3c", days=1)
        with server(home) as url:
            passed = [run(suite, url, token, home / "known.txt") for suite in chosen]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
