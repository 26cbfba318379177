"""A query that calls another endpoint: given up with its query, mended and cached as little as it must be."""

from __future__ import annotations

import socket
import time

import pytest

from graph.errors import QueryError, SettingError
from graph.store.engine import QueryRequest
from tests.net.sites import answering, head, whole
from tests.sparql.test_federation import document
from tests.store.conftest import OpenEngine, ask

NUMBER = "http://www.w3.org/2001/XMLSchema#integer"


def waits(connection: socket.socket, request: bytes) -> None:
    connection.sendall(head())
    connection.recv(1)


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_a_call_is_given_up_when_nobody_waits_for_its_query(open_engine: OpenEngine, silent: str) -> None:
    with answering(waits) as site:
        engine = open_engine(service_endpoints=site.url)
        began = time.monotonic()
        with pytest.raises(QueryError, match="nobody waits"):
            engine.query(
                QueryRequest(
                    f"SELECT * {{ SERVICE {silent} <{site.url}> {{ ?s ?p ?o }} }}",
                    is_wanted=lambda: time.monotonic() < began + 0.2,
                )
            )
        assert time.monotonic() - began < 2


def test_values_of_another_endpoint_are_joined_with_those_that_are_stored(open_engine: OpenEngine) -> None:
    """Also where both are written in another way: they are joined as the terms that they are."""
    rows = [{"n": {"type": "literal", "value": value, "datatype": NUMBER}} for value in ("7", "8", "8")]
    with answering(whole(document(["n"], *rows))) as site:
        engine = open_engine(service_endpoints=site.url)
        found = ask(engine, f"SELECT ?n {{ <http://example.org/s8> ?p ?n SERVICE <{site.url}> {{ ?x ?y ?n }} }}")
    assert found.split() == ["n", "8", "8"]


def test_text_of_another_endpoint_comes_through_as_it_is(open_engine: OpenEngine) -> None:
    value = "\\u0022 } } SERVICE <http://evil/> { ?s ?p ?o } # \\\\U00000022"
    with answering(whole(document(["n"], {"n": {"type": "literal", "value": value}}))) as site:
        found = ask(open_engine(service_endpoints=site.url), f"SELECT ?n {{ SERVICE <{site.url}> {{ ?x ?y ?n }} }}")
    assert found == f"n\r\n{value}\r\n"


def test_a_generation_that_is_read_from_disk_is_joined_in_the_same_way(open_engine: OpenEngine) -> None:
    with answering(whole(document(["s"], {"s": {"type": "uri", "value": "http://example.org/s1"}}))) as site:
        engine = open_engine(service_endpoints=site.url, memory_store_megabytes=0)
        text = f"SELECT (COUNT(*) AS ?n) {{ SERVICE <{site.url}> {{ ?s ?p ?o }} ?s <http://example.org/next> ?next }}"
        assert ask(engine, text).split() == ["n", "1"]


def test_the_same_graph_may_be_asked_at_the_engine_with_from(open_engine: OpenEngine) -> None:
    with answering(whole(document(["s"], {"s": {"type": "uri", "value": "http://example.org/s1"}}))) as site:
        engine = open_engine(service_endpoints=site.url)
        text = (
            f"SELECT ?o FROM <http://example.org/g1> FROM <http://example.org/g2> "
            f"{{ SERVICE <{site.url}> {{ ?s ?p ?x }} ?s <http://example.org/number> ?o }}"
        )
        assert ask(engine, text).split() == ["o", "1"]
    assert b"FROM" not in site.requests[0]


def test_a_setting_that_lists_no_url_is_refused_at_the_start(open_engine: OpenEngine) -> None:
    with pytest.raises(SettingError, match=r"PMKG_SERVICE_ENDPOINTS holds 'ftp://a\.org/'"):
        open_engine(service_endpoints="http://a.org/sparql ftp://a.org/")
