"""The concepts that datasets are linked to: the graph's triples flow in; names, codes, families and order flow out.

A concept is a class of one of the families below, or a thing of such a class. Where facts have a generic thing for a
class (id:transcriptomic-data for def:TranscriptomicData, known by their common name), the thing stands for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import pyoxigraph as ox

from graph.names import CATALOGUE, DEF, ID, INFERRED_GRAPH, LINKS_GRAPH, OWL, RDF, RDFS, SKOS
from graph.rdf.index import SUBCLASS, TYPE, Index, str_of

FAMILIES = {
    "data type": ("HealthData",),
    "disease": ("Disease",),
    "therapy": ("Therapy",),
    "trial design": ("Study", "StudyDesign", "DesignFeature"),
    "technology": ("Technology",),
    "infrastructure": ("Infrastructure",),
    "stakeholder": ("StakeholderRole",),
}
LABELS = (RDFS + "label", SKOS + "prefLabel")
OTHER_NAMES = (SKOS + "altLabel", DEF + "acronym")
MATCHES = {"exactMatch": 1.0, "closeMatch": 0.9, "narrowMatch": 0.8}  # a narrower code is one of what ours covers
BROADER = DEF + "hasBroaderDisease"
MEASURED_BY = DEF + "measuredBy"
_OWL = {name: OWL + name for name in ("equivalentClass", "intersectionOf", "onProperty", "someValuesFrom")}
_LIST = (RDF + "first", RDF + "rest")
_READ = (*_OWL.values(), *_LIST, TYPE, SUBCLASS, *LABELS, *OTHER_NAMES, BROADER, *(SKOS + name for name in MATCHES))


@dataclass(frozen=True)
class Name:
    """One name of a concept."""

    text: str
    language: str
    is_label: bool


class Concepts:
    """The concepts in a graph."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._index = Index(triples)

    @cached_property
    def families(self) -> dict[str, str]:
        """The family of each concept, generic things in the place of their classes."""
        index, found = self._index, dict[str, str]()
        for subject in index.all_subjects:
            if not subject.startswith((DEF, ID)):
                continue
            kinds = self._up(subject)
            for family, roots in FAMILIES.items():
                if any(DEF + root in kinds for root in roots) and self.generic(subject) == subject:
                    found[subject] = family
                    break
        return found

    def generic(self, concept: str) -> str:
        """The thing that stands for a class in general, or the concept itself."""
        return self._generic.get(concept, concept)

    def names(self, concept: str) -> Iterator[Name]:
        """The names of a concept, and of the class that it stands for."""
        for subject in (concept, *self._stands_for.get(concept, ())):
            for predicate in (*LABELS, *OTHER_NAMES):
                for literal in self._index.literals(subject, predicate):
                    yield Name(literal.value, literal.language or "en", predicate in LABELS)

    def codes(self, concept: str) -> Iterator[tuple[str, float]]:
        """The IRIs in other vocabularies that mean a concept, with how well they match."""
        for subject in (concept, *self._stands_for.get(concept, ())):
            yield subject, 1.0
            for match, weight in MATCHES.items():
                for iri in self._index.iris(subject, SKOS + match):
                    yield iri, weight

    @cache  # noqa: B019 - as long-lived as what it caches
    def broader(self, concept: str) -> frozenset[str]:
        """What is wider than a concept."""
        return frozenset(self.generic(iri) for iri in self._up(concept)) - {concept}

    @cached_property
    def yields(self) -> dict[str, str]:
        """For each technology, the kind of data that is defined as measured by it.

        Mass spectrometry is left out: it measures proteins, but metabolites as well.
        """
        found = dict[str, str]()
        for concept, family in self.families.items():
            if family == "data type":
                for technology in self._measured_by(concept):
                    found[self.generic(technology)] = concept
        found.pop(DEF + "MassSpectrometry", None)
        return found

    def _measured_by(self, concept: str) -> Iterator[str]:
        first, rest = _LIST
        for defined in self._nodes(concept, "equivalentClass"):
            lists = self._nodes(defined, "intersectionOf")
            while lists:
                node = lists.pop()
                for member in self._index.objects(node, first):
                    if MEASURED_BY in self._index.iris(str_of(member), _OWL["onProperty"]):
                        yield from self._index.iris(str_of(member), _OWL["someValuesFrom"])
                lists.extend(str_of(term) for term in self._index.objects(node, rest))

    def _nodes(self, subject: str, axiom: str) -> list[str]:
        return [str_of(term) for term in self._index.objects(subject, _OWL[axiom])]

    def _up(self, concept: str) -> frozenset[str]:
        found, waiting = set[str](), [concept]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.add(current)
            waiting.extend(self._stands_for.get(current, ()))
            for predicate in (SUBCLASS, TYPE, BROADER):
                waiting.extend(iri for iri in self._index.iris(current, predicate) if iri.startswith((DEF, ID)))
        return frozenset(found)

    @cached_property
    def _generic(self) -> dict[str, str]:
        """For each class, the first thing of it whose label is a name of the class, to the letter: no proper name."""
        found = dict[str, str]()
        for subject in sorted(subject for subject in self._index.all_subjects if subject.startswith(ID)):
            labels = {literal.value for label in LABELS for literal in self._index.literals(subject, label)}
            for kind in self._index.iris(subject, TYPE):
                if kind.startswith(DEF) and kind not in found and labels & self._class_names(kind):
                    found[kind] = subject
        return found

    def _class_names(self, kind: str) -> set[str]:
        literals = (self._index.literals(kind, predicate) for predicate in (*LABELS, *OTHER_NAMES))
        return {literal.value for found in literals for literal in found}

    @cached_property
    def _stands_for(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for kind, thing in self._generic.items():
            found.setdefault(thing, []).append(kind)
        return found


def concepts_in(store: ox.Store) -> Concepts:
    """The concepts that a store's graphs state, as they were stated: nothing inferred, nothing harvested."""

    def stated() -> Iterator[ox.Triple]:
        for predicate in _READ:
            for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None):
                graph = quad.graph_name
                if isinstance(graph, ox.NamedNode) and _is_curated(graph.value):
                    yield quad.triple

    return Concepts(stated())


def _is_curated(graph: str) -> bool:
    return graph not in (INFERRED_GRAPH, LINKS_GRAPH) and not graph.startswith(CATALOGUE)
