"""What is answered again: 304 for who has it, kept answers for who has not, and never one client's for another's."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import BASE, RDFS
from graph.store.embedded import edition_of
from graph.store.engine import Edition, QueryRequest
from graph.store.generations import Generations
from tests.web.conftest import ENDLESS, Server, make_generation, running
from web import caching
from web.caching import AnswerCache, Kept

LABELS = f"SELECT ?s ?o {{ ?s <{RDFS}label> ?o }} ORDER BY ?s ?o"
TRIPLES = f"CONSTRUCT {{ ?s <{RDFS}label> ?o }} WHERE {{ ?s <{RDFS}label> ?o }}"
SHORT = "SELECT (1 AS ?one) {}"
SOLUTIONS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
GRAPHS = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "application/n-quads")
CODINGS = ("identity", "gzip", "br", "zstd")


def ask(server: Server, text: str, method: str = "GET", **headers: str) -> requests.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    place = {"data": {"query": text}} if method == "POST" else {"params": {"query": text}}
    return requests.request(method, server.url + "/sparql", headers=sent, timeout=60, **place)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [LABELS, SHORT, TRIPLES, "ASK {}"])
def test_who_has_the_answer_gets_304_and_no_body(server: Server, text: str) -> None:
    first = ask(server, text)
    again = ask(server, text, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "PMKG-Generation"):
        assert again.headers[name] == first.headers[name]
    for name in ("Content-Type", "Content-Length", "Content-Encoding", "Content-Digest"):
        assert name not in again.headers
    strong = first.headers["ETag"].removeprefix("W/")
    assert ask(server, text, If_None_Match=f'"other", {strong}').status_code == 304
    assert ask(server, text, "HEAD", If_None_Match=first.headers["ETag"]).status_code == 304


def test_any_tag_will_do_where_the_client_says_so_but_only_for_a_query_that_is_answered(server: Server) -> None:
    assert ask(server, LABELS, If_None_Match="*").status_code == 304
    assert ask(server, "SELECT nonsense", If_None_Match="*").status_code == 400


def test_304_comes_without_the_query_being_run(home: Path, server: Server) -> None:
    edition = edition_of(Generations(home).current())
    known = caching.entity_tag(edition, QueryRequest(SHORT), "csv", "identity")
    assert ask(server, SHORT, Accept="text/csv", Accept_Encoding="").headers["ETag"] == f'W/"{known}"'
    endless = ENDLESS.replace("SELECT *", "SELECT (COUNT(*) AS ?n)")
    tag = caching.entity_tag(edition, QueryRequest(endless), "csv", "identity")
    start = time.monotonic()
    assert ask(server, endless, Accept="text/csv", Accept_Encoding="", If_None_Match=f'W/"{tag}"').status_code == 304
    assert time.monotonic() - start < 1


def test_post_and_errors_have_no_tag_and_are_not_kept_by_caches(server: Server) -> None:
    posted = ask(server, LABELS, "POST")
    assert "ETag" not in posted.headers and posted.headers["Cache-Control"] == "no-store"
    tag = ask(server, LABELS).headers["ETag"]
    assert ask(server, LABELS, "POST", If_None_Match=tag).status_code == 200
    for wrong in (ask(server, "nonsense"), ask(server, LABELS, Accept="image/png"), server.get("/nothing")):
        assert "ETag" not in wrong.headers and wrong.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("call", ["RAND()", "NOW()", "UUID()", "STRUUID()", "rand()", "xsd:string(Now())"])
def test_what_is_new_each_time_is_never_kept(server: Server, call: str) -> None:
    text = f"SELECT ({call} AS ?x) {{}}"
    first, second = ask(server, text), ask(server, text)
    for response in (first, second):
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        for name in ("ETag", "PMKG-Cache", "Link"):
            assert name not in response.headers
    if "ow" not in call.lower():
        assert first.content != second.content


@pytest.mark.parametrize(
    ("text", "volatile"),
    [
        ("SELECT ?now { ?now a <NOW> } # RAND()", False),
        ('SELECT * { ?s ?p "NOW()" ; def:now ?o }', False),
        ("SELECT * { FILTERNOW() }", True),
        ("SELECT (1+NOW()AS?x) {}", True),
        ("SELECT * { service <http://example.org/> {} }", True),
        ("SELECT * { SERVICESILENT<http://example.org/> {} }", True),
        (r"SELECT (\u004eOW() AS ?x) {}", True),
        ("SELECT (BNODE() AS ?x) {}", False),
        ("a " * 200_000 + "NOW()", True),  # more than is looked over: it may be
        ("a " * 200_000, False),
    ],
)
def test_words_that_make_a_query_volatile_are_told_from_text_that_looks_like_them(text: str, volatile: bool) -> None:
    assert caching.is_volatile(text) is volatile


def every_request() -> list[dict[str, str]]:
    accepts = itertools.product((*SOLUTIONS, *GRAPHS), CODINGS, ("GET", "HEAD"))
    return [{"Accept": accept, "Accept_Encoding": coding, "method": method} for accept, coding, method in accepts]


@pytest.mark.parametrize("text", [LABELS, TRIPLES, SHORT])
def test_no_format_coding_or_method_ever_gets_the_answer_or_the_tag_of_another(server: Server, text: str) -> None:
    tags: dict[str, tuple[str, str]] = {}
    answers: dict[str, bytes] = {}
    for _ in range(2):  # once from a reader, once from what is kept
        for headers in every_request():
            response = ask(server, text, **headers)
            if headers["Accept"] in (GRAPHS if text != TRIPLES else SOLUTIONS):
                assert response.status_code == 406
                continue
            assert response.status_code == 200
            assert response.headers["Content-Type"].partition(";")[0] == headers["Accept"]
            assert {"Accept", "Accept-Encoding"} <= set(response.headers["Vary"].split(", "))
            coding = response.headers.get("Content-Encoding", "identity")
            assert coding == (
                headers["Accept_Encoding"] if headers["method"] == "GET" and text != SHORT else "identity"
            )
            meaning = (headers["Accept"], coding)
            assert tags.setdefault(response.headers["ETag"], meaning) == meaning
            if headers["method"] == "GET" and headers["Accept_Encoding"] != "zstd":  # requests does not decode that
                assert answers.setdefault(headers["Accept"], response.content) == response.content
    # A tag is a 304 for its own format alone, whatever the others are called.
    for (tag, (media_type, _)), headers in itertools.product(tags.items(), every_request()):
        if headers["method"] == "GET" and headers["Accept"] not in (GRAPHS if text != TRIPLES else SOLUTIONS):
            response = ask(server, text, If_None_Match=tag, **headers)
            assert response.status_code == 200 or headers["Accept"] == media_type


def test_the_format_parameter_the_graphs_and_the_query_are_part_of_the_tag(server: Server) -> None:
    passage = BASE + "source/icpermed-2022/trials-3"
    texts = [SHORT, SHORT + " ", LABELS]
    parameters: list[dict[str, str]] = [
        {},
        {"format": "csv"},
        {"default-graph-uri": passage},
        {"named-graph-uri": passage},
    ]
    asked = [server.query(text, **more) for text, more in itertools.product(texts, parameters)]
    assert all(response.ok for response in asked)
    assert len({response.headers["ETag"] for response in asked}) == len(asked)


def test_the_second_who_asks_gets_what_the_first_was_given(home: Path) -> None:
    with running(home) as server:
        for text in (SHORT, LABELS):
            first, second = server.query(text), server.query(text)
            assert [response.headers["PMKG-Cache"] for response in (first, second)] == ["miss", "hit"]
            assert first.content == second.content
            for name in ("ETag", "Content-Type", "Link", "Cache-Control", "Vary", "PMKG-Generation"):
                assert first.headers[name] == second.headers[name]
            assert second.headers["Content-Length"] == str(len(second.raw.data or second.content)) or text == LABELS
            assert second.headers["PMKG-Rows"] == str(len(first.json()["results"]["bindings"]))
            posted = ask(server, text, "POST", Accept="*/*")
            assert posted.content == first.content


def test_no_answer_is_kept_where_the_setting_says_so(home: Path) -> None:
    with running(home, cache_megabytes=0) as server:
        for _ in range(2):
            assert "PMKG-Cache" not in server.query(SHORT).headers


def test_a_new_generation_is_asked_at_once_and_the_old_tag_is_none_of_its(tmp_path: Path) -> None:
    make_generation(tmp_path)
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    with running(tmp_path) as server:
        old = [server.query(count) for _ in range(2)][1]
        with Generations(tmp_path).write(note="more") as draft:
            term = ox.NamedNode("http://example.org/new")
            draft.store.add(ox.Quad(term, term, term, term))
        new = ask(server, count, If_None_Match=old.headers["ETag"], Accept="*/*")
        assert new.status_code == 200 and new.content != old.content
        assert new.headers["ETag"] != old.headers["ETag"]
        assert (old.headers["PMKG-Generation"], new.headers["PMKG-Generation"]) == ("1", "2")


def test_a_data_directory_that_was_begun_anew_has_other_tags_for_the_same_numbers() -> None:
    first, second = Edition(1, "a", "2026-01-01"), Edition(1, "b", "2026-01-01")
    asked = QueryRequest(SHORT)
    assert caching.entity_tag(first, asked, "csv", "gzip") != caching.entity_tag(second, asked, "csv", "gzip")
    assert AnswerCache.key(first, asked, ("gzip",)) != AnswerCache.key(second, asked, ("gzip",))


def kept(size: int) -> Kept:
    return Kept(Edition(1, "x", ""), "csv", "identity", b"x" * size, 1)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 30_000)), max_size=60))
@settings(deadline=None)
def test_kept_answers_never_take_more_than_their_share_and_the_last_used_stay(puts: list[tuple[str, int]]) -> None:
    most = 100_000
    cache = AnswerCache(most)
    for key, size in puts:
        cache.put(key, kept(size))
        assert cache.bytes <= most
        found = cache.get(key)
        assert found is None if size + caching.OVERHEAD > cache.largest and found is None else found is not None
    assert cache.hits + cache.misses == len(puts)
    assert (len(cache) == 0) is (cache.bytes == 0)
