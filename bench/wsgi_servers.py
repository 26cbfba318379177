"""Compare WSGI servers for the endpoint: their names flow in, a table of what each does flows out.

    python bench/wsgi_servers.py [waitress gunicorn cheroot granian]

Each server runs the same Flask application in a process of its own. We time small streamed answers for eight clients
that keep their connections and one answer of 20 MB, and look at what the endpoint needs besides: a generator that
raises in the middle must break the chunked connection, a query of 8 kB must fit into the address, a HEAD must leave no
bytes behind on the connection, and SIGTERM must end the process with status 0.
"""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from flask import Flask, Response
from rich.console import Console
from rich.table import Table

CLIENTS, REQUESTS, LARGE = 8, 500, 20_000_000
app = Flask(__name__)


@app.get("/small")
def small() -> Response:
    return Response(iter([b"x" * 100] * 3))


@app.get("/large")
def large() -> Response:
    return Response(iter([b"x" * 8_000] * (LARGE // 8_000)))


@app.get("/broken")
def broken() -> Response:
    def chunks() -> Iterator[bytes]:
        yield b"x" * 100
        raise RuntimeError("late")

    return Response(chunks())


def serve(name: str, port: int) -> None:
    """Run one server until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    match name:
        case "waitress":
            import waitress

            waitress.serve(app, host="127.0.0.1", port=port, threads=CLIENTS, _quiet=True)
        case "gunicorn":
            from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped, import-not-found, unused-ignore]

            class Application(BaseApplication):  # type: ignore[misc, unused-ignore]
                def load_config(self) -> None:
                    options = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "threads": CLIENTS}
                    for key, value in {**options, "limit_request_line": 0}.items():
                        self.cfg.set(key, value)

                def load(self) -> Flask:
                    return app

            Application().run()
        case "cheroot":
            from cheroot.wsgi import Server

            server = Server(("127.0.0.1", port), app, numthreads=CLIENTS)
            try:
                server.start()
            finally:
                server.stop()
        case "granian":
            from granian.constants import Interfaces
            from granian.server import Server as Granian

            Granian("wsgi_servers:app", port=port, interface=Interfaces.WSGI, blocking_threads=CLIENTS).serve()


def rate(port: int) -> float:
    """Small answers a second, for all clients together."""

    def client(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(REQUESTS):
            connection.request("GET", "/small")
            assert len(connection.getresponse().read()) == 300

    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return CLIENTS * REQUESTS / (time.perf_counter() - start)


def large_seconds(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    connection.request("GET", "/large")
    assert len(connection.getresponse().read()) == LARGE
    return time.perf_counter() - start


def breaks(port: int) -> bool:
    """Whether a client notices that the answer is not whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/broken")
    try:
        connection.getresponse().read()
    except (http.client.IncompleteRead, ConnectionError):
        return True
    return False


def long_address(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/small?query=" + "x" * 8192)
    return connection.getresponse().status


def head_is_clean(port: int) -> bool:
    """Whether HEAD sends headers alone, so that the connection can be used again."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        client.sendall(b"HEAD /small HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        try:
            while part := client.recv(4096):
                received += part
        except TimeoutError:
            pass
    return received.endswith(b"\r\n\r\n") and received.count(b"\r\n\r\n") == 1


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def measure(name: str) -> list[str]:
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "--serve", name, str(port)], stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.01)
        ready = time.perf_counter() - start
        seen = [f"{max(rate(port) for _ in range(3)):.0f}", f"{min(large_seconds(port) for _ in range(3)):.2f}"]
        seen += [str(breaks(port)), str(long_address(port)), str(head_is_clean(port))]
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)
    return [f"{name} {version(name)}", f"{ready:.2f}", *seen, str(status)]


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], int(sys.argv[3]))
    columns = ("server", "ready s", "small/s", "20 MB s", "breaks late", "8 kB GET", "HEAD clean", "exit status")
    table = Table(*columns)
    for name in sys.argv[1:] or ("waitress", "gunicorn", "cheroot", "granian"):
        table.add_row(*measure(name))
    Console(width=120).print(table)
    return None


if __name__ == "__main__":
    main()
