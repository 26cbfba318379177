"""One document or a folder of them: its format and encoding are told, traps are refused, contexts are ours."""

from __future__ import annotations

import gzip
import json
import re
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.read.contexts import known_context, names_of
from graph.catalogue.read.document import read_document, read_leniently
from graph.catalogue.read.harvest import Seen, read_source
from graph.catalogue.read.sniff import Look, look_of
from graph.errors import InputError, RdfSyntaxError, UnknownFormatError
from graph.names import DCTERMS, PREFIXES
from graph.settings import Settings
from tests.catalogue.read.test_web import names, seen

DCAT = PREFIXES["dcat"]
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TURTLE = f"@prefix dcat: <{DCAT}> . <http://x.org/é> a dcat:Dataset ; <{DCTERMS}title> 'Économie' ."
XML = f"""<rdf:RDF xmlns:rdf="{RDF}" xmlns:dcat="{DCAT}" xmlns:dct="{DCTERMS}">
<dcat:Dataset rdf:about="http://x.org/é"><dct:title>Économie</dct:title></dcat:Dataset></rdf:RDF>"""
JSON = json.dumps({"@id": "http://x.org/é", "@type": DCAT + "Dataset", DCTERMS + "title": "Économie"})
LINES = f'<http://x.org/é> <{RDF}type> <{DCAT}Dataset> .\n<http://x.org/é> <{DCTERMS}title> "Économie" .\n'
TRIPLES = {f"<http://x.org/é> <{RDF}type> <{DCAT}Dataset>", f'<http://x.org/é> <{DCTERMS}title> "Économie"'}


def read(content: bytes | str, media_type: str = "", address: str = "a") -> set[str]:
    content = content.encode() if isinstance(content, str) else content
    return {str(triple) for triple in read_document(content, media_type, address).triples}


@pytest.mark.parametrize("media_type", ["", "text/turtle", "application/rdf+xml", "application/ld+json", "text/html"])
@pytest.mark.parametrize(
    "content",
    [
        TURTLE,
        "# a comment\n\n" + TURTLE,
        "\ufeff" + TURTLE,
        LINES,
        LINES.replace(" .\n", " <http://x.org/g> .\n"),
        f"GRAPH <http://x.org/g> {{ {LINES} }}",
        f"<http://x.org/g> {{ {LINES} }}",
        XML,
        "\n<?xml version='1.0'?>".lstrip() + "<!-- <html> -->" + XML,
        "\ufeff" + XML,
        JSON,
        f"\n [{JSON}]",
        "\ufeff" + JSON,
    ],
)
def test_the_format_is_told_by_what_the_bytes_look_like(content: str, media_type: str) -> None:
    assert read(content, media_type) == TRIPLES


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-16-le", "utf-8"])
def test_xml_in_another_encoding_is_read(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-le")}"?>'
    content = (("\ufeff" if encoding == "utf-16-le" else "") + declared + XML).encode(encoding)
    assert read(content, "application/rdf+xml") == TRIPLES


def test_an_encoding_that_is_not_so_is_reported_with_its_line() -> None:
    content = b'<?xml version="1.0" encoding="utf-16"?>' + XML.encode()[:-1]
    with pytest.raises(InputError, match="encoding 'utf-16'"):
        read(content)
    with pytest.raises(InputError, match="encoding 'nope', which there is not"):
        read(b'<?xml version="1.0" encoding="nope"?>' + XML.encode())


def test_turtle_that_is_not_utf_8_loses_only_the_statement_that_is_not() -> None:
    content = (TURTLE + " <http://x.org/b> a dcat:Dataset .").encode("latin-1")
    page, found = read_leniently(content, "text/turtle", "a.ttl")
    assert [str(t.subject) for t in page.triples] == ["<http://x.org/b>"] and not found.is_whole


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        (" \n ", "it is empty"),
        ("<!DOCTYPE html><html><body>x</body></html>", "an HTML page"),
        ("<html lang='en'><head></head></html>", "an HTML page"),
        ("<?xml version='1.0'?><gmd:MD_Metadata xmlns:gmd='http://www.isotc211.org/2005/gmd'/>", "not RDF/XML"),
        ('{"name": "package", "version": "1"}', "not JSON-LD"),
        ("Sorry, this service is down.", "no format of RDF"),
        ("%PDF-1.4", "no format of RDF"),
        ("a,b,c\n1,2,3\n", "no format of RDF"),
    ],
)
def test_what_is_no_rdf_is_said_to_be_none(content: str, said: str) -> None:
    with pytest.raises(UnknownFormatError, match=said) as caught:
        read(content, "", "http://x.org/a")
    assert caught.value.advice and caught.value.place.file == "http://x.org/a"


