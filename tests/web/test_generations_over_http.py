"""An older generation is asked by its number, for as long as it is kept: what it says never changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import psutil
import pyoxigraph as ox
import pytest
import requests

from graph.errors import PrunedGenerationError, UnknownGenerationError
from graph.settings import Settings
from graph.store.embedded import EmbeddedEngine
from graph.store.engine import QueryRequest
from graph.store.generations import Generations
from tests.web.conftest import Server, eventually, running

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
MANY = 6


def write(home: Path, count: int) -> None:
    """So many generations more, of which each has a statement more than the last."""
    generations = Generations(home, keep=MANY)
    for _ in range(count):
        with generations.write(note="test") as draft:
            number = len(draft.store)
            term = ox.NamedNode(f"http://example.org/{number}")
            draft.store.add(ox.Quad(term, term, term, ox.NamedNode("http://example.org/g")))


@pytest.fixture(scope="module")
def old_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the generations 3 to 8, which hold 3 to 8 statements."""
    path = tmp_path_factory.mktemp("old")
    write(path, 8)
    return path


@pytest.fixture(scope="module")
def old(old_home: Path) -> Iterator[Server]:
    with running(old_home, older_generations=2, keep_generations=MANY) as server:
        yield server


def rows(response: requests.Response) -> int:
    assert response.status_code == 200, response.text
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


def test_each_generation_that_is_kept_answers_as_it_was(old: Server) -> None:
    for number in (3, 8, 5, 4, 3, 7, 6):
        response = old.query(COUNT, generation=str(number))
        assert rows(response) == number
        assert response.headers["PMKG-Generation"] == str(number)
        assert response.headers["Cache-Control"] == "public, max-age=86400, immutable"
    assert rows(old.query(COUNT)) == 8


def test_post_names_a_generation_in_its_form_or_its_address(old: Server) -> None:
    form = requests.post(old.url + "/sparql", data={"query": COUNT, "generation": "4"}, timeout=30)
    direct = requests.post(
        old.url + "/sparql?generation=4", COUNT, headers={"Content-Type": "application/sparql-query"}, timeout=30
    )
    assert (rows(form), rows(direct)) == (4, 4)


def test_many_ask_many_generations_at_once_and_each_gets_its_own(old: Server) -> None:
    def ask(number: int) -> bool:
        return rows(old.query(f"{COUNT} # {number}", generation=str(3 + number % MANY))) == 3 + number % MANY

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(36)))


@pytest.mark.parametrize(("number", "status"), [("2", 410), ("1", 410), ("9", 404), ("999999999", 404), ("0", 404)])
def test_one_that_is_pruned_is_gone_and_one_that_never_was_is_not_found(old: Server, number: str, status: int) -> None:
    response = old.query(COUNT, generation=number)
    assert response.status_code == status
    problem = response.json()
    assert f"generation {number}" in problem["detail"].lower() and "3 to 8" in problem["advice"]
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("number", ["", "-1", "1.0", "seven", "1e3", "../000003", "³", " 3", "9" * 5000])
def test_what_is_no_number_is_refused(old: Server, number: str) -> None:
    response = old.query(COUNT, generation=number)
    assert response.status_code == 400 and "generation" in response.json()["detail"]


def test_two_numbers_are_refused(old: Server) -> None:
    assert old.get("/sparql", params=[("query", COUNT), ("generation", "3"), ("generation", "4")]).status_code == 400


def links(response: requests.Response) -> dict[str, str]:
    """The targets of the answer's links, by relation."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers.get("Link", ""))
    return {relation: target for target, relations in found for relation in relations.split()}


def test_the_link_to_cite_asks_the_same_of_the_same_generation(old: Server) -> None:
    text = 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(STR(?s) != "<a>, \\"&+#é\\r\\n") }'
    first = old.query(text, **{"default-graph-uri": "http://example.org/g"})
    cited = old.get(links(first)["cite-as"])
    assert cited.json() == first.json()
    assert cited.headers["Cache-Control"].endswith("immutable")
    assert links(cited)["cite-as"] == links(first)["cite-as"]
    assert old.get(links(cited)["latest-version"]).json() == first.json()
    created = parsedate_to_datetime(cited.headers["Memento-Datetime"])
    assert created.year >= 2020
    assert "Memento-Datetime" not in first.headers


def test_there_is_no_link_where_the_query_is_too_long_for_a_header(old: Server) -> None:
    response = old.query(f"{COUNT} # {'x' * 5000}")
    assert response.status_code == 200 and "Link" not in response.headers


def test_readers_of_older_generations_are_few_and_end_when_nobody_asks(old_home: Path) -> None:
    settings = replace(Settings(), home=old_home, older_generations=2, keep_generations=MANY)
    engine = EmbeddedEngine(settings)
    try:
        older = engine._pool._older
        for number in (3, 4, 5, 6, 8):
            with engine.query(QueryRequest(COUNT, "csv", generation=number)) as answer:
                assert answer.read().split()[1] == str(number).encode()
            assert len(older.numbers()) <= 2
        assert older.numbers() == [5, 6]
        most = processes()
        with older._changed:
            older._idle_seconds = 0.1
            older._changed.notify_all()
        eventually(lambda: older.numbers() == [])
        eventually(lambda: processes() < most)
    finally:
        engine.close()


def processes() -> int:
    """How many processes this one has begun, and these."""
    return len(psutil.Process().children(recursive=True))


def test_one_that_is_being_asked_is_not_pruned_and_afterwards_is(tmp_path: Path) -> None:
    name = ox.NamedNode("http://example.org/p")
    with Generations(tmp_path).write(note="large") as draft:
        draft.publish(ox.Quad(ox.NamedNode(f"http://example.org/{n}"), name, ox.Literal(n), name) for n in range(300))
    write(tmp_path, 1)
    engine = EmbeddedEngine(replace(Settings(), home=tmp_path))
    try:
        long = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        with engine.query(QueryRequest(long, "csv", generation=1)) as answer:
            write(tmp_path, MANY)
            assert 1 in [generation.number for generation in Generations(tmp_path).all()]
            assert sum(len(chunk) for chunk, _ in zip(answer, range(40), strict=False)) > 500_000
        assert engine.edition(1).number == 1
        engine._pool._older.close()
        write(tmp_path, 1)
        with pytest.raises(PrunedGenerationError):
            engine.edition(1)
        with pytest.raises(UnknownGenerationError):
            engine.query(QueryRequest(COUNT, generation=99))
    finally:
        engine.close()
