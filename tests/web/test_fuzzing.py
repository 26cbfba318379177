"""Whatever is sent, no answer is a fault of the server: no 500, no stack trace, and the next request is answered."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.project import ROOT
from graph.settings import Settings
from server import create_app
from tests.web.conftest import Server, make_generation, running
from web.openapi import UNKNOWN

# Pieces that reach further into the code than random text does.
WORDS = [
    "SELECT",
    "*",
    "{",
    "}",
    "?s",
    "?p",
    "?o",
    "INSERT",
    "DATA",
    "DELETE",
    "WHERE",
    "GRAPH",
    "<x:g>",
    ";",
    ".",
    "(",
    ")",
    "FILTER",
]
ODD = [
    "\x00",
    "\r\n",
    "'",
    '"',
    "\\",
    "\ud7ff",
    "\U0010fffe",
    "é",
    "%",
    "<<(",
    "_:b",
    "01",
    "1e400",
    "@en",
    "^^",
    "#",
    "FROM",
    "LOAD",
    "VALUES",
]
texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from([*WORDS, *ODD]), max_size=25).map(" ".join))
names = st.sampled_from(
    [
        "query",
        "update",
        "default-graph-uri",
        "using-graph-uri",
        "format",
        "generation",
        "graph",
        "default",
        "validate",
        "profile",
        "q",
        "page",
        "iri",
        "text",
        "x",
    ]
)
values = st.one_of(
    texts, st.sampled_from(["x:g", "json", "report", "1", "0", "-1", "99999999999999999999", "turtle", ""])
)
paths = st.sampled_from(
    [
        "/sparql",
        "/data",
        "/data/x",
        "/advice",
        "/queries",
        "/queries/x",
        "/id/x",
        "/limits",
        "/",
        "/health",
        "/.well-known/void",
        "/datasets",
        "/datasets/x",
        "/datasets/x/x",
        "/validate",
    ]
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
types = st.sampled_from(
    [
        "application/sparql-query",
        "application/sparql-update",
        "application/x-www-form-urlencoded",
        "text/turtle",
        "application/ld+json",
        "application/rdf+xml",
        "application/trig",
        "multipart/form-data; boundary=x",
        "text/plain; charset=\xff",
        "",
    ]
)
latin = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)
headers = st.dictionaries(
    st.sampled_from(
        [
            "Accept",
            "Accept-Encoding",
            "Content-Encoding",
            "If-None-Match",
            "If-Match",
            "TE",
            "PMKG-Query-Id",
            "X-Request-Id",
            "Range",
            "Authorization",
        ]
    ),
    st.one_of(
        latin,
        st.sampled_from(
            [
                "*/*",
                "gzip",
                "br;q=0.5, *;q=0",
                '"1"',
                "trailers",
                "Bearer x",
                "text/csv;q=x",
                "application/vnd.apache.parquet",
            ]
        ),
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    home = tmp_path_factory.mktemp("fuzzed")
    make_generation(home)
    token, _ = Tokens(home).new(Role.ADMIN, "fuzz", days=1)
    with running(home, client_requests=10**9, user_requests=10**9, query_seconds=2, log_format="text") as server:
        yield server, token


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=300
)
@given(
    methods,
    paths,
    st.lists(st.tuples(names, values), max_size=4),
    types,
    st.one_of(texts.map(str.encode), st.binary(max_size=60)),
    headers,
    st.booleans(),
)
def test_no_request_makes_the_server_fail(
    target: tuple[Server, str],
    method: str,
    path: str,
    parameters: list[tuple[str, str]],
    kind: str,
    body: bytes,
    more: dict[str, str],
    with_token: bool,
) -> None:
    from urllib.parse import quote

    server, token = target
    query = "&".join(f"{name}={quote(value, safe='', errors='replace')}" for name, value in parameters)
    sent = {"Content-Type": kind, **more}
    if with_token:
        sent["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    try:
        encoded = {name: value.encode("latin-1") for name, value in sent.items()}
        connection.request(method, f"{path}?{query}", body=body, headers=encoded)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    assert answer.status != 500, content
    assert b"Traceback" not in content


def test_each_route_is_described_with_its_summary_and_its_answers(tmp_path: Path) -> None:
    issuer: dict[str, Any] = {
        "oidc_issuer": "https://issuer.example/",
        "oidc_client_id": "us",
        "oidc_client_secret": "secret",
    }
    app = create_app(replace(Settings(), home=tmp_path, **issuer))
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    described = {(path, method.upper()) for path, item in paths.items() for method in item}
    routes = {
        (re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert described == routes
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation["summary"], f"{method} {path} has no summary"
            answers = [answer for status, answer in operation["responses"].items() if status[0] in "23"]
            assert answers and all(answer["description"] != UNKNOWN for answer in answers), f"{method} {path}"


def test_the_openapi_description_is_kept_under_schemathesis(target: tuple[Server, str], tmp_path: Path) -> None:
    server, token = target
    schemathesis, config = Path(sys.executable).with_name("schemathesis"), Path(__file__).with_name("schemathesis.toml")
    command = [str(schemathesis), "--config-file", str(config), "run", f"{server.url}/openapi.json"]
    done = subprocess.run(
        [*command, "--max-time", "25", "--no-color", "-H", f"Authorization: Bearer {token}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "default", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "Open API 3.1" in done.stdout
    assert server.get("/health").status_code == 200
