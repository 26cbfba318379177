"""Compression: as the client asks, as soon as there is something to send, and not where it does not pay."""

from __future__ import annotations

import gzip
import http.client
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from graph.names import RDFS
from tests.web.conftest import ENDLESS, Server, running
from web import encoding

LABELS = f"SELECT ?s ?o {{ ?s <{RDFS}label> ?o }} ORDER BY ?s ?o"
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
}
PARTIAL: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "gzip": lambda: zlib.decompressobj(31).decompress,
    "br": lambda: brotli.Decompressor().process,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
}


def fetch(server: Server, path: str, coding: str | None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """What is sent, as it is sent."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    for name, value in {**headers, **({} if coding is None else {"Accept-Encoding": coding})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def path_of(text: str, **parameters: str) -> str:
    return "/sparql?" + urlencode({"query": text, **parameters})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, ("identity",)),
        ("", ("identity",)),
        ("gzip", ("gzip", "identity")),
        ("gzip, deflate, br, zstd", ("zstd", "br", "gzip", "identity")),
        ("gzip;q=1.0, br;q=0.5", ("gzip", "br", "identity")),
        ("gzip;q=0, br", ("br", "identity")),
        ("*", ("zstd", "br", "gzip", "identity")),
        ("*;q=0", ()),
        ("*;q=0, gzip", ("gzip",)),
        ("identity", ("identity",)),
        ("identity;q=0", ()),
        ("identity;q=0, *", ("zstd", "br", "gzip")),
        ("identity;q=0.5, gzip;q=0.3", ("identity", "gzip")),
        ("identity;q=0.5, gzip;q=0.5", ("gzip", "identity")),
        ("zstd;q=0, *;q=0.1", ("br", "gzip", "identity")),
        ("x-gzip", ("gzip", "identity")),
        ("GZIP", ("gzip", "identity")),
        ("deflate", ("identity",)),
        ("compress, sdch;q=0.9", ("identity",)),
    ],
)
def test_the_header_orders_the_codings_as_rfc_9110_says(header: str | None, expected: tuple[str, ...]) -> None:
    assert encoding.acceptable(parse_accept_header(header, Accept)) == expected


@pytest.mark.parametrize("coding", DECODERS)
def test_an_answer_is_the_same_in_every_coding(server: Server, coding: str) -> None:
    plain = fetch(server, path_of(LABELS, format="csv"), None)[1]
    for _ in range(2):  # from a reader, and from what is kept
        response, content = fetch(server, path_of(LABELS, format="csv"), coding)
        assert response.getheader("Content-Encoding", "identity") == coding
        assert DECODERS[coding](content) == plain
        assert len(content) < len(plain) / 2 or coding == "identity"


def test_a_tiny_answer_is_sent_as_it_is_unless_that_is_refused(server: Server) -> None:
    assert fetch(server, path_of("ASK {}"), "gzip, br, zstd")[0].getheader("Content-Encoding") is None
    response, content = fetch(server, path_of("ASK {}"), "identity;q=0, gzip")
    assert response.getheader("Content-Encoding") == "gzip"
    assert b"boolean" in gzip.decompress(content)


def test_a_client_that_takes_nothing_that_we_have_gets_406(server: Server) -> None:
    response, content = fetch(server, path_of("ASK {}"), "identity;q=0, compress")
    assert response.status == 406 and b"zstd" in content


def test_parquet_is_not_compressed_once_more() -> None:
    assert encoding.chosen("application/vnd.apache.parquet", ("gzip", "identity")) == "identity"
    assert encoding.chosen("application/vnd.apache.parquet", ("gzip",)) == "gzip"


@given(st.lists(st.binary(max_size=300), max_size=20), st.sampled_from(sorted(DECODERS)))
@settings(deadline=None)
def test_whatever_the_chunks_they_come_back(chunks: list[bytes], coding: str) -> None:
    content = b"".join(encoding.stream(iter(chunks), coding))
    assert DECODERS[coding](content) == b"".join(chunks)
    assert DECODERS[coding](encoding.encoded(b"".join(chunks), coding)) == b"".join(chunks)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8), st.sampled_from(sorted(PARTIAL)))
@settings(deadline=None)
def test_each_chunk_can_be_read_before_the_next_is_there(chunks: list[bytes], coding: str) -> None:
    encoded = encoding.stream(iter(chunks), coding)
    decode = PARTIAL[coding]()
    for chunk in chunks:
        assert decode(next(encoded)) == chunk


@pytest.mark.parametrize("coding", PARTIAL)
def test_first_rows_arrive_compressed_long_before_the_end(home: Path, coding: str) -> None:
    with running(home, query_seconds=60) as server:
        address = urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        connection.request("GET", path_of(ENDLESS, format="csv"), headers={"Accept-Encoding": coding})
        response = connection.getresponse()
        assert PARTIAL[coding]()(response.read1(1 << 16)).startswith(b"a,")
        connection.close()


@pytest.mark.parametrize("path", ["/", "/static/editor.js", "/static/page.css", "/examples.json"])
def test_pages_and_their_files_are_compressed_too(server: Server, path: str) -> None:
    plain, content = fetch(server, path, None)
    assert plain.status == 200 and plain.getheader("Content-Encoding") is None
    assert "Accept-Encoding" in (plain.getheader("Vary") or "")
    for coding, decode in DECODERS.items():
        response, encoded = fetch(server, path, coding)
        assert response.getheader("Content-Encoding", "identity") == coding
        assert decode(encoded) == content
        assert int(response.getheader("Content-Length") or 0) == len(encoded)


def test_a_file_that_the_browser_has_is_not_sent_again_in_any_coding(server: Server) -> None:
    tags = {fetch(server, "/static/editor.js", coding)[0].getheader("ETag") or "" for coding in DECODERS}
    assert len({tag.removeprefix("W/") for tag in tags}) == 1
    for tag in tags:
        for coding in DECODERS:
            response, content = fetch(server, "/static/editor.js", coding, **{"If-None-Match": tag})
            assert (response.status, content) == (304, b"")
