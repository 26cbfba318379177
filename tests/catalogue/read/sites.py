"""A small web server for harvests: paths and their answers flow in, a running site and its log of requests flow out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from graph.settings import Settings


@dataclass(frozen=True)
class Asked:
    """A request that the site got."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer of the site."""

    body: bytes | str = b""
    media_type: str = "text/turtle"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


Route = Reply | str | Callable[[Asked], Reply]


@dataclass
class Site:
    """A site under way: its address, what it answers by path and query, and what it was asked."""

    url: str
    routes: dict[str, Route]
    asked: list[Asked] = field(default_factory=list)

    def settings(self, home: Path | None = None, **more: object) -> Settings:
        """Settings with which it can be harvested, at once."""
        found = replace(Settings(), harvest_reach=self.url + "/", harvest_requests_per_second=1000.0, harvest_retries=2)
        return replace(found, **({"home": home} if home else {}), **more)  # type: ignore[arg-type]

    @property
    def paths(self) -> list[str]:
        return [item.path for item in self.asked]


@contextmanager
def serving(routes: Mapping[str, Route]) -> Iterator[Site]:
    """A site on a free port until the block ends; `HERE` in a text is its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(size))
            site.asked.append(asked)
            route = (
                site.routes.get(self.path) or site.routes.get(self.path.partition("?")[0]) or Reply("no", status=404)
            )
            reply = route(asked) if callable(route) else Reply(route) if isinstance(route, str) else route
            body = reply.content.replace(b"HERE", site.url.encode())
            self.send_response(reply.status)
            headers = {"Content-Type": reply.media_type, "Content-Length": str(len(body)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value.replace("HERE", site.url))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_address[1]}", dict(routes))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join(10)
