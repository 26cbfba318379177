"""`python -m bench.soak`: a server of its own is read, written, attacked and robbed of processes; figures flow out.

For as long as `--minutes` say, readers compare every answer with what has been acknowledged, writers write and delete,
attackers send what crashes or holds up engines, and a killer ends readers, their holder and the process that writes.
The exit status is 1 where an answer was wrong, an acknowledged write is lost, an answer came that must not come, or
memory, processes or open files grew.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.project import ROOT
from graph.store.generations import Generations

BATCH = 20  # statements of one write, all or none of which an answer may show
SETTINGS = {
    "PMKG_QUERY_SECONDS": "2",
    "PMKG_QUERY_MEGABYTES": "256",  # a thread of the disk's library may set 64 MB of address space aside
    "PMKG_QUEUE_SECONDS": "30",
    "PMKG_CLIENT_REQUESTS": "1000000",
    "PMKG_USER_REQUESTS": "1000000",
    "PMKG_CLIENT_QUERIES": "40",
    "PMKG_USER_QUERIES": "40",
    "PMKG_WRITE_QUEUE_SECONDS": "60",
    "PMKG_REQUEST_SECONDS": "3",
}
MIXED = " ".join(
    f'"2020-01-0{1 + n % 9}T{n % 24:02}:00:00{zone}"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
    for n in range(40)
    for zone in ("", "+02:00")
)
# What is sent to do harm, and the statuses that it may be answered with.
HOSTILE: list[tuple[str, set[int]]] = [
    ("SELECT * { " + "{ " * 4000 + "} " * 4000 + "}", {400}),
    ("ASK { FILTER(" + "(" * 5000 + "1" + ")" * 5000 + ") }", {400}),
    ("SELECT * { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(2000)) + " }", {400}),
    ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", {504, 200}),
    (
        "SELECT ?a (GROUP_CONCAT(?x) AS ?y) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i BIND(STR(?c) AS ?x) } GROUP BY ?a",
        {504, 507, 200},
    ),
    ("SELECT * { VALUES ?o { " + MIXED + " } } ORDER BY ?o", {200}),
    ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", {403}),
    ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", {403}),
    ("SELECT * { ?s ?p ?o ", {400}),
    ("SELECT * { ?s (<x:p>|!<x:q>)* ?o . ?o (<x:p>|!<x:q>)* ?z }", {200, 504}),
    ("DELETE WHERE { ?s ?p ?o }", {400, 403}),
    ("SELECT (REPLACE('" + "a" * 30 + "', '(a+)+$', 'b') AS ?x) {}", {200, 400, 504}),
]
BUSY = {429, 503}


@dataclass
class Account:
    """What has happened so far; the lock guards all of it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    present: dict[int, int] = field(default_factory=dict)  # acknowledged batches, with their generation
    gone: set[int] = field(default_factory=set)  # batches whose deletion was sent
    unsure: set[int] = field(default_factory=set)  # batches that were sent and not acknowledged
    samples: list[tuple[float, int, int, int]] = field(default_factory=list)

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1

    def blame(self, text: str) -> None:
        with self.lock:
            self.wrong.append(text)


