"""Catalogues on the web, over real HTTP: paging, loops, data points, what has not changed, and what may not be."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from graph.catalogue.read.client import Client
from graph.catalogue.read.harvest import Reading, Seen, read_source
from graph.catalogue.read.links import datasets_of
from graph.errors import FetchError, FetchRefusedError, FetchStatusError, HarvestBoundError
from graph.settings import Settings
from tests.catalogue.read.sites import Asked, Reply, Route, serving
from tests.conftest import SHARED

EXAMPLES = SHARED / "ehds" / "examples"
PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix ldp: <http://www.w3.org/ns/ldp#> .
"""


def dataset(number: int) -> str:
    return f"<http://x.org/{number}> a dcat:Dataset ; dct:title 'Number {number}' .\n"


def view(following: str = "", *numbers: int) -> str:
    after = f" ; hydra:next {following}" if following else ""
    return f"{PREFIXES}<HERE/c> hydra:view <> .\n<> a hydra:PartialCollectionView{after} .\n" + "".join(
        map(dataset, numbers)
    )


def names(reading: Reading) -> list[str]:
    found = datasets_of(triple for page in reading.pages for triple in page.triples)
    return sorted(name.replace("http://x.org/", "") for name in found)


def seen(reading: Reading) -> dict[str, Seen]:
    return {
        page.address: Seen(page.etag, page.last_modified, hashlib.sha256(page.content).hexdigest())
        for page in reading.pages
    }


def keep(home: Path, reading: Reading) -> None:
    """Keep the bytes where a harvest keeps them."""
    (home / "harvested").mkdir(parents=True, exist_ok=True)
    for page in reading.pages:
        (home / "harvested" / hashlib.sha256(page.content).hexdigest()).write_bytes(page.content)


def test_pages_of_hydra_are_followed_by_relative_links_to_the_last() -> None:
    with serving({"/c": view("<?page=2>", 1), "/c?page=2": view("</c?page=3>", 2), "/c?page=3": view("", 3)}) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == ["1", "2", "3"]
        assert site.paths == ["/c", "/c?page=2", "/c?page=3"]
        assert [page.address for page in reading.pages] == [site.url + path for path in site.paths]
    assert reading.is_complete and not reading.problems and not reading.is_unchanged
    assert site.asked[0].headers["User-Agent"].startswith("pmkg (+http")
    assert "text/turtle" in site.asked[0].headers["Accept"]


def test_the_old_paged_collection_with_a_literal_link_is_followed() -> None:
    first = (
        f"{PREFIXES}[] a hydra:PagedCollection ; hydra:nextPage 'HERE/c?page=2' ; hydra:lastPage 'HERE/c?page=2' .\n"
    )
    last = f"{PREFIXES}[] a hydra:PagedCollection ; hydra:lastPage 'HERE/c?page=2' .\n"
    with serving({"/c": first + dataset(1), "/c?page=2": last + dataset(2)}) as site:
        assert names(read_source(site.url + "/c", site.settings())) == ["1", "2"]
        assert site.paths == ["/c", "/c?page=2"]  # the last says so: no guess at a third


def test_a_next_page_in_the_link_header_is_followed() -> None:
    header = {"Link": '<HERE/other>; rel="alternate", <?p=2>; title="a, b"; rel="next"'}
    with serving({"/c": Reply(PREFIXES + dataset(1), headers=header), "/c?p=2": PREFIXES + dataset(2)}) as site:
        assert names(read_source(site.url + "/c", site.settings())) == ["1", "2"]


@pytest.mark.parametrize("where", ["<?page=1>", "<>", "<HERE/c>", "<?page=2>"])
def test_a_loop_of_pages_ends(where: str) -> None:
    routes: dict[str, Route] = {
        "/c": view("<?page=1>", 1),
        "/c?page=1": view("<?page=2>", 2),
        "/c?page=2": view(where, 3),
    }
    with serving(routes) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == ["1", "2", "3"] and len(site.asked) == 3
    assert reading.is_complete


