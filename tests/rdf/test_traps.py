"""Small documents that would take the parser's process, or all memory, are refused before it sees them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.errors import InputError
from graph.rdf.traps import refuse_traps

MEBIBYTE = 2**20


def entities(*made: str, used: str = "&a;") -> bytes:
    declared = "".join(f"<!ENTITY {entity}>" for entity in made)
    return (
        f'<!DOCTYPE r [{declared}]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
        f'<rdf:Description rdf:about="http://s"><x:p>{used}</x:p></rdf:Description></rdf:RDF>'
    ).encode()


def refused(content: bytes, kind: ox.RdfFormat = ox.RdfFormat.RDF_XML) -> str:
    with pytest.raises(InputError) as caught:
        refuse_traps(content, kind, MEBIBYTE, "it.rdf")
    assert caught.value.advice
    assert str(caught.value).startswith("it.rdf")
    return caught.value.message


@pytest.mark.parametrize("made", ['b "&a;&a;"', "b '&a;'", 'b\n"&a;"', '% b "&a;"', 'b "x&a;"', 'b"&a;"'])
def test_entities_are_not_made_of_entities(made: str) -> None:
    assert "made of other entities" in refused(entities('a "aaaaaaaaaa"', made, used="&b;"))


def test_entities_do_not_make_a_document_larger_than_it_may_be() -> None:
    long = "a" * 1000
    assert "1 MB" in refused(entities(f'a "{long}"', used="&a;" * 2000))
    refuse_traps(entities(f'a "{long}"', used="&a;" * 500), ox.RdfFormat.RDF_XML, MEBIBYTE, "it.rdf")


def test_entities_as_ontologies_have_them_are_let_through() -> None:
    content = entities('a "http://a.org/#"', 'b "x &amp; y &#38; z"', used="&a;&b;")
    refuse_traps(content, ox.RdfFormat.RDF_XML, MEBIBYTE, "it.rdf")
    assert len(list(ox.parse(content, format=ox.RdfFormat.RDF_XML))) == 1


@pytest.mark.parametrize("kind", [ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS])
def test_deep_triple_terms_are_refused(kind: ox.RdfFormat) -> None:
    deep = b"<http://s> <http://p>\n " + b"<<( <http://s> <http://p> " * 60_000 + b"1 " + b")>> " * 60_000 + b"."
    assert "nested" in refused(deep, kind)


def test_many_triple_terms_and_their_marks_in_strings_are_let_through() -> None:
    flat = (
        b"<http://s> <http://p> <<( <http://s> <http://p> 1 )>> .\n" * 300
        + b"<http://s> <http://p> '<< >> <<' .\n" * 60
    )
    refuse_traps(flat, ox.RdfFormat.TURTLE, MEBIBYTE, "it.ttl")
