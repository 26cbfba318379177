"""Queries are answered in every form and format, from the dataset that was asked for; wrong ones get clear errors."""

from __future__ import annotations

import json
import threading
import time

import pyoxigraph as ox
import pytest

from graph.errors import (
    NotAcceptableError,
    QueryError,
    QueryRefusedError,
    QuerySyntaxError,
    ServiceBusyError,
    SettingError,
)
from graph.settings import Settings
from graph.store import pool
from graph.store.crew import Crew
from graph.store.embedded import EmbeddedEngine
from graph.store.engine import QueryRequest
from graph.store.engine import open_engine as open_by_settings
from graph.store.formats import FORMATS, Format, Kind
from graph.store.generation import Generation
from graph.store.generations import Generations
from tests.store.conftest import OpenEngine, ask, count, node, quads

OURS = "http://example.org/"


def test_the_default_graph_counts_each_triple_once_and_graph_gives_the_evidence(engine: EmbeddedEngine) -> None:
    assert count(engine) == 80
    assert ask(engine, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }").split()[1] == "160"


@pytest.mark.parametrize("chosen", [item for item in FORMATS if item.engine], ids=lambda chosen: chosen.name)
def test_every_format_holds_the_same_answer(engine: EmbeddedEngine, chosen: Format) -> None:
    if chosen.kind is Kind.SOLUTIONS:
        with engine.query(QueryRequest("SELECT ?s ?o { ?s <http://example.org/number> ?o }", chosen.name)) as answer:
            body = answer.read()
            assert answer.format is chosen
        assert body.count(b"http://example.org/s") == 40
        ask_result = ask(engine, "ASK { ?s ?p 39 }", chosen.name)
        assert "true" in ask_result
    else:
        request = QueryRequest("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", None, chosen.name)
        with engine.query(request) as answer:
            assert answer.format is chosen
            parsed = list(ox.parse(answer.read(), format=chosen.engine))  # type: ignore[arg-type]
        assert {quad.triple for quad in parsed} == {quad.triple for quad in quads()}


def test_describe_answers_with_the_things_statements(engine: EmbeddedEngine) -> None:
    text = ask(engine, f"DESCRIBE <{OURS}s1>", graph_format="ntriples")
    assert text.count(f"<{OURS}s1> <") == 2


def test_our_prefixes_are_known_and_a_querys_own_win(engine: EmbeddedEngine) -> None:
    assert ask(engine, "SELECT (skos:prefLabel AS ?x) {}").split()[1] == "http://www.w3.org/2004/02/skos/core#prefLabel"
    assert ask(engine, "PREFIX skos: <urn:x:> SELECT (skos:a AS ?x) {}").split()[1] == "urn:x:a"


def test_a_syntax_error_has_its_place(engine: EmbeddedEngine) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        ask(engine, "SELECT ?s {\n  ?s ?p ?? }")
    assert (caught.value.place.line, caught.value.place.column) == (2, 9)
    with pytest.raises(QuerySyntaxError, match="prefix nope: is not declared"):
        ask(engine, "SELECT ?s {\n  ?s nope:x ?o }")
    with pytest.raises(QuerySyntaxError, match="Duplicated variable name"):
        ask(engine, "SELECT (?x AS ?y) (1 AS ?y) {}")
    assert count(engine) == 80


def test_an_update_sent_as_a_query_is_refused_with_advice(engine: EmbeddedEngine) -> None:
    with pytest.raises(QueryRefusedError, match="only reads") as caught:
        ask(engine, "PREFIX x: <urn:x:> DELETE WHERE { ?s ?p ?o }")
    assert "SELECT" in caught.value.advice


def test_a_form_whose_formats_are_all_declined_is_not_acceptable(engine: EmbeddedEngine) -> None:
    with pytest.raises(NotAcceptableError, match="CONSTRUCT"):
        engine.query(QueryRequest("DESCRIBE <urn:x>", "json", None))
    with pytest.raises(NotAcceptableError, match="SELECT"):
        engine.query(QueryRequest("ASK {}", None, "turtle"))
    assert count(engine) == 80


