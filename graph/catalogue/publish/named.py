"""Datasets that our sources name: facts of a generation flow in, DCAT records of what is known of them flow out.

A record says no more than the facts do: what the dataset is called, what it holds, who gives access to it, and on which
page of which source it is named. Nobody knows here where its data can be had, so there is no distribution.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.catalogue.publish.identifiers import own_identifier
from graph.catalogue.publish.own import HEALTH, LEGISLATION
from graph.catalogue.publish.says import english, iri, say
from graph.catalogue.records import DATASET
from graph.names import BASE, DEF, ID, ONTOLOGY_GRAPH, PREFIXES, SOURCE, SOURCES_GRAPH, shorten
from graph.rdf.index import LABEL, SUBCLASS, TYPE, str_of

_HOLDS = (DEF + "hasDataType",)
_HELD = (DEF + "heldBy",)
_GIVES_ACCESS = (DEF + "providesAccessTo", DEF + "hasResource", DEF + "holdsDataset")
_LABEL = ox.NamedNode(LABEL)
_SECTION = ox.NamedNode(PREFIXES["bibo"] + "section")
_PAGE = ox.NamedNode(DEF + "pageNumber")
_PART = ox.NamedNode(DEF + "partOf")


class NamedDatasets:
    """The datasets that the sources of a generation name."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store

    def datasets(self) -> list[str]:
        """Their IRIs in order: what a source says to be of a class of datasets, and what it is called."""
        kinds = self._kinds()
        found = {
            quad.subject.value
            for kind in kinds
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(TYPE), ox.NamedNode(kind), None)
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(ID) and _is_source(quad)
        }
        return sorted(dataset for dataset in found if self._labels(dataset))

    def record(self, dataset: str, home: str) -> Iterator[ox.Triple]:
        """What is known of one of them; `home` is where this server has its pages."""
        node = ox.NamedNode(dataset)
        holds, gives = self._led_to(node, _HOLDS), self._led_from(node, _GIVES_ACCESS)
        passages = self._passages(node)
        yield from say(
            node,
            [
                ("rdf:type", "dcat:Dataset"),
                ("dcterms:identifier", own_identifier(dataset)),
                ("dcat:theme", HEALTH),
                ("dcatap:applicableLegislation", LEGISLATION),
                ("foaf:page", ox.NamedNode(home + dataset.removeprefix(BASE))),
                *(("dcterms:title", label) for label in self._labels(dataset)),
                *(("dcterms:isReferencedBy", passage) for passage in passages),
                *(("dcterms:subject", held) for held in holds),
                *(("dcterms:relation", giver) for giver in gives),
                *(("dcat:keyword", label) for held in holds for label in self._labels(held.value)),
            ],
        )
        yield ox.Triple(node, iri("dcterms:description"), english(self._description(dataset, holds, gives, passages)))
        for held in self._led_to(node, _HELD):
            if labels := self._labels(held.value):
                yield from say(node, [("dcterms:publisher", held)])
                yield from say(held, [("rdf:type", "foaf:Agent"), *(("foaf:name", label) for label in labels)])
                break  # a dataset has one publisher

    def _description(
        self, dataset: str, holds: list[ox.NamedNode], gives: list[ox.NamedNode], passages: list[ox.NamedNode]
    ) -> str:
        """The facts in sentences."""
        sentences = [f"{self._called(dataset)}."]
        if holds:
            sentences.append(f"It holds {_listed(self._called(held.value) for held in holds)}.")
        if gives:
            sentences.append(f"It is provided by: {_listed(self._called(giver.value) for giver in gives)}.")
        sentences += [f"Named in {self._located(passage)}." for passage in passages]
        return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)

    def _located(self, passage: ox.NamedNode) -> str:
        """Where a passage is found, as its source is called, with section and page."""
        graph = ox.NamedNode(SOURCES_GRAPH)

        def said(predicate: ox.NamedNode) -> list[str]:
            return [str_of(quad.object) if isinstance(quad.object, ox.NamedNode) else quad.object.value  # type: ignore[union-attr]
                    for quad in self._store.quads_for_pattern(passage, predicate, None, graph)]  # fmt: skip

        called = [self._called(source) for source in said(_PART)] or [passage.value.removeprefix(SOURCE)]
        where = [f"“{section}”" for section in said(_SECTION)[:1]] + [f"page {page}" for page in said(_PAGE)[:1]]
        return ", ".join([*called[:1], *where])

    def _kinds(self) -> set[str]:
        """The classes of datasets: dcat:Dataset and every class below it, by the ontology's own statements."""
        graph, found, waiting = ox.NamedNode(ONTOLOGY_GRAPH), set[str](), [DATASET]
        while waiting:
            kind = waiting.pop()
            if kind not in found:
                found.add(kind)
                quads = self._store.quads_for_pattern(None, ox.NamedNode(SUBCLASS), ox.NamedNode(kind), graph)
                waiting += [quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)]
        return found

    def _led_to(self, node: ox.NamedNode, predicates: tuple[str, ...]) -> list[ox.NamedNode]:
        quads = (
            quad for it in predicates for quad in self._store.quads_for_pattern(node, ox.NamedNode(it), None, None)
        )
        return _nodes(quad.object for quad in quads if _is_source(quad))

    def _led_from(self, node: ox.NamedNode, predicates: tuple[str, ...]) -> list[ox.NamedNode]:
        quads = (
            quad for it in predicates for quad in self._store.quads_for_pattern(None, ox.NamedNode(it), node, None)
        )
        return _nodes(quad.subject for quad in quads if _is_source(quad))

    def _passages(self, node: ox.NamedNode) -> list[ox.NamedNode]:
        return _nodes(q.graph_name for q in self._store.quads_for_pattern(node, None, None, None) if _is_source(q))

    def _labels(self, node: str) -> list[ox.Literal]:
        quads = self._store.quads_for_pattern(ox.NamedNode(node), _LABEL, None, None)
        found = {quad.object for quad in quads if isinstance(quad.object, ox.Literal)}
        return sorted(found, key=lambda label: (label.language not in ("en", None), str(label)))

    def _called(self, node: str) -> str:
        labels = self._labels(node)
        return labels[0].value if labels else shorten(node)


def _is_source(quad: ox.Quad) -> bool:
    """Whether a passage of a source states it: what follows from the facts is not said of them there."""
    return isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value.startswith(SOURCE)


def _nodes(terms: Iterator[object]) -> list[ox.NamedNode]:
    return sorted({term for term in terms if isinstance(term, ox.NamedNode)}, key=lambda term: term.value)


def _listed(words: Iterator[str]) -> str:
    return ", ".join(sorted(set(words)))
