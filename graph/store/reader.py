"""One reader process: questions flow in over its socket, one at a time, and serialised answers flow out in frames.

It ends by itself when the server hangs up, when an answer left it swollen, and, by the kernel's alarm, at a query's
deadline: a query that runs in the engine's code cannot be stopped in any other way.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyoxigraph as ox

from graph.errors import NotAcceptableError, QueryError, QueryMemoryError
from graph.names import BASE
from graph.store import wire
from graph.store.formats import Format, Kind, by_name, formats
from graph.store.syntax import syntax_error

Name = ox.NamedNode | ox.BlankNode
Graph = Name | ox.DefaultGraph

MEBIBYTE = 2**20
SWOLLEN = (
    64 * MEBIBYTE
)  # a reader that a query left larger than this is replaced: its memory limit counts from its start
CHUNK = 32 * 1024
LINGER = 0.05  # seconds for which bytes of an answer may wait for more


def serve(store: ox.Store, connection: socket.socket, query_megabytes: int) -> None:
    """Answer questions until the server hangs up, or until the process has grown too large to go on."""
    start = _address_space()
    _limit_memory(start, query_megabytes)
    stream = connection.makefile("rb")
    while True:
        try:
            kind, content = wire.read_frame(cast(BinaryIO, stream))
        except (EOFError, ConnectionError):
            return
        assert kind == wire.QUERY
        output = _Output(connection)
        try:
            healthy = _answer_or_fail(store, wire.Question(**json.loads(content)), output)
            leaving = not healthy or _address_space() - start > SWOLLEN
            output.end(leaving)
        except ConnectionError:
            return  # the server gave the answer up
        signal.setitimer(signal.ITIMER_REAL, 0)  # the deadline is also for a client that is slow to read
        if leaving:
            return


def _answer_or_fail(store: ox.Store, question: wire.Question, output: _Output) -> bool:
    """Send the answer or the error; whether the process can go on.

    A panic of the engine's Rust code is no Exception, and ends the process as an abort does.
    """
    signal.setitimer(signal.ITIMER_REAL, question.seconds)
    try:
        _answer(store, question, output)
    except ConnectionError:
        raise
    except QueryError as error:
        output.fail(error)
    except SyntaxError as error:
        output.fail(syntax_error(question.text, question.prefixes, str(error)))
    except MemoryError:
        output.fail(QueryMemoryError("the query needed more memory than it may.", advice="Ask for less at once."))
        return False
    except (RuntimeError, ValueError, OSError) as error:
        output.fail(QueryError(f"the engine cannot answer this: {error}"))
    return True


def _answer(store: ox.Store, question: wire.Question, output: _Output) -> None:
    default: list[Graph] | None = _nodes(question.default_graphs)
    named: list[Name] | None = _nodes(question.named_graphs)
    if default is not None and len(set(default)) > 1:
        store, default = _merged(store, default, named or []), None
    result = store.query(
        question.text, base_iri=BASE, prefixes=question.prefixes, default_graph=default, named_graphs=named
    )
    chosen = _choose(result, question)
    output.head(chosen)
    result.serialize(cast(BinaryIO, output), format=chosen.engine)  # type: ignore[arg-type]


def _merged(store: ox.Store, default: list[Graph], named: list[Name]) -> ox.Store:
    """The dataset of a query with several FROM: their merge as the default graph, and the FROM NAMED as they are."""
    dataset = ox.Store()
    for graph in set(default):
        quads = store.quads_for_pattern(None, None, None, graph)
        dataset.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    for graph in set(named):
        dataset.extend(store.quads_for_pattern(None, None, None, graph))
    return dataset


def _nodes(iris: list[str] | None) -> list[Any] | None:
    return None if iris is None else [ox.NamedNode(iri) for iri in iris]


def _choose(result: object, question: wire.Question) -> Format:
    is_graph = isinstance(result, ox.QueryTriples)
    kind = Kind.GRAPH if is_graph else Kind.SOLUTIONS
    name = question.graph_format if is_graph else question.solutions_format
    if name is None:
        names = ", ".join(item.name for item in formats(kind))
        form = "CONSTRUCT and DESCRIBE answer with a graph" if is_graph else "SELECT and ASK answer with solutions"
        raise NotAcceptableError(
            f"{form}, and no format for that is accepted.", advice=f"Accept one of {names}, or ask in the other form."
        )
    return by_name(name, kind)


class _Output:
    """The file that the engine writes an answer to: bytes flow in, frames of a fair size flow out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._frames = bytearray()
        self._data = bytearray()
        self._sent = time.monotonic()

    def head(self, chosen: Format) -> None:
        self._frames += wire.frame(wire.HEAD, chosen.name.encode())

    def write(self, content: bytes) -> int:
        self._data += content
        if len(self._data) >= CHUNK or time.monotonic() - self._sent > LINGER:
            self._send()
        return len(content)

    def flush(self) -> None:
        """Nothing: `end` sends what is left."""

    def fail(self, error: QueryError) -> None:
        self._data.clear()
        self._frames += wire.error_frame(error)

    def end(self, leaving: bool) -> None:
        self._pack()
        self._frames += wire.frame(wire.END, b"1" if leaving else b"")
        self._send()

    def _pack(self) -> None:
        if self._data:
            self._frames += wire.frame(wire.DATA, bytes(self._data))
            self._data.clear()

    def _send(self) -> None:
        self._pack()
        self._connection.sendall(self._frames)
        self._frames.clear()
        self._sent = time.monotonic()


def _limit_memory(start: int, megabytes: int) -> None:
    if start:
        most = start + megabytes * MEBIBYTE
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """The bytes of address space that the process has, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
