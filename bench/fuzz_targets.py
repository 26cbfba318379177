"""What is fuzzed: bytes flow into one of our parsers, nothing flows out; an exception that is not ours is a finding.

Each target also asserts what must hold of whatever its parser let through, so that a wrong answer is found, not only a
crash. This module is imported by `bench.fuzz` in a process of its own for each target, with our modules instrumented.
"""

from __future__ import annotations

import io
import json
import random
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pyoxigraph as ox
import zstandard
from flask import Flask, request
from werkzeug.exceptions import HTTPException

from graph.access.roles import Role
from graph.access.tokens import Tokens, found_in
from graph.advise.advice import advise
from graph.advise.schema import Schema
from graph.errors import Place, PmkgError, QueryError, QueryRefusedError, QuerySyntaxError
from graph.names import BASE, ID, PREFIXES, XSD
from graph.net.addresses import Address, Reach
from graph.net.fetch import Request, _redirected
from graph.sparql import federation
from graph.sparql.guard import inspect, inspect_update
from graph.sparql.lexer import tokens_of
from graph.sparql.literals import MARK, MARK_BYTES, Unmarking, protect, unprotect
from graph.sparql.operations import load_spans, operations_of
from graph.sparql.rewrite import Dataset, mend
from graph.sparql.syntax import syntax_error
from graph.store import wire
from graph.store.backup import _unpack
from graph.store.engine import Edition, QueryRequest
from graph.store.formats import Format, Kind, by_name, formats
from graph.write.apply import apply_update
from graph.write.change import Change
from graph.write.documents import read_document
from graph.write.request import Document
from web import bodies, caching, clients, encoding, negotiation, wholeness, writing
from web.inbox import Inbox

Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {}
LEAST = ox.Store()  # a store that has nothing
TRIG = f"""
@prefix id: <{ID}> .
id:a id:p "x"@en , 1 , "01"^^<{XSD}integer> , id:b .
id:g {{ id:a id:p id:b . id:b id:q _:c . << id:a id:p id:b >> id:q 2.5 }}
"""


def target(function: Target) -> Target:
    """Make a function a target under its name."""
    TARGETS[function.__name__] = function
    return function


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _engine_takes(text: str) -> bool:
    """Whether the engine reads a query; none of its own limits is crossed by what was inspected before."""
    try:
        LEAST.query(text, base_iri=BASE, prefixes=PREFIXES)
    except SyntaxError:
        return False
    except (OSError, RuntimeError, ValueError):
        pass  # it was read, and could not be answered
    return True


def _pieces(data: bytes, chance: random.Random) -> Iterator[bytes]:
    while data:
        size = chance.choice([1, 2, 3, 7, 64, len(data)])
        yield data[:size]
        data = data[size:]


@target
def guard(data: bytes) -> None:
    """The lexer loses nothing, and a query that is let through keeps its length."""
    text = _text(data)
    end = 0
    for token in tokens_of(text):
        assert token.text and token.start >= end and text.startswith(token.text, token.start)
        end = token.start + len(token.text)
    with suppress(PmkgError):
        assert len(inspect(text, PREFIXES, services=bool(len(data) % 2)).text) == len(text)
    with suppress(PmkgError):
        inspect_update(text)


@target
def operations(data: bytes) -> None:
    """An update taken apart; its templates filled."""
    text = _text(data)
    spans = load_spans(text)
    assert all(start < end <= len(text) for start, end in spans)
    row = {name: ox.Literal("x") for name in "sgo"} | {"p": ox.NamedNode(f"{ID}p")}
    with suppress(PmkgError):
        for operation in operations_of(text, PREFIXES):
            for name in ("delete", "insert"):
                template = getattr(operation, name, None)
                if template is not None:
                    assert template.has_variables in (True, False) and template.has_blank_nodes in (True, False)
                    list(template.filled([{}, row], ox.DefaultGraph()))


@target
def updates(data: bytes) -> None:
    """An update carried out on a small store, whose account of what changed is exact."""
    if not data:
        return
    store, union = ox.Store(), bool(data[0] & 1)
    store.extend(ox.parse(TRIG.encode(), format=ox.RdfFormat.TRIG))
    if union:
        store.extend([ox.Quad(quad.subject, quad.predicate, quad.object) for quad in store])
    change = Change(store, union=union)
    before = set(store)
    graph = f"{ID}g" if data[0] & 2 else None
    with suppress(PmkgError):
        apply_update(_text(data[1:]), change, load=lambda _: [], graph=graph, protected=bool(data[0] & 4))
    if not union:
        assert set(store) == (before - change.removed) | change.added, "the account of the change is wrong"


