"""What is kept of broken documents, and that nothing is kept that the whole does not state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.catalogue.read.document import read_document, read_leniently
from graph.errors import InputError, RdfSyntaxError
from graph.names import DCTERMS, PREFIXES

DCAT = PREFIXES["dcat"]
HEAD = f"@prefix dcat: <{DCAT}> .\n@prefix dct: <{DCTERMS}> .\n@prefix ex: <http://example.org/> .\n"
WHOLE = f"""{HEAD}@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
# a comment. with dots
ex:catalogue a dcat:Catalog ; dct:title "One. Two; three"@en , 'Un'@fr ; dcat:dataset ex:one , ex:two .
ex:one a dcat:Dataset ;
  dct:description \"\"\"Long, with "quotes". And
ex:no a dcat:Dataset . in it\"\"\"@en ;
  dct:issued "2020-01-02"^^xsd:date ; dcat:byteSize 12.5 ; ex:n 3, 4.0e1, true ;
  dcat:contactPoint [ a ex:Kind ; ex:name "é" ; ex:list ( 1 2 <http://example.org/x> ) ] ;
  dcat:distribution _:b1 .
_:b1 a dcat:Distribution ; dcat:accessURL <http://example.org/a?b=c;d#e> .
ex:two a dcat:Dataset ; dct:title "a \\"quoted\\" one" , \"\"\"another\"\"\" ; dct:relation ex:one.
[] a ex:Nothing .
""".encode()


def shapes(triples: Iterable[ox.Triple]) -> Counter[str]:
    """Triples with each blank node as what is said of it, so that two documents can be compared."""
    index: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        index.setdefault(str(triple.subject), []).append(triple)

    def shown(term: object) -> str:
        return "_" if isinstance(term, ox.BlankNode) else str(term)

    return Counter(f"{shown(t.subject)} {t.predicate} {shown(t.object)}" for said in index.values() for t in said)


@lru_cache(maxsize=8)
def whole(content: bytes, name: str) -> Counter[str]:
    return shapes(read_document(content, "", name).triples)


def is_right(content: bytes, name: str) -> bool:
    """Whether a document says what it says: nobody can tell then that it was cut."""
    try:
        read_document(content, "", name)
    except InputError:
        return False
    return True


def check_cut(content: bytes, name: str, at: int) -> None:
    cut = content[:at]
    page, found = read_leniently(cut, "", name)
    if is_right(cut, name):
        return
    assert found.problems and all(problem.place.file == name for problem in found.problems)
    extra = shapes(page.triples) - whole(content, name)
    assert not extra, (cut[-80:], extra)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE)))
def test_turtle_that_is_cut_states_nothing_that_the_whole_does_not(at: int) -> None:
    check_cut(WHOLE, "cut.ttl", at)


def test_turtle_cut_at_each_byte_keeps_all_statements_before_the_cut() -> None:
    end = WHOLE.index(b"ex:two a dcat:Dataset")
    for at in range(end + 1, len(WHOLE)):
        check_cut(WHOLE, "cut.ttl", at)
        triples = read_leniently(WHOLE[:at], "", "cut.ttl")[0].triples
        assert sum(triple.object == ox.NamedNode(DCAT + "Distribution") for triple in triples) == 1


N_TRIPLES = "".join(
    f"<http://example.org/{n}> <{DCTERMS}title> {value} .\n"
    for n, value in enumerate(('"a. b"@en', '"c"', "<http://example.org/x>", "_:b1.2", '"\\u00e9"^^<http://x.org/d>'))
).encode()


@pytest.mark.parametrize("name", ["cut.nt", "cut.nq"])
def test_n_triples_cut_at_each_byte_state_nothing_that_the_whole_does_not(name: str) -> None:
    for at in range(len(N_TRIPLES)):
        check_cut(N_TRIPLES, name, at)


RDF_XML = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="{DCAT}" xmlns:dct="{DCTERMS}">
 <dcat:Catalog rdf:about="http://example.org/c" xml:lang="en">
  <dct:title>A &amp; B</dct:title>
  <dcat:dataset><dcat:Dataset rdf:about="http://example.org/1"><dct:title>One</dct:title>
   <dct:subject rdf:parseType="Collection"><rdf:Description rdf:about="http://example.org/s"/>
     <rdf:Description rdf:about="http://example.org/t"/></dct:subject>
   <dct:publisher rdf:parseType="Resource"><dct:title>P</dct:title><dct:type rdf:resource="http://x.org/"/></dct:publisher>
   <dct:description rdf:parseType="Literal"><b>bold</b></dct:description>
  </dcat:Dataset></dcat:dataset>
  <dcat:dataset><dcat:Dataset rdf:nodeID="b"><dct:title xml:lang="fr">Deux</dct:title></dcat:Dataset></dcat:dataset>
 </dcat:Catalog>
 <rdf:Seq rdf:about="http://example.org/q"><rdf:li>x</rdf:li><rdf:li>y</rdf:li></rdf:Seq>
 <dcat:Distribution rdf:nodeID="b"/>
</rdf:RDF>
""".encode()


def test_rdf_xml_cut_at_each_byte_states_nothing_that_the_whole_does_not() -> None:
    for at in range(len(RDF_XML)):
        check_cut(RDF_XML, "cut.rdf", at)


def test_rdf_xml_that_is_cut_keeps_the_records_before_the_cut() -> None:
    cut = RDF_XML[: RDF_XML.index(b"<dct:title xml:lang")]
    page, found = read_leniently(cut, "", "cut.rdf")
    assert shapes(page.triples)['<http://example.org/1> <http://purl.org/dc/terms/title> "One"@en'] == 1
    assert not found.is_whole and found.problems[0].place.line is not None


JSON_LD = json.dumps(
    {
        "@context": {"dcat": DCAT, "dct": DCTERMS, "title": {"@id": "dct:title", "@container": "@language"}},
        "@id": "http://example.org/c",
        "@type": "dcat:Catalog",
        "dct:issued": 2020,
        "dcat:dataset": [
            {"@id": "http://example.org/1", "@type": "dcat:Dataset", "title": {"en": "One", "fr": "Un"}},
            {"@id": "http://example.org/2", "@type": "dcat:Dataset", "dct:identifier": ["a", 12, 1.5]},
        ],
    },
    indent=1,
).encode()


@pytest.mark.parametrize("content", [JSON_LD, json.dumps([json.loads(JSON_LD)] * 2).encode()])
def test_json_ld_cut_at_each_byte_states_nothing_that_the_whole_does_not(content: bytes) -> None:
    for at in range(len(content)):
        check_cut(content, "cut.jsonld", at)


def test_json_ld_that_is_broken_in_the_middle_keeps_the_records_on_both_sides() -> None:
    nodes = [{"@id": f"http://x.org/{n}", "@type": "dcat:Dataset", "dct:title": f"number {n}"} for n in range(5)]
    text = json.dumps({"@context": {"dcat": DCAT, "dct": DCTERMS}, "@id": "x:c", "dcat:dataset": nodes}, indent=1)
    page, found = read_leniently(text.replace('"number 2"', '"number "2" and"').encode(), "", "a.jsonld")
    assert {str(t.subject) for t in page.triples if "title" in t.predicate.value} == {
        f"<http://x.org/{n}>" for n in (0, 1, 3, 4)
    }
    stated = {str(t.object) for t in page.triples if t.predicate.value == DCAT + "dataset"}
    assert stated == {"<http://x.org/0>", "<http://x.org/1>"}  # of the later ones it is not sure whose they are
    assert not found.is_whole and found.problems[0].place.line == 21


def test_json_ld_without_the_context_that_its_names_need_is_not_guessed() -> None:
    text = '{"@id": "x:c", "@graph": [{"@id": "x:d", "dct:title": "t"}], "@context": {"dct": '
    page, found = read_leniently(text.encode(), "", "a.jsonld")
    assert not page.triples and found.problems


def test_json_ld_that_is_cut_keeps_the_records_before_the_cut() -> None:
    page, found = read_leniently(JSON_LD[: JSON_LD.index(b"dct:identifier")], "", "cut.jsonld")
    assert len([t for t in page.triples if t.object == ox.NamedNode(DCAT + "Dataset")]) == 1
    assert found.problems[0].place.line is not None


@pytest.mark.parametrize(
    ("text", "line", "kept", "lost"),
    [
        # an IRI with a space is kept as it stands
        ("ex:a a dcat:Dataset ; dcat:landingPage <http://x.org/a b> .", 4, 2, False),
        # an object that is wrong; what follows is the subject's all the same
        ("ex:a a dcat:Dataset ; dct:relation nope:x , ex:y ; dct:title 't' .", 4, 3, True),
        # wrong in brackets: the rest of them stays
        ("ex:a a dcat:Dataset ; dcat:distribution [ a ex:D ; dct:relation nope:x ; dct:title 't' ] .", 4, 4, True),
        # a dot is missing: what follows may be another's
        ("ex:a a dcat:Dataset ; dct:title 't'\nex:b a dcat:Dataset ; dct:title 'u' .", 4, 1, True),
        # a semicolon where the dot should be
        ("ex:a a dcat:Dataset ;\nex:b a dcat:Dataset ; dct:title 'u' .", 5, 1, True),
        # quotes in a text
        ("ex:a a dcat:Dataset ; dct:title 'a 'quoted' one' ; dct:type ex:t .", 4, 2, True),
        # a quote that is never closed: the next record stands
        ("ex:a a dcat:Dataset ; dct:title 'open ;\n dct:type ex:t .\n\nex:b a dcat:Dataset .", 4, 2, True),
        # a bracket that is never closed
        ("ex:a a dcat:Dataset ; dct:publisher [ dct:title 't' .\nex:b a dcat:Dataset .", 4, 2, True),
        # a subject that is wrong
        ("nope:a a dcat:Dataset .\nex:b a dcat:Dataset .", 4, 1, True),
        # a known prefix that nobody declared
        ("ex:a a dcat:Dataset ; foaf:page ex:p .", 4, 2, False),
        # a language tag of another standard
        ("ex:a a dcat:Dataset ; dct:title 't'@en_US .", 4, 2, False),
        # two brackets where one belongs
        ("ex:a a dcat:Dataset ; dct:issued '2020'^^<<http://x.org/d> ; dct:type ex:t .", 4, 2, True),
    ],
)  # fmt: skip
def test_broken_turtle_keeps_what_is_sure(text: str, line: int, kept: int, lost: bool) -> None:
    page, found = read_leniently((HEAD + text).encode(), "text/turtle", "a.ttl")
    assert len(page.triples) == kept, page.triples
    assert found.problems[0].place.line == line, found.problems
    assert found.is_whole is not lost
    with pytest.raises(RdfSyntaxError) as caught:
        read_document((HEAD + text).encode(), "text/turtle", "a.ttl")
    assert caught.value.place.line is not None and caught.value.place.column is not None


def test_a_missing_dot_gives_no_dataset_the_words_of_another() -> None:
    text = "ex:a a dcat:Dataset ; dct:title 't'\nex:b a dcat:Dataset ; dct:title 'u' ; dct:type ex:t .\n"
    text += "ex:c a dcat:Dataset ."
    page, _ = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert {(t.subject.value, t.predicate.value) for t in page.triples if isinstance(t.subject, ox.NamedNode)} == {
        ("http://example.org/a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
        ("http://example.org/c", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
    }


def test_a_long_text_that_is_never_closed_does_not_turn_texts_into_statements() -> None:
    text = (
        'ex:a dct:title """open ;\n dct:type ex:t .\nex:b dct:description """One. ex:false a dcat:Dataset . Two.""" .\n'
        'ex:c dct:description """Three. ex:false a dcat:Dataset . Four.""" .\nex:d a dcat:Dataset .\n'
    )
    page, found = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert "http://example.org/false" not in str(page.triples)
    assert not found.is_whole


def test_a_text_over_several_lines_in_plain_quotes_does_not_turn_into_statements() -> None:
    text = "ex:a dct:title 'one\n two. ex:false a dcat:Dataset . three' .\n\nex:d a dcat:Dataset .\n"
    page, found = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert [str(triple.subject)[-2] for triple in page.triples] == ["a", "d"]  # the engine can make sense of that
    page, found = read_leniently((HEAD + text + "ex:e nope:x ex:y .").encode(), "", "a.ttl")
    assert [str(triple.subject)[-2] for triple in page.triples] == ["d"] and not found.is_whole


def test_a_quote_that_is_never_closed_takes_no_statement_with_it() -> None:
    text = "ex:a dct:title 'one ;\n dct:type ex:t ;\n dct:description '' .\nex:b a dcat:Dataset ; dct:title 'two' .\n"
    page, found = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert "dct:type" not in str(page.triples) and not found.is_whole
    assert len([triple for triple in page.triples if str(triple.subject).endswith("b>")]) == 2


def test_two_quotes_that_are_never_closed_make_no_texts_of_what_is_between() -> None:
    text = "ex:a dct:title 'one ;\n dct:description ',' ;\n dct:type ' .\nex:b a dcat:Dataset .\n"
    page, found = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert [str(triple.subject)[-2] for triple in page.triples] == ["b"] and not found.is_whole


def test_a_last_line_of_n_triples_that_may_have_been_cut_is_left_out() -> None:
    text = (
        "this is wrong\n<http://x.org/a> <http://x.org/p> <http://x.org/o> .\n<http://x.org/a> <http://x.org/p> _:b1."
    )
    page, found = read_leniently(text.encode(), "", "a.nt")
    assert len(page.triples) == 1 and len(found.problems) == 2


def test_a_language_tag_of_another_standard_is_read_and_reported() -> None:
    linked = json.dumps({"@id": "x:a", DCTERMS + "title": {"@value": "t", "@language": "en_US"}})
    tagged = RDF_XML.decode().replace('xml:lang="fr"', 'xml:lang="fr_FR"')
    for text, tag in ((linked, "en-us"), (tagged, "fr-fr")):
        page, found = read_leniently(text.encode(), "", "a")
        tags = {triple.object.language for triple in page.triples if isinstance(triple.object, ox.Literal)}
        assert tag in {(found_tag or "").lower() for found_tag in tags}, tags
        assert found.problems and found.is_whole


def test_an_iri_that_is_never_closed_does_not_take_the_next_property_with_it() -> None:
    text = "ex:a dct:title 't' ; dcat:landingPage <http://x.org/a ;\n dct:license <http://x.org/l> .\n"
    text += "ex:b a dcat:Dataset ."
    page, found = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert not any("dct:license" in str(triple) for triple in page.triples)
    assert {str(triple.subject)[-2] for triple in page.triples} == set("ab") and not found.is_whole


@pytest.mark.parametrize("name", ["a.ttl", "a.nt"])
def test_an_iri_that_is_never_closed_swallows_nothing(name: str) -> None:
    line = "<http://x.org/{0}> <http://x.org/p> <http://x.org/o{0}> .\n"
    text = "".join(line.format(n) for n in range(5)).replace("o2>", "o2")
    page, found = read_leniently(text.encode(), "", name)
    assert {str(t.subject)[-2] for t in page.triples} in (set("0134"), set("014"))
    assert all("\n" not in str(triple) for triple in page.triples)
    assert not found.is_whole and found.problems[0].place.line == 3


def test_of_very_many_problems_the_first_are_listed() -> None:
    text = (
        "<http://x.org/a> <http://x.org/p> nope:x .\n" * 3000 + "<http://x.org/a> <http://x.org/p> <http://x.org/o> ."
    )
    page, found = read_leniently(text.encode(), "", "a.ttl")
    assert len(page.triples) == 1 and len(found.problems) == 101
    assert "2900 more" in found.problems[-1].message


def test_a_prefix_that_changes_holds_from_there_on() -> None:
    text = "ex:a a dcat:Dataset .\n@prefix ex: <http://other.org/> .\nex:b a dcat:Dataset ; ex:x nope:y .\n"
    page, _ = read_leniently((HEAD + text).encode(), "", "a.ttl")
    assert {t.subject.value for t in page.triples if isinstance(t.subject, ox.NamedNode)} == {
        "http://example.org/a",
        "http://other.org/b",
    }


def test_broken_trig_and_n_quads_keep_their_good_statements() -> None:
    trig = HEAD + "ex:g { ex:a a dcat:Dataset . ex:b a nope:Dataset . } GRAPH ex:h { ex:c a dcat:Dataset }"
    page, found = read_leniently(trig.encode(), "application/trig", "a")
    assert len(page.triples) == 2 and found.problems[0].place.line == 4
    quads = "<http://x.org/a> <http://x.org/p> 'no' .\n<http://x.org/a> <http://x.org/p> \"yes\" <http://x.org/g> .\n"
    page, found = read_leniently(quads.encode(), "application/n-quads", "a")
    assert len(page.triples) == 1 and found.problems[0].place.line == 1


@pytest.mark.parametrize(
    ("inner", "kept", "line", "lost"),
    [
        # an & of an address, an entity of HTML
        ('<dct:title>a & b&nbsp;c</dct:title><dct:type rdf:resource="http://x.org/?a=b&c=d"/>', 3, 3, False),
        # several nodes in one property
        ("<dct:relation><dcat:Dataset rdf:about='x:1'/><dcat:Dataset rdf:about='x:2'/></dct:relation>", 5, 3, False),
        # a property that is wrong
        ("<dct:type rdf:resource='http://x.org/' rdf:nodeID='b'/><dct:title>t</dct:title>", 2, 3, True),
        # an IRI with a space
        ("<dct:type rdf:resource='http://x.org/a b'/>", 2, 3, False),
        # text beside an element
        ("<dct:publisher>text <rdf:Description rdf:about='x:p'/></dct:publisher><dct:title>t</dct:title>", 2, 3, True),
    ],
)  # fmt: skip
def test_broken_rdf_xml_keeps_what_is_right(inner: str, kept: int, line: int, lost: bool) -> None:
    content = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"\n'
        f' xmlns:dcat="{DCAT}" xmlns:dct="{DCTERMS}">\n'
        f'<dcat:Dataset rdf:about="http://x.org/d">{inner}</dcat:Dataset></rdf:RDF>'
    ).encode()
    page, found = read_leniently(content, "", "a.rdf")
    assert len(page.triples) == kept, page.triples
    assert found.problems[0].place.line == line, found.problems
    assert found.is_whole is not lost
    with pytest.raises(RdfSyntaxError) as caught:
        read_document(content, "", "a.rdf")
    assert caught.value.place.line == line


@pytest.mark.parametrize("nested", [True, False])
def test_rdf_xml_that_is_broken_in_the_middle_keeps_the_records_on_both_sides(nested: bool) -> None:
    records = [
        f'<dcat:Dataset rdf:about="http://x.org/{n}"><dct:title>t{n}</dct:title></dcat:Dataset>' for n in range(5)
    ]
    records[2] = records[2].replace("</dct:title>", "</dct:tittle>")
    records[3] = f"<!-- <dcat:Dataset rdf:about='http://x.org/no'/> -->{records[3]}"
    if nested:
        records = [f"<dcat:dataset>{record}</dcat:dataset>" for record in records]
    text = "\n".join(records)
    text = f'<dcat:Catalog rdf:about="http://x.org/c">{text}</dcat:Catalog>' if nested else text
    head = (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="{DCAT}" xmlns:dct="{DCTERMS}">'
    )
    page, found = read_leniently(f"{head}{text}</rdf:RDF>".encode(), "", "a.rdf")
    assert {str(t.subject) for t in page.triples if "title" in t.predicate.value} == {
        f"<http://x.org/{n}>" for n in (0, 1, 3, 4)
    }
    assert "http://x.org/no" not in str(page.triples)
    assert not found.is_whole and found.problems[0].place.line == 3


def test_the_items_of_a_sequence_keep_their_numbers_where_one_is_left_out() -> None:
    broken = RDF_XML.replace(b"<rdf:li>x</rdf:li>", b"<rdf:li>x</rdf:li><rdf:li rdf:resource='x:' rdf:nodeID='b'/>")
    page, _ = read_leniently(broken, "", "a.rdf")
    assert [str(t.predicate)[-3:] for t in page.triples if t.object == ox.Literal("y")] == ["_3>"]


def test_rdf_in_an_answer_of_another_protocol_is_found() -> None:
    document = RDF_XML.replace(b' rdf:parseType="Literal"><b>bold</b>', b">bold")
    content = document.partition(b"?>")[2]
    wrapped = (
        b"<csw:GetRecordsResponse xmlns:csw='http://www.opengis.net/cat/csw/2.0.2'>%s</csw:GetRecordsResponse>"
        % content
    )
    page, found = read_leniently(wrapped, "application/xml", "a.xml")
    assert shapes(page.triples) == whole(document, "a.rdf")
    with pytest.raises(RdfSyntaxError, match="with RDF inside"):
        read_document(wrapped, "", "a.xml")
    assert found.problems


def test_json_ld_keeps_an_iri_with_a_space_which_the_standard_drops_without_a_word() -> None:
    content = json.dumps(
        {"@context": {"dct": DCTERMS}, "@id": "http://x.org/a b", "dct:title": "t", "unknown": {"dct:title": "no"}}
    ).encode()
    page, found = read_leniently(content, "", "a.jsonld")
    assert [str(triple) for triple in page.triples] == [f'<http://x.org/a b> <{DCTERMS}title> "t"']
    assert found.problems[0].place.line == 1
    with pytest.raises(RdfSyntaxError, match=r"'http://x\.org/a b' is no IRI"):
        read_document(content, "", "a.jsonld")


def test_what_json_ld_says_twice_of_a_node_is_read_both_times() -> None:
    head = '{"@context": {"dcat": "http://www.w3.org/ns/dcat#"}, "@id": "x:c", "@type": "dcat:Catalog", '
    text = head + '"dcat:dataset": {"@id": "x:1"}, "dcat:dataset": [{"@id": "x:2"}, {"@id": "x:3"}]}'
    assert len(read_document(text.encode(), "", "a.jsonld").triples) == 4
    with pytest.raises(RdfSyntaxError, match="@id is there twice"):
        read_document((head + '"@id": "x:d"}').encode(), "", "a.jsonld")


def test_an_error_of_json_ld_says_where() -> None:
    text = '{"@context": {"p": "http://x.org/"},\n "@graph": [{"@id": "x:1"},\n {"@id": "x:2", "p:q": {"@value": {}}}]}'
    with pytest.raises(RdfSyntaxError) as caught:
        read_document(text.encode(), "", "a.jsonld")
    assert (caught.value.place.line, caught.value.place.column) == (3, 10)


def test_json_ld_loses_no_more_than_what_the_engine_refuses() -> None:
    good = {"@id": "http://x.org/1", "@type": "dcat:Dataset"}
    bad = {"@id": "http://x.org/2", "@type": "dcat:Dataset", "dct:title": {"@value": {}}, "dct:type": {"@id": "dcat:x"}}
    content = json.dumps({"@context": {"dct": DCTERMS, "dcat": DCAT}, "@graph": [good, bad]}, indent=1).encode()
    page, found = read_leniently(content, "", "a.jsonld")
    assert len(page.triples) == 3
    assert "http://x.org/2" in found.problems[0].message and found.problems[0].place.line is not None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "text/turtle", "application/rdf+xml", "application/ld+json"]))
def test_no_bytes_raise_anything_but_an_error_of_ours(content: bytes, media_type: str) -> None:
    read_leniently(content, media_type, "a")
    with suppress(InputError):
        read_document(content, media_type, "a")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([WHOLE, RDF_XML, JSON_LD, N_TRIPLES]), st.data())
def test_a_document_with_a_byte_changed_raises_nothing(content: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.binary(max_size=3))
    read_leniently(content[:at] + byte + content[at + 1 :], "", "a")