def test_looks_do_not_mix_up_what_begins_alike() -> None:
    assert look_of(b"<urn:x> a <urn:y> .") is Look.TEXT
    assert look_of(b"<http://x.org/> <http://x.org/p> 1 .") is Look.TEXT
    assert look_of(b"<one> a <urn:y> .") is Look.TEXT
    assert look_of(b"<x:y>\n<x:z/></x:y>") is Look.XML
    assert look_of(b"<rdf:RDF xmlns:rdf='x'>") is Look.XML
    assert look_of(b"[] a <urn:x> .") is Look.TEXT
    assert look_of(b"[]") is Look.JSON
    assert look_of(b"{ <urn:x> a <urn:y> }") is Look.TEXT
    assert look_of(b'{ "@id": "x" }') is Look.JSON


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = {
    "billion laughs": f'<!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]>' + XML.replace("Économie", "&l9;"),
    "quadratic": f'<!DOCTYPE r [<!ENTITY a "{"a" * 100_000}">]>' + XML.replace("Économie", "&a;" * 10_000),
    "a file": '<!DOCTYPE r [<!ENTITY a SYSTEM "file://PATH">]>' + XML.replace("Économie", "&a;"),
    "a parameter": '<!DOCTYPE r [<!ENTITY % a SYSTEM "file://PATH"> %a;]>' + XML.replace("Économie", "&b;"),
    "a DTD": '<!DOCTYPE r SYSTEM "file://PATH">' + XML.replace("Économie", "&a;"),
}