@target
def rewriting(data: bytes) -> None:
    """What the engine reads it still reads when it is mended, unless that is refused."""
    if not data:
        return
    text, options = _text(data[1:]), data[0]
    try:
        inspect(text, PREFIXES)
        store = ox.Store()
        store.extend(ox.parse(TRIG.encode(), format=ox.RdfFormat.TRIG))
        dataset = Dataset(store, (f"{ID}g",) if options & 8 else None) if options & 1 else None
        mended = mend(text, PREFIXES, protected=bool(options & 2), dataset=dataset, total_order=bool(options & 4))
    except (QueryRefusedError, QuerySyntaxError):
        return
    if mended.text != text and _engine_takes(text):
        try:
            LEAST.query(mended.text, base_iri=BASE, prefixes=PREFIXES, custom_functions=mended.functions)
        except SyntaxError as error:
            raise AssertionError(f"mended to what is no SPARQL: {mended.text!r}") from error
        except (OSError, RuntimeError, ValueError):
            pass


@target
def services(data: bytes) -> None:
    """SERVICE taken out: the rest keeps its places, and no SERVICE is left in it."""
    text = _text(data)
    try:
        inspect(text, PREFIXES, services=True)
        calls = federation.calls_of(text, PREFIXES)
    except PmkgError:
        return
    rest = federation.without(text, calls)
    assert len(rest) == len(text) and not any(token.word == "SERVICE" for token in tokens_of(rest))
    federation.substituted(text, calls, [federation.Rows.nothing_known(call) for call in calls])


@target
def service_rows(data: bytes) -> None:
    """What another endpoint answers becomes a group that has as many rows, whatever stands in them."""
    call = federation.Call("https://example.org/sparql", False, "", ("x",), 0, 0)
    try:
        rows = federation.read_rows(data, call, 50)
    except PmkgError:
        return
    if not rows.variables or len(str(rows)) > 4000:
        return
    # RDF 1.2's base directions are among what SPARQL text can say.
    found = LEAST.query(f"SELECT * {{ {rows} }}", base_iri=BASE)
    assert isinstance(found, ox.QuerySolutions) and len(list(found)) == len(rows.rows)


@target
def syntax(data: bytes) -> None:
    """The place of what is wrong is within the text."""
    text = _text(data)
    with suppress(QueryError):
        inspect(text, PREFIXES)
        try:
            LEAST.query(text, base_iri=BASE, prefixes=PREFIXES)
        except SyntaxError as error:
            found = syntax_error(text, PREFIXES, str(error))
            assert found.place.line and found.place.line <= text.count("\n") + 1 and found.message
        except (OSError, RuntimeError, ValueError):
            pass


_TYPES = [XSD + name for name in ("integer", "decimal", "double", "boolean", "dateTime", "date", "time", "duration",
          "gYear", "gMonthDay", "byte", "unsignedInt", "dayTimeDuration", "string", "dateTimeStamp")]  # fmt: skip


@target
def literals(data: bytes) -> None:
    """A protected literal comes back from the store as it went in, and no split of the bytes leaves a mark."""
    if len(data) < 2:
        return
    text = _text(data[2:])
    unmarking, chance = Unmarking(), random.Random(data[0])
    content = text.encode()
    found = b"".join([*map(unmarking.feed, _pieces(content, chance)), unmarking.end()])
    assert found == content.replace(MARK_BYTES, b"")
    term = ox.Literal(text, datatype=ox.NamedNode(_TYPES[data[1] % len(_TYPES)]))
    if MARK in text:
        return
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), protect(term)))
    assert unprotect(next(iter(store)).object) == term


_GRAPHS = [item.media_type for item in formats(Kind.GRAPH)]


