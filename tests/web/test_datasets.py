"""The list of datasets and a dataset's page: what they show of a catalogue, what they find, and what they refuse."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.names import BASE, CATALOGUE, DCTERMS
from graph.rdf.reading import read_quads
from graph.store.generations import Generations
from tests.web.conftest import HERE, Server, running
from web.facets import FACETS, Asked, Holding, Index, words_of
from web.holdings import index_of, key_of
from web.texts import best, folded, link, plain

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
EX = "https://records.example.org/"
TUMOURS = f"/datasets/north/{key_of(EX + 'tumours')}"
HOSTILE = f"/datasets/north/{key_of(EX + 'hostile')}"
BYTES = b"<urn:a> <urn:b> <urn:c> .\n"


def make_catalogues(home: Path) -> None:
    """The catalogues of datasets.trig, and a document as it was received."""
    with Generations(home).write(note="test", fresh=True) as draft:
        draft.publish(read_quads(HERE / "datasets.trig"))
    (home / "harvested").mkdir()
    (home / "harvested" / hashlib.sha256(BYTES).hexdigest()).write_bytes(BYTES)


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("catalogues")
    make_catalogues(home)
    with running(home) as server:
        yield server


def listed(server: Server, **asked: Any) -> dict[str, Any]:
    response = server.get("/datasets", params=asked, headers={"Accept": "application/json"})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def titles(server: Server, **asked: Any) -> list[str]:
    return [item["title"] for item in listed(server, **asked)["datasets"]]


def counts(server: Server, facet: str, **asked: Any) -> dict[str, int]:
    return {item["label"]: item["count"] for item in listed(server, **asked)["facets"][facet]}


def page(server: Server, path: str, **headers: str) -> str:
    response = server.get(path, headers={**HTML, **headers})
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


def test_the_datasets_of_all_catalogues_are_listed_but_for_those_that_are_gone(catalogues: Server) -> None:
    found = listed(catalogues)
    assert (found["total"], found["pages"]) == (6, 1)  # five harvested, and our graph
    assert "Old survey of wards" not in titles(catalogues)
    gone = [item for item in listed(catalogues, gone="1")["datasets"] if item["gone"]]
    assert [item["title"] for item in gone] == ["Old survey of wards"]
    assert "Old survey of wards" in page(catalogues, "/datasets?gone=1")


def test_words_are_found_in_any_language_whatever_their_case_and_accents(
    catalogues: Server,
) -> None:
    tumours = "Breast tumour transcriptomes"
    for text in ("brosttumorers", "TRANSKRIPTOM", "rna-SEQ", "bröstcancer tumour", '"RNA-sekvensering av"'):
        assert titles(catalogues, q=text)[0] == tumours, text
    assert titles(catalogues, q="donnees genique") == ["Study of breast cancer"]
    assert titles(catalogues, q="rna nothing") == []
    assert "Nothing fits all of that" in page(catalogues, "/datasets?q=nothing")


def test_facets_count_what_remains_and_combine(catalogues: Server) -> None:
    assert counts(catalogues, "access") == {"restricted": 2, "not said": 2, "non-public": 1, "public": 1}
    assert counts(catalogues, "catalogue") == {"Northern catalogue": 3, "Southern catalogue": 2, "pmkg itself": 1}
    # Whether the class or the thing that stands for it is linked, and with what is a kind of it.
    assert counts(catalogues, "type") == {"transcriptomic data": 4, "RNA-seq data": 1}
    assert counts(catalogues, "hdab", catalogue="north") == {"Northern Health Data Access Body": 2}
    assert counts(catalogues, "access", catalogue="south") == {"restricted": 1, "not said": 1}
    assert counts(catalogues, "catalogue", catalogue="south")["Northern catalogue"] == 3
    assert titles(catalogues, catalogue="north", access="restricted") == ["Diabetesregister"]
    assert len(titles(catalogues, access=["restricted", "non-public"])) == 3  # either of one facet's


def test_a_disease_finds_the_datasets_on_its_subtypes_too(catalogues: Server) -> None:
    assert len(titles(catalogues, disease="breast-cancer")) == 3
    assert len(titles(catalogues, disease="breast-carcinoma")) == 2
    # A wider concept that would find no other datasets is left out.
    assert set(counts(catalogues, "disease")) == {"breast cancer", "breast carcinoma"}


def test_a_dataset_that_says_no_place_is_where_its_catalogue_is(catalogues: Server) -> None:
    assert counts(catalogues, "country") == {"Sweden": 3, "France": 1}


def test_a_list_has_an_order_and_pages_and_says_what_is_wrong_with_others(catalogues: Server) -> None:
    assert titles(catalogues, sort="title")[0] == "Breast tumour transcriptomes"
    assert titles(catalogues, sort="score")[0] == "Breast tumour transcriptomes"
    assert titles(catalogues, sort="changed")[:2] == ["Breast tumour transcriptomes", "Study of breast cancer"]
    assert titles(catalogues, page=9) == []
    assert "There is no page 9" in page(catalogues, "/datasets?page=9")
    for wrong in ("page=0", "page=x", "sort=colour", "gone=maybe", "format=xlsx"):
        response = catalogues.get(f"/datasets?{wrong}", headers={"Accept": "application/json"})
        assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json"), wrong
    assert catalogues.get("/datasets", headers={"Accept": "text/turtle"}).status_code == 406


def test_what_is_known_already_is_not_sent_again(catalogues: Server) -> None:
    for path, accept in (("/datasets", "application/json"), ("/datasets", "text/html"), (TUMOURS, "text/turtle")):
        first = catalogues.get(path, headers={"Accept": accept})
        again = catalogues.get(path, headers={"Accept": accept, "If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304, path


def test_a_dataset_is_found_by_its_iri_its_short_name_and_the_iri_of_our_record(catalogues: Server) -> None:
    key = key_of(EX + "tumours")
    for path in (f"/datasets?iri={EX}tumours", f"/datasets/{key}", f"/record/north/{key}"):
        response = catalogues.get(path, allow_redirects=False)
        assert (response.status_code, response.headers["Location"]) == (303, TUMOURS), path
    for path in ("/datasets?iri=urn:nothing", "/datasets/0000000000000000", "/datasets/south/0000000000000000"):
        assert catalogues.get(path).status_code == 404


def test_a_page_says_what_a_dataset_holds_and_who_gives_access(catalogues: Server) -> None:
    text = page(catalogues, TUMOURS)
    for words in (
        "Breast tumour transcriptomes", "RNA sequencing of &amp; follow-up on 1 204 tumours.", "p &lt; 0.05",
        "Electronic health data from EHRs", "2015-01-01 to 2024-12-31", "48,160", "245 MB", "Sweden",
        "The patient&#39;s pseudonym.", "Northern Health Data Access Body", 'href="mailto:desk@hdab.example.org"',
        "Northern University Hospital", "Regulation (EU) 2025/327", "Not public",
        '<span dir="auto">https://records.example.org/tumours</span></a>',
    ):  # fmt: skip
        assert words in text, words


def test_a_page_says_what_a_dataset_is_about_and_why_but_not_what_was_rejected(catalogues: Server) -> None:
    text = page(catalogues, TUMOURS)
    assert '<a href="/def/TranscriptomicData">transcriptomic data</a>' in text
    assert "RNA sequencing</q> in dcterms:description, 0.93" in text and "C50" in text
    assert "rejected words" not in text and "asthma" not in text


def test_a_page_tells_the_history_the_mends_and_the_same_dataset_elsewhere(catalogues: Server) -> None:
    text = page(catalogues, TUMOURS)
    for words in (
        "2026-01-05", "2026-03-01", "Format literal", "&#34;csv&#34;", "file-type/CSV", "datasets added",
        f'href="/datasets/south/{key_of("https://elsewhere.example.org/breast")}"', "265",
    ):  # fmt: skip
        assert words in text, words
    assert "has not had it since" in page(catalogues, f"/datasets/north/{key_of(EX + 'gone')}")


def test_a_reader_gets_the_words_of_a_language_that_they_read(catalogues: Server) -> None:
    swedish = page(catalogues, TUMOURS, **{"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"})
    assert re.search(r'<h1[^>]* lang="sv">Brösttumörers transkriptom</h1>', swedish)
    assert "Étude du cancer du sein" in page(catalogues, "/datasets", **{"Accept-Language": "fr"})
    assert "Study of breast cancer" in page(catalogues, "/datasets", **{"Accept-Language": "de"})
    assert "Accept-Language" in catalogues.get("/datasets").headers["Vary"]


@pytest.mark.parametrize("path", ["/datasets", HOSTILE])
def test_nothing_of_a_record_is_taken_for_markup_or_for_a_link_that_runs(catalogues: Server, path: str) -> None:
    text = page(catalogues, path)
    assert not re.search(r"<script|<svg|<img|<b[ >]|<[^>]+ on\w+=", text)
    assert not re.search(r"""(?:href|src)=["']?\s*(?:javascript|data|vbscript):""", text, re.IGNORECASE)
    assert "&lt;svg onload=alert(3)&gt;" in text


