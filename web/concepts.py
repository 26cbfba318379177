"""The concepts that datasets are linked to: a store flows in; what each is called, and which are wider, flow out."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.names import DEF, ID, LINKS_GRAPH, RDF, RDFS
from graph.rdf.index import str_of
from web.slices import Slice
from web.texts import Texts

DATA_TYPE, DISEASE = DEF + "HealthData", DEF + "Disease"
BROADER_DISEASE = DEF + "hasBroaderDisease"


class Concepts:
    """The concepts that datasets are linked to, what each is called, and which are wider."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.labels: dict[str, Texts] = {}
        self._generics: dict[str, str] = {}
        self._ancestors: dict[tuple[str, str], frozenset[str]] = {}
        about: dict[str, list[str]] = {}
        for dataset, concept in Slice(store, LINKS_GRAPH).pairs(DEF + "isAbout"):
            about.setdefault(dataset, []).append(self._generic(str_of(concept)))
        self.about = {dataset: tuple(sorted(set(found))) for dataset, found in about.items()}
        for concept in {concept for found in self.about.values() for concept in found}:
            self.name(concept)

    def is_ours(self, node: str) -> bool:
        """Whether a node that a record names is a concept of ours."""
        return node.startswith((DEF, ID)) and bool(self.name(node))

    def is_data_type(self, concept: str) -> bool:
        return DATA_TYPE in self._classes(concept)

    def is_disease(self, concept: str) -> bool:
        return DISEASE in self._classes(concept)

    def wider(self, concept: str) -> Iterator[str]:
        """What a concept is a kind of, below what all of its facet are; a class by the thing that stands for it."""
        if self.is_data_type(concept):
            above = self._classes(concept) - self._above(DATA_TYPE, RDFS + "subClassOf")
        else:
            above = self._above(concept, BROADER_DISEASE)
        for item in {self._generic(item) for item in above} - {concept}:
            if self.name(item):
                yield item

    def _classes(self, concept: str) -> frozenset[str]:
        """The classes that a class is below, itself too, or that a thing is of."""
        kinds = self._objects(concept, RDF + "type") if concept.startswith(ID) else ()
        return frozenset(above for kind in (concept, *kinds) for above in self._above(kind, RDFS + "subClassOf"))

    def _generic(self, concept: str) -> str:
        """The thing that facts speak of where they mean a class in general: it is of that class, and has its name."""
        if concept not in self._generics:
            quads = self._store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(concept), None)
            things = sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})
            names = set(self.name(concept))
            same = (thing for thing in things if thing.startswith(ID) and names & set(self.name(thing)))
            self._generics[concept] = next(same, concept) if names else concept
        return self._generics[concept]

    def _above(self, concept: str, relation: str) -> frozenset[str]:
        """The concept itself, and all that the relation leads to."""
        if (concept, relation) not in self._ancestors:
            found, waiting = set[str](), [concept]
            while waiting:
                current = waiting.pop()
                if current not in found:
                    found.add(current)
                    waiting.extend(self._objects(current, relation))
            self._ancestors[concept, relation] = frozenset(found)
        return self._ancestors[concept, relation]

    def _objects(self, subject: str, predicate: str) -> set[str]:
        quads = self._store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None, None)
        return {quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode)}

    def name(self, concept: str) -> Texts:
        """What a concept is called, in every language."""
        if concept not in self.labels:
            quads = self._store.quads_for_pattern(ox.NamedNode(concept), ox.NamedNode(RDFS + "label"), None, None)
            terms = {quad.object for quad in quads if isinstance(quad.object, ox.Literal)}
            self.labels[concept] = tuple(sorted((term.language or "", term.value) for term in terms))
        return self.labels[concept]
