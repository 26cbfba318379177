"""The catalogue's pages: what is on them, in which order, and that together they are the whole."""

from __future__ import annotations

from itertools import pairwise

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.own import GRAPH
from graph.catalogue.publish.pages import NODE, Page
from graph.catalogue.validate.verdict import validate
from graph.names import CATALOGUE, RECORD
from tests.catalogue.publish.records import (
    ADDRESSES,
    HERE,
    NAMED,
    OPERATOR,
    WHEN,
    XSD,
    iri,
    many,
    page,
    published,
    record_of,
    store_of,
)
from tests.catalogue.publish.test_fitting import STATEMENTS

FORMATS = (ox.RdfFormat.TURTLE, ox.RdfFormat.JSON_LD, ox.RdfFormat.RDF_XML, ox.RdfFormat.N_TRIPLES)


def said(found: Page, subject: str, curie: str) -> set[str]:
    node = ox.NamedNode(subject)
    return {str(t.object) for t in found.triples if t.subject == node and t.predicate.value == iri(curie)}


def test_an_empty_server_publishes_its_graph_with_no_violation_of_health_dcat_ap() -> None:
    found = page(ox.Store())
    assert found.datasets == (GRAPH,)
    assert (found.number, found.last, found.total) == (1, 1, 1)
    for profile in ("dcat-ap-3.0.1", "healthdcat-ap-r8-public"):
        assert list(validate(found.triples, profile).violations) == []


def test_the_graph_says_what_its_generation_counts() -> None:
    found = page(ox.Store())
    assert said(found, GRAPH, "healthdcatap:numberOfRecords") == {f'"20"^^<{XSD}nonNegativeInteger>'}
    assert said(found, GRAPH, "dcterms:modified") == {f'"{WHEN}"^^<{XSD}dateTime>'}
    assert len(said(found, GRAPH, "dcat:distribution")) == len(FORMATS)


@pytest.mark.parametrize(
    ("operator", "property", "value"),
    [
        (Operator("Office", "desk@office.example", "http://h.example/about"), "cv:email", '"desk@office.example"'),
        (
            Operator("", "https://office.example/", "http://h.example/about"),
            "cv:contactPage",
            "<https://office.example/>",
        ),
        (Operator("", "by phone", "http://h.example/about"), "cv:contactPage", "<http://h.example/about>"),
        (Operator("", "", "http://h.example/about"), "cv:contactPage", "<http://h.example/about>"),
    ],
)
def test_who_runs_the_server_is_the_publisher_and_can_be_reached(operator: Operator, property: str, value: str) -> None:
    found = published(ox.Store()).page(1, operator, ADDRESSES)
    assert said(found, NODE.value, "dcterms:publisher") == {"<http://h.example/about#operator>"}
    assert said(found, "http://h.example/about#contact-point", property) == {value}
    assert list(validate(found.triples, "healthdcat-ap-r8-public").violations) == []


def test_a_dataset_is_published_with_our_identifier_and_our_record_of_it() -> None:
    text = f':d a dcat:Dataset ; {NAMED} ; dcterms:identifier "42" .'
    found = page(store_of({"a": text}, {"a": record_of("a", HERE + "d", 1)}))
    record = f"{RECORD}a/{1:016x}"
    assert said(found, HERE + "d", "dcterms:identifier") == {f'"{HERE}d"^^<{XSD}anyURI>'}
    assert said(found, NODE.value, "dcat:record") == {f"<{record}>"}
    assert said(found, record, "foaf:primaryTopic") == {f"<{HERE}d>"}
    assert said(found, record, "dcterms:isPartOf") == {f"<{CATALOGUE}a>"}


def test_a_dataset_that_is_gone_is_left_out() -> None:
    text = f":d a dcat:Dataset ; {NAMED} . :e a dcat:Dataset ; {NAMED} ; dcterms:source :d ."
    gone = record_of("a", HERE + "d", 1, f'; prov:invalidatedAtTime "{WHEN}"^^xsd:dateTime')
    records = gone + record_of("a", HERE + "e", 2)
    found = page(store_of({"a": text}, {"a": records}))
    assert found.datasets == (GRAPH, HERE + "e")
    assert said(found, HERE + "e", "dcterms:relation") == {f"<{HERE}d>"}
    assert not any(triple.subject == ox.NamedNode(HERE + "d") for triple in found.triples)


def test_one_that_is_the_same_by_another_iri_stays_beside_the_other() -> None:
    text = f'<{{0}}> a dcat:Dataset ; {NAMED} ; dcterms:identifier "1" .'
    store = store_of({"a": text.format(HERE + "d"), "b": text.format(HERE + "e")})
    assert published(store).datasets == (GRAPH, HERE + "d", HERE + "e")


def test_one_iri_in_two_catalogues_is_one_dataset_with_two_records() -> None:
    text = ":d a dcat:Dataset ; dcterms:title '{0}' ; dcterms:description '{0}' ; dcat:version '{0}' ."
    catalogues = {slug: text.format(slug) for slug in ("b", "a")}
    store = store_of(catalogues, {slug: record_of(slug, HERE + "d", 1) for slug in catalogues})
    found = page(store)
    assert found.datasets == (GRAPH, HERE + "d")
    assert said(found, HERE + "d", "dcat:version") == {'"a"'}
    assert len(said(found, NODE.value, "dcat:record")) == 2


