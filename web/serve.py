"""`python -m web.serve`: settings flow in, a server that answers HTTP until SIGTERM or SIGINT flows out.

Where the files have changed since the generation on disk was built, a build runs beside the server: meanwhile queries
are answered from the old generation, and wait for the first one where there is none.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from types import FrameType
from typing import Any

from cheroot.wsgi import Gateway_10, Server

from graph.errors import PmkgError, SettingError
from graph.project import Project
from graph.settings import Settings, variable
from server import create_app
from web.building import Build
from web.service import Service
from web.sparql import CONNECTION

log = logging.getLogger("pmkg")

# Threads are cheap while they wait, and queries that wait for a reader or the first build hold one each: so there are
# more than `web.sparql.MOST_QUERIES`, and /health always finds a free one.
THREADS = 48
HEADER_BYTES = 1 << 20  # a query may be long in a GET too
IDLE_CONNECTIONS = 500


class Gateway(Gateway_10):
    """cheroot's, which also tells the application the connection, so that it can notice a client that goes."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        return {**environ, CONNECTION: self.req.conn.socket.fileno()}


class LoggedServer(Server):
    """cheroot, with its errors in our log: one line for an answer that broke off."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        error = sys.exc_info()[1] if traceback else None
        late = isinstance(error, PmkgError)
        log.log(level, "%s", f"an answer broke off: {error}" if late else msg, exc_info=None if late else error)


class Running:
    """The server and the build beside it, and the exit status of both together."""

    def __init__(self, settings: Settings, build: bool) -> None:
        self.app = create_app(settings)
        self.service: Service = self.app.extensions["pmkg"]
        self.server = LoggedServer((settings.host, settings.port), self.app, numthreads=THREADS, server_name="pmkg")
        self.server.max_request_header_size = HEADER_BYTES
        self.server.keep_alive_conn_limit = IDLE_CONNECTIONS
        self.server.request_queue_size = 128
        self.server.gateway = Gateway
        self.build: Build | None = None
        self.status = 0
        self._wants_build = build
        self._end = threading.Event()

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        host, port = self._listen()
        serving = threading.Thread(target=self.server.serve, name="http", daemon=True)
        try:
            serving.start()
            print(f"pmkg serves http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
            if not self._wants_build:
                self.service.make_first_generation()
            elif self._is_outdated():
                self.build = Build(self._on_build_end)
                self.service.is_building = self.build.is_running
            self._end.wait()
        finally:
            self._stop()
        return self.status

    def _listen(self) -> tuple[str, int]:
        try:
            self.server.prepare()
        except OSError as error:
            host, port = self.service.settings.host, self.service.settings.port
            advice = f"Set {variable('host')} and {variable('port')} to an address of this machine that is free."
            raise SettingError(f"cannot listen on {host}, port {port}: {error}.", advice=advice) from error
        host, port = self.server.bind_addr[:2]  # the port that the system chose, where the setting is 0
        return str(host), int(port)

    def _is_outdated(self) -> bool:
        """Whether the files are not those of the current generation; where one is missing, the build says which."""
        generation = self.service.generation
        try:
            return generation is None or generation.fingerprint != Project().fingerprint(
                union=self.service.settings.union_default_graph
            )
        except OSError:
            return True

    def _on_build_end(self, status: int) -> None:
        if status == 0:
            return
        if self.service.generation is None:
            log.error("The first build failed with status %d, so there is nothing to serve.", status)
            self.status = 1
            self._end.set()
        else:
            log.error("The build failed with status %d. The generation before it is still served.", status)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._end.set()

    def _stop(self) -> None:
        """Queries first: a thread that waits for the engine could not be ended."""
        if self.build:
            self.build.stop()
        self.service.close()
        self.server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m web.serve", description="Serve the SPARQL endpoint and its page.")
    parser.add_argument("--no-build", action="store_true", help="serve what is in the data directory, even if nothing")
    arguments = parser.parse_args()
    logging.basicConfig(format="pmkg: %(message)s", level=logging.INFO)
    try:
        return Running(Settings.from_environment(), build=not arguments.no_build).run()
    except PmkgError as error:
        print(f"pmkg: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
