"""What the server learns of work that a process of its own did, or died of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.errors import InputError
from graph.settings import Settings
from graph.worker import worker as parent
from graph.worker.child import Terms
from graph.worker.ending import End, WorkerError
from graph.worker.worker import Worker

TERMS = Terms(Settings(), seconds=0.5, megabytes=512)


@pytest.fixture
def worker() -> Iterator[Worker[str, str]]:
    found: Worker[str, str] = Worker("tests.worker.errands", TERMS)
    yield found
    found.end()


@pytest.mark.parametrize(
    ("errand", "end"),
    [
        ("wait", End.TIME),
        ("stop", End.TIME),
        ("fill", End.MEMORY),
        ("abort in want of memory", End.MEMORY),
        ("abort", End.CRASH),
    ],
)
def test_a_process_that_ends_says_why(
    worker: Worker[str, str], errand: str, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "GRACE_SECONDS", 0.5)
    assert worker.ask("any") == "any"
    with pytest.raises(WorkerError) as failed:
        worker.ask(errand)
    assert failed.value.end is end and not failed.value.fault and not worker.is_alive


def test_a_process_outlives_a_refusal_and_a_fault(worker: Worker[str, str]) -> None:
    with pytest.raises(InputError, match="no"):
        worker.ask("refuse")
    with pytest.raises(WorkerError) as failed:
        worker.ask("err")
    assert (failed.value.end, failed.value.fault) == (End.CRASH, "KeyError")
    assert worker.is_alive and worker.ask("any") == "any"


def test_a_process_that_leaves_after_its_outcome_is_asked_no_more(worker: Worker[str, str]) -> None:
    assert worker.ask("last") == "last"
    assert not worker.is_alive and worker.end() == 0


def test_a_process_that_never_is_ready_is_told_from_one_that_fails() -> None:
    with pytest.raises(WorkerError) as failed:
        Worker("tests.worker.nowhere", TERMS)
    assert failed.value.end is End.START