class Soak:
    """One run."""

    def __init__(self, home: Path, seconds: float, seed: int) -> None:
        self.home = home
        self.end = time.monotonic() + seconds
        self.account = Account()
        self.chance = random.Random(seed)
        self.token, _ = Tokens(home).new(Role.ADMIN, "soak", days=1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/sparql"
        environment = {**os.environ, **SETTINGS, "PMKG_HOME": str(home), "PMKG_PORT": str(self.port)}
        self.log = (home / "server.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.serve", "--no-build"],
            cwd=ROOT, env=environment, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self._numbers = iter(range(10**9))

    def run(self) -> bool:
        """All of it; whether everything was as it must be."""
        self._await_server()
        work: list[Callable[[], None]] = [
            self.read,
            self.read,
            self.write,
            self.write,
            self.attack,
            self.tease,
            self.kill,
        ]
        threads = [threading.Thread(target=self._repeat, args=(item,)) for item in [*work, self.sample]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._check_end()
        self.process.terminate()
        self.process.wait(60)
        left = [
            child.pid
            for child in psutil.process_iter(["environ"])
            if str(self.home) in str((child.info["environ"] or {}).get("PMKG_HOME"))
        ]
        if left:
            self.account.blame(f"{len(left)} processes are left after the server has ended")
        return self._report()

    def read(self) -> None:
        """Ask for everything that is acknowledged, in one of several ways, and compare."""
        with self.account.lock:
            must = {number for number in self.account.present if number not in self.account.gone}
            least = max(self.account.present.values(), default=0)
        query = "SELECT ?b (COUNT(?v) AS ?n) { GRAPH ?g { ?b <x:value> ?v } } GROUP BY ?b"
        answer = self._get(query, {"format": "csv"})
        if answer is None:
            return
        if answer.status_code != 200:
            self._expect(answer, BUSY | {500}, "read")
            return
        rows = {
            int(row.split(",")[0].rpartition("/")[2]): int(row.split(",")[1]) for row in answer.text.splitlines()[1:]
        }
        with self.account.lock:
            now_gone = set(self.account.gone)
        partial = [number for number, size in rows.items() if size != BATCH]
        if partial:
            self.account.blame(f"batch {partial[0]} shows {rows[partial[0]]} of {BATCH} statements")
        if int(answer.headers["PMKG-Generation"]) >= least:
            lost = must - set(rows) - now_gone
            if lost:
                self.account.blame(f"batch {min(lost)} is acknowledged and not there")
        else:
            self.account.blame("an answer is older than a write that was acknowledged before it was asked")
        self.account.count("right answers")

    def write(self) -> None:
        """Add a batch, or delete an old one."""
        with self.account.lock:
            old = [number for number in self.account.present if number not in self.account.gone]
            delete = len(old) > 50 and self.chance.random() < 0.6
            number = self.chance.choice(old[:20]) if delete else next(self._numbers)
            (self.account.gone if delete else self.account.unsure).add(number)
        batch = f"<x:batch/{number}>"
        values = ", ".join(map(str, range(BATCH)))
        update = f"INSERT DATA {{ GRAPH <x:g{number % 3}> {{ {batch} <x:value> {values} }} }}"
        if delete:
            update = f"DELETE WHERE {{ GRAPH ?g {{ {batch} ?p ?o }} }}"
        try:
            answer = requests.post(
                self.url, data={"update": update}, headers={"Authorization": f"Bearer {self.token}"}, timeout=90
            )
        except requests.RequestException as error:
            self.account.blame(f"a write got no answer: {error}")
            return
        if answer.status_code == 200 and not delete:
            with self.account.lock:
                self.account.present[number] = answer.json()["generation"]
                self.account.unsure.discard(number)
        if answer.status_code == 200:
            self.account.count("deletions" if delete else "writes")
        else:
            self._expect(answer, BUSY | {500}, "write")  # 500: the process that writes was killed
        time.sleep(self.chance.uniform(0, 0.2))

    def attack(self) -> None:
        """Send a hostile query."""
        query, allowed = self.chance.choice(HOSTILE)
        with suppress(requests.RequestException):
            answer = requests.post(self.url, data={"query": query}, timeout=60)
            self._expect(answer, allowed | BUSY | {500}, "hostile query")
        time.sleep(0.1)

    def tease(self) -> None:
        """Send half a request, or go away in the middle of an answer."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            if self.chance.random() < 0.5:
                connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nquery=")
            else:
                query = urlencode({"query": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"})
                connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                connection.recv(1000)
            time.sleep(self.chance.uniform(0, 0.5))
        self.account.count("clients that went away")

    def kill(self) -> None:
        """End a process of the server's, not the server."""
        time.sleep(self.chance.uniform(1, 4))
        children = psutil.Process(self.process.pid).children(recursive=True)
        if children and time.monotonic() < self.end - 5:
            with suppress(psutil.NoSuchProcess):
                self.chance.choice(children).send_signal(signal.SIGKILL)
                self.account.count("killed processes")

    def sample(self) -> None:
        """Note how much memory, how many processes and how many open files there are."""
        server = psutil.Process(self.process.pid)
        memory, number = 0, 1
        for child in [server, *server.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                memory += child.memory_info().rss
                number += 1
        found = (time.monotonic(), server.memory_info().rss, number, server.num_fds())
        with self.account.lock:
            self.account.samples.append(found)
        time.sleep(1)

    def _repeat(self, work: Callable[[], None]) -> None:
        while time.monotonic() < self.end:
            try:
                work()
            except Exception as error:
                self.account.blame(f"{work.__name__} failed: {type(error).__name__}: {error}")
                time.sleep(1)

    def _get(self, query: str, parameters: dict[str, str]) -> requests.Response | None:
        try:
            return requests.get(self.url, params={"query": query, **parameters}, timeout=60)
        except requests.RequestException:
            self.account.count("answers that broke off")  # its reader was killed
            return None

    def _expect(self, answer: requests.Response, allowed: set[int], kind: str) -> None:
        self.account.count(f"{kind}: {answer.status_code}")
        is_crash = answer.status_code != 500 or re.search(r"problem/(query|write)-crash", answer.text)
        if answer.status_code not in allowed or not is_crash:
            self.account.blame(f"{kind} was answered with {answer.status_code}: {answer.text[:200]}")

    def _await_server(self) -> None:
        while True:
            with suppress(requests.RequestException):
                if requests.get(self.url.replace("/sparql", "/ready"), timeout=5).status_code == 200:
                    return
            assert self.process.poll() is None, (self.home / "server.log").read_text()
            time.sleep(0.1)

    def _check_end(self) -> None:
        """Compare what the disk holds with what was acknowledged."""
        found = Counter(
            int(quad.subject.value.rpartition("/")[2])
            for quad in Generations(self.home).current().open()
            if str(quad.graph_name) != "DEFAULT" and getattr(quad.subject, "value", "").startswith("x:batch/")
        )
        account = self.account
        lost = {number for number in account.present if number not in account.gone} - set(found)
        if lost:
            account.blame(f"{len(lost)} acknowledged writes are lost")
        if set(found.values()) - {BATCH}:
            account.blame("a batch is half there")

    def _report(self) -> bool:
        account = self.account
        for name, number in sorted(account.counts.items()):
            print(f"{name:32} {number:>9,}")
        for index, (name, scale, slack) in enumerate(
            [("server's memory, MB", 2**20, 1.25), ("processes", 1, 1.5), ("open files", 1, 1.5)], 1
        ):
            values = [sample[index] for sample in account.samples]
            quarter = max(1, len(values) // 4)
            early, late = (
                statistics.median(part) / scale for part in (values[quarter : 2 * quarter] or values, values[-quarter:])
            )
            print(f"{name:32} {early:>9,.0f} early {late:>9,.0f} late {max(values) / scale:>9,.0f} most")
            if late > early * slack + 10:
                account.blame(f"{name} grew from {early:.0f} to {late:.0f}")
        for text in account.wrong[:20]:
            print(f"WRONG {text}")
        print(f"{len(account.wrong)} wrong")
        return not account.wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if Soak(Path(folder), 60 * arguments.minutes, arguments.seed).run() else 1


if __name__ == "__main__":
    sys.exit(main())
