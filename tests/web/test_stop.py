"""The end of a server, and the change of its generation: no request that it took is lost."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import requests

from graph.names import ID, RDFS
from graph.store.generations import Generations
from tests.web.conftest import ENDLESS, eventually, make_generation, running
from tests.web.test_queries import SLOW, asked, listed


def test_a_stop_lets_running_queries_end_and_refuses_new_ones(home: Path) -> None:
    with running(home, query_seconds=3, stop_seconds=30) as server, ThreadPoolExecutor(2) as pool:
        assert server.query("ASK {}").ok and server.get("/ready").ok
        answer = pool.submit(asked, server, SLOW)
        eventually(lambda: [item["state"] for item in listed(server)] == ["running"])
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: server.get("/ready").status_code == 503)
        assert server.get("/health").ok
        refused = server.query("ASK { ?s ?p ?o }")
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
        assert refused.headers["Connection"] == "close"
        assert answer.result(30).status_code == 504  # at its own limit, not at the stop
        assert server.process.wait(30) == 0


def test_a_stop_waits_no_longer_than_it_may_and_a_second_signal_ends_it_at_once(home: Path) -> None:
    for seconds, signals in ((0.5, 1), (60, 2)):
        with running(home, query_seconds=60, stop_seconds=seconds) as server, ThreadPoolExecutor(1) as pool:
            assert server.query("ASK {}").ok
            answer = pool.submit(asked, server, ENDLESS)
            eventually(lambda: len(listed(server)) == 1)
            for _ in range(signals):
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
            assert server.process.wait(20) == 0
            with contextlib.suppress(requests.RequestException):
                answer.result(20)


def test_no_request_fails_while_twenty_generations_are_published(tmp_path: Path) -> None:
    make_generation(tmp_path)
    seen: list[tuple[int, int]] = []
    is_done = threading.Event()
    label = ox.NamedNode(f"{RDFS}label")
    with running(tmp_path, keep_generations=3) as server, ThreadPoolExecutor(4) as pool:
        assert server.query("ASK {}").ok

        def go_on() -> None:
            with requests.Session() as session:
                while not is_done.is_set():
                    text = f"SELECT (COUNT(*) AS ?n) {{ ?s <{label.value}> ?o }} # {time.monotonic()}"
                    response = session.get(server.url + "/sparql", params={"query": text}, timeout=60)
                    assert response.status_code == 200, response.text
                    count = int(response.json()["results"]["bindings"][0]["n"]["value"])
                    seen.append((int(response.headers["PMKG-Generation"]), count))

        asking = [pool.submit(go_on) for _ in range(3)]
        generations = Generations(tmp_path, keep=3)
        first = server.query(f"SELECT (COUNT(*) AS ?n) {{ ?s <{label.value}> ?o }}").json()
        base = int(first["results"]["bindings"][0]["n"]["value"])
        for number in range(20):
            with generations.write(note="more") as draft:
                new = ox.NamedNode(f"{ID}new-{number}")
                draft.publish([ox.Quad(new, label, ox.Literal(f"new {number}"), ox.NamedNode(f"{ID}g"))])
        eventually(lambda: bool(seen) and seen[-1][0] == 21)
        is_done.set()
        for answer in asking:
            answer.result(30)
    # Each answer is that of the generation that it names, whole.
    assert all(count == base + generation - 1 for generation, count in seen)
    assert len({generation for generation, _ in seen}) > 3