def test_a_catalogue_that_comes_later_does_not_take_over_what_another_has() -> None:
    agent = ":p a foaf:Agent ; foaf:name '{0}' ; cv:contactPoint [ a cv:ContactPoint ; cv:email '{0}@x.example' ] ."
    text = ":d a dcat:Dataset ; dcterms:title '{0}' ; dcterms:description '{0}' ; dcterms:publisher :p . " + agent
    since = {"first": WHEN, "another": WHEN.replace("2026", "2027")}
    records = {slug: record_of(slug, HERE + "d", 1).replace(WHEN, when) for slug, when in since.items()}
    found = page(store_of({slug: text.format(slug) for slug in since}, records))
    assert said(found, HERE + "d", "dcterms:title") == {'"first"'}
    assert said(found, HERE + "p", "foaf:name") == {'"first"'}


def test_one_that_only_another_catalogue_describes_is_taken_from_there() -> None:
    store = store_of({"a": ":d a dcat:Dataset .", "b": f":d a dcat:Dataset ; {NAMED} ."})
    assert published(store).datasets == (GRAPH, HERE + "d")
    assert published(store).stock.withheld == []


def test_an_agent_that_two_catalogues_know_is_said_as_the_first_of_them_does() -> None:
    agent = ":p a foaf:Agent ; foaf:name 'P' ; cv:contactPoint [ cv:email '{0}' ] ; dcterms:type :{0} ."
    text = f":{{0}} a dcat:Dataset ; {NAMED} ; dcterms:publisher :p . {agent}"
    found = page(store_of({slug: text.format(slug) for slug in ("a", "b")}))
    assert len(said(found, HERE + "p", "cv:contactPoint")) == 1
    assert list(validate(found.triples, "dcat-ap-3.0.1").violations) == []


def test_what_lacks_a_description_is_withheld_and_listed() -> None:
    store = store_of({"a": ":d a dcat:Dataset ; dcterms:title 'd' . [] a dcat:Dataset . :e a dcat:Dataset ."})
    found = published(store)
    assert found.datasets == (GRAPH,)
    whys = {item.dataset: item.why for item in found.stock.withheld if not item.dataset.startswith("_:")}
    assert whys == {HERE + "d": "it lacks a description", HERE + "e": "it lacks a title and a description"}
    assert [item.why for item in found.stock.withheld if item.dataset.startswith("_:")] == ["it has no IRI"]


def test_literals_are_published_as_they_were_harvested() -> None:
    when = "2020-01-01T00:00:00.500+00:00"
    text = f':d a dcat:Dataset ; {NAMED} ; :count "007"^^xsd:integer ; dcterms:issued "{when}"^^xsd:dateTime .'
    found = page(store_of({"a": text}))
    assert said(found, HERE + "d", ":count") == {f'"007"^^<{XSD}integer>'}
    assert said(found, HERE + "d", "dcterms:issued") == {f'"{when}"^^<{XSD}dateTime>'}


def test_what_a_catalogue_says_of_the_eu_s_lists_is_not_repeated() -> None:
    languages = iri("euauth:language")
    english = f"{languages}/ENG"
    text = f":d a dcat:Dataset ; {NAMED} ; dcterms:language <{english}> . <{english}> skos:inScheme 'no' ."
    found = page(store_of({"a": text}))
    assert said(found, english, "skos:inScheme") == {f"<{languages}>"}
    assert said(found, languages, "dcterms:title") == {'"languages"@en'}


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5))
def test_the_pages_together_are_the_whole_and_no_dataset_is_on_two(count: int, size: int) -> None:
    store = many(count)
    pages = [page(store, number, size) for number in range(1, published(store, size).last + 1)]
    listed = [dataset for found in pages for dataset in found.datasets]
    assert listed == list(published(store).datasets)
    assert len(set(listed)) == len(listed) == count + 1
    whole = page(store, 1, 100)
    own = {triple for triple in whole.triples if triple.subject != ox.NamedNode("http://h.example/catalogue?page=1")}
    together = {triple for found in pages for triple in found.triples}
    assert own - together <= {
        ox.Triple(NODE, ox.NamedNode(iri("hydra:view")), ox.NamedNode("http://h.example/catalogue?page=1"))
    }
    assert all(len(found.datasets) <= size for found in pages)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STATEMENTS, max_size=30), st.lists(STATEMENTS, max_size=30))
def test_whatever_is_harvested_the_pages_together_have_no_violation(
    one: list[tuple[str, str, str]], other: list[tuple[str, str, str]]
) -> None:
    datasets = f":d a dcat:Dataset ; {NAMED} . :e a dcat:Dataset ; {NAMED} .\n"
    catalogues = {"a": datasets, "b": f":f a dcat:Dataset ; {NAMED} .\n"}
    for slug, statements in (("a", one), ("b", other)):
        catalogues[slug] += "".join(f"{' '.join(statement)} .\n" for statement in statements)
    store = store_of(catalogues)
    pages = [page(store, number, 1) for number in range(1, published(store, 1).last + 1)]
    assert list(validate({t for found in pages for t in found.triples}, "dcat-ap-3.0.1").violations) == []


