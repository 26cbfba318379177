"""An answer says that it is whole, and one that is not never looks it: rows, digests, trailers, HEAD, broken ends."""

from __future__ import annotations

import base64
import gzip
import hashlib
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli
import pyoxigraph as ox
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import AnswerTooLargeError
from graph.names import RDFS
from graph.store.formats import by_name
from tests.web.conftest import ENDLESS, Server, running
from web import wholeness

ALL = f"SELECT ?s ?o {{ ?s <{RDFS}label> ?o }} ORDER BY ?s ?o"
GRAPH = f"CONSTRUCT {{ ?s <{RDFS}label> ?o }} WHERE {{ ?s <{RDFS}label> ?o }}"
ENDLESS_GRAPH = ENDLESS.replace("SELECT *", "CONSTRUCT { ?a <http://example.org/p> ?b . ?c <http://example.org/q> ?d }")
FORMATS = ("json", "xml", "csv", "tsv", "turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml")
TERMS = st.one_of(
    st.none(),
    st.text(max_size=12).map(ox.Literal),
    st.sampled_from(['},{"x":{', "\\", '\\"', '"', "\r\n", "<result>", "},{", "[{", '"},{"', "\\},{"]).map(ox.Literal),
    st.integers().map(ox.Literal),
    st.just(ox.NamedNode("http://example.org/a")),
)


def cut(content: bytes, places: list[int]) -> Iterator[bytes]:
    """The content in pieces, each place counted from the last."""
    while places and content:
        yield content[: places[0]]
        content, places = content[places[0] :], places[1:]
    yield content


def rows_of(name: str, chunks: Iterator[bytes]) -> int | None:
    account = wholeness.Account(name, 2**30)
    for _ in account.over(chunks):
        pass
    return account.rows


def written(text: str, name: str) -> bytes:
    result = ox.Store().query(text)
    return bytes(result.serialize(format=by_name(name).engine) or b"")  # type: ignore[arg-type]


@given(st.lists(st.tuples(TERMS, TERMS), max_size=6), st.lists(st.integers(1, 40), max_size=30))
@settings(deadline=None, max_examples=150)
def test_rows_are_counted_in_whatever_pieces_and_whatever_stands_in_them(
    rows: list[tuple[ox.NamedNode | ox.Literal | None, ox.NamedNode | ox.Literal | None]], places: list[int]
) -> None:
    values = " ".join(f"({' '.join('UNDEF' if term is None else str(term) for term in row)})" for row in rows)
    text = f"SELECT * {{ VALUES (?x ?y) {{ {values} }} }}"
    for name in ("json", "xml", "csv", "tsv"):
        for pieces in (places, [1] * 2000):
            assert rows_of(name, cut(written(text, name), pieces)) == len(rows), name
    triples = [
        ox.Triple(ox.NamedNode("http://example.org/s"), ox.NamedNode("http://example.org/p"), row[1])
        for row in rows
        if row[1] is not None
    ]
    for name, form in (("ntriples", ox.RdfFormat.N_TRIPLES), ("nquads", ox.RdfFormat.N_QUADS)):
        assert rows_of(name, cut(ox.serialize(triples, format=form) or b"", places)) == len(triples)


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize(
    ("text", "rows"),
    [("ASK {}", None), ("SELECT * {}", 1), ("SELECT ?x { FILTER(false) }", 0), ("SELECT (1 AS ?results) {}", 1)],
)
def test_no_row_and_the_row_of_nothing_are_told_from_the_answer_to_ask(text: str, rows: int | None, name: str) -> None:
    assert rows_of(name, cut(written(text, name), [1] * 400)) == rows


def test_an_answer_that_grows_too_large_is_stopped_at_its_limit() -> None:
    account = wholeness.Account("csv", 10)
    chunks = account.over(iter([b"12345", b"67890", b"1"]))
    assert [next(chunks), next(chunks)] == [b"12345", b"67890"]
    with pytest.raises(AnswerTooLargeError, match="LIMIT"):
        next(chunks)