def test_a_server_that_gives_its_last_page_for_ever_is_left() -> None:
    def page(asked: Asked) -> Reply:
        number = int((re.findall(r"page=(\d+)", asked.path) or [1])[0])
        return Reply(f"{PREFIXES}[] a hydra:PagedCollection ; hydra:nextPage '?page={number + 1}' .")

    def same(asked: Asked) -> Reply:
        number = int((re.findall(r"page=(\d+)", asked.path) or [1])[0])
        link = {"Link": f"<HERE/d?page={number + 1}>; rel=next"}
        return Reply(PREFIXES + dataset(min(number, 3)), headers=link)

    with serving({"/c": page, "/d": same}) as site:
        reading = read_source(site.url + "/d", site.settings())
        assert names(reading) == ["1", "2", "3"] and len(site.asked) == 4
        reading = read_source(site.url + "/c", site.settings(harvest_pages=20))
        assert len(reading.pages) == 20 and not reading.is_complete
        assert "PMKG_HARVEST_PAGES" in reading.problems[-1].message


@pytest.mark.parametrize("ending", ["rdf", "ttl", "jsonld", "xml"])
def test_a_feed_of_ckan_without_hydra_is_counted_through(ending: str) -> None:
    def page(asked: Asked) -> Reply:
        number = int((re.findall(r"page=(\d+)", asked.path) or [1])[0])
        return Reply(PREFIXES + (dataset(number) if number < 4 else "<HERE/> a dcat:Catalog ."))

    with serving({f"/catalog.{ending}": page}) as site:
        reading = read_source(f"{site.url}/catalog.{ending}", site.settings())
        assert names(reading) == ["1", "2", "3"] and len(site.asked) == 4
        assert len(reading.pages) == 3 and reading.is_complete


def test_a_document_that_is_one_page_is_asked_for_once() -> None:
    with serving({"/all.ttl": PREFIXES + dataset(1)}) as site:
        assert names(read_source(site.url + "/all.ttl", site.settings())) == ["1"]
        assert len(site.asked) == 1


def test_a_broken_second_page_ends_nothing() -> None:
    broken = view("<?page=3>", 2).replace("'Number 2'", "'Number 2")
    with serving({"/c": view("<?page=2>", 1), "/c?page=2": broken, "/c?page=3": view("", 3)}) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == ["1", "2", "3"]
        assert not reading.is_complete
        (problem,) = reading.problems
        assert problem.place.file == site.url + "/c?page=2" and problem.place.line == 5


@pytest.mark.parametrize(
    "reply",
    [Reply("gone", status=410), Reply("<html><body>no</body></html>", "text/html"), Reply("\x00\x01", "text/turtle")],
)
def test_a_page_that_is_none_is_reported_and_what_was_read_is_kept(reply: Reply) -> None:
    with serving({"/c": view("<?page=2>", 1), "/c?page=2": reply}) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == ["1"] and not reading.is_complete
        assert reading.problems[0].place.file == site.url + "/c?page=2"


def test_a_first_page_that_is_not_there_raises() -> None:
    with serving({}) as site, pytest.raises(FetchStatusError, match="404"):
        read_source(site.url + "/c", site.settings())


def test_a_huge_page_is_left_out() -> None:
    with serving({"/c": view("<?page=2>", 1), "/c?page=2": Reply(b"#" * 200_000)}) as site:
        reading = read_source(site.url + "/c", site.settings(harvest_document_megabytes=0.125))
        assert names(reading) == ["1"]
        assert "larger than 0.125 MB" in reading.problems[0].message and len(site.asked) == 2


def test_all_bytes_of_a_harvest_are_bounded() -> None:
    def page(asked: Asked) -> Reply:
        number = int((re.findall(r"page=(\d+)", asked.path) or [1])[0])
        return Reply(view(f"<?page={number + 1}>", number) + "#" * 30_000)

    with serving({"/c": page}) as site:
        reading = read_source(site.url + "/c", site.settings(harvest_megabytes=0.1))
        assert 2 <= len(reading.pages) <= 4 and not reading.is_complete
        assert "PMKG_HARVEST_MEGABYTES" in reading.problems[-1].message


