"""What a stranger's catalogue says cannot steer the terminal of who harvests, validates or asks it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from graph.project import ROOT

STEERING = "\\u001B]0;pwned\\u0007\\u001B[2J\\u009B31m\\u202Ereversed"
DOCUMENT = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<http://example.org/a> a dcat:Dataset ; dct:title "{STEERING}"@en ; dct:identifier "{STEERING}" ;
  dct:description "{STEERING}"@en ; dct:accessRights "{STEERING}" ; dcat:theme "{STEERING}" .
"""
BROKEN = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n\x1b]0;pwned\x07 broken .\n"
# What our own tables and bars write: colours, and moves of the cursor.
OURS = re.compile(r"\x1b\[[0-9;?]*[mKAhl]")


def on_a_terminal(home: Path, *command: str) -> str:
    """What a command writes to a terminal, without the colours."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PMKG_HOME": str(home), "COLUMNS": "200", "TERM": "xterm"}
    program = [sys.executable, "-X", "utf8", "-c", "from graph.cli import main; main()", *command]
    process = subprocess.Popen(program, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    found = bytearray()
    try:
        while piece := os.read(ours, 1 << 16):
            found += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(60) in (0, 1, 2)
    assert found
    return OURS.sub("", found.decode())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("source")
    (found / "a.ttl").write_text(DOCUMENT)
    (found / "b\x1b]0;pwned\x07.ttl").write_text(BROKEN)
    return found


@pytest.mark.parametrize(
    "command",
    [
        ("harvest", "{folder}", "--as", "first"),
        ("harvest", "{folder}", "--as", "second", "--format", "json"),
        ("validate", "{folder}/a.ttl"),
        *(("validate", "{folder}/a.ttl", "--format", form) for form in ("csv", "md", "turtle", "html")),
        ("query", "SELECT * { GRAPH <https://w3id.org/pmkg/catalogue/first> { ?s ?p ?o } }"),
    ],
)
def test_nothing_of_it_steers_the_terminal(home: Path, folder: Path, command: tuple[str, ...]) -> None:
    if command[0] == "query":
        on_a_terminal(home, "harvest", str(folder), "--as", "first")
    text = on_a_terminal(home, *(word.replace("{folder}", str(folder)) for word in command))
    assert "pwned" in text and "Traceback" not in text, text
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", text), text
