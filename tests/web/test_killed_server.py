"""The server is killed at random while it is written to: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.project import ROOT
from graph.store.generations import Generations

UPDATES, WRITERS, KILLS = 100, 8, 6
PARTS = 6  # statements of one update, over two graphs


class Mortal:
    """A server on one port that is killed and started again."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **os.environ,
            "PMKG_HOME": str(home),
            "PMKG_PORT": str(self.port),
            "PMKG_WRITE_QUEUE_SECONDS": "60",
            "PMKG_KEEP_GENERATIONS": "5",
        }
        self.url = f"http://127.0.0.1:{self.port}/sparql"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "web.serve", "--no-build"],
            cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def statements(number: int) -> str:
    half = " ".join(f"<x:update/{number}> <x:part> {part} ." for part in range(PARTS // 2))
    rest = " ".join(f"<x:update/{number}> <x:part> {part} ." for part in range(PARTS // 2, PARTS))
    return f"GRAPH <x:one> {{ {half} }} GRAPH <x:two> {{ {rest} }}"


def test_every_acknowledged_update_is_there_and_none_is_half_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    token, _ = Tokens(home).new(Role.ADMIN, "writer", days=1)
    server = Mortal(home)
    numbers, acknowledged = count(), set[int]()
    enough = threading.Event()

    def write() -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        while not enough.is_set():
            number = next(numbers)
            try:
                update = {"update": f"INSERT DATA {{ {statements(number)} }}"}
                answer = session.post(server.url, data=update, timeout=60)
            except requests.RequestException:
                time.sleep(0.05)  # it was killed, and is not back yet
                continue
            if answer.status_code == 200:
                acknowledged.add(number)
                if len(acknowledged) >= UPDATES:
                    enough.set()
            else:
                assert answer.status_code == 503, answer.text

    chance = random.Random(0)
    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(write) for _ in range(WRITERS)]
            for kill in range(KILLS):
                goal = (kill + 1) * UPDATES // (KILLS + 2)
                end = time.monotonic() + 60
                while len(acknowledged) < goal and time.monotonic() < end:
                    time.sleep(0.01)
                time.sleep(chance.uniform(0, 0.3))
                server.kill()
            assert enough.wait(120), f"only {len(acknowledged)} updates were acknowledged"
            for writer in writers:
                writer.result()
    finally:
        enough.set()
        server.stop()
    parts: dict[int, int] = {}
    merged: dict[int, int] = {}
    for quad in Generations(home).current().open():
        found = re.fullmatch(r"x:update/(\d+)", getattr(quad.subject, "value", ""))
        if found:
            table = merged if str(quad.graph_name) == "DEFAULT" else parts
            table[int(found[1])] = table.get(int(found[1]), 0) + 1
    assert set(parts.values()) == {PARTS}, "an update is half there"
    assert merged == parts, "the merge lacks something"
    assert acknowledged <= set(parts), "an acknowledged update is lost"