def test_all_time_of_a_harvest_is_bounded() -> None:
    clock = [0.0]
    with serving({"/c": view("<?page=2>", 1), "/c?page=2": view("", 2)}) as site:
        client = Client(site.settings(harvest_seconds=100.0), {}, now=lambda: clock[0])
        client.get(site.url + "/c")
        clock[0] = 100.0
        with pytest.raises(HarvestBoundError, match="PMKG_HARVEST_SECONDS"):
            client.get(site.url + "/c?page=2")
    assert site.paths == ["/c"]


def test_a_busy_server_is_asked_again_after_the_time_that_it_names() -> None:
    waits = list[float]()
    answers = [Reply("busy", status=429, headers={"Retry-After": "7"}), Reply("", status=503), Reply(PREFIXES)]
    with serving({"/c": lambda asked: answers.pop(0)}) as site:
        client = Client(site.settings(), {}, sleep=waits.append)
        assert client.get(site.url + "/c").content == PREFIXES.encode()
        assert len(site.asked) == 3
    long = [wait for wait in waits if wait > 0.01]
    assert long[0] == 7.0 and 0.5 <= long[1] <= 7.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    with serving({"/c": Reply("no", status=status)}) as site, pytest.raises(FetchError):
        Client(site.settings(), {}, sleep=lambda seconds: None).get(site.url + "/c")
    assert len(site.asked) == 1


def test_a_server_that_stays_busy_is_given_up() -> None:
    with serving({"/c": Reply("no", status=503)}) as site, pytest.raises(FetchStatusError):
        Client(site.settings(harvest_retries=3), {}, sleep=lambda seconds: None).get(site.url + "/c")
    assert len(site.asked) == 4


def test_a_server_that_asks_to_wait_for_hours_is_given_up() -> None:
    reply = Reply("no", status=429, headers={"Retry-After": "7200"})
    with serving({"/c": reply}) as site, pytest.raises(FetchStatusError):
        Client(site.settings(), {}, sleep=lambda seconds: pytest.fail("it waited")).get(site.url + "/c")


def test_requests_keep_their_distance() -> None:
    waits = list[float]()
    with serving({"/c": PREFIXES}) as site:
        client = Client(site.settings(harvest_requests_per_second=2.0), {}, sleep=waits.append, now=lambda: 100.0)
        for _ in range(4):
            client.get(site.url + "/c")
    assert waits == [0.5, 1.0, 1.5]  # of a clock that stands still


def conditional(text: str, etag: str) -> Route:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == etag:
            return Reply("", status=304, headers={"ETag": etag})
        return Reply(text, headers={"ETag": etag, "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"})

    return answer


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    routes = {"/c": conditional(view("<?page=2>", 1), '"a"'), "/c?page=2": conditional(view("", 2), '"b"')}
    with serving(routes) as site:
        settings = site.settings(tmp_path)
        first = read_source(site.url + "/c", settings)
        assert first.pages[0].etag == '"a"' and first.pages[0].last_modified.startswith("Mon")
        keep(tmp_path, first)
        again = read_source(site.url + "/c", settings, before=seen(first))
        assert again.is_unchanged and names(again) == names(first) and seen(again) == seen(first)
        assert site.asked[-1].headers["If-Modified-Since"].startswith("Mon")

        site.routes["/c?page=2"] = conditional(view("", 2, 3), '"c"')
        changed = read_source(site.url + "/c", settings, before=seen(first))
        assert names(changed) == ["1", "2", "3"] and not changed.is_unchanged and changed.is_complete


def test_a_page_whose_bytes_were_lost_is_asked_for_whole(tmp_path: Path) -> None:
    with serving({"/c": conditional(view("", 1), '"a"')}) as site:
        settings = site.settings(tmp_path)
        first = read_source(site.url + "/c", settings)
        again = read_source(site.url + "/c", settings, before=seen(first))
        assert names(again) == ["1"] and "If-None-Match" not in site.asked[-1].headers
        assert again.is_unchanged  # the bytes say so
        (tmp_path / "harvested").mkdir()
        (tmp_path / "harvested" / seen(first)[site.url + "/c"].sha256).write_bytes(b"broken")
        read_source(site.url + "/c", settings, before=seen(first))
        assert "If-None-Match" not in site.asked[-1].headers


