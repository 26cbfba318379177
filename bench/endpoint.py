"""Time 12 queries against a running server: `python -m bench.endpoint [--url URL] [--against URL] [--runs N]`.

Without `--url` it starts the server of this checkout. With `--against`, each query is asked of both servers in turn, so
that the ratio holds on a machine whose speed drifts. What is timed is the whole request on a kept-open connection, read
to its end.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from rich.console import Console
from rich.table import Table

from graph.names import PREFIXES

CSV, TURTLE, JSON = "text/csv", "text/turtle", "application/sparql-results+json"

# name, Accept, query; from the smallest question to the whole graph.
QUERIES = (
    ("ask one triple", JSON, "ASK { id:strimvelis def:treats id:ada-scid }"),
    ("describe a thing", TURTLE, "DESCRIBE id:ecrin"),
    ("count everything", CSV, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
    ("one class's instances", CSV, "SELECT ?x ?label { ?x a def:Infrastructure ; rdfs:label ?label } ORDER BY ?label"),
    ("instances through subclasses", CSV, "SELECT ?x { ?x a/rdfs:subClassOf* def:Therapy }"),
    (
        "therapies by disease with evidence",
        JSON,
        "SELECT ?therapy ?disease ?passage { GRAPH ?passage { ?therapy def:treats ?disease } }",
    ),
    (
        "star of five",
        CSV,
        "SELECT * { ?c a owl:Class ; rdfs:label ?l ; skos:definition ?d ; dcterms:source ?s ; rdfs:isDefinedBy ?m }",
    ),
    ("group by class", CSV, "SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c ORDER BY DESC(?n) ?c"),
    ("group by graph", CSV, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY DESC(?n) ?g"),
    ("text filter", CSV, 'SELECT ?x ?d { ?x skos:definition ?d FILTER(CONTAINS(LCASE(?d), "trial")) }'),
    ("path with alternatives", CSV, "SELECT ?a ?b { ?a (def:partOf|def:memberOf|def:locatedIn)+ ?b }"),
    ("export the merge", TURTLE, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"),
)
HEAD = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("def", "id", "rdfs", "owl", "skos", "dcterms"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="the /sparql address to time; a server is started where none is given")
    parser.add_argument("--against", help="a second /sparql address to compare with")
    parser.add_argument("--runs", type=int, default=30, help="how often each query is asked")
    options = parser.parse_args()
    with _own_server() if not options.url else _given(options.url) as url:
        Console().print(_measure([url, *([options.against] if options.against else [])], options.runs))


def _measure(urls: list[str], runs: int) -> Table:
    table = Table(title=f"12 queries at {' and '.join(urls)}, {runs} runs each, milliseconds")
    servers = ["", " (second)"][: len(urls)]
    for column in ("query", "bytes", *(f"{kind}{server}" for server in servers for kind in ("median", "95th"))):
        table.add_column(column, justify="left" if column == "query" else "right", no_wrap=True)
    if len(urls) > 1:
        table.add_column("ratio", justify="right")
    with requests.Session() as session:
        for name, accept, text in QUERIES:
            times: list[list[float]] = [[] for _ in urls]
            size = 0
            for _ in range(runs + 1):  # the first is a warm-up
                for url, own in zip(urls, times, strict=True):
                    elapsed, size = _ask(session, url, accept, text)
                    own.append(elapsed)
            figures = [(statistics.median(own[1:]), statistics.quantiles(own[1:], n=20)[-1]) for own in times]
            cells = [f"{1000 * value:.1f}" for pair in figures for value in pair]
            ratio = [f"{figures[0][0] / figures[1][0]:.2f}"] if len(urls) > 1 else []
            table.add_row(name, f"{size:,}", *cells, *ratio)
    return table


def _ask(session: requests.Session, url: str, accept: str, text: str) -> tuple[float, int]:
    start = time.perf_counter()
    response = session.post(url, data={"query": HEAD + text}, headers={"Accept": accept}, timeout=120)
    response.raise_for_status()
    return time.perf_counter() - start, len(response.content)


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _own_server() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PMKG_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "-m", "graph.cli", "serve"], env=environment)
    url = f"http://127.0.0.1:{port}/sparql"
    try:
        for _ in range(600):
            try:
                requests.get(url, params={"query": "ASK {}"}, timeout=60).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
