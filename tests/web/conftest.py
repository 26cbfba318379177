"""A real server on a free port, over a real small generation, for every test of the HTTP side."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests

from graph.names import ID, RDFS
from graph.project import ROOT
from graph.rdf.reading import read_quads
from graph.store.generations import Generations

HERE = Path(__file__).parent
FILLER = 300  # labelled things, whose cross product is an answer that takes longer than any test
ENDLESS = f"SELECT * {{ ?a <{RDFS}label> ?x . ?b <{RDFS}label> ?y . ?c <{RDFS}label> ?z . ?d <{RDFS}label> ?w }}"
# All tests are one client, which asks more than one client may.
USUAL = {
    "port": 0,
    "client_requests": 1_000_000,
    "client_queries": 40,
    "client_answers": 100,
    "client_connections": 900,
}


@dataclass
class Server:
    """A server process; `printed` is all that it has written on either stream so far."""

    process: subprocess.Popen[str]
    url: str = ""
    printed: list[str] = field(default_factory=list)

    def get(self, path: str, **options: object) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)  # type: ignore[arg-type]

    def query(self, text: str, accept: str = "*/*", **parameters: str) -> requests.Response:
        return self.get("/sparql", params={"query": text, **parameters}, headers={"Accept": accept})

    def head(self, text: str, accept: str = "*/*", **parameters: str) -> requests.Response:
        address, parameters = self.url + "/sparql", {"query": text, **parameters}
        return requests.head(address, params=parameters, headers={"Accept": accept}, timeout=60)

    @property
    def output(self) -> str:
        return "".join(self.printed)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it is not within half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def make_generation(home: Path) -> None:
    """The graph of graph.trig, and the filler."""
    with Generations(home).write(note="test", fresh=True) as draft:
        draft.publish(read_quads(HERE / "graph.trig"))
        filler = ox.NamedNode(f"{ID}filler")
        label = ox.NamedNode(f"{RDFS}label")
        draft.publish(
            ox.Quad(ox.NamedNode(f"{ID}filler-{n}"), label, ox.Literal(f"{n}"), filler) for n in range(FILLER)
        )


@contextmanager
def running(home: Path, *command: str, **settings: object) -> Iterator[Server]:
    """Run a server until the block ends; settings are those of `graph.settings`, by name."""
    environment: Mapping[str, str] = {
        **os.environ,
        **{f"PMKG_{name.upper()}": str(value) for name, value in {"home": home, **USUAL, **settings}.items()},
    }
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", *(command or ("-m", "web.serve", "--no-build"))],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    server, is_ready = Server(process), threading.Event()

    def follow() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            server.printed.append(line)
            if found := re.search(r"pmkg serves (http://\S+)", line):
                server.url = found[1]
                is_ready.set()
        is_ready.set()

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    try:
        assert is_ready.wait(60) and server.url, server.output
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            reader.join(10)
            if process.stdout is not None and not reader.is_alive():  # it lives on where a child of the server does
                process.stdout.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one small generation."""
    path = tmp_path_factory.mktemp("home")
    make_generation(path)
    return path


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Server]:
    """The server that most tests ask."""
    with running(home) as found:
        yield found
