"""For every bound the request that crosses it and the answer that it gets, as docs/bounds.md.

`WRITE_BOUNDS=1 python -m pytest tests/web/test_bounds.py` writes the table anew; without, it has to be the same.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.names import RDFS
from graph.project import ROOT
from graph.settings import Settings, variable
from tests.net.sites import answering, whole
from tests.web.conftest import ENDLESS, Server, eventually, make_generation, running
from tests.web.test_limits import HALVES, connections, send
from tests.web.test_queries import SLOW, asked, listed
from tests.web.test_serving import SERVE
from tests.web.test_streaming import ask

TABLE = ROOT / "docs" / "bounds.md"
HUNGRY = f"SELECT * {{ ?a <{RDFS}label> ?x . ?b <{RDFS}label> ?y . ?c <{RDFS}label> ?z }} ORDER BY ?z ?x"
LARGE = ENDLESS + " LIMIT 500"

# Bounds without a row here: what happens at them is no answer, or is tested where the reason says.
ELSEWHERE = {
    "readers": "further queries wait (`queue_seconds`)",
    "cache_megabytes": "the oldest answer is dropped",
    "older_generations": "the one that was asked longest ago is closed",
    "connections": "as `client_connections`, with 503",
    "stop_seconds": "what still runs then breaks off",
    "token_days": "a token that is older gets 401",
    "validations": "further documents wait (`validate_queue_seconds`)",
    "harvest_requests_per_second": "a harvest waits before it asks again",
    "harvest_request_seconds": "the document is reported and left out",
    "harvest_seconds": "the harvest ends there, and nothing counts as gone",
    "harvest_document_megabytes": "the document is reported and left out",
    "harvest_megabytes": "as `harvest_seconds`",
    "harvest_pages": "as `harvest_seconds`",
    "harvest_depth": "links further on are not followed",
    "harvest_retries": "the document is reported and left out",
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    setting: str
    small: object
    crossing: str
    status: int
    kind: str
    retries: bool

    def __str__(self) -> str:
        default = getattr(Settings(), self.setting)
        name, retry = variable(self.setting), "yes" if self.retries else "no"
        shown = default if default != "" else "empty"
        status = self.status or "breaks off"
        return f"| `{name}` | {shown} | {self.small} | {self.crossing} | {status} | {self.kind} | {retry} |"


def row(setting: str, small: object, crossing: str, response: requests.Response) -> Row:
    """The line that an answer makes; every refusal is a problem."""
    assert response.status_code >= 400, (setting, response.text[:200])
    assert response.headers["Content-Type"] == "application/problem+json", setting
    kind = response.json()["type"].rpartition("/")[2]
    return Row(setting, small, crossing, response.status_code, kind, "Retry-After" in response.headers)


def raw_row(setting: str, small: object, crossing: str, response: http.client.HTTPResponse) -> Row:
    assert response.getheader("Content-Type") == "application/problem+json"
    return Row(setting, small, crossing, response.status, "about:blank", response.getheader("Retry-After") is not None)


@contextmanager
def busy(server: Server, count: int) -> Iterator[None]:
    """While so many endless queries of ours run or wait."""
    assert server.query("ASK {}").ok
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(contextlib.closing(ask(server, SLOW)))
        eventually(lambda: len(listed(server)) == count)
        yield


def text_bounds(home: Path) -> Iterator[Row]:
    small = {"query_characters": 200, "query_levels": 3, "query_patterns": 4, "query_operators": 5}
    with running(home, **small) as server:
        for (name, most), (crossing, text) in zip(
            small.items(),
            {
                "a query of 300 characters": "ASK {} #" + "x" * 292,
                "4 groups, one in the other": "ASK {{{{ }}}}",
                "5 patterns": "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }",
                "6 additions": "ASK { FILTER(1 + 1 + 1 + 1 + 1 + 1 + 1 > 0) }",
            }.items(),
            strict=True,
        ):
            yield row(name, most, crossing, server.query(text))


def word_bounds(home: Path) -> Iterator[Row]:
    with running(home, query_tokens=30, form_fields=5) as server:
        words = server.query("ASK { VALUES ?x { " + "1 " * 30 + "} }")
        yield row("query_tokens", 30, "a query of 37 words and signs", words)
        form = {"query": "ASK {}", **dict.fromkeys("abcde", "")}
        fields = requests.post(server.url + "/sparql", data=form, timeout=60)
        yield row("form_fields", 5, "a form of 6 fields", fields)


def size_bounds(home: Path, token: str) -> Iterator[Row]:
    small = {"header_kilobytes": 8, "query_body_megabytes": 1, "body_megabytes": 2, "unpacked_megabytes": 3}
    owner = {"Authorization": f"Bearer {token}"}
    with running(home, request_seconds=0.5, answer_megabytes=0.001, **small) as server:

        def post(content: bytes, **headers: str) -> requests.Response:
            kind = {"Content-Type": "application/sparql-query"}
            return requests.post(server.url + "/sparql", data=content, headers={**kind, **headers}, timeout=60)

        long = server.get("/sparql", params={"query": "ASK {} #" + "x" * 9_000})
        yield row("header_kilobytes", 8, "a request line of 9 kB", long)
        yield row("header_kilobytes", 8, "a header of 9 kB", server.get("/health", headers={"X": "x" * 9_000}))
        yield row("query_body_megabytes", 1, "a query of 1.5 MB in a body", post(b"#" * (3 << 19)))
        packed = gzip.compress(bytes(4 << 20))
        yield row("query_body_megabytes", 1, "4 MB as 4 kB of gzip", post(packed, **{"Content-Encoding": "gzip"}))
        yield row("body_megabytes", 2, "2.5 MB with a curator's token", post(b"#" * (5 << 19), **owner))
        both = {**owner, "Content-Encoding": "gzip"}
        yield row("unpacked_megabytes", 3, "4 MB as 4 kB of gzip with a curator's token", post(packed, **both))
        yield raw_row("request_seconds", 0.5, "headers that stop half-way", send(server, HALVES[1]))
        yield raw_row("request_seconds", 0.5, "a body that stops half-way", send(server, HALVES[2]))
        yield row("answer_megabytes", 0.001, "an answer of 10 kB, at once", server.query(LARGE, "text/csv"))
        foreign = server.query("SELECT * { SERVICE <http://192.0.2.1/sparql> { ?s ?p ?o } }")
        yield row("service_endpoints", "empty", "SERVICE", foreign)
        refused = requests.post(
            server.url + "/sparql", data={"update": "LOAD <http://192.0.2.1/data>"}, headers=owner, timeout=60
        )
        yield row("load_sources", "empty", "LOAD with a curator's token", refused)


def client_bounds(home: Path, token: str) -> Iterator[Row]:
    owner = {"Authorization": f"Bearer {token}"}
    with running(home, client_requests=3, user_requests=5) as server:
        refused = [server.get("/queries") for _ in range(9)][-1]
        yield row("client_requests", 3, "the 9th request of a minute", refused)
        refused = [server.get("/queries", headers=owner) for _ in range(14)][-1]
        yield row("user_requests", 5, "the 14th request of a minute, with a token", refused)
    with running(home, client_connections=4) as server, connections(server, 4) as opened:
        for connection in opened:
            connection.sendall(HALVES[0])
        yield raw_row("client_connections", 4, "a 5th connection", send(server, b""))
    with running(home, client_answers=1, query_seconds=60) as server:
        assert server.query("ASK {}").ok
        time.sleep(0.5)  # its thread is done with it
        with contextlib.closing(ask(server, SLOW)):
            eventually(lambda: server.get("/health").status_code == 429)
            yield row("client_answers", 1, "a 2nd request while 1 runs", server.get("/health"))


def query_bounds(home: Path, token: str) -> Iterator[Row]:
    owner = {"Authorization": f"Bearer {token}"}
    options = {"readers": 1, "query_seconds": 60, "client_queries": 2, "user_queries": 1, "most_queries": 3}
    with running(home, queue_seconds=60, **options) as server, ThreadPoolExecutor(1) as pool:
        with busy(server, 2):
            yield row("client_queries", 2, "a 3rd query while 2 run or wait", server.query("ASK { ?s ?p 1 }"))
            third = pool.submit(asked, server, SLOW, **owner)
            eventually(lambda: len(listed(server, **owner)) == 1)
            yield row("user_queries", 1, "a 2nd query with the same token", asked(server, "ASK { ?s ?p 1 }", **owner))
        eventually(lambda: len(listed(server)) == 0)
        requests.delete(f"{server.url}/queries/{listed(server, **owner)[0]['id']}", headers=owner, timeout=60)
        third.result(30)
    with running(home, most_queries=1, query_seconds=60) as server, busy(server, 1):
        yield row("most_queries", 1, "a 2nd query while 1 runs", server.query("ASK { ?s ?p 1 }"))
    with running(home, readers=1, queue_seconds=0.2, query_seconds=60) as server, busy(server, 1):
        yield row("queue_seconds", 0.2, "a query while every reader is busy", server.query("ASK { ?s ?p 1 }"))
    with running(home, query_seconds=0.5, query_megabytes=24) as server:
        yield row("query_seconds", 0.5, "a count of 300⁴ solutions", server.query(SLOW))
    with running(home, query_seconds=60, query_megabytes=24, answer_megabytes=0.2) as server:
        with pytest.raises(requests.RequestException):
            server.query(ENDLESS, "text/csv")
        yield Row("answer_megabytes", 0.2, "an answer that streams", 0, "", False)
        yield row("query_megabytes", 24, "300³ solutions in order", server.query(HUNGRY))


def slowly(connection: socket.socket, request: bytes) -> None:
    time.sleep(2)


def service_bounds(home: Path) -> Iterator[Row]:
    document = json.dumps(
        {"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": "x:s"}}] * 30}}
    )
    answer = whole(document.encode(), Content_Type="application/sparql-results+json")
    with answering(answer) as good, answering(slowly) as slow:
        options = {"service_endpoints": f"{good.url} {slow.url}", "service_seconds": 0.3, "service_calls": 1}
        block = f"SERVICE <{good.url}> {{ ?s ?p ?o }}"
        with running(home, service_rows=2, **options) as server:
            late = server.query(f"SELECT * {{ SERVICE <{slow.url}> {{ ?s ?p ?o }} }}")
            yield row("service_seconds", 0.3, "SERVICE to an endpoint that does not answer", late)
            yield row(
                "service_rows", 2, "SERVICE to an endpoint that gives 30 rows", server.query(f"SELECT * {{ {block} }}")
            )
            yield row("service_calls", 1, "2 SERVICE calls", server.query(f"SELECT * {{ {block} {block} }}"))
        with running(home, service_megabytes=0.001, **options) as server:
            large = server.query(f"SELECT * {{ {block} }}")
            yield row("service_megabytes", 0.001, "SERVICE to an endpoint that sends 2 kB", large)


def load_bounds(home: Path, token: str) -> Iterator[Row]:
    large = whole(b"<x:s> <x:p> <x:o> .\n" * 100, Content_Type="text/turtle")
    with answering(large) as good, answering(slowly) as slow:
        options = {"load_sources": f"{good.url} {slow.url}", "load_seconds": 0.3, "load_megabytes": 0.001}
        with running(home, **options) as server:
            yield row("load_seconds", 0.3, "LOAD of what does not come", update(server, token, f"LOAD <{slow.url}>"))
            yield row("load_megabytes", 0.001, "LOAD of 2 kB", update(server, token, f"LOAD <{good.url}>"))


def update(server: Server, token: str, text: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(server.url + "/sparql", data={"update": text}, headers=headers, timeout=60)


def write_bounds(home: Path) -> Iterator[Row]:
    make_generation(home)
    token, _ = Tokens(home).new(Role.CURATOR, "writer", days=1)
    every = ENDLESS.removeprefix("SELECT *")
    endless = f"INSERT {{ ?a <x:p> ?w }} WHERE {every.replace('}', ' FILTER(STRLEN(CONCAT(?x, ?y, ?z, ?w)) > 99) }')}"
    hungry = f"INSERT {{ ?a <x:p> ?w }} WHERE {every}"
    with running(home, write_seconds=0.5) as server:
        yield row("write_seconds", 0.5, "an update that looks at 300⁴ solutions", update(server, token, endless))
    with running(home, write_megabytes=256, write_seconds=60) as server:
        yield row("write_megabytes", 256, "an update with 300⁴ solutions", update(server, token, hungry))
    for name, small, crossing in (
        ("write_queue", 1, "a 2nd update while 1 runs"),
        ("write_queue_seconds", 0.2, "an update while another runs"),
    ):
        with running(home, **{"write_seconds": 4, name: small}) as server, ThreadPoolExecutor(1) as pool:
            eventually(lambda: update(server, token, "INSERT DATA {}").ok)
            left = set((home / "generations").glob("draft-*"))  # by the one before, whose process was ended
            first = pool.submit(update, server, token, endless)
            eventually(lambda: bool(set((home / "generations").glob("draft-*")) - left))  # noqa: B023  it is called here
            yield row(name, small, crossing, update(server, token, "INSERT DATA { <x:a> <x:p> 1 }"))
            assert first.result(60).status_code == 504


def validation_bounds(home: Path) -> Iterator[Row]:
    def post(server: Server, content: bytes) -> requests.Response:
        kind = {"Content-Type": "application/n-triples"}
        return requests.post(server.url + "/validate", data=content, headers=kind, timeout=120)

    def statements(number: int) -> bytes:
        return b"".join(b"<x:s%d> <x:p> <x:o%d> .\n" % (at, at) for at in range(number))

    with running(home, validate_megabytes=1, validate_triples=2) as server:
        long = post(server, b"#" * (3 << 19))
        yield row("validate_megabytes", 1, "a document of 1.5 MB", long)
        yield row("validate_triples", 2, "a document of 3 statements", post(server, statements(3)))
    with running(home, validate_seconds=0.2) as server:
        yield row("validate_seconds", 0.2, "a document of 20,000 statements", post(server, statements(20_000)))
    with running(home, validate_memory_megabytes=128, validate_seconds=60) as server:
        large = post(server, statements(100_000))
        yield row("validate_memory_megabytes", 128, "a document of 100,000 statements", large)
    with running(home, validations=1, validate_queue_seconds=0.3) as server, ThreadPoolExecutor(1) as pool:
        assert post(server, statements(1)).ok
        first = pool.submit(post, server, statements(20_000))
        second = post(server, statements(1))
        while second.ok and not first.done():
            time.sleep(0.1)
            second = post(server, statements(1))
        yield row("validate_queue_seconds", 0.3, "a document while another is validated", second)
        first.result(120)


def startup_bounds(folder: Path) -> Iterator[Row]:
    with running(folder, "-c", SERVE, startup_seconds=0.1) as server:
        yield row("startup_seconds", 0.1, "a query before the first build is done", server.query("ASK {}"))


HEAD = """# What happens at each bound