@target
def documents(data: bytes) -> None:
    """RDF that was sent, in each format."""
    if not data:
        return
    kind, dataset = _GRAPHS[data[0] % len(_GRAPHS)], bool(data[0] & 128)
    with suppress(PmkgError):
        for quad in read_document(Document(data[1:], kind, "http://x.example/y"), ox.NamedNode("x:g"), dataset):
            assert dataset or quad.graph_name == ox.NamedNode("x:g")


_PACK = {
    "gzip": lambda data: zlib.compress(data, wbits=31), "deflate": zlib.compress, "br": brotli.compress,
    "zstd": lambda data: zstandard.compress(data),
}  # fmt: skip


@target
def packed_bodies(data: bytes) -> None:
    """A packed body gives what was packed; anything else gives one of the errors that are answered; never too much."""
    if not data:
        return
    name, chance = sorted(_PACK)[data[0] % len(_PACK)], random.Random(data[0])
    for content in (data[1:], _PACK[name](data[1:])):
        coding, found = bodies._CODINGS[name](), bytearray()
        try:
            for piece in _pieces(content, chance):
                found += coding.unpack(piece, 100_000 - len(found))
                if len(found) > 100_000:
                    break
        except bodies._ERRORS:
            continue
        assert len(found) <= 100_001 + 128 * 2**17, "it unpacked far more than it may"
    assert found == data[1:] and coding.is_done()


@target
def row_counts(data: bytes) -> None:
    """The rows of an answer counted in its bytes, however they are cut, are those that were written."""
    if not data:
        return
    chance = random.Random(data[0])
    cells = [ox.Literal(part) for part in _text(data[1:]).replace("\x00", "").split("\x01")][:40]
    names = ["a", "b"][: 1 + data[0] % 2]
    rows = [cells[start : start + len(names)] for start in range(0, len(cells), len(names))]
    lines = " ".join(f"({' '.join(map(str, row))}{' UNDEF' * (len(names) - len(row))})" for row in rows)
    text = f"SELECT * {{ VALUES ({' '.join('?' + name for name in names)}) {{ {lines} }} }}"
    for kind in ("json", "xml", "csv", "tsv"):
        engine = getattr(ox.QueryResultsFormat, kind.upper())
        solutions = LEAST.query(text)
        assert isinstance(solutions, ox.QuerySolutions)
        answer = solutions.serialize(format=engine)
        counter = wholeness.counter(kind)
        assert counter is not None and answer is not None
        for piece in _pieces(answer, chance):
            counter.take(piece)
        assert counter.rows == len(rows), (kind, answer)
    for kind in ("json", "xml", "csv", "tsv", "ntriples", "nquads"):  # and bytes that are no answer harm nothing
        counter = wholeness.counter(kind)
        assert counter is not None
        for piece in _pieces(data, chance):
            counter.take(piece)
        assert counter.rows is None or counter.rows >= 0


@target
def frames(data: bytes) -> None:
    """Frames from a reader that may have died within one."""
    stream = io.BytesIO(data)
    with suppress(EOFError):
        while True:
            kind, content = wire.read_frame(stream)
            assert wire.frame(kind, content) == data[stream.tell() - len(content) - 5 : stream.tell()]


_HOME = Path(tempfile.mkdtemp(prefix="pmkg-fuzz-"))
_TOKEN, _ = Tokens(_HOME).new(Role.CURATOR, "fuzz", days=1)


@target
def tokens(data: bytes) -> None:
    """A token's text, and a file of tokens that somebody has edited."""
    text = data.decode("latin-1").replace("TOKEN", _TOKEN)
    found_in(text)
    with suppress(PmkgError):
        assert Tokens(_HOME).identify(text).role is Role.CURATOR and text == _TOKEN
    home = _HOME / "edited"
    home.mkdir(exist_ok=True)
    (home / "tokens.json").write_bytes(data)
    with suppress(PmkgError):
        Tokens(home).all()
    with suppress(PmkgError):
        Tokens(home).identify(_TOKEN)


_APP = Flask("fuzz")
_NAMES = ["Accept", "Accept-Encoding", "If-None-Match", "If-Match", "X-Forwarded-For", "Content-Type", "Range"]
_EDITION = Edition(1, "x", "2000-01-01T00:00:00+00:00")