@pytest.mark.parametrize("trap", ENTITIES)
def test_rdf_xml_expands_no_bombs_and_reads_no_files(trap: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text('<!ENTITY b "THE SECRET"> THE SECRET')
    content = ENTITIES[trap].replace("PATH", str(secret)).encode()
    start = time.monotonic()
    with pytest.raises(InputError):
        read_document(content, "application/rdf+xml", "a.rdf")
    page, found = read_leniently(content, "application/rdf+xml", "a.rdf")
    assert time.monotonic() - start < 2
    assert found.problems and "SECRET" not in str(page.triples)
    assert sum(len(str(triple)) for triple in page.triples) < 1_000_000


def test_an_entity_that_stands_for_a_namespace_is_read() -> None:
    text = f'<!DOCTYPE rdf:RDF [<!ENTITY dcat "{DCAT}">]>' + XML.replace("<dcat:Dataset ", "<rdf:Description ").replace(
        "<dct:title>", '<rdf:type rdf:resource="&dcat;Dataset"/><dct:title>'
    ).replace("</dcat:Dataset>", "</rdf:Description>")
    assert read(text) == TRIPLES


TERMS = "<x:a> <x:b> " + "<<( <x:c> <x:d> " * 50_000 + "<x:e>" + " )>>" * 50_000 + " ."  # which ends the engine
NESTED = ["[" * 100_000, '{"@graph": ' * 50_000, f"<x:a> <x:b> {'[ <x:c> ' * 20_000}", TERMS]


@pytest.mark.parametrize("text", NESTED, ids=["lists", "objects", "blank nodes", "triple terms"])
def test_what_is_nested_without_end_is_refused(text: str) -> None:
    page, found = read_leniently(text.encode(), "", "a")
    assert not page.triples and found.problems


def test_what_is_nested_deep_and_closed_again_takes_neither_the_stack_nor_hours() -> None:
    elements = XML.replace("<dct:title>", "<dct:title>" + "<a><b>" * 20_000).replace(
        "</dct:title>", "</b></a>" * 20_000 + "</dct:title>"
    )
    objects = ['{"http://x.org/p":' * depth + "1" + "}" * depth for depth in (450, 900, 50_000)]
    for text in (elements, *(f'[{{"@id": "x:a", "http://x.org/p": {inner}}}]' for inner in objects)):
        start = time.monotonic()
        read_leniently(text.encode(), "", "a")
        with suppress(InputError):
            read_document(text.encode(), "", "a")
        assert time.monotonic() - start < 5


def test_elements_nested_without_end_are_refused() -> None:
    text = XML.replace("<dct:title>", "<dct:title>" + "<a><b>" * 20_000)
    page, found = read_leniently(text.encode(), "", "a")
    assert len(page.triples) <= 2 and found.problems


def test_a_document_that_is_too_large_is_not_parsed() -> None:
    settings = replace(Settings(), harvest_document_megabytes=0.001)
    with pytest.raises(InputError, match=r"larger than 0\.001 MB"):
        read_document(TURTLE.encode() * 10, "", "a", settings)


def test_what_is_packed_with_gzip_is_unpacked_as_far_as_it_may_go(tmp_path: Path) -> None:
    assert read(gzip.compress(TURTLE.encode()), "application/gzip", "http://x.org/a.ttl.gz") == TRIPLES
    (tmp_path / "a.ttl.gz").write_bytes(gzip.compress(TURTLE.encode()))
    assert len(read_source(str(tmp_path), Settings()).pages[0].triples) == 2
    bomb = gzip.compress(b"#" * 10_000_000)
    with pytest.raises(InputError, match=r"larger than 0\.1 MB unpacked"):
        read_document(bomb, "", "a.ttl.gz", replace(Settings(), harvest_document_megabytes=0.1))
    with pytest.raises(InputError, match="not whole gzip"):
        read(gzip.compress(TURTLE.encode())[:-20])


def test_a_remote_context_that_is_not_ours_is_reported_and_never_fetched() -> None:
    text = json.dumps({"@context": ["https://example.org/context.jsonld", {}], "@id": "x:y", "@type": "x:z"}, indent=1)
    page, found = read_leniently(text.encode(), "", "a.jsonld")
    assert not page.triples and not found.is_whole
    (problem,) = found.problems
    assert "https://example.org/context.jsonld" in problem.message and problem.place.line == 3
    assert all(name in problem.advice for name in names_of())


@pytest.mark.parametrize(
    "address",
    [
        "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld",
        "http://semiceu.github.io/DCAT-AP/releases/3.0.0/context/dcat-ap.jsonld",
        "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "https://project-open-data.cio.gov/v1.1/schema",
    ],
)
def test_the_contexts_that_we_ship_are_known_by_their_addresses(address: str) -> None:
    assert known_context(address)


def test_our_contexts_name_only_terms_that_the_vocabularies_have(vocabularies: Path) -> None:
    for address in (
        "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld",
        "https://semiceu.github.io/DCAT-AP/releases/3.0.0/html/examples/context.jsonld",
    ):
        context = known_context(address) or {}
        prefixes = {name: value for name, value in context.items() if isinstance(value, str) and value[-1:] in "/#"}
        for term, value in context.items():
            curie = value["@id"] if isinstance(value, dict) else value
            prefix, _, local = str(curie).partition(":")
            if term in prefixes or term.startswith("@") or prefix not in prefixes:
                continue
            table = vocabularies / f"{prefix}.tsv"
            if table.exists():
                assert f"\t{prefixes[prefix]}{local}\t" in table.read_text("utf-8"), term


def test_a_catalogue_in_the_terms_of_dcat_ap_is_read_by_our_context() -> None:
    document = {
        "@context": "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld",
        "@id": "http://x.org/c",
        "@type": "Catalogue",
        "dataset": {
            "@id": "http://x.org/d",
            "@type": "Dataset",
            "title": [{"@value": "Eins", "@language": "de"}],
            "publisher": {"@id": "http://x.org/p", "@type": "Agent", "name": "P"},
            "datasetDistribution": {"@type": "Distribution", "byteSize": "12", "accessUrl": "http://x.org/a"},
        },
    }
    found = {re.sub(r"_:\w+", "_", text) for text in read(json.dumps(document))}
    assert f"<http://x.org/c> <{DCAT}dataset> <http://x.org/d>" in found
    assert f'<http://x.org/d> <{DCTERMS}title> "Eins"@de' in found
    assert f"_ <{DCAT}accessURL> <http://x.org/a>" in found
    assert '"12"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>' in str(found)


def test_blank_nodes_of_two_documents_never_meet() -> None:
    first, second = (read_document(b"_:a <x:p> _:b .", "", "a").triples[0] for _ in range(2))
    assert {first.subject, first.object}.isdisjoint({second.subject, second.object})


def test_rdf_that_is_no_dcat_is_just_triples() -> None:
    assert len(read("<http://x.org/a> <http://schema.org/name> 'x' .")) == 1


def test_a_folder_is_read_in_the_order_of_names_without_what_is_no_rdf(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b/2.ttl", "a.ttl", "b/1", "c.dcat", ".git/x.ttl", ".hidden.ttl"):
        (tmp_path / name).write_text(f"<http://x.org/{name}> a <{DCAT}Dataset> .")
    for name in ("README.md", "LICENSE", "table.tsv", "b/note.txt"):
        (tmp_path / name).write_text("All rights are those of <http://x.org/no>.")
    (tmp_path / "queries.rq").write_text("PREFIX dcat: <http://www.w3.org/ns/dcat#>")
    reading = read_source(str(tmp_path), Settings())
    assert [Path(page.address).relative_to(tmp_path).as_posix() for page in reading.pages] == [
        "a.ttl", "c.dcat", "b/1", "b/2.ttl"
    ]  # fmt: skip
    assert reading.is_complete and not reading.problems


def test_an_unreadable_file_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("no turtle at all")
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "c.xml").write_text("<a/>")
    (tmp_path / "d.ttl").write_bytes(b"#" * 2_000_000)
    (tmp_path / "e.ttl").write_text(f"<http://x.org/1> a <{DCAT}Dataset> .")
    reading = read_source(str(tmp_path), replace(Settings(), harvest_document_megabytes=1))
    assert names(reading) == ["1"] and not reading.is_complete
    assert [Path(page.address).name for page in reading.pages] == ["a.ttl", "b.json", "c.xml", "e.ttl"]
    assert [Path(problem.place.file or "").name for problem in reading.problems] == [
        "a.ttl",
        "b.json",
        "c.xml",
        "d.ttl",
    ]


def test_files_that_have_not_changed_are_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(f"<one> a <{DCAT}Dataset> .")
    first = read_source(str(path), Settings())
    assert str(first.pages[0].triples[0].subject) == "<https://w3id.org/pmkg/catalogue/file/one>"  # no machine's path
    assert read_source(str(path), Settings(), before=seen(first)).is_unchanged
    assert not read_source(str(path), Settings(), before={"other": Seen()}).is_unchanged
    path.write_text(f"<one> a <{DCAT}Dataset> . ")
    assert not read_source(str(path), Settings(), before=seen(first)).is_unchanged
    based = read_source(str(path), Settings(), base="https://w3id.org/pmkg/catalogue/mine/")
    assert str(based.pages[0].triples[0].subject) == "<https://w3id.org/pmkg/catalogue/mine/one>"


def test_a_source_that_is_not_there_is_said_not_to_be() -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_source("nowhere.ttl", Settings())


def test_bounds_hold_for_folders(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.ttl").write_text(f"<http://x.org/{name}> a <{DCAT}Dataset> .")
    reading = read_source(str(tmp_path), replace(Settings(), harvest_pages=2))
    assert names(reading) == ["a", "b"] and not reading.is_complete and len(reading.problems) == 1


def test_an_error_of_turtle_has_its_line_and_column() -> None:
    with pytest.raises(RdfSyntaxError) as caught:
        read("<http://x.org/a> <http://x.org/p>\n  nope:x .", "text/turtle", "http://x.org/file")
    assert (caught.value.place.line, caught.value.place.column) == (2, 3)
    assert ox.RdfFormat.TURTLE.name in caught.value.message
