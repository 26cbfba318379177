"""Literals that a store would change are kept as they are, and no others are touched."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import InputError
from graph.names import XSD
from graph.sparql.literals import (
    _FORMS,
    MARK,
    MARK_BYTES,
    Protection,
    Unmarked,
    Unmarking,
    protect,
    protect_quad,
    unprotect,
    unprotect_quad,
)

NODE = ox.NamedNode("http://example.org/n")
DATATYPES = [*sorted(_FORMS), XSD + "string", XSD + "anyURI", XSD + "hexBinary", "http://example.org/datatype"]
signs = st.sampled_from(["", "-", "+"])
digits = st.text("0123456789", min_size=1, max_size=20)
years = st.sampled_from(["2020", "-0001", "0000", "12020", "2019"])
days = st.tuples(years, st.integers(0, 13), st.integers(0, 32)).map(lambda d: f"{d[0]}-{d[1]:02}-{d[2]:02}")
seconds = st.sampled_from(["00", "59", "60", "00.0", "01.50", "01.5", "9.1", "00.123456789", "00.1234567891234567891"])
times = st.tuples(st.integers(0, 24), st.integers(0, 60), seconds).map(lambda t: f"{t[0]:02}:{t[1]:02}:{t[2]}")
zones = st.sampled_from(["", "Z", "+00:00", "-00:00", "+02:00", "-14:00", "+14:01", "+00:30"])
parts = st.tuples(*[st.sampled_from(["", f"{n}{unit}"]) for n, unit in ((1, "Y"), (14, "M"), (0, "D"))])
clock = st.sampled_from(["", "T36H", "T90M", "T61S", "T0S", "T1.50S", "T1H1M1S"])
lexical = (
    st.tuples(st.sampled_from(["", "-", "+"]), digits, st.sampled_from(["", ".", ".0", ".5", ".50", ".123"])).map(
        "".join
    )
    | st.tuples(digits, st.sampled_from(["e0", "E1", "E-2", "e400", ".5E3"])).map("".join)
    | st.sampled_from(["true", "false", "1", "0", "TRUE", "INF", "+INF", "-INF", "NaN", "-0", "-0.0", "", " 1", "abc"])
    | st.tuples(days, zones).map("".join)
    | st.tuples(times, zones).map("".join)
    | st.tuples(days, st.just("T"), times, zones).map("".join)
    | st.tuples(years, st.sampled_from(["", "-02", "-13"]), zones).map("".join)
    | st.tuples(st.sampled_from(["--02", "--13", "--02-29", "--02-31", "---30", "---32"]), zones).map("".join)
    | st.tuples(st.sampled_from(["P", "-P"]), parts.map("".join), clock).map("".join)
    | st.text(max_size=8).filter(lambda text: MARK not in text)
)
typed = st.builds(lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(kind)), lexical, st.sampled_from(DATATYPES))
tagged = st.builds(lambda text: ox.Literal(text, language="en"), lexical)
plain = typed | tagged
terms = plain | st.builds(lambda term: ox.Triple(NODE, NODE, term), plain) | st.just(NODE)


def stored(term: object) -> object:
    """What a store makes of a term."""
    store = ox.Store()
    store.add(ox.Quad(NODE, NODE, term))  # type: ignore[arg-type]
    return next(iter(store)).object


def integer(text: str, kind: str = "integer") -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


characters = st.characters() | st.sampled_from([MARK, chr(0x10FFFF), chr(0x10FFFD)])


@settings(max_examples=500, deadline=None)
@given(terms)
@example(integer("01"))
@example(integer("5", "nonNegativeInteger"))
@example(ox.Triple(NODE, NODE, integer("5", "byte")))
def test_what_a_store_would_change_is_protected_and_comes_back_as_it_was(term: ox.Literal) -> None:
    kept = protect(term)
    assert (kept != term) == (stored(term) != term)
    assert stored(kept) == kept
    assert unprotect(kept) == term


@given(typed)
def test_a_protected_literal_has_its_own_datatype(term: ox.Literal) -> None:
    kept = protect(term)
    assert isinstance(kept, ox.Literal)
    assert kept.datatype == term.datatype


def test_quads_are_protected_and_it_is_known_whether_one_was() -> None:
    graph = ox.NamedNode("http://example.org/g")
    usual = [ox.Quad(NODE, NODE, NODE, graph), ox.Quad(NODE, NODE, ox.Literal(1), graph)]
    protection = Protection()
    assert list(protection.quads(usual)) == usual
    assert not protection.found
    odd = ox.Quad(NODE, NODE, integer("01"), graph)
    assert unprotect_quad(next(protection.quads([odd]))) == odd != protect_quad(odd)
    assert protection.found


@pytest.mark.parametrize("text", [MARK, f"a{MARK}b", f"{MARK}01"])
def test_a_literal_that_holds_the_mark_is_refused(text: str) -> None:
    for term in (
        ox.Literal(text),
        integer(text),
        ox.Literal(text, language="en"),
        ox.Triple(NODE, NODE, integer(text)),
    ):
        with pytest.raises(InputError, match="noncharacter") as caught:
            protect(term)
        assert caught.value.advice


@given(
    st.lists(st.text(st.characters() | st.sampled_from([MARK, chr(0x10FFFF), chr(0x10FFFD)]), max_size=5)), st.data()
)
def test_marks_are_taken_out_of_bytes_however_they_are_cut(texts: list[str], data: st.DataObject) -> None:
    content = "".join(texts).encode("utf-8", "surrogatepass")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    unmarking = Unmarking()
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert b"".join([*map(unmarking.feed, pieces), unmarking.end()]) == content.replace(MARK_BYTES, b"")


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_mark_that_is_cut_in_two_is_taken_out(cut: int) -> None:
    content = b"ab" + MARK_BYTES + b"c"
    unmarking = Unmarking()
    assert unmarking.feed(content[:cut]) + unmarking.feed(content[cut:]) + unmarking.end() == b"abc"


FORMATS = [
    *(ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML, ox.QueryResultsFormat.CSV, ox.QueryResultsFormat.TSV),
    *(ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.RDF_XML, ox.RdfFormat.JSON_LD, ox.RdfFormat.TRIG),
]


@pytest.mark.parametrize("kind", FORMATS, ids=str)
def test_no_serialisation_shows_the_mark(kind: ox.QueryResultsFormat | ox.RdfFormat) -> None:
    store = ox.Store()
    quads = [ox.Quad(NODE, NODE, integer(f"00{number}", "nonNegativeInteger")) for number in range(2000)]
    store.extend(Protection().quads(quads))
    is_graph = isinstance(kind, ox.RdfFormat)
    result = store.query("CONSTRUCT WHERE { ?s ?p ?o }" if is_graph else "SELECT ?s ?o { ?s ?p ?o }")
    output = io.BytesIO()
    Unmarked(result).serialize(output, kind)  # type: ignore[arg-type]
    content = output.getvalue()
    assert MARK.encode() not in content
    assert b"10FFFE" not in content.upper()
    assert b"001999" in content
    if isinstance(kind, ox.RdfFormat):
        assert {quad.triple for quad in ox.parse(content, format=kind)} == {quad.triple for quad in quads}