Made by `tests/web/test_bounds.py`, which sends each of these requests to a server with the small value, and fails
where the answer is another. `/limits` says what holds at a server. Each refusal is `application/problem+json`; its type
is below `https://w3id.org/pmkg/problem/`.

| setting | default | small value | request that crosses it | status | problem | Retry-After |
| --- | --- | --- | --- | --- | --- | --- |
"""


def test_every_bound_is_crossed_and_its_answer_is_in_the_table(home: Path, tmp_path: Path) -> None:
    token = subprocess.run(
        [sys.executable, "-m", "graph.cli", "token", "new", "--role", "curator"],
        cwd=ROOT, env={**os.environ, "PMKG_HOME": str(home)}, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip
    parts: list[Callable[[], Iterator[Row]]] = [
        lambda: text_bounds(home),
        lambda: word_bounds(home),
        lambda: size_bounds(home, token),
        lambda: client_bounds(home, token),
        lambda: query_bounds(home, token),
        lambda: startup_bounds(tmp_path),
        lambda: service_bounds(home),
        lambda: load_bounds(home, token),
        lambda: validation_bounds(home),
        lambda: write_bounds(tmp_path / "written"),
    ]
    rows = [item for part in parts for item in part()]
    order = [item.name for item in fields(Settings)]
    rows.sort(key=lambda item: order.index(item.setting))
    others = "".join(f"- `{variable(name)}`: {reason}\n" for name, reason in ELSEWHERE.items())
    text = HEAD + "".join(f"{item}\n" for item in rows) + f"\nThe others:\n\n{others}"
    if os.environ.get("WRITE_BOUNDS"):
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text
    bounds = {item.name for item in fields(Settings) if item.metadata["unit"]}
    crossed = {item.setting for item in rows} - {"service_endpoints", "load_sources"}
    assert bounds == crossed | set(ELSEWHERE) and not crossed & set(ELSEWHERE)