@pytest.mark.parametrize(
    ("dataset", "default", "named"),
    [
        ("", 80, 160),
        ("FROM <http://example.org/g1>", 40, 0),
        ("FROM <http://example.org/g1> FROM <http://example.org/g2>", 40, 0),
        ("FROM <http://example.org/g0> FROM <http://example.org/g1>", 80, 0),
        ("FROM NAMED <http://example.org/g1>", 0, 40),
        ("FROM <http://example.org/g0> FROM <http://example.org/g1> FROM NAMED <http://example.org/g2>", 80, 40),
        ("FROM <http://example.org/nothing>", 0, 0),
    ],
)
def test_from_merges_its_graphs_each_triple_once(
    engine: EmbeddedEngine, dataset: str, default: int, named: int
) -> None:
    assert ask(engine, f"SELECT (COUNT(*) AS ?n) {dataset} {{ ?s ?p ?o }}").split()[1] == str(default)
    assert ask(engine, f"SELECT (COUNT(*) AS ?n) {dataset} {{ GRAPH ?g {{ ?s ?p ?o }} }}").split()[1] == str(named)


def test_the_requests_dataset_stands_instead_of_the_querys(engine: EmbeddedEngine) -> None:
    text = f"SELECT (COUNT(*) AS ?n) FROM <{OURS}g0> {{ ?s ?p ?o }}"
    assert ask(engine, text).split()[1] == "80"
    assert ask(engine, text, default_graphs=(f"{OURS}g1", f"{OURS}g2")).split()[1] == "40"
    assert ask(engine, text, named_graphs=(f"{OURS}g1",)).split()[1] == "0"


def test_a_graph_name_that_is_no_iri_gets_an_error(engine: EmbeddedEngine) -> None:
    with pytest.raises(QueryError):
        ask(engine, "ASK {}", default_graphs=("not an iri",))
    assert count(engine) == 80


def test_a_large_answer_comes_whole_and_in_pieces(engine: EmbeddedEngine) -> None:
    with engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f }", "json")) as answer:
        pieces = list(answer)
    assert len(pieces) > 10
    assert len(json.loads(b"".join(pieces))["results"]["bindings"]) == 80 * 80


def test_many_threads_get_each_their_own_answer(open_engine: OpenEngine) -> None:
    engine = open_engine(readers=3)
    wrong: list[object] = []

    def asker(seed: int) -> None:
        for number in range(15):
            wanted = (seed * 7 + number) % 40
            got = ask(engine, f"SELECT ?s {{ ?s <{OURS}number> {wanted} }}").split()
            if got != ["s", f"{OURS}s{wanted}"]:
                wrong.append(got)

    threads = [threading.Thread(target=asker, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_new_generation_is_seen_at_once_while_a_running_answer_ends_on_the_old(
    generations: Generations, open_engine: OpenEngine
) -> None:
    engine = open_engine()
    with engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f }", "csv")) as running:
        with generations.write(note="one more") as draft:
            draft.store.add(ox.Quad(node("x"), node("y"), node("z"), node("g0")))
        assert count(engine) == 81
        assert engine.generation() == 2
        assert running.generation == 1
        assert running.read().count(b"\n") == 1 + 80 * 80
    generations.select(1)
    assert count(engine) == 80


def test_no_query_fails_while_generations_come_and_go(generations: Generations, open_engine: OpenEngine) -> None:
    engine, stop, seen = open_engine(keep_generations=1), threading.Event(), list[int]()
    writer = Generations(generations.home, keep=1)

    def asker() -> None:
        while not stop.is_set():
            seen.append(count(engine))

    threads = [threading.Thread(target=asker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(4):
        with writer.write(note="more") as draft:
            draft.store.add(ox.Quad(node(f"x{number}"), node("y"), node("z"), node("g0")))
    last = count(engine)
    stop.set()
    for thread in threads:
        thread.join()
    assert last == 84
    assert set(seen) <= {80, 81, 82, 83, 84}


def test_a_generation_that_cannot_be_read_leaves_the_old_one_answering(
    generations: Generations, open_engine: OpenEngine
) -> None:
    engine = open_engine()
    assert count(engine) == 80
    with generations.write(note="to be broken") as draft:
        draft.store.add(ox.Quad(node("x"), node("y"), node("z"), node("g0")))
    for file in generations.current().store.glob("*.sst"):
        file.unlink()
    assert count(engine) == 80
    assert engine.generation() == 1


def test_a_large_generation_is_read_from_disk(open_engine: OpenEngine) -> None:
    engine = open_engine(memory_store_megabytes=0)
    assert count(engine) == 80
    assert not engine._pool.crew().in_memory


def test_a_query_waits_for_the_first_build_and_then_says_that_it_is_busy(
    generations: Generations, open_engine: OpenEngine
) -> None:
    empty = generations.home / "other"
    with pytest.raises(ServiceBusyError, match="nothing has been built") as caught:
        count(open_engine(home=empty, startup_seconds=0.1))
    assert caught.value.retry_after > 0
    engine = open_engine(home=empty, startup_seconds=60.0)
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(count(engine)))
    waiting.start()
    with Generations(empty).write(note="at last") as draft:
        draft.publish(quads(3))
    waiting.join()
    assert answers == [6]


def test_a_query_that_gets_no_turn_is_told_when_to_come_again(open_engine: OpenEngine) -> None:
    engine = open_engine(readers=1, queue_seconds=0.05)
    with engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "csv")):
        with pytest.raises(ServiceBusyError, match="busy") as caught:
            count(engine)
        assert caught.value.retry_after > 0
    assert count(engine) == 80