def test_links_of_records_are_not_followed_by_crawlers_and_give_nobody_our_window(catalogues: Server) -> None:
    text = page(catalogues, TUMOURS) + page(catalogues, HOSTILE)
    outside = re.findall(r'<a href="(?:https?|mailto):[^"]*"([^>]*)>', text)
    assert outside and all('rel="nofollow noopener"' in found for found in outside)
    assert 'href="mailto:ward@example.org"' in text


def test_a_dataset_comes_as_rdf_with_the_datatypes_that_its_catalogue_gave(catalogues: Server) -> None:
    response = catalogues.get(TUMOURS, headers={"Accept": "text/turtle"})
    sent = {quad.triple for quad in ox.parse(response.content, format=ox.RdfFormat.TURTLE)}
    north = ox.NamedNode(CATALOGUE + "north")
    said = {quad.triple for quad in read_quads(HERE / "datasets.trig") if quad.graph_name == north}
    ours = {triple for triple in said if triple.subject == ox.NamedNode(EX + "tumours")}
    assert sent >= {triple for triple in ours if not isinstance(triple.object, ox.BlankNode)}
    assert "nonNegativeInteger" in response.text and "Diabetesregister" not in response.text
    for name in ("jsonld", "ntriples", "rdfxml"):
        assert catalogues.get(TUMOURS, params={"format": name}).status_code == 200
    assert catalogues.get(TUMOURS, headers={"Accept": "image/png"}).status_code == 406


