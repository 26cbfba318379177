"""Readers are shared out by client: in turn, and never all to one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import QueryError
from graph.store import pool
from graph.store.engine import QueryRequest
from graph.store.turns import Turns
from tests.store.conftest import OpenEngine, ask

LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"  # more than any socket takes unread


def take(turns: Turns, client: str, seconds: float = 0.0) -> bool:
    with turns.ticket(client) as ticket:
        return ticket.wait(seconds)


def test_one_client_never_holds_every_reader() -> None:
    turns = Turns(3)
    assert [take(turns, "slow") for _ in range(3)] == [True, True, False]
    assert take(turns, "other")
    assert not take(turns, "third"), "there are no more"
    turns.release("slow")
    assert take(turns, "third")


def test_a_single_reader_is_for_everybody_and_the_server_itself_is_not_bounded() -> None:
    assert take(Turns(1), "one")
    turns = Turns(2)
    assert [take(turns, "") for _ in range(3)] == [True, True, False]


def test_who_holds_fewest_is_next_and_then_who_came_first() -> None:
    turns = Turns(2)
    assert take(turns, "much") and take(turns, "other")
    order: list[str] = []
    threads: list[threading.Thread] = []

    def come_to_turn(client: str) -> None:
        if take(turns, client, 30):
            order.append(client)

    for client in ("much", "first", "second"):
        threads.append(threading.Thread(target=come_to_turn, args=(client,)))
        threads[-1].start()
        while len(turns._waiting) < len(threads):
            time.sleep(0.001)
    # Who holds one of two waits for that one to be given back, though the other is free.
    for client, count in (("other", 1), ("first", 2), ("second", 2), ("much", 3)):
        turns.release(client)
        end = time.monotonic() + 30
        while len(order) < count and time.monotonic() < end:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == ["first", "second", "much"]


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=40))
def test_turns_are_neither_lost_nor_made(readers: int, steps: list[tuple[bool, str]]) -> None:
    turns, held = Turns(readers), Counter[str]()
    for takes, client in steps:
        if takes:
            may = held.total() < readers and held[client] < max(1, readers - 1)
            assert take(turns, client) == may
            held[client] += may
        elif held[client]:
            turns.release(client)
            held[client] -= 1
    assert turns._free == readers - held.total()


def test_a_client_that_reads_nothing_loses_its_reader_when_another_waits(
    open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "STALL_SECONDS", 0.3)
    engine = open_engine(readers=1)
    with contextlib.closing(engine.query(QueryRequest(LARGE, "csv", client="slow"))) as answer:
        chunks = iter(answer)
        next(chunks)
        assert ask(engine, "ASK {}", client="other").split() == ["true"]
        with pytest.raises(QueryError):
            for _ in chunks:
                pass