def test_a_next_page_that_only_a_header_names_is_not_lost_with_a_304(tmp_path: Path) -> None:
    def first_page(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match"):
            return Reply("", status=304)
        return Reply(PREFIXES + dataset(1), headers={"Link": "<?p=2>; rel=next", "ETag": '"a"'})

    with serving({"/c": first_page, "/c?p=2": PREFIXES + dataset(2)}) as site:
        settings = site.settings(tmp_path)
        first = read_source(site.url + "/c", settings)
        keep(tmp_path, first)
        assert names(read_source(site.url + "/c", settings, before=seen(first))) == ["1", "2"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/x", "http://127.0.0.1:1/x", "http://169.254.169.254/latest"]
)
def test_a_redirect_to_where_nobody_may_go_is_refused(target: str) -> None:
    moved = Reply("", status=302, headers={"Location": target})
    with serving({"/c": view("<HERE/moved>", 1), "/moved": moved}) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == ["1"] and not reading.is_complete
        assert reading.problems[0].place.file == site.url + "/moved"
        with pytest.raises(FetchRefusedError):
            read_source(site.url + "/moved", site.settings())


def test_this_machine_is_not_reached_unless_a_setting_allows_it() -> None:
    with serving({"/c": view("", 1)}) as site:
        with pytest.raises(FetchRefusedError, match="not on the open net"):
            read_source(site.url + "/c", Settings())
        assert not site.asked


def test_a_redirect_is_followed_and_its_target_is_the_base() -> None:
    moved = Reply("", status=301, headers={"Location": "/deep/c"})
    with serving({"/c": moved, "/deep/c": PREFIXES + "<one> a dcat:Dataset ."}) as site:
        reading = read_source(site.url + "/c", site.settings())
        assert names(reading) == [site.url + "/deep/one"]
        assert reading.pages[0].address == site.url + "/c"


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/octet-stream", "application/json", ""])
@pytest.mark.parametrize(
    "content",
    [
        PREFIXES + dataset(1),
        "<http://x.org/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .",
        '{"@id": "http://x.org/1", "@type": "http://www.w3.org/ns/dcat#Dataset"}',
        '<?xml version="1.0" encoding="utf-8"?>\n<!-- x -->\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<d:Dataset xmlns:d="http://www.w3.org/ns/dcat#" rdf:about="http://x.org/1"/></rdf:RDF>',
    ],
    ids=["turtle", "ntriples", "jsonld", "rdfxml"],
)  # fmt: skip
def test_a_wrong_content_type_does_not_matter(media_type: str, content: str) -> None:
    with serving({"/c": Reply(content, media_type)}) as site:
        assert names(read_source(site.url + "/c", site.settings())) == ["1"]


FDP: dict[str, Route] = {
    "/": f"""{PREFIXES}@prefix fdp: <https://w3id.org/fdp/fdp-o#> .
        <> a fdp:FAIRDataPoint ; dct:title 'Point' ; fdp:metadataCatalog <HERE/catalog/1> , <HERE/catalog/2> .
        <HERE/catalog/> a ldp:DirectContainer ; ldp:contains <HERE/catalog/1> , <HERE/catalog/2> .""",
    "/catalog/1": f"{PREFIXES}<> a dcat:Catalog ; dct:title 'C' ; dcat:dataset <HERE/dataset/1> .",
    "/catalog/2": Reply("broken", status=500),
    "/dataset/1": f"{PREFIXES}<> a dcat:Dataset ; dct:title 'D' ; dcat:distribution <HERE/distribution/1> ;"
    " dcat:landingPage <HERE/page> .",
    "/distribution/1": f"{PREFIXES}<> a dcat:Distribution ; dcat:accessURL <HERE/data.csv> .",
}  # fmt: skip


def test_a_fair_data_point_is_walked_from_its_root_to_its_distributions() -> None:
    with serving(FDP) as site:
        reading = read_source(site.url + "/", site.settings(harvest_retries=0))
        assert sorted(set(site.paths)) == sorted(FDP) and len(site.paths) == len(FDP)
        assert names(reading) == [site.url + "/dataset/1"]
        assert [problem.place.file for problem in reading.problems] == [site.url + "/catalog/2"]
        assert not reading.is_complete


def test_the_walk_of_a_data_point_is_bounded_in_depth() -> None:
    with serving(FDP) as site:
        reading = read_source(site.url + "/", site.settings(harvest_retries=0, harvest_depth=1))
        assert "/dataset/1" not in site.paths
        assert any("links away" in problem.message for problem in reading.problems) and not reading.is_complete


def test_a_catalogue_of_a_data_point_is_walked_too() -> None:
    with serving(FDP) as site:
        assert names(read_source(site.url + "/catalog/1", site.settings())) == [site.url + "/dataset/1"]


def test_the_data_point_of_the_examples_is_walked() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip(f"the examples are not at {EXAMPLES}")
    folder = EXAMPLES / "fair-data-point"
    text = {path.stem: path.read_text("utf-8").replace("http://www.dtls.nl", "HERE") for path in folder.glob("*.ttl")}
    routes: dict[str, Route] = {
        "/fdp": text["dtl-fdp"],
        "/fdp/textmining": text["textmining-catalog"],
        "/fdp/comparativeGenomics": text["comparative-genomics-catalog"],
        "/fdp/textmining/gene-disease-association_lumc": text["disgenet"],
        "/fdp/transcriptomics": Reply(text["fantom5"]),
    }
    with serving(routes) as site:
        reading = read_source(site.url + "/fdp", site.settings())
    read = {page.address.replace(site.url, "") for page in reading.pages}
    assert {"/fdp", "/fdp/textmining", "/fdp/comparativeGenomics", "/fdp/transcriptomics"} <= read
    missing = {problem.place.file for problem in reading.problems}
    assert missing and not reading.is_complete  # what the catalogues name and nobody serves


def test_the_catalogue_of_a_health_data_point_is_walked_to_its_dataset() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip(f"the examples are not at {EXAMPLES}")
    folder, host = EXAMPLES / "gdi-fairdatapoint", "https://fair.healthinformationportal.eu"
    catalogue = (folder / "fdp_catalog_healthinformationportal.ttl").read_text("utf-8").replace(host, "HERE")
    record = (folder / "dataset_898ca4b8_healthinformationportal.ttl").read_text("utf-8").replace(host, "HERE")
    inner = "/dataset/125c32c0-3aa8-4277-92f6-34acdd058d43"
    record = re.sub(r"/dataset/898ca4b8[\w-]*", inner, record)
    start = "/catalog/1c75c2c9-d2cc-44cb-aaa8-cf8c11515c8d"
    with serving({start: catalogue, inner: record}) as site:
        reading = read_source(site.url + start, site.settings())
        assert site.url + inner in names(reading)


def test_the_two_pages_of_udata_are_read_as_one_catalogue() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip(f"the examples are not at {EXAMPLES}")
    pages = [(EXAMPLES / "udata" / f"paged-collection-{n}.jsonld").read_text("utf-8") for n in (1, 2)]
    pages = [page.replace("http://data.test.org/catalog", "HERE/catalog") for page in pages]
    routes: dict[str, Route] = {
        "/catalog.jsonld": Reply(pages[0], "application/ld+json"),
        "/catalog.jsonld?page=2": Reply(pages[1], "application/ld+json"),
    }
    with serving(routes) as site:
        reading = read_source(site.url + "/catalog.jsonld", site.settings())
    assert [name.rpartition("/")[2] for name in names(reading)] == ["1", "2", "3", "4"]
    assert reading.is_complete and not reading.problems


def test_a_kept_name_that_is_no_checksum_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "harvested").mkdir()
    (tmp_path / "secret").write_text("secret")
    with serving({"/c": view("", 1)}) as site:
        settings = site.settings(tmp_path)
        before = {site.url + "/c": Seen('"a"', "", "../secret")}
        read_source(site.url + "/c", settings, before=before)
        assert "If-None-Match" not in site.asked[0].headers