def test_the_page_leads_to_the_harvested_bytes(catalogues: Server) -> None:
    checksum = hashlib.sha256(BYTES).hexdigest()
    text = page(catalogues, TUMOURS)
    assert (
        f'<a href="/catalogue/north/harvested/{checksum}" rel="nofollow">https://records.example.org/all.ttl</a>'
        in text
    )
    assert catalogues.get(f"/catalogue/north/harvested/{checksum}").content == BYTES


def test_our_own_graph_is_a_dataset_among_them_with_a_page_of_its_own(server: Server) -> None:
    found = listed(server)
    assert [item["iri"] for item in found["datasets"]] == [BASE + "dataset"]
    assert "No catalogue has been harvested yet" in page(server, "/datasets")
    text = page(server, found["datasets"][0]["page"])
    assert "Nobody harvested it" in text and "<strong>Conforms</strong>" in text
    assert server.get(found["datasets"][0]["page"], headers={"Accept": "text/turtle"}).status_code == 200


def test_what_a_catalogue_says_of_our_own_dataset_does_not_take_its_place(tmp_path: Path) -> None:
    text = f"<{BASE}dataset> a <http://www.w3.org/ns/dcat#Dataset> ; <{DCTERMS}title> 'Not ours' ."
    with Generations(tmp_path).write(note="test", fresh=True) as draft:
        graph = ox.NamedNode(CATALOGUE + "any")
        said = ox.parse(text, format=ox.RdfFormat.TURTLE)
        draft.publish(ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in said)
    with running(tmp_path) as server:
        found = server.get("/datasets", params={"iri": BASE + "dataset"}, headers=HTML)
        short = server.get(f"/datasets/{key_of(BASE + 'dataset')}", headers=HTML)
        theirs = server.get(f"/datasets/any/{key_of(BASE + 'dataset')}", headers=HTML)
    assert "Nobody harvested it" in found.text and "Nobody harvested it" in short.text
    assert "Not ours" in theirs.text


# The index alone.


def holding(number: int, **values: tuple[str, ...]) -> Holding:
    title = f"dataset {number}"
    return Holding(f"urn:{number}", "c", key_of(f"urn:{number}"), (("en", title),), (), (title, ""), values)


