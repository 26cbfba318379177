"""`python -m web.serve`: settings flow in, a server that answers HTTP until SIGTERM or SIGINT flows out.

Where the files have changed since the generation on disk was built, a build runs beside the server: meanwhile queries
are answered from the old generation, and wait for the first one where there is none.
"""

from __future__ import annotations

import argparse
import logging
import resource
import select
import signal
import socket
import sys
import threading
import time
from types import FrameType

from graph.access.tokens import Tokens
from graph.errors import CorruptGenerationError, NoGenerationError, PmkgError, SettingError, StoreError
from graph.project import Project
from graph.settings import Settings, variable
from graph.store.recovery import recover
from server import create_app
from web import operations, requestlog
from web.building import Build
from web.connections import BoundedServer
from web.service import Service

log = logging.getLogger("pmkg")

POLL_SECONDS = 0.05
RECOVER_SECONDS = 5.0  # how long a start waits for a writer before it looks the data directory over
OPEN_FILES = 4096  # a connection is one, and each query under way has four


class Running:
    """The server and the build beside it, and the exit status of both together."""

    def __init__(self, settings: Settings, build: bool) -> None:
        self.app = create_app(settings)
        self.service: Service = self.app.extensions["pmkg"]
        self.server = BoundedServer(settings, self.app)
        self.stopping = operations.stopping(self.app)
        self.build: Build | None = None
        self.status = 0
        self._wants_build = build
        self._signals = 0  # the first lets what runs come to its end, the second does not
        self._woken, self._waking = socket.socketpair()

    def run(self) -> int:
        """Serve until told to stop; the exit status."""
        self._heed_signals()
        self._recover()
        host, port = self._listen()
        serving = threading.Thread(target=self.server.serve, name="http", daemon=True)
        try:
            serving.start()
            print(f"pmkg serves http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
            if Tokens(self.service.settings.home).path.exists():  # somebody may write
                threading.Thread(target=self.service.writer.prepare, name="writer", daemon=True).start()
            if not self._wants_build:
                self.service.make_first_generation()
            elif self._is_outdated():
                self.build = Build(self._on_build_end)
                self.service.is_building = self.build.is_running
            while not (self._signals or self.status):
                self._wait(None)
        finally:
            self._stop()
        return self.status

    def _recover(self) -> None:
        """See that the current generation is whole before anybody is answered from it.

        Raises:
            CorruptGenerationError: none is, and no build will make one.
        """
        try:
            recover(self.service.generations, RECOVER_SECONDS)
        except NoGenerationError:
            return
        except CorruptGenerationError as error:
            if not self._wants_build:
                raise
            log.error("%s", error)
        except StoreError as error:  # somebody writes just now, or it is not ours to write: what opens is served
            log.error("What is damaged was not set aside: %s", error)

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
        try:
            generation = self.service.generation
            return generation is None or generation.fingerprint != Project().fingerprint(
                union=self.service.settings.union_default_graph
            )
        except (OSError, CorruptGenerationError):
            return True

    def _on_build_end(self, status: int) -> None:
        if status == 0:
            return
        if not self._has_generation():
            log.error("The first build failed with status %d, so there is nothing to serve.", status)
            self.status = 1
            self._waking.send(b"!")
        else:
            log.error("The build failed with status %d. The generation before it is still served.", status)

    def _has_generation(self) -> bool:
        try:
            return self.service.generation is not None
        except CorruptGenerationError:
            return False

    def _heed_signals(self) -> None:
        """Wake this thread at a signal: the system may give it to another, and a lock would go on waiting."""
        self._woken.setblocking(False)
        self._waking.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _wait(self, seconds: float | None) -> None:
        """Wait for a signal, for the end of a build, or so long."""
        if select.select([self._woken], [], [], seconds)[0]:
            self._woken.recv(4096)

    def _stop(self) -> None:
        """Refuse what is new and wait for what runs; then end the queries before the threads that wait for them."""
        self.stopping.begin()
        if self.build:
            self.build.stop()
        end = time.monotonic() + self.service.settings.stop_seconds
        while self.server.requests_under_way and time.monotonic() < end and self._signals < 2:
            if not self._has_generation():  # nor will there be one: the build is ended
                self.app.extensions["pmkg-queries"].stop_waiting()
            self._wait(POLL_SECONDS)
        self.service.close()
        self.server.stop()


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main() -> int:
    """Serve until a signal ends it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m web.serve", description="Serve the SPARQL endpoint and its page.")
    parser.add_argument("--no-build", action="store_true", help="serve what is in the data directory, even if nothing")
    arguments = parser.parse_args()
    try:
        settings = Settings.from_environment()
        requestlog.configure(settings)
        _allow_open_files()
        return Running(settings, build=not arguments.no_build).run()
    except PmkgError as error:
        print(f"pmkg: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
