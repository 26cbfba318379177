"""POST /validate: a document of any format in, the report in any format out, and what happens to those that are not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pyoxigraph as ox
import pytest
import requests

from graph.catalogue.validate.profiles import PROFILES
from graph.names import RDF, SH
from graph.project import ROOT
from tests.conftest import SHARED
from tests.net.sites import answering, whole
from tests.web.conftest import Server, make_generation, running

WARD = "https://records.example.org/ward"
TURTLE = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<{WARD}> a dcat:Dataset ; dcterms:title "Ward rounds"@en .
"""
TRIPLES = [quad.triple for quad in ox.parse(TURTLE, format=ox.RdfFormat.TURTLE)]
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("judging")
    make_generation(home)
    with running(home, validate_megabytes=2) as server:
        yield server


def send(
    server: Server,
    content: bytes | str = TURTLE,
    kind: str = "text/turtle",
    accept: str = "application/json",
    **asked: str,
) -> requests.Response:
    body = content.encode() if isinstance(content, str) else content
    headers = {"Content-Type": kind, "Accept": accept}
    return requests.post(server.url + "/validate", data=body, headers=headers, params=asked, timeout=90)


def report(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def problem(response: requests.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize("kind", [*FORMATS, "", "text/plain", "application/octet-stream"])
def test_a_document_comes_in_every_format_of_rdf_or_is_found_out(judging: Server, kind: str) -> None:
    content = ox.serialize(TRIPLES, format=FORMATS.get(kind, ox.RdfFormat.RDF_XML)) or b""
    text = json.dumps(report(send(judging, content, kind)))
    assert WARD in text and "healthdcat-ap-r8-non-public" in text


@pytest.mark.parametrize("kind", list(FORMATS)[:4])
def test_a_report_is_rdf_in_the_format_that_is_liked(judging: Server, kind: str) -> None:
    response = send(judging, accept=kind)
    assert response.headers["Content-Type"].startswith(kind)
    graph = {quad.triple for quad in ox.parse(response.content, format=FORMATS[kind])}
    kinds = {triple.object for triple in graph if triple.predicate == ox.NamedNode(RDF + "type")}
    assert {ox.NamedNode(SH + "ValidationReport"), ox.NamedNode(SH + "ValidationResult")} <= kinds


def test_a_report_is_a_page_a_table_or_a_text(judging: Server) -> None:
    page = send(judging, accept=HTML)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8" and "Does not conform" in page.text
    table = send(judging, accept="text/csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(list(csv.reader(io.StringIO(table.text)))) > 10
    assert send(judging, accept="text/markdown").text.lstrip().startswith("#")
    assert send(judging, format="turtle").headers["Content-Type"].startswith("text/turtle")
    assert send(judging, accept="*/*").headers["Content-Type"] == "application/json"
    assert send(judging, accept="image/png").status_code == 406
    assert "format" in problem(send(judging, format="pdf"), 400)["detail"]


def test_a_report_is_nobodys_to_keep(judging: Server) -> None:
    response = send(judging)
    assert response.headers["Cache-Control"] == "no-store" and "Accept" in response.headers["Vary"]


def test_a_file_or_a_text_of_a_form_is_taken(judging: Server) -> None:
    def posted(**options: Any) -> requests.Response:
        headers = {"Accept": "application/json"}
        return requests.post(judging.url + "/validate", headers=headers, timeout=90, **options)

    for file in (("ward.ttl", TURTLE, "text/turtle"), ("ward.ttl", TURTLE, "application/octet-stream")):
        assert WARD in json.dumps(report(posted(files={"file": file})))
    assert WARD in json.dumps(report(posted(data={"text": TURTLE})))
    empty = {"file": ("", b"", "application/octet-stream")}  # what a browser sends where no file is chosen
    assert WARD in json.dumps(report(posted(files=empty, data={"text": TURTLE, "profile": ""})))
    assert "dcat-ap-3.0.1" in json.dumps(report(posted(data={"text": TURTLE, "profile": "dcat-ap-3.0.1"})))
    for nothing in ({"data": {"text": " "}}, {"files": empty}, {"data": b""}):
        assert "no document" in problem(posted(**nothing), 400)["detail"]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_can_be_asked_for(judging: Server, profile: str) -> None:
    assert profile in send(judging, profile=profile).text


def test_an_unknown_profile_is_refused_with_those_that_there_are(judging: Server) -> None:
    found = problem(send(judging, profile="dcat-ap-9"), 400)
    assert "dcat-ap-9" in found["detail"] and all(name in found["advice"] for name in PROFILES)


def test_what_is_not_rdf_is_told_with_its_line_and_column(judging: Server) -> None:
    found = problem(send(judging, TURTLE + "<x> oops\n"), 400)
    assert (found["line"], found["type"].rpartition("/")[2]) == (4, "rdf-syntax") and found["column"] >= 1
    xml = f'<rdf:RDF xmlns:rdf="{RDF}">\n<rdf:Description>\n</rdf:RDF>\n'
    assert problem(send(judging, xml, "application/rdf+xml"), 400)["line"] == 3
    page = send(judging, TURTLE + "<x> oops\n", accept=HTML)
    assert page.status_code == 400 and "Line 4" in page.text and "&lt;x&gt; oops" in page.text


def test_what_is_no_catalogue_by_its_type_is_refused(judging: Server) -> None:
    for kind in ("image/png", "text/csv", "application/pdf", "text/html"):
        assert "text/turtle" in problem(send(judging, kind=kind), 415)["detail"]


def test_a_document_without_a_dataset_does_not_pass(judging: Server) -> None:
    nothing = "<urn:a> <urn:b> <urn:c> .\n"
    page = send(judging, nothing, accept=HTML)
    assert "Does not conform" in page.text and "no dataset" in page.text.lower()
    assert '"conforms": true' not in send(judging, nothing).text.lower()


def test_a_document_that_is_too_long_is_refused_packed_or_not(judging: Server) -> None:
    long = TURTLE + "#" * (2 << 20)
    assert "PMKG_VALIDATE_MEGABYTES" in problem(send(judging, long), 413)["detail"]
    form = requests.post(judging.url + "/validate", files={"file": ("long.ttl", long)}, timeout=60)
    assert form.status_code == 413
    chunks = requests.post(judging.url + "/validate", data=iter([long.encode()]), timeout=60)
    assert chunks.status_code == 413
    packed = {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}
    address = judging.url + "/validate"
    assert requests.post(address, data=gzip.compress(long.encode()), headers=packed, timeout=60).status_code == 413
    report(requests.post(address, data=gzip.compress(TURTLE.encode()), headers=packed, timeout=60))


def test_a_document_with_too_many_statements_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, validate_triples=2) as server:
        assert report(send(server))
        more = TURTLE + f'<{WARD}> dcterms:title "Visite"@fr .\n'
        assert "PMKG_VALIDATE_TRIPLES" in problem(send(server, more), 413)["advice"]


def test_a_document_that_takes_too_long_is_ended_and_the_next_is_validated(tmp_path: Path) -> None:
    with running(tmp_path, validate_seconds=1.0, validations=1) as server:
        report(send(server))  # the process is there
        long = TURTLE + "".join(
            f"<urn:s{n}> <urn:p> <urn:o{n}>, [ <urn:q> [ <urn:r> {n} ] ] .\n" for n in range(120_000)
        )
        assert "PMKG_VALIDATE_SECONDS" in problem(send(server, long), 504)["advice"]
        report(send(server))


def test_documents_wait_for_each_other_and_not_for_ever(tmp_path: Path) -> None:
    long = TURTLE + "".join(f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(30_000))
    options = {"validations": 1, "validate_queue_seconds": 0.3}
    with running(tmp_path, **options) as server, ThreadPoolExecutor(1) as pool:
        report(send(server))
        first = pool.submit(send, server, long)
        refused = send(server)
        while refused.status_code == 200 and not first.done():
            time.sleep(0.1)
            refused = send(server)
        assert "being validated" in problem(refused, 503)["detail"] and refused.headers["Retry-After"]
        first.result()
        report(send(server))


def test_nothing_that_a_document_names_is_fetched(tmp_path: Path) -> None:
    with answering(whole(b"{}", Content_Type="application/ld+json")) as site, running(tmp_path) as server:
        remote = json.dumps({"@context": site.url, "@id": WARD, "@type": "http://www.w3.org/ns/dcat#Dataset"})
        found = problem(send(server, remote, "application/ld+json"), 400)
        assert "context" in found["detail"]
        entity = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{site.url}">]><rdf:RDF xmlns:rdf="{RDF}">&x;</rdf:RDF>'
        assert send(server, entity, "application/rdf+xml").status_code == 400
        imported = TURTLE + f"<{WARD}> <http://www.w3.org/2002/07/owl#imports> <{site.url}> .\n"
        report(send(server, imported))
        assert site.requests == []


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_the_processes_that_validate_end_with_the_server(tmp_path: Path, ending: signal.Signals) -> None:
    with running(tmp_path) as server:
        report(send(server))
        children = psutil.Process(server.process.pid).children(recursive=True)
        judges = [child for child in children if "web.judge" in " ".join(child.cmdline())]
        server.process.send_signal(ending)
        assert len(judges) == 1 and not psutil.wait_procs(judges, timeout=20)[1]


def test_the_process_that_validates_opens_no_connection() -> None:
    tried = "import socket; socket.create_connection(('127.0.0.1', 9))"
    program = f"import sys; from web.judge import _refuse_network; sys.addaudithook(_refuse_network); {tried}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "PermissionError: the process that validates opens no connection" in done.stderr


def test_the_page_says_that_nothing_is_stored_and_works_without_scripts(judging: Server) -> None:
    text = judging.get("/validate", headers={"Accept": HTML}).text
    assert "Nothing that you send is stored" in text and "<script" not in text
    for words in ('enctype="multipart/form-data"', 'for="text"', 'for="file"', 'for="profile"', *PROFILES):
        assert words in text, words


def test_a_validation_writes_nothing(tmp_path: Path) -> None:
    make_generation(tmp_path)
    with running(tmp_path) as server:
        before = sorted(path for path in tmp_path.rglob("*"))
        report(send(server))
        assert sorted(path for path in tmp_path.rglob("*")) == before


def test_markup_in_a_document_is_shown_and_not_run(judging: Server) -> None:
    hostile = TURTLE.replace("Ward rounds", "<script>alert(1)</script>Ward</title><svg onload=alert(2)>")
    hostile += f'<{WARD}> <http://purl.org/dc/terms/language> "<img src=x onerror=alert(3)>" .\n'
    for text in (
        send(judging, hostile, accept=HTML).text,
        send(judging, hostile.replace("<" + WARD, "<urn:x"), accept=HTML).text,
    ):
        assert "<svg" not in text and "<script>" not in text and "<img" not in text


def test_real_records_are_validated_by_the_server_in_a_moment(judging: Server) -> None:
    folder = SHARED / "ehds" / "examples" / "healthdcat-ap-release-8"
    if not folder.is_dir():
        pytest.skip(f"the example records are not at {folder}")
    for path in sorted(folder.glob("*.ttl")):
        report(send(judging, path.read_bytes()))
