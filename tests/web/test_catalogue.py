"""The published catalogue over HTTP: its formats and pages, what clients have already, and what is left out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests

from graph.catalogue.mend import mend
from graph.catalogue.publish.own import GRAPH
from graph.catalogue.publish.pages import NODE
from graph.catalogue.read.harvest import read_source
from graph.catalogue.records import Catalogue
from graph.catalogue.validate.verdict import validate, validate_records
from graph.names import CATALOGUE, PROVENANCE_GRAPH, WRITE
from graph.settings import Settings
from graph.store.generations import Generations
from tests.catalogue.publish.records import HERE, NAMED, iri, published, record_of, turtle
from tests.web.conftest import Server, running

COUNT = 7
PAGE = b"<script>alert(1)</script>"
CHECKSUM = hashlib.sha256(PAGE).hexdigest()
UNNAMED = hashlib.sha256(b"never named").hexdigest()
HOSTILE = f"{HERE}it's%22%3Cb%3E?a=1&b=é"
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
}


def quads(text: str, graph: str) -> Iterator[ox.Quad]:
    return (ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(graph)) for t in turtle(text))


def fill(home: Path, count: int = COUNT) -> None:
    """A data directory with one harvested catalogue, and its provenance."""
    names = [*(f"{HERE}{number}" for number in range(count - 1)), HOSTILE]
    records = "".join(record_of("a", name, number) for number, name in enumerate(names))
    text = "".join(
        f"<{name}> a dcat:Dataset ; {NAMED} ; dcterms:identifier '{number}' ; "
        f"healthdcatap:numberOfRecords {number} ; dcterms:publisher [ a foaf:Agent ; foaf:name 'P' ] .\n"
        for number, name in enumerate(names)
    )
    text += f"<{HERE}bare> a dcat:Dataset ; dcterms:title '<img src=x onerror=alert(1)>' .\n"
    text += f"<{HERE}0> dcat:distribution [ a dcat:Distribution ; dcat:byteSize '<b>bold</b>' ] .\n"
    activity = f"<{WRITE}1>"
    provenance = (
        f"<{CATALOGUE}a> prov:wasInfluencedBy {activity} . {activity} a prov:Activity ; prov:used _:p . "
        f'_:p spdx:checksumValue "{CHECKSUM}" ; dcterms:format "text/html" ; prov:atLocation <{HERE}catalog.html> .'
    )
    with Generations(home).write(note="test", fresh=True) as draft:
        draft.publish(quads(text, CATALOGUE + "a"))
        draft.publish(quads(records, f"{CATALOGUE}a/record"))
        draft.publish(quads(provenance, PROVENANCE_GRAPH))
    folder = home / "harvested"
    folder.mkdir(exist_ok=True)
    (folder / CHECKSUM).write_bytes(PAGE)
    (folder / UNNAMED).write_bytes(b"never named")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("catalogue")
    fill(home)
    return home


@pytest.fixture(scope="module")
def catalogue(filled: Path) -> Iterator[Server]:
    with running(filled, catalogue_page_datasets=3) as found:
        yield found


def asked(server: Server, page: int | str = 1, accept: str = "text/turtle", **headers: str) -> requests.Response:
    return server.get(f"/catalogue?page={page}", headers={"Accept": accept, **headers})


def read(answer: requests.Response) -> set[ox.Triple]:
    form = FORMATS[answer.headers["Content-Type"].partition(";")[0]]
    return {quad.triple for quad in ox.parse(answer.content, format=form)}


def values(triples: set[ox.Triple], subject: str, curie: str) -> set[str]:
    node = ox.NamedNode(subject)
    return {t.object.value for t in triples if t.subject == node and t.predicate.value == iri(curie)}  # type: ignore[union-attr]


def walk(server: Server) -> list[set[ox.Triple]]:
    """Every page, by following hydra:next from the first."""
    address, found = f"{server.url}/catalogue", list[set[ox.Triple]]()
    while address:
        triples = read(requests.get(address, headers={"Accept": "text/turtle"}, timeout=60))
        found.append(triples)
        address = next((t.object.value for t in triples if t.predicate.value == iri("hydra:next")), "")  # type: ignore[union-attr]
    return found


def canonical(triples: set[ox.Triple]) -> set[ox.Quad]:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def test_every_format_says_the_same(catalogue: Server) -> None:
    answers = {name: asked(catalogue, accept=name) for name in FORMATS}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {name: answer.headers["Content-Type"].partition(";")[0] for name, answer in answers.items()} == {
        name: name for name in FORMATS
    }
    first, *others = (canonical(read(answer)) for answer in answers.values())
    assert all(other == first for other in others)


def test_a_format_is_asked_for_by_name_and_kept_in_the_links(catalogue: Server) -> None:
    answer = catalogue.get("/catalogue?format=ntriples")
    assert f"<{catalogue.url}/catalogue?page=2&format=ntriples>" in answer.text
    assert "/catalogue?page=2&format=ntriples>" in answer.headers["Link"]
    assert catalogue.get("/catalogue?format=csv").status_code == 406
    assert catalogue.get("/catalogue", headers={"Accept": "image/png"}).status_code == 406


def test_the_pages_are_walked_from_the_first_to_the_last(catalogue: Server) -> None:
    pages = walk(catalogue)
    listed = [sorted(values(triples, NODE.value, "dcat:dataset")) for triples in pages]
    assert [len(found) for found in listed] == [3, 3, 2]
    together = {dataset for found in listed for dataset in found}
    assert len(together) == COUNT + 1
    assert {GRAPH, HOSTILE} <= together
    assert {total for triples in pages for total in values(triples, NODE.value, "hydra:totalItems")} == {str(COUNT + 1)}


def test_the_whole_catalogue_conforms_to_dcat_ap(catalogue: Server) -> None:
    together = {triple for triples in walk(catalogue) for triple in triples}
    assert list(validate(together, "dcat-ap-3.0.1").violations) == []


def test_a_count_has_the_datatype_of_the_profile_whatever_the_store_keeps(catalogue: Server) -> None:
    together = {triple for triples in walk(catalogue) for triple in triples}
    counts = {t.object.datatype.value for t in together if t.predicate.value == iri("healthdcatap:numberOfRecords")}  # type: ignore[union-attr]
    assert counts == {iri("xsd:nonNegativeInteger")}


@pytest.mark.parametrize("page", ["4", "0", "-1", "x", "1.5", "99999999999", "1&page=2"])
def test_there_is_no_page_beyond_the_last_or_of_no_number(catalogue: Server, page: str) -> None:
    for path in ("/catalogue", "/catalogue/withheld"):
        answer = catalogue.get(f"{path}?page={page}", headers={"Accept": "application/json, text/turtle"})
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_client_that_has_a_page_is_not_sent_it_again(catalogue: Server) -> None:
    answer = asked(catalogue)
    for header in ({"If-None-Match": answer.headers["ETag"]}, {"If-Modified-Since": answer.headers["Last-Modified"]}):
        again = asked(catalogue, **header)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]
    assert asked(catalogue, 2, **{"If-None-Match": answer.headers["ETag"]}).status_code == 200
    assert (
        asked(catalogue, accept="application/rdf+xml", **{"If-None-Match": answer.headers["ETag"]}).status_code == 200
    )


def test_head_says_what_get_would(catalogue: Server) -> None:
    answer = asked(catalogue, 2)
    head = requests.head(f"{catalogue.url}/catalogue?page=2", headers={"Accept": "text/turtle"}, timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Link", "PMKG-Generation"):
        assert head.headers[name] == answer.headers[name]


def test_a_write_gives_every_page_another_tag(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    with running(tmp_path) as server:
        before = asked(server)
        fill(tmp_path, 3)
        after = asked(server, **{"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert len(values(read(after), NODE.value, "dcat:dataset")) == 4


def test_who_runs_the_server_is_said_as_the_settings_say(filled: Path) -> None:
    with running(
        filled,
        catalogue_publisher='Office "A" <b>',
        catalogue_contact="desk@office.example",
        catalogue_licence="https://creativecommons.org/licenses/by/4.0/",
    ) as server:
        triples = read(asked(server))
        [publisher] = values(triples, NODE.value, "dcterms:publisher")
        assert values(triples, publisher, "foaf:name") == {'Office "A" <b>'}
        assert values(triples, NODE.value, "dcterms:license") == {"https://creativecommons.org/licenses/by/4.0/"}
        assert values(triples, f"{server.url}/about#contact-point", "cv:email") == {"desk@office.example"}
        assert list(validate(triples, "dcat-ap-3.0.1").violations) == []


def test_people_get_the_list_of_datasets_at_the_same_address(catalogue: Server) -> None:
    answer = catalogue.get("/catalogue", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_what_is_left_out_is_said_with_the_reason(catalogue: Server) -> None:
    found = catalogue.get("/catalogue/withheld").json()
    assert [(item["dataset"], item["why"]) for item in found["datasets"]] == [(f"{HERE}bare", "it lacks a description")]
    assert (found["page"], found["pages"]) == (1, 3)
    whys = {(item["property"], item["done"]): item["why"] for item in found["statements"]}
    assert whys[iri("dcat:distribution"), "moved"].startswith("it cannot be said to be a dcat:Distribution")


def test_what_is_left_out_is_shown_without_running_what_it_says(catalogue: Server) -> None:
    answer = catalogue.get("/catalogue/withheld", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert f"{HERE}bare" in answer.text
    assert "<b>bold" not in answer.text
    assert "<img" not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_harvested_bytes_come_as_they_were_and_never_as_a_page(catalogue: Server) -> None:
    answer = catalogue.get(f"/catalogue/a/harvested/{CHECKSUM}")
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Link"] == f'<{HERE}catalog.html>; rel="original"'
    again = catalogue.get(f"/catalogue/a/harvested/{CHECKSUM}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        f"/catalogue/a/harvested/{UNNAMED}",
        f"/catalogue/b/harvested/{CHECKSUM}",
        "/catalogue/a/harvested/..%2F..%2FCURRENT",
        "/catalogue/a/harvested/a.json",
        f"/catalogue/a%20b/harvested/{CHECKSUM}",
    ],
)
def test_only_bytes_that_the_provenance_names_can_be_had(catalogue: Server, path: str) -> None:
    assert catalogue.get(path).status_code == 404


def test_bytes_that_are_not_what_was_harvested_are_not_given(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    (tmp_path / "harvested" / CHECKSUM).write_bytes(b"other")
    with running(tmp_path) as server:
        answer = server.get(f"/catalogue/a/harvested/{CHECKSUM}")
        assert answer.status_code == 404
        assert b"other" not in answer.content


def test_the_iri_of_a_harvested_catalogue_leads_to_what_it_says(catalogue: Server) -> None:
    answer = catalogue.get("/catalogue/a", headers={"Accept": "text/turtle"})
    assert ox.NamedNode(f"{HERE}0") in {triple.subject for triple in read(answer)}
    assert catalogue.get("/catalogue/none", headers={"Accept": "text/turtle"}).status_code == 404


def test_another_server_that_harvests_it_has_the_same_datasets_and_verdicts(catalogue: Server) -> None:
    settings = Settings(harvest_reach="127.0.0.0/8", harvest_requests_per_second=1000.0)
    reading = read_source(f"{catalogue.url}/catalogue", settings)
    assert reading.is_complete
    triples = [triple for found in reading.pages for triple in found.triples]
    second = ox.Store()
    graph = ox.NamedNode(CATALOGUE + "first")
    second.extend(ox.Quad(t.subject, t.predicate, t.object, graph) for t in mend(triples, f"{graph.value}/").triples)
    together = {triple for triples in walk(catalogue) for triple in triples}
    assert set(published(second).datasets) == {GRAPH, HOSTILE, *(f"{HERE}{number}" for number in range(COUNT - 1))}
    before = validate_records(Catalogue(together))
    after = validate_records(Catalogue(mend(triples, f"{graph.value}/").triples))
    assert {name: len(verdict.violations) for name, verdict in before.items()} == {
        name: len(verdict.violations) for name, verdict in after.items()
    }
    assert before[GRAPH].conforms
