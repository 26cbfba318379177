"""What there is to publish: a generation's store flows in; datasets in a fixed order, and their statements, flow out.

The store is read by predicate for the list and by node for a page, so that a page costs what is on it. A dataset that
is gone from its source is left out; one of the same IRI in two catalogues is taken from the one that was
harvested first, so that no other can take its place later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.publish.identifiers import transferred
from graph.catalogue.publish.substitutes import FOAF, INSTEAD
from graph.catalogue.records import CATALOG, CATALOG_RECORD, DATASET, SERIES
from graph.catalogue.validate.lists import all_lists
from graph.names import CATALOGUE, DCTERMS, PREFIXES
from graph.rdf.index import TYPE, str_of
from graph.rdf.terms import is_iri
from graph.sparql.literals import unprotect

Node = ox.NamedNode | ox.BlankNode

TITLE, DESCRIPTION = DCTERMS + "title", DCTERMS + "description"
_PROV = PREFIXES["prov"]
_OWN_RECORD = frozenset({DATASET, SERIES, CATALOG, CATALOG_RECORD})


@dataclass(frozen=True)
class Entry:
    """One dataset of a harvested catalogue, and what our record of it says."""

    dataset: str
    slug: str
    record: str = ""
    issued: ox.Literal | None = None
    modified: ox.Literal | None = None
    source: ox.NamedNode | ox.Literal | None = None
    gone: bool = False


@dataclass(frozen=True)
class Withheld:
    """A dataset that cannot be published, and why."""

    dataset: str
    slug: str
    why: str


class Stock:
    """The harvested catalogues of one generation."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store

    @cached_property
    def slugs(self) -> list[str]:
        """The catalogues, those that were harvested first before the others."""
        names = (graph.value for graph in self._store.named_graphs() if isinstance(graph, ox.NamedNode))
        found = (name.removeprefix(CATALOGUE) for name in names if name.startswith(CATALOGUE))
        return sorted({slug for slug in found if slug and "/" not in slug}, key=lambda slug: (self._since(slug), slug))

    def _since(self, slug: str) -> str:
        """When the first dataset of a catalogue was seen; what was not harvested comes after all that was."""
        graph = ox.NamedNode(f"{CATALOGUE}{slug}/record")
        quads = self._store.quads_for_pattern(None, ox.NamedNode(DCTERMS + "issued"), None, graph)
        return min((str_of(unprotect(quad.object)) for quad in quads), default="never")

    @cached_property
    def _listed(self) -> tuple[dict[str, Entry], list[Withheld], dict[str, list[Entry]]]:
        """What is published, what is withheld, and all records of each dataset."""
        published: dict[str, Entry] = {}
        withheld: dict[str, Withheld] = {}
        records: dict[str, list[Entry]] = defaultdict(list)
        for slug in self.slugs:
            graph, entries = ox.NamedNode(CATALOGUE + slug), self._entries(slug)
            described = {name: self._having(graph, (name, *INSTEAD[DATASET, name])) for name in (TITLE, DESCRIPTION)}
            for dataset in sorted(self._datasets(graph)):
                entry = entries.get(dataset, Entry(dataset, slug))
                if entry.gone:
                    continue
                records[dataset].append(entry)
                lacking = [name for name, having in described.items() if dataset not in having]
                if not is_iri(dataset):
                    withheld[dataset] = Withheld(dataset, slug, "it has no IRI")
                elif lacking:
                    words = " and ".join("a title" if name == TITLE else "a description" for name in lacking)
                    withheld.setdefault(dataset, Withheld(dataset, slug, f"it lacks {words}"))
                else:
                    published.setdefault(dataset, entry)
        return published, [it for it in withheld.values() if it.dataset not in published], records

    @property
    def entries(self) -> dict[str, Entry]:
        """The datasets that are published, by catalogue and IRI."""
        return self._listed[0]

    @property
    def withheld(self) -> list[Withheld]:
        return self._listed[1]

    def records(self, dataset: str) -> list[Entry]:
        """Our records of a dataset: one for each catalogue that has it."""
        return self._listed[2].get(dataset, [])

    def statements(self, dataset: str, slug: str = "") -> list[ox.Triple]:
        """The record of a dataset or a series as it is harvested, with our identifier of a dataset."""
        if dataset in self.entries:
            entry = self.entries[dataset]
            return list(transferred(dataset, self._walk(ox.NamedNode(dataset), entry.slug), entry.record))
        return list(self._walk(ox.NamedNode(dataset), slug))

    def summary(self, dataset: str) -> list[ox.Triple]:
        """What another dataset's record says of one that it leads to: its class, title and description."""
        entry = self.entries.get(dataset)
        if entry is None:
            return []
        node, graph = ox.NamedNode(dataset), ox.NamedNode(CATALOGUE + entry.slug)
        found = [ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(DATASET))]
        for name in (TITLE, DESCRIPTION):
            for other in (name, *INSTEAD[DATASET, name]):
                quads = self._store.quads_for_pattern(node, ox.NamedNode(other), None, graph)
                texts = [term for quad in quads if isinstance(term := unprotect(quad.object), ox.Literal)]
                if texts:
                    found += [ox.Triple(node, ox.NamedNode(name), text) for text in sorted(texts, key=str)]
                    break
        return found

    def series(self, node: str) -> list[ox.Triple]:
        """The record of a series, from the first catalogue that has it."""
        try:
            quads = self._store.quads_for_pattern(ox.NamedNode(node), ox.NamedNode(TYPE), ox.NamedNode(SERIES), None)
        except ValueError:  # a blank node is a part of its own record
            return []
        slugs = {slug for quad in quads if (slug := _slug(quad.graph_name))}
        return self.statements(node, min(slugs, key=self.slugs.index)) if slugs else []

    def _datasets(self, graph: ox.NamedNode) -> set[str]:
        quads = self._store.quads_for_pattern(None, ox.NamedNode(TYPE), ox.NamedNode(DATASET), graph)
        return {str_of(quad.subject) for quad in quads}

    def _having(self, graph: ox.NamedNode, names: Iterable[str]) -> set[str]:
        """What has a text under one of these properties."""
        return {
            str_of(quad.subject)
            for name in names
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(name), None, graph)
            if isinstance(quad.object, ox.Literal)
        }

    def _entries(self, slug: str) -> dict[str, Entry]:
        """Our records of a catalogue's datasets."""
        graph = ox.NamedNode(f"{CATALOGUE}{slug}/record")

        def said(name: str) -> dict[str, ox.NamedNode | ox.Literal]:
            quads = self._store.quads_for_pattern(None, ox.NamedNode(name), None, graph)
            terms = ((str_of(quad.subject), unprotect(quad.object)) for quad in quads)
            return {subject: term for subject, term in terms if isinstance(term, ox.NamedNode | ox.Literal)}

        issued, modified, source = said(DCTERMS + "issued"), said(DCTERMS + "modified"), said(DCTERMS + "source")
        gone = said(_PROV + "invalidatedAtTime")
        return {
            topic.value: Entry(
                topic.value,
                slug,
                record,
                _literal(issued.get(record)),
                _literal(modified.get(record)),
                source.get(record),
                record in gone,
            )
            for record, topic in said(FOAF + "primaryTopic").items()
        }

    def _walk(self, start: ox.NamedNode, slug: str) -> Iterator[ox.Triple]:
        """The statements of a record: what a dataset says, and what it leads to, as far as the next record."""
        own = ox.NamedNode(CATALOGUE + slug)
        seen, waiting = {start}, list[Node]([start])
        known = all_lists().triples
        while waiting:
            node = waiting.pop()
            quads = list(self._store.quads_for_pattern(node, None, None, own if node == start else None))
            if node != start and isinstance(node, ox.NamedNode):
                quads = self._first_said(quads)
            elif node != start:
                quads = [quad for quad in quads if quad.graph_name == own]
            if node != start and any(
                quad.predicate.value == TYPE and str_of(quad.object) in _OWN_RECORD for quad in quads
            ):
                continue
            for quad in quads:
                yield ox.Triple(quad.subject, quad.predicate, unprotect(quad.object))
                term = quad.object
                if isinstance(term, ox.Literal | ox.Triple) or term in seen or quad.predicate.value == TYPE:
                    continue
                seen.add(term)  # type: ignore[arg-type]
                if str_of(term) not in known:  # the lists say what their concepts are
                    waiting.append(term)

    def _first_said(self, quads: list[ox.Quad]) -> list[ox.Quad]:
        """What the catalogues say of something that several of them may know: each property as the first has it.

        So it is the same on every page, and has not two contact points because two catalogues know it.
        """
        said: dict[tuple[int, str], list[ox.Quad]] = defaultdict(list)
        for quad in quads:
            if slug := _slug(quad.graph_name):
                said[self.slugs.index(slug), quad.predicate.value].append(quad)
        first: dict[str, int] = {}
        for place, name in sorted(said):
            first.setdefault(name, place)
        return [quad for (place, name), found in said.items() if name == TYPE or first[name] == place for quad in found]


def _slug(graph: object) -> str:
    """The catalogue that a graph holds the statements of, '' of any other graph."""
    name = graph.value if isinstance(graph, ox.NamedNode) else ""
    rest = name.removeprefix(CATALOGUE)
    return rest if rest != name and "/" not in rest else ""


def _literal(term: object) -> ox.Literal | None:
    return term if isinstance(term, ox.Literal) else None