def raw(server: Server, text: str, method: str = "GET", version: str = "1.1", **headers: str) -> tuple[bytes, bool]:
    """All bytes that the server sends before it closes the connection, and whether it broke the connection off."""
    address = urlsplit(server.url)
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    path = "/sparql?" + urlencode({"query": text})
    with socket.create_connection((address.hostname, address.port or 0), timeout=60) as connection:
        connection.sendall(f"{method} {path} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode())
        received = b""
        try:
            while part := connection.recv(1 << 20):
                received += part
        except ConnectionResetError:
            return received, True
    return received, False


def unchunked(content: bytes) -> tuple[bytes, dict[str, str]]:
    """A chunked body's content and trailers."""
    body = b""
    while True:
        size, _, content = content.partition(b"\r\n")
        if int(size, 16) == 0:
            break
        body, content = body + content[: int(size, 16)], content[int(size, 16) + 2 :]
    lines = content.decode("ascii").split("\r\n")
    assert lines[-2:] == ["", ""]
    return body, dict(line.split(": ", 1) for line in lines[:-2])


def digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


DECODERS = {
    "identity": lambda content: content,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
}


@pytest.mark.parametrize("coding", DECODERS)
@pytest.mark.parametrize("name", ["csv", "json", "xml"])
def test_trailers_hold_the_digest_of_what_was_sent_and_the_number_of_rows(
    server: Server, coding: str, name: str
) -> None:
    text = f"{ALL} # trailers, {name}, {coding}"  # nobody has asked it: what is kept has all that in front
    received, _ = raw(server, text, TE="trailers", Accept_Encoding=coding, Accept=by_name(name).media_type)
    head, _, content = received.partition(b"\r\n\r\n")
    assert b"Trailer: Content-Digest, Repr-Digest, PMKG-Rows, Server-Timing" in head
    body, trailers = unchunked(content)
    assert trailers["Content-Digest"] == trailers["Repr-Digest"] == digest(body)
    assert trailers["Server-Timing"].startswith("serialising;dur=")
    account = wholeness.Account(name, 2**30)
    assert b"".join(account.over(iter([DECODERS[coding](body)])))
    assert trailers["PMKG-Rows"] == str(account.rows)


def test_a_client_that_does_not_ask_for_trailers_gets_none(server: Server) -> None:
    received, _ = raw(server, ALL + " #no", Accept="text/csv")
    assert b"Trailer" not in received
    assert received.endswith(b"\r\n0\r\n\r\n")


def test_http_1_0_has_no_trailers_and_no_chunks(server: Server) -> None:
    received, broken = raw(server, ALL + " #old", version="1.0", TE="trailers", Accept="text/csv")
    assert not broken and b"chunked" not in received and b"Trailer" not in received
    assert received.endswith(b"\r\n")


def test_head_tells_length_digest_and_rows_of_what_get_sends(server: Server) -> None:
    for accept in ("text/csv", "application/sparql-results+json"):
        for text in (ALL, "SELECT ?s { ?s ?p ?o } LIMIT 3", "ASK {}"):
            head = server.head(text, accept)
            body = server.get(
                "/sparql", params={"query": text}, headers={"Accept": accept, "Accept-Encoding": "identity"}
            )
            assert head.content == b"" and head.status_code == 200
            assert head.headers["Content-Length"] == str(len(body.content))
            assert head.headers["Repr-Digest"] == digest(body.content)
            assert head.headers["ETag"] == body.headers["ETag"]
            assert head.headers.get("PMKG-Rows") == body.headers.get("PMKG-Rows", head.headers.get("PMKG-Rows"))
            assert ("PMKG-Rows" in head.headers) is (text != "ASK {}")


def test_head_has_no_digest_of_what_is_new_each_time(server: Server) -> None:
    for text in ("SELECT (RAND() AS ?x) {}", "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", "SELECT (BNODE() AS ?x) {}"):
        head = server.head(text)
        assert head.status_code == 200
        assert "Repr-Digest" not in head.headers and "Content-Length" not in head.headers


def test_head_of_an_answer_that_is_too_large_is_a_problem(home: Path) -> None:
    with running(home, answer_megabytes=0.05) as server:
        assert server.head(ENDLESS).status_code == 403
        assert server.query("ASK {}").ok


def test_a_short_answer_has_all_that_in_front(server: Server) -> None:
    response = server.query("SELECT ?s { ?s ?p ?o } LIMIT 3", "text/csv")
    assert response.headers["Content-Digest"] == response.headers["Repr-Digest"] == digest(response.content)
    assert response.headers["PMKG-Rows"] == "3"
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.fixture(scope="module")
def hurried(home: Path) -> Iterator[Server]:
    """A server whose answers may not have more than half a megabyte."""
    with running(home, answer_megabytes=0.5, client_queries=100) as server:
        yield server


@pytest.mark.parametrize("coding", DECODERS)
@pytest.mark.parametrize(
    "name", ["json", "xml", "csv", "tsv", "turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"]
)
def test_an_answer_that_breaks_off_never_looks_whole(hurried: Server, name: str, coding: str) -> None:
    known = by_name(name)
    text = ENDLESS if known.kind.value == "solutions" else ENDLESS_GRAPH
    received, _ = raw(hurried, text, TE="trailers", Accept=known.media_type, Accept_Encoding=coding)
    head, _, content = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"Transfer-Encoding: chunked" in head
    assert not content.endswith(b"0\r\n\r\n") and b"Repr-Digest: " not in content
    with pytest.raises(ValueError, match="invalid literal"):  # there is no last chunk
        unchunked(content)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_broken_answer_is_no_whole_stream_of_its_coding(hurried: Server, coding: str) -> None:
    address = urlsplit(hurried.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request("GET", "/sparql?" + urlencode({"query": ENDLESS}), headers={"Accept-Encoding": coding})
    response = connection.getresponse()
    with pytest.raises(IncompleteRead):
        response.read()
    connection.close()
    received, _ = raw(hurried, ENDLESS, Accept_Encoding=coding)
    body = b""
    content = received.partition(b"\r\n\r\n")[2]
    while content:
        size, _, content = content.partition(b"\r\n")
        body, content = body + content[: int(size, 16)], content[int(size, 16) + 2 :]
    if coding == "gzip":
        with pytest.raises(EOFError):
            gzip.decompress(body)
    elif coding == "br":
        with pytest.raises(brotli.error):
            brotli.decompress(body)
    else:
        stream = zstandard.ZstdDecompressor().decompressobj()
        assert stream.decompress(body) and not stream.eof


def test_an_http_1_0_client_sees_a_reset_where_an_answer_breaks_off(hurried: Server) -> None:
    received, broken = raw(hurried, ENDLESS, version="1.0", Accept="text/csv")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert broken


def test_an_answer_that_breaks_off_is_logged_with_its_limit(hurried: Server) -> None:
    raw(hurried, ENDLESS)
    assert "PMKG_ANSWER_MEGABYTES" in hurried.output
    assert "Traceback" not in hurried.output


def test_the_time_is_told_in_its_parts(server: Server) -> None:
    timing = server.query("SELECT (1 AS ?timing) {}").headers["Server-Timing"]
    names = [part.split(";")[0] for part in timing.split(", ")]
    assert names == ["queue", "evaluation"]
    assert all(float(part.split("dur=")[1]) >= 0 for part in timing.split(", "))
