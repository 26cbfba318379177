"""A page is asked for once, and then only whether it has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from graph.catalogue.keep.harvest import Task, harvest
from graph.settings import Settings
from graph.store.generations import Generations
from tests.catalogue.keep.conftest import dataset, document


@contextmanager
def serving(text: str) -> Iterator[tuple[str, list[int]]]:
    """A server of one document with an ETag; its address, and the statuses that it answered with."""
    statuses = list[int]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 404 if self.path != "/catalog.ttl" else 304 if self.headers["If-None-Match"] == '"1"' else 200
            if self.path == "/catalog.ttl":
                statuses.append(status)
            content = text.encode() if status == 200 else b""
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Type", "text/turtle")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/catalog.ttl", statuses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_second_harvest_asks_whether_the_page_has_changed(home: Path) -> None:
    settings = replace(Settings(), home=home, harvest_reach="127.0.0.1")
    with serving(document(dataset(1))) as (address, statuses):
        assert harvest(Task(address, "web"), settings).generation == 1
        again = harvest(Task(address, "web"), settings)
        assert (again.changed, again.failed, again.datasets) == (False, False, 1)
        assert harvest(Task(address, "web"), settings, anew=True).generation is None
    assert statuses == [200, 304, 200]
    assert Generations(home).current().number == 1