def test_a_closed_engine_refuses_and_leaves_no_process(open_engine: OpenEngine) -> None:
    engine = open_engine()
    assert count(engine) == 80
    process = engine._pool.crew()._process
    running = engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "csv"))
    engine.close()
    assert not process.is_alive()
    with pytest.raises(QueryError):
        running.read()
    with pytest.raises(ServiceBusyError, match="closing"):
        count(engine)


def test_a_generation_that_takes_long_to_load_is_read_from_disk_until_it_is_in_memory(
    open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUICK_TO_LOAD", 0)
    engine = open_engine()
    deadline = time.monotonic() + 60
    while not engine._pool.crew().in_memory:
        assert count(engine) == 80
        assert time.monotonic() < deadline
    assert count(engine) == 80


def test_of_many_writes_in_a_row_only_the_last_is_loaded_into_memory(
    open_engine: OpenEngine, generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUICK_TO_LOAD", 0)
    engine = open_engine()
    begin, loaded = engine._pool._begin, list[int]()

    def noted(generation: Generation, *, in_memory: bool) -> Crew:
        loaded.extend([generation.number] * in_memory)
        return begin(generation, in_memory=in_memory)

    monkeypatch.setattr(engine._pool, "_begin", noted)
    for _ in range(5):
        with generations.write(note="one of many"):
            pass
        assert count(engine) == 80
    deadline = time.monotonic() + 60
    while not (engine._pool.crew().in_memory and engine._pool.crew().generation.number == 6):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert loaded[-1] == 6 and set(loaded) & {2, 3, 4} == set()


def test_a_process_that_is_killed_while_it_loads_does_not_bring_an_older_generation_back(
    open_engine: OpenEngine, generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine()
    assert count(engine) == 80
    complete, killed = engine._pool._complete, list[int]()

    def kill_first(crew: Crew, readers: int | None = None) -> None:
        if not killed:
            killed.append(crew.generation.number)
            crew._process.kill()
            crew._process.wait(10)
            crew._control.close()  # as if it had not got so far as to say that it is ready
        complete(crew, readers)

    monkeypatch.setattr(engine._pool, "_complete", kill_first)
    with generations.write(note="new"):
        pass
    assert count(engine) == 80
    assert (killed, engine.generation()) == ([2], 2)


def test_an_engine_that_is_closed_while_it_loads_leaves_no_process(
    open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUICK_TO_LOAD", 0)
    engine = open_engine()
    assert count(engine) == 80
    deadline = time.monotonic() + 60
    while (loading := engine._pool._loading) is None:
        assert time.monotonic() < deadline
    engine.close()
    assert not loading.is_alive()


def test_a_remote_engine_is_a_setting_that_says_it_is_not_there_yet() -> None:
    with pytest.raises(SettingError, match="PMKG_ENGINE"):
        open_by_settings(Settings(engine="sparql+http://localhost:8890/sparql"))


def test_open_engine_gives_the_embedded_one(generations: Generations) -> None:
    engine = open_by_settings(Settings(home=generations.home))
    try:
        assert isinstance(engine, EmbeddedEngine)
        deadline = time.monotonic() + 60
        while engine._pool._crew is None and time.monotonic() < deadline:
            time.sleep(0.01)  # it loads by itself, before the first query
        assert engine.generation() == 1
    finally:
        engine.close()
