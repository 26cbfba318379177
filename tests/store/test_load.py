"""LOAD reads documents of listed sources alone, by what they say they are, and within bounds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyoxigraph as ox
import pytest

from graph.errors import FetchError, FetchLimitError, FetchRefusedError, InputError, RdfSyntaxError, UnknownFormatError
from graph.settings import Settings
from graph.store.load import load_document
from tests.net.sites import Site, answering, head, whole

RDF_XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x.org/">{}</rdf:RDF>'
ABOUT = '<rdf:Description rdf:about="http://x.org/s"><x:p rdf:resource="http://x.org/o"/></rdf:Description>'
STATED = (ox.NamedNode("http://x.org/s"), ox.NamedNode("http://x.org/p"), ox.NamedNode("http://x.org/o"))
DOCUMENTS = {
    "text/turtle": "<http://x.org/s> <http://x.org/p> <http://x.org/o> .",
    "application/n-triples": "<http://x.org/s> <http://x.org/p> <http://x.org/o> .",
    "application/trig": "{ <http://x.org/s> <http://x.org/p> <http://x.org/o> }",
    "application/n-quads": "<http://x.org/s> <http://x.org/p> <http://x.org/o> .",
    "application/rdf+xml": RDF_XML.format(ABOUT),
    "application/ld+json": '{"@id": "http://x.org/s", "http://x.org/p": {"@id": "http://x.org/o"}}',
}


@contextmanager
def source(content: str | bytes, kind: str = "text/turtle", **settings: object) -> Iterator[tuple[Site, Settings]]:
    """A server that gives a document, and settings that allow it."""
    body = content.encode() if isinstance(content, str) else content
    with answering(whole(body, **({"Content_Type": kind} if kind else {}))) as site:
        yield site, replace(Settings(), load_sources=site.url, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_read_as_what_its_content_type_says(kind: str) -> None:
    with source(DOCUMENTS[kind], f"{kind}; charset=UTF-8") as (site, settings):
        quads = load_document(site.url + "x.owl#fragment", settings)
    assert [(quad.subject, quad.predicate, quad.object) for quad in quads] == [STATED]
    assert b"GET /x.owl HTTP" in site.requests[0]
    assert b"Accept: text/turtle" in site.requests[0]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
def test_a_document_that_does_not_say_is_read_as_its_extension_says(kind: str) -> None:
    with source(RDF_XML.format(ABOUT), kind) as (site, settings):
        assert len(load_document(site.url + "a/b.OWL?version=1", settings)) == 1
        for name in ("a", "a.txt", "a.ttl/b"):
            with pytest.raises(UnknownFormatError, match="neither"):
                load_document(site.url + name, settings)


def test_a_document_of_another_type_is_refused_whatever_its_extension() -> None:
    with source("<html>", "text/html") as (site, settings), pytest.raises(UnknownFormatError, match="text/html"):
        load_document(site.url + "x.ttl", settings)


def test_relative_iris_are_resolved_and_blank_nodes_are_new_ones() -> None:
    with source("<a> <b> _:c .") as (site, settings):
        (first,), (second,) = (load_document(site.url + "d/e.ttl", settings) for _ in range(2))
    assert first.subject == ox.NamedNode(site.url + "d/a")
    assert first.object != second.object


def test_named_graphs_are_told() -> None:
    with source("<http://g> { <http://s> <http://p> 1 }", "application/trig") as (site, settings):
        assert load_document(site.url, settings)[0].graph_name == ox.NamedNode("http://g")


def test_nothing_is_loaded_where_nothing_is_listed() -> None:
    with source("") as (site, _):
        for settings in (Settings(), replace(Settings(), load_sources="127.0.0.0/8")):
            with pytest.raises(FetchRefusedError, match="LOAD may read nothing"):
                load_document(site.url, settings)
        assert site.connections == 0


@pytest.mark.parametrize(
    "iri", ["file:///etc/passwd", "ftp://x.org/", "data:text/turtle,", "urn:x", "relative", "http://127.0.0.1:1/"]
)
def test_what_is_not_listed_is_never_loaded(iri: str) -> None:
    with source("") as (_, settings), pytest.raises(FetchRefusedError):
        load_document(iri, settings)


def test_only_what_is_below_the_listed_folder_is_loaded() -> None:
    with source("") as (site, settings):
        settings = replace(settings, load_sources=site.url + "open/")
        assert load_document(site.url + "open/x.ttl", settings) == []
        for path in ("x.ttl", "open/../x.ttl", "open/%2e%2e/x.ttl"):
            with pytest.raises(FetchRefusedError):
                load_document(site.url + path, settings)
    assert len(site.requests) == 1


def test_a_redirect_out_of_the_list_is_not_followed() -> None:
    away = head("302 Found", Location="file:///etc/passwd", Content_Length="0")
    with answering(away) as site, pytest.raises(FetchRefusedError, match="redirects"):
        load_document(site.url, replace(Settings(), load_sources=site.url))


def test_a_document_that_is_too_large_is_given_up() -> None:
    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head(Content_Type="text/turtle"))
        while True:
            connection.sendall(b"<http://s> <http://p> <http://o> .\n" * 1000)

    with answering(endless) as site, pytest.raises(FetchLimitError, match=r"larger than 0\.5 MB"):
        load_document(site.url, replace(Settings(), load_sources=site.url, load_megabytes=0.5))


def test_an_error_says_where_in_the_document_it_is() -> None:
    wrong = "<http://s> <http://p> 1 .\n<http://s> <http://p> ."
    with source(wrong) as (site, settings), pytest.raises(RdfSyntaxError) as caught:
        load_document(site.url, settings)
    assert (caught.value.place.file, caught.value.place.line) == (site.url, 2)


def test_what_a_json_ld_document_refers_to_is_not_fetched() -> None:
    with answering(whole(b"{}")) as other:
        for context in (f'"{other.url}"', f'{{"@import": "{other.url}"}}'):
            document = f'{{"@context": {context}, "@id": "http://s"}}'
            with source(document, "application/ld+json") as (site, settings), pytest.raises(InputError):
                load_document(site.url, settings)
        assert other.connections == 0


def entities(levels: int) -> str:
    names = "abcdefghij"
    made = "".join(f'<!ENTITY {names[n + 1]} "{f"&{names[n]};" * 10}">' for n in range(levels))
    return f'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{made}]>' + RDF_XML.format(
        f'<rdf:Description rdf:about="http://x.org/s"><x:p>&{names[levels]};</x:p></rdf:Description>'
    )


def test_entities_do_not_make_a_document_larger_than_it_may_be() -> None:
    kind = "application/rdf+xml"
    with source(entities(8), kind) as (site, settings), pytest.raises(InputError, match="made of other entities"):
        load_document(site.url, settings)
    many = entities(0).replace("aaaaaaaaaa", "a" * 1000).replace("&a;", "&a;" * 2000)
    with source(many, kind, load_megabytes=1) as (site, settings), pytest.raises(InputError, match="entities"):
        load_document(site.url, settings)


def test_entities_as_ontologies_have_them_are_read() -> None:
    with source(entities(0), "application/rdf+xml") as (site, settings):
        assert load_document(site.url, settings)[0].object == ox.Literal("aaaaaaaaaa")


def test_what_would_crash_the_parser_is_refused() -> None:
    nested = "<http://s> <http://p> " + "<<( <http://s> <http://p> " * 50_000 + "1 " + ")>> " * 50_000 + "."
    with source(nested) as (site, settings), pytest.raises(InputError, match="nested more than 100"):
        load_document(site.url, settings)
    flat = "<http://s> <http://p> <<( <http://s> <http://p> 1 )>> .\n" * 500
    with source(flat) as (site, settings):
        assert len(load_document(site.url, settings)) == 500


def test_a_source_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(FetchError):
        load_document("http://127.0.0.1:1/x.ttl", replace(Settings(), load_sources="http://127.0.0.1:1/"))