def test_a_title_that_has_the_words_comes_before_a_description_that_has_them() -> None:
    index = Index([replace(holding(number), changed=str(9 - number)) for number in range(3)], {}, {})
    index.holdings[0] = replace(index.holdings[0], words=("something else", "dataset"))
    found = index.find(Asked(words_of("dataset")))
    assert [item.iri for item in found.holdings] == ["urn:1", "urn:2", "urn:0"]


chosen = st.dictionaries(st.sampled_from(FACETS), st.tuples(st.sampled_from("abc")), max_size=3)
records = st.lists(st.dictionaries(st.sampled_from(FACETS), st.tuples(st.sampled_from("abc")), max_size=7), max_size=40)


@given(records, chosen)
def test_a_count_is_what_remains_when_its_value_is_chosen(values: list[Any], asked: Any) -> None:
    index = Index([holding(number, **item) for number, item in enumerate(values)], {}, {})
    found = index.find(Asked(chosen=asked))
    assert [item.iri for item in found.holdings] == [
        item.iri
        for item in index.find(Asked(sort="changed")).holdings
        if all(set(keys) & set(item.values.get(facet, ())) for facet, keys in asked.items())
    ]
    for facet, offered in found.facets.items():
        for value in offered:
            alone = index.find(Asked(chosen={**asked, facet: (value.key,)}))
            assert value.count == len(alone.holdings), (facet, value)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once_and_a_text_holds_its_words(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert all(word in folded(text) for word in words_of(text))


@given(st.text(max_size=80))
def test_no_address_of_another_kind_is_ever_a_link(text: str) -> None:
    for address in (text, "java\tscript:" + text, " javascript:" + text, "data:" + text, "\x01javascript:" + text):
        assert link(address) == "" or re.match(r"(?:https?|mailto):", address, re.IGNORECASE)


def test_markup_is_taken_out_of_texts_and_comparisons_are_left_in() -> None:
    assert plain("<ul><li>one</li><li>two</li></ul>") == "one\n\ntwo"
    assert plain("n<5 and p > 3, a < b") == "n<5 and p > 3, a < b"
    assert plain("&eacute;t&eacute;&nbsp;&lt;b&gt;") == "été <b>"


def test_the_best_text_is_in_the_readers_language_then_english_then_any() -> None:
    texts = (("de", "Krebs"), ("en", "cancer"), ("", "C"))
    assert best(texts, ["de-AT"]) == ("de", "Krebs")
    assert best(texts, ["fr"]) == ("en", "cancer")
    assert best(texts[:1], ["fr"]) == ("de", "Krebs")
    assert best((), ["fr"]) == ("", "")


def test_ten_thousand_datasets_are_indexed_and_filtered_without_a_query_each(tmp_path: Path) -> None:
    from time import process_time

    def quads() -> Iterator[ox.Quad]:
        graph, kind = ox.NamedNode(CATALOGUE + "many"), ox.NamedNode("http://www.w3.org/ns/dcat#Dataset")
        for number in range(10_000):
            node = ox.NamedNode(f"{EX}{number}")
            yield ox.Quad(node, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), kind, graph)
            yield ox.Quad(node, ox.NamedNode(DCTERMS + "title"), ox.Literal(f"Title {number}", language="en"), graph)
            yield ox.Quad(node, ox.NamedNode(DCTERMS + "description"), ox.Literal("words " * 50), graph)
            level = ("PUBLIC", "RESTRICTED", "NON_PUBLIC")[number % 3]
            right = ox.NamedNode(f"http://publications.europa.eu/resource/authority/access-right/{level}")
            yield ox.Quad(node, ox.NamedNode(DCTERMS + "accessRights"), right, graph)

    store = ox.Store(str(tmp_path / "store"))
    store.bulk_extend(quads())
    began = process_time()
    index = index_of(store)
    built = process_time() - began
    began = process_time()
    found = index.find(Asked(words_of("title words 99"), {"access": ("public",)}))
    asked = process_time() - began
    assert len(found.holdings) == sum("99" in str(number) and number % 3 == 0 for number in range(10_000))
    assert built < 10 and asked < 1, (built, asked)  # usually 0.7 s and 0.02 s
    assert BASE not in index.holdings[0].words[0]
