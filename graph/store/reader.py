"""One reader process: questions flow in over its socket, one at a time, and serialised answers flow out in frames.

It ends by itself when the server hangs up, when an answer left it swollen, and, by the kernel's alarm, at a query's
deadline: a query that runs in the engine's code cannot be stopped in any other way.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import time
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any, BinaryIO, cast

import pyoxigraph as ox

from graph.errors import CorruptGenerationError, NotAcceptableError, PmkgError, QueryError, QueryMemoryError
from graph.names import BASE
from graph.sparql.literals import Unmarked
from graph.sparql.rewrite import Dataset, mend
from graph.sparql.syntax import syntax_error
from graph.store import wire
from graph.store.disk import DAMAGE_SIGNS
from graph.store.formats import Format, Kind, by_name, formats
from graph.store.merged import dataset
from graph.store.room import Room
from graph.store.whole import Everything

MEBIBYTE = 2**20
SWOLLEN = (
    64 * MEBIBYTE
)  # a reader that a query left larger than this is replaced: its memory limit counts from its start
CHUNK = 32 * 1024
LINGER = 0.05  # seconds for which bytes of an answer may wait for more


def serve(store: ox.Store, connection: socket.socket, query_megabytes: int) -> None:
    """Answer questions until the server hangs up, or until the process has grown too large to go on."""
    room = Room(query_megabytes * MEBIBYTE)
    stream = connection.makefile("rb")
    while True:
        try:
            kind, content = wire.read_frame(cast(BinaryIO, stream))
        except (EOFError, ConnectionError):
            return
        assert kind == wire.QUERY
        output = _Output(connection)
        try:
            healthy = _answer_or_fail(store, wire.Question(**json.loads(content)), output, room)
            leaving = not healthy or room.taken() > SWOLLEN
            output.end(leaving)
        except ConnectionError:
            return  # the server gave the answer up
        signal.setitimer(signal.ITIMER_REAL, 0)  # the deadline is also for a client that is slow to read
        if leaving:
            return


def _answer_or_fail(store: ox.Store, question: wire.Question, output: _Output, room: Room) -> bool:
    """Send the answer or the error; whether the process can go on.

    A panic of the engine's Rust code is no Exception, and ends the process as an abort does.
    """
    signal.setitimer(signal.ITIMER_REAL, question.seconds)
    try:
        _answer(store, question, output, room)
    except ConnectionError:
        raise
    except QueryError as error:
        output.fail(error)
    except SyntaxError as error:
        output.fail(syntax_error(question.asked or question.text, question.prefixes, str(error)))
    except MemoryError:
        output.fail(QueryMemoryError("the query needed more memory than it may.", advice="Ask for less at once."))
        return False
    except (RuntimeError, ValueError, OSError) as error:
        output.fail(_unanswered(error))
    return True


def _unanswered(error: Exception) -> PmkgError:
    """What the engine's own error means; that of a damaged file names places of this machine, which are not told."""
    if str(error).startswith(DAMAGE_SIGNS):
        return CorruptGenerationError(
            "a file of the generation is damaged, and this query needs it.",
            advice="Ask an older generation with ?generation=N. The next start of the server finds a whole one.",
        )
    return QueryError(f"the engine cannot answer this: {error}")


def _answer(store: ox.Store, question: wire.Question, output: _Output, room: Room) -> None:
    result = _ask(store, question)
    chosen = _choose(result, question)
    output.head(chosen)
    if chosen.engine is None:
        _columns(room).write(result, cast(BinaryIO, output), chosen.name)
    else:
        result.serialize(cast(BinaryIO, output), format=chosen.engine)


def _ask(store: ox.Store, question: wire.Question) -> Any:
    """The engine's result for the query as it is mended, which is written without the marks of protected literals."""
    if question.whole:
        return Everything(store, is_merge=question.merge)
    asked, default, named = dataset(store, question.default_graphs, question.named_graphs)
    mended = mend(
        question.text,
        question.prefixes,
        protected=question.protected,
        dataset=Dataset(asked, question.named_graphs),
        total_order=question.total_order,
    )
    try:
        result = asked.query(
            mended.text,
            base_iri=BASE,
            prefixes=question.prefixes,
            default_graph=default,
            named_graphs=named,
            custom_functions=mended.functions,
        )
    except SyntaxError as error:
        if mended.text != question.text:  # what is said must be about what the client wrote
            ox.Store().query(
                question.text, base_iri=BASE, prefixes=question.prefixes, custom_functions=mended.functions
            )
            raise QueryError("the engine cannot read the query as it was mended here.") from error
        raise
    return Unmarked(result) if mended.marked and not isinstance(result, ox.QueryBoolean) else result


def _columns(room: Room) -> ModuleType:
    """The module that writes columns, loaded when one is first wanted: it takes more space than all the rest."""
    if "graph.store.columns" not in sys.modules:
        # With its own pool and threads, Arrow takes the space of several queries at once.
        os.environ |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_IO_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        sys.meta_path.insert(0, _WithoutPandas())
        with room.excepting():
            importlib.import_module("graph.store.columns").write_nothing()
    return importlib.import_module("graph.store.columns")


class _WithoutPandas(MetaPathFinder):
    """Arrow loads pandas at its first value, where that is installed, which takes longer than to load Arrow."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _choose(result: object, question: wire.Question) -> Format:
    is_graph = isinstance(result, ox.QueryTriples) or (isinstance(result, Unmarked | Everything) and result.is_graph)
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

    def fail(self, error: PmkgError) -> None:
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
