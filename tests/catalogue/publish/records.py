"""Small records and stores for the tests of publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox

from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.own import Addresses
from graph.catalogue.publish.pages import Page, PublishedCatalogue
from graph.names import CATALOGUE, PREFIXES, RECORD
from graph.sparql.literals import protect_quad
from graph.store.generation import Generation

HERE = "https://example.org/"
PREFIX = "".join(f"@prefix {name}: <{space}> .\n" for name, space in PREFIXES.items()) + f"@prefix : <{HERE}> .\n"
WHEN = "2026-11-24T01:00:00+00:00"
GENERATION = Generation(Path("none"), 3, WHEN, "test", None, True, 10, 20, 3)
ADDRESSES = Addresses(
    home="http://h.example/",
    about="http://h.example/about",
    data="http://h.example/data",
    sparql="http://h.example/sparql",
    catalogue="http://h.example/catalogue",
)
OPERATOR = Operator("", "", ADDRESSES.about)
NAMED = 'dcterms:title "A title"@en ; dcterms:description "A description"@en'
XSD = PREFIXES["xsd"]


def turtle(text: str) -> list[ox.Triple]:
    """The triples of some Turtle with all our prefixes, and an empty one for example.org."""
    return [quad.triple for quad in ox.parse(PREFIX + text, format=ox.RdfFormat.TURTLE)]


def graph(*texts: str) -> set[ox.Triple]:
    return {triple for text in texts for triple in turtle(text)}


def iri(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return (PREFIXES[prefix] if prefix else HERE) + name


def record_of(slug: str, dataset: str, number: int, more: str = "") -> str:
    """Our record of a dataset, in Turtle."""
    return (
        f"<{RECORD}{slug}/{number:016x}> a dcat:CatalogRecord ; foaf:primaryTopic <{dataset}> ; dcterms:isPartOf "
        f'<{CATALOGUE}{slug}> ; dcterms:issued "{WHEN}"^^xsd:dateTime ; dcterms:modified "{WHEN}"^^xsd:dateTime '
        f"{more} .\n"
    )


def store_of(catalogues: Mapping[str, str], records: Mapping[str, str] | None = None) -> ox.Store:
    """A store with catalogues by slug, and the records graphs that are given."""
    store = ox.Store()
    for slug, text in catalogues.items():
        _fill(store, CATALOGUE + slug, turtle(text))
    for slug, text in (records or {}).items():
        _fill(store, f"{CATALOGUE}{slug}/record", turtle(text))
    return store


def _fill(store: ox.Store, name: str, triples: Iterable[ox.Triple]) -> None:
    node = ox.NamedNode(name)
    store.extend(protect_quad(ox.Quad(t.subject, t.predicate, t.object, node)) for t in triples)


def published(store: ox.Store, size: int = 100) -> PublishedCatalogue:
    return PublishedCatalogue(store, GENERATION, size)


def page(store: ox.Store, number: int = 1, size: int = 100) -> Page:
    return published(store, size).page(number, OPERATOR, ADDRESSES)


def many(count: int, slug: str = "a") -> ox.Store:
    """A store with one catalogue of so many datasets."""
    names = [f"{HERE}{slug}/{number}" for number in range(count)]
    text = "".join(f"<{name}> a dcat:Dataset ; {NAMED} .\n" for name in names)
    records = "".join(record_of(slug, name, number) for number, name in enumerate(names))
    return store_of({slug: text}, {slug: records})
