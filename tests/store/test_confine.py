"""A reader process makes no connection: not by itself, and not when a query that the guard should stop reaches it."""

from __future__ import annotations

import platform
import socket
import subprocess
import sys

import pytest

from graph.errors import QueryError
from graph.project import ROOT
from graph.sparql import guard
from graph.store import confine
from graph.store.federate import Federated, Federation
from tests.store.conftest import OpenEngine, ask, count

PROBE = """
import socket, sys, threading
from graph.store.confine import close_network
assert close_network()
def attempt(family, kind):
    try:
        socket.socket(family, kind).close()
    except PermissionError:
        return "no"
    return "yes"
made = [attempt(socket.AF_INET, socket.SOCK_STREAM), attempt(socket.AF_INET6, socket.SOCK_STREAM),
        attempt(socket.AF_INET, socket.SOCK_DGRAM), attempt(socket.AF_NETLINK, socket.SOCK_RAW),
        attempt(socket.AF_UNIX, socket.SOCK_STREAM)]
thread = threading.Thread(target=lambda: made.append(attempt(socket.AF_INET, socket.SOCK_STREAM)))
thread.start()
thread.join()
socket.socketpair()[0].close()
print(*made)
"""

can_filter = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in confine.MACHINES,
    reason="there is no filter for this system",
)


@can_filter
def test_a_process_that_is_closed_makes_unix_sockets_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == ["no", "no", "no", "no", "yes", "no"], done.stderr


@can_filter
def test_a_service_call_that_passes_the_guard_reaches_no_server(
    open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_refuse_services", lambda *_, **__: None)
    monkeypatch.setattr(Federation, "resolve", lambda self, text, *_: Federated(text, "", 0.0))
    engine = open_engine()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        with pytest.raises(QueryError):
            ask(engine, f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        assert ask(engine, f"SELECT * {{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}").split() == [
            "o,p,s",
            ",,",
        ]
        with pytest.raises(TimeoutError):
            listener.accept()
    assert count(engine) == 80


def test_a_system_that_has_no_filter_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    assert not confine.close_network()
    assert "not closed" in caplog.text
