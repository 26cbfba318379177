"""The engine in one process, for the W3C runner: our rewriting before a store, its marks taken out behind it."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from graph.errors import QueryError
from graph.sparql.literals import Protection, Unmarking
from graph.sparql.rewrite import Dataset, mend

SOLUTIONS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}


class MendedBackend:
    """What `run_sparql_suite.py --backend` asks for; updates are the store's own, on unprotected data."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.quads: list[ox.Quad] = []

    def load(self, graphs: dict[str | None, str]) -> None:
        lines = []
        for graph, ntriples in graphs.items():
            lines += [f"{line[:-1]}<{graph}> ." if graph else line for line in ntriples.splitlines()]
        nquads = "\n".join(lines).encode()
        self.quads += ox.parse(nquads, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=True)

    def query(self, text: str, accept: str) -> tuple[int, str, bytes]:
        protection, store = Protection(), ox.Store()
        store.extend(protection.quads(self.quads))
        try:
            mended = mend(text, {}, protected=protection.found, dataset=Dataset(store))
            return self._written(store.query(mended.text, custom_functions=mended.functions), accept)
        except (SyntaxError, ValueError, QueryError) as error:
            return 400, "text/plain", str(error).encode()
        except (RuntimeError, OSError) as error:
            return 500, "text/plain", str(error).encode()

    def _written(self, result: Any, accept: str) -> tuple[int, str, bytes]:
        unmarking = Unmarking()
        if isinstance(result, ox.QueryTriples):
            body = result.serialize(format=ox.RdfFormat.N_TRIPLES)
            return 200, "application/n-triples", unmarking.feed(body or b"") + unmarking.end()
        first = accept.split(",")[0].split(";")[0].strip()
        media = first if first in SOLUTIONS else "application/sparql-results+json"
        return 200, media, unmarking.feed(result.serialize(format=SOLUTIONS[media])) + unmarking.end()

    def update(self, text: str) -> tuple[int, bytes]:
        store = ox.Store()
        store.extend(self.quads)
        try:
            store.update(text)
        except (SyntaxError, ValueError) as error:
            return 400, str(error).encode()
        except (RuntimeError, OSError) as error:
            return 500, str(error).encode()
        self.quads = list(store)
        return 204, b""