@target
def headers(data: bytes) -> None:
    """Header lines and a query string, as they come: what is chosen by them, or an error that is answered."""
    lines = data.decode("latin-1").splitlines() or [""]
    sent = [(name, value) for line in lines[1:] for name, _, value in [line.partition(":")] if name in _NAMES]
    with _APP.test_request_context("/sparql", query_string=lines[0], headers=sent):
        asked = QueryRequest(request.values.get("query", ""))
        for work in (
            lambda: [negotiation.chosen(kind) for kind in Kind], negotiation.generation, negotiation.wants_html,
            encoding.codings, writing._report_only, writing._expected, clients.is_local,
            lambda: caching.matching_tag(_EDITION, asked, ("gzip", "identity")),
            lambda: caching.policy(asked, is_stable=True),
            lambda: clients.network(request.headers.get("X-Forwarded-For", "")),
            lambda: writing.graph_iri(request.values.get("graph", ""), "graph"),
            lambda: (caching.is_volatile(asked.text), caching.is_reproducible(asked.text)),
        ):  # fmt: skip
            try:
                work()
            except PmkgError:
                continue
            except HTTPException as error:
                assert error.code is not None and error.code < 500


@target
def addresses(data: bytes) -> None:
    """An address that a setting, a query or another server's redirect names is one to go to, or is refused."""
    text = _text(data)
    here = Address.parse("https://x.example/sparql")
    with suppress(PmkgError):
        found = Address.parse(text)
        assert Address.parse(str(found)) == found and found.target.isprintable()
        Reach.of(text).admits(found)
    with suppress(PmkgError):
        Reach.of(text)
    for line in text.splitlines():  # a header has no line ends
        answer: Any = SimpleNamespace(headers={"Location": line}, status=308, close=lambda: None)
        with suppress(PmkgError):
            Address.parse(_redirected(Request(str(here)), here, answer, _WATCH).url)


_WATCH: Any = SimpleNamespace(place=Place())


@target
def requests(data: bytes) -> None:
    """What a connection has received: cut anywhere, it is whole at the same byte."""
    if not data:
        return
    whole, pieces, chance = Inbox(None, 4096, 10), Inbox(None, 4096, 10), random.Random(len(data))  # type: ignore[arg-type]
    whole._add(data)
    for piece in _pieces(data, chance):
        pieces._add(piece)
        pieces.has_data()
    assert whole.has_data() == pieces.has_data()


@target
def backups(data: bytes) -> None:
    """An archive that may be anything is refused as what it is, and writes nothing beside its folder."""
    if not data:
        return
    content = zstandard.compress(data[1:]) if data[0] & 1 else data[1:]
    with tempfile.TemporaryDirectory(dir=_HOME) as name:
        folder = Path(name) / "inner"
        folder.mkdir()
        with suppress(PmkgError):
            _unpack(io.BytesIO(content), folder, "fuzz")
        assert [path.name for path in Path(name).iterdir()] == ["inner"]


class _Small:
    """An engine in this process, over the few statements of TRIG, without any limit."""

    def __init__(self) -> None:
        self.store = ox.Store()
        self.store.extend(ox.parse(TRIG.encode(), format=ox.RdfFormat.TRIG))

    def query(self, asked: QueryRequest) -> Any:
        inspect(asked.text, PREFIXES)
        try:
            found = self.store.query(asked.text, base_iri=BASE, prefixes=PREFIXES)
        except SyntaxError as error:
            raise QuerySyntaxError(str(error)) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise QueryRefusedError(str(error)) from error
        kind = ox.RdfFormat.N_TRIPLES if isinstance(found, ox.QueryTriples) else ox.QueryResultsFormat.JSON
        answer = _Bytes(found.serialize(format=kind))  # type: ignore[arg-type]
        answer.format = by_name("ntriples" if isinstance(found, ox.QueryTriples) else "json")
        return answer


class _Bytes(io.BytesIO):
    format: Format


_SCHEMA = Schema(
    {f"{ID}p": 4, f"{ID}q": 1}, {f"{ID}C": 1}, frozenset(), frozenset(), {f"{ID}p": ("pee",)}, frozenset([f"{ID}g"]),
    merged=False,
)  # fmt: skip


@target
def advice(data: bytes) -> None:
    """Advice on whatever is called a query."""
    with suppress(PmkgError):
        json.dumps(advise(_text(data), _Small(), _SCHEMA).as_json())  # type: ignore[arg-type]