def test_pages_lead_from_the_first_to_the_last_and_back() -> None:
    store = many(5)
    pages = [page(store, number, 2) for number in (1, 2, 3)]
    views = [ox.NamedNode(f"http://h.example/catalogue?page={number}") for number in (1, 2, 3)]
    for (one, view), (other, next_view) in pairwise(zip(pages, views, strict=True)):
        assert said(one, view.value, "hydra:next") == {str(next_view)}
        assert said(other, next_view.value, "hydra:previous") == {str(view)}
    assert said(pages[0], views[0].value, "hydra:previous") == said(pages[-1], views[-1].value, "hydra:next") == set()
    assert said(pages[1], NODE.value, "hydra:totalItems") == {f'"6"^^<{XSD}integer>'}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_is_read_back_as_the_same(form: ox.RdfFormat) -> None:
    hostile = (
        r""":d dcat:keyword "<script>\"'&]]>"@en , "\t\n \u2028 é \U0001d518" , " leading" ; """
        "dcat:landingPage <https://example.org/a'b%20c?x=1&y=é#z> ; "
        "<https://example.org/p%C3%A9> :x ; <https://example.org/é> [ rdfs:label 'b' ] ."
    )
    found = page(store_of({"a": f":d a dcat:Dataset ; {NAMED} . {hostile}"}))
    content = ox.serialize(found.triples, format=form)
    assert content is not None
    read = ox.Dataset(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in ox.parse(content, format=form))
    given_back = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in found.triples)
    for dataset in (read, given_back):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert set(read) == set(given_back)


def test_what_is_published_is_published_again_as_the_same() -> None:
    dataset = f':d a dcat:Dataset ; {NAMED} ; dcterms:identifier "42" ; dcterms:publisher :p ; dcat:theme :t '
    text = dataset + "; dcat:distribution :f . :f a dcat:Distribution ; dcat:downloadURL :u ; dcterms:license 'free' ."
    first = page(store_of({"a": text}, {"a": record_of("a", HERE + "d", 1)}))
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(CATALOGUE + "other")) for t in first.triples)
    second = page(store)
    assert second.datasets == first.datasets

    def of_dataset(found: Page) -> set[ox.Triple]:
        return {t for t in found.triples if str(t.subject).startswith(f"<{HERE}") or "#identifier-" in str(t.subject)}

    assert of_dataset(second) == of_dataset(first)
    assert second.notes == ()


def test_a_dataset_that_a_source_names_is_published_with_what_is_known_of_it() -> None:
    store = ox.Store()
    store.load(
        f"""
        @prefix def: <https://w3id.org/pmkg/def/> . @prefix id: <https://w3id.org/pmkg/id/> .
        @prefix rdfs: <{iri("rdfs:")}> . @prefix dcat: <{iri("dcat:")}> . @prefix bibo: <{iri("bibo:")}> .
        <https://w3id.org/pmkg/graph/ontology> {{ def:Database rdfs:subClassOf dcat:Dataset . }}
        <https://w3id.org/pmkg/graph/sources> {{
            <https://w3id.org/pmkg/source/s/p> def:partOf <https://w3id.org/pmkg/source/s> ;
                bibo:section "Data" ; def:pageNumber 3 .
            <https://w3id.org/pmkg/source/s> rdfs:label "A report"@en . }}
        <https://w3id.org/pmkg/source/s/p> {{
            id:db a def:Database ; rdfs:label "database of a hub"@en ; def:hasDataType id:data .
            id:data rdfs:label "genomic data"@en . id:hub def:providesAccessTo id:db ; rdfs:label "Hub"@en . }}
        <https://w3id.org/pmkg/graph/inferred> {{ id:hub a def:Database . }}
        """.encode(),
        format=ox.RdfFormat.TRIG,
    )
    found = page(store)
    assert found.datasets == (GRAPH, "https://w3id.org/pmkg/id/db")
    description = "Database of a hub. It holds genomic data. It is provided by: Hub. Named in A report, “Data”, page 3."
    assert said(found, "https://w3id.org/pmkg/id/db", "dcterms:description") == {f'"{description}"@en'}
    assert said(found, "https://w3id.org/pmkg/id/db", "dcterms:isReferencedBy") == {
        "<https://w3id.org/pmkg/source/s/p>"
    }
    assert list(validate(found.triples, "dcat-ap-3.0.1").violations) == []


def test_a_page_costs_what_is_on_it() -> None:
    store = many(30)
    found = published(store, 5)
    read, walk = list[str](), found.stock.statements

    def noted(dataset: str, slug: str = "") -> list[ox.Triple]:
        read.append(dataset)
        return walk(dataset, slug)

    found.stock.statements = noted  # type: ignore[method-assign]
    found.page(3, OPERATOR, ADDRESSES)
    assert read == list(found.on_page(3))
