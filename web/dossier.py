"""What we ourselves know of a dataset: a generation's bookkeeping flows in; its links, mends and history flow out.

The graphs that it stands in are those that `graph.names` has: a catalogue's `/record` and `/quality`, the links, the
provenance. Each is looked up by what leads to it, so that a page costs the same in a large catalogue as in a small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.names import CATALOGUE, DCTERMS, DEF, ID, LINKS_GRAPH, METRIC, PREFIXES, PROVENANCE_GRAPH, RDF, RDFS, shorten
from graph.rdf.index import Term, str_of
from graph.sparql.literals import unprotect
from web.texts import plain

DQV, FOAF, OA, PROV, XSD = (PREFIXES[name] for name in ("dqv", "foaf", "oa", "prov", "xsd"))
FAMILIES = {  # by the class that a concept is of, or is below
    DEF + "HealthData": "Data types",
    DEF + "Disease": "Diseases",
    DEF + "Therapy": "Therapies",
    **dict.fromkeys((DEF + "Study", DEF + "StudyDesign", DEF + "DesignFeature"), "Trial designs"),
    DEF + "Technology": "Technologies",
    DEF + "Infrastructure": "Infrastructures",
    DEF + "StakeholderRole": "Stakeholders",
}
METHODS = {
    "code": "by the code",
    "label": "by the words",
    "acronym": "by the acronym",
    "variable": "by the variable",
}
NOTES = {  # what is noted of a harvest in terms of others; ours have labels
    DCTERMS + "source": "source",
    PREFIXES["dcat"] + "byteSize": "bytes",
    PREFIXES["schema"] + "softwareVersion": "version of pmkg",
    RDFS + "comment": "what came of it",
}
MOST_HARVESTS = 20


@dataclass(frozen=True)
class Link:
    """A concept that the dataset is linked to, and why."""

    concept: str
    label: str
    family: str
    method: str
    score: float | None
    text: str
    property: str


@dataclass(frozen=True)
class Mend:
    """One value that was mended before it was kept; both values as N-Triples has them."""

    rule: str
    subject: str
    property: str
    before: str
    after: str


@dataclass(frozen=True)
class Harvest:
    """One time that the catalogue was taken in: what is noted of it, in words."""

    when: str
    notes: tuple[tuple[str, str], ...]
    pages: tuple[tuple[str, str], ...]  # address and checksum


class Dossier:
    """What a generation says of one dataset of one catalogue besides what the catalogue says."""

    def __init__(self, store: ox.Store, slug: str, dataset: str) -> None:
        self._store, self._slug, self._dataset = store, slug, ox.NamedNode(dataset)
        self._catalogue = ox.NamedNode(CATALOGUE + slug)
        self._records = ox.NamedNode(f"{CATALOGUE}{slug}/record")
        self._quality = ox.NamedNode(f"{CATALOGUE}{slug}/quality")

    @cached_property
    def node(self) -> ox.NamedNode | None:
        """Our record of it; None for a dataset that was not harvested."""
        topics = self._subjects(FOAF + "primaryTopic", self._dataset, self._records)
        return next((node for node in topics if isinstance(node, ox.NamedNode)), None)

    @property
    def seen(self) -> str:
        return self._said(DCTERMS + "issued")

    @property
    def changed(self) -> str:
        return self._said(DCTERMS + "modified")

    @property
    def gone(self) -> str:
        return self._said(PROV + "invalidatedAtTime")

    @property
    def source(self) -> str:
        return self._said(DCTERMS + "source")

    def reason(self, other: str) -> str:
        """Why another dataset is taken for the same, where that is noted."""
        target = ox.NamedNode(OA + "hasTarget")
        for node in self._subjects(OA + "hasBody", ox.NamedNode(other), None):
            if self._dataset in set(self._objects(node, target, None)):
                return self._one(node, RDFS + "comment", None)
        return ""

    @property
    def elsewhere(self) -> list[str]:
        """The datasets of other catalogues, or others of this one, that are the same."""
        same = ox.NamedNode(DEF + "sameDatasetAs")
        found = set(self._objects(self._dataset, same, self._records))
        found |= set(self._subjects(same.value, self._dataset, None))
        if self.node is not None:
            found |= set(self._objects(self.node, ox.NamedNode(DCTERMS + "relation"), self._records))
        return sorted({str_of(term) for term in found if isinstance(term, ox.NamedNode)} - {self._dataset.value})

    @cached_property
    def measurements(self) -> dict[str, str]:
        """What it was measured to be, by the metric's name."""
        found = {}
        for node in self._subjects(DQV + "computedOn", self._dataset, self._quality):
            metric = self._one(node, DQV + "isMeasurementOf", self._quality)
            value = self._one(node, DQV + "value", self._quality)
            if metric.startswith(METRIC) and value:
                found[metric.removeprefix(METRIC)] = value
        return found

    @property
    def links(self) -> dict[str, list[Link]]:
        """The concepts that it is linked to, by family, the surest first; none that a curator has rejected."""
        graph = ox.NamedNode(LINKS_GRAPH)
        found: dict[str, list[Link]] = {name: [] for name in (*FAMILIES.values(), "Others")}
        for node in self._subjects(DEF + "linkedDataset", self._dataset, graph):
            kinds = {str_of(term) for term in self._objects(node, ox.NamedNode(RDF + "type"), graph)}
            if DEF + "ConceptLink" in kinds and DEF + "RejectedLink" not in kinds:
                link = self._link(node, graph)
                found[link.family].append(link)
        return {family: sorted(links, key=_surest) for family, links in found.items() if links}

    def mends(self, subjects: Iterable[str]) -> list[Mend]:
        """What was mended of the nodes that its record is made of."""
        found = set()
        for subject in subjects:
            if not subject.startswith("_:"):
                for node in self._subjects(OA + "hasTarget", ox.NamedNode(subject), self._records):
                    if self._one(node, DEF + "mendRule", self._records):
                        found.add(self._mend(node, subject))
        return sorted(found, key=lambda mend: (mend.rule, mend.subject, mend.property, mend.before))

    @property
    def harvests(self) -> list[Harvest]:
        """The times that its catalogue was taken in, the latest first."""
        influenced, graph = ox.NamedNode(PROV + "wasInfluencedBy"), ox.NamedNode(PROVENANCE_GRAPH)
        activities = {
            quad.object
            for quad in self._store.quads_for_pattern(self._catalogue, influenced, None, graph)
            if isinstance(quad.object, ox.NamedNode)
        }
        found = [self._harvest(activity, graph) for activity in activities]
        return sorted(found, key=lambda item: item.when, reverse=True)[:MOST_HARVESTS]

    def label(self, iri: str) -> str:
        """What the graph calls something, in English where it does."""
        quads = self._store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(RDFS + "label"), None, None)
        terms = {quad.object for quad in quads if isinstance(quad.object, ox.Literal)}
        labels = sorted((term.language != "en", term.value) for term in terms)
        return labels[0][1] if labels else shorten(iri)

    def _link(self, node: Term, graph: ox.NamedNode) -> Link:
        concept = self._one(node, DEF + "linkedConcept", graph)
        method, score = self._one(node, DEF + "linkMethod", graph), self._one(node, DEF + "linkScore", graph)
        return Link(
            concept=concept,
            label=self.label(concept),
            family=self._family(concept),
            method=METHODS.get(method, method),
            score=float(score) if re.fullmatch(r"\d+(?:\.\d+)?", score) else None,
            text=plain(self._one(node, DEF + "linkText", graph)),
            property=self._one(node, DEF + "linkProperty", graph),
        )

    def _family(self, concept: str) -> str:
        """The family of a concept, by the classes that it is of or is below, the nearest first."""
        waiting = [concept, *self._leads(concept, RDF + "type")] if concept.startswith(ID) else [concept]
        seen = set[str]()
        while waiting:
            current = waiting.pop(0)
            if current in FAMILIES:
                return FAMILIES[current]
            if current not in seen:
                seen.add(current)
                waiting.extend(sorted(self._leads(current, RDFS + "subClassOf")))
        return "Others"

    def _leads(self, subject: str, predicate: str) -> set[str]:
        terms = self._objects(ox.NamedNode(subject), ox.NamedNode(predicate), None)
        return {term.value for term in terms if isinstance(term, ox.NamedNode)}

    def _mend(self, node: Term, subject: str) -> Mend:
        name = self._one(node, DEF + "mendedProperty", self._records)
        before, after = (self._one(node, DEF + part, self._records) for part in ("valueBefore", "valueAfter"))
        rule = self._one(node, DEF + "mendRule", self._records)
        return Mend(rule.replace("-", " "), subject, shorten(name) if name else "", before, after)

    def _harvest(self, activity: ox.NamedNode, graph: ox.NamedNode) -> Harvest:
        """All that is noted of one: whatever its names are, they are shown as our terms' labels or as CURIEs."""
        notes, when, pages = list[tuple[str, str]](), "", list[tuple[str, str]]()
        for quad in self._store.quads_for_pattern(activity, None, None, graph):
            name, term = quad.predicate.value, unprotect(quad.object)
            if name in (PROV + "endedAtTime", PROV + "startedAtTime"):
                when = max(when, _value(term))
            elif isinstance(term, ox.Literal):
                notes.append((NOTES.get(name) or self.label(name), plain(term.value)))
            elif page := self._page(term, graph):
                pages.append(page)
        return Harvest(when, tuple(sorted(notes)), tuple(sorted(pages)))

    def _page(self, node: Term, graph: ox.NamedNode) -> tuple[str, str] | None:
        """The address and the checksum of a page that an activity used, where the node is one."""
        checksum = address = ""
        if isinstance(node, ox.NamedNode | ox.BlankNode):
            for quad in self._store.quads_for_pattern(node, None, None, graph):
                value = _value(quad.object)
                if re.fullmatch(r"[0-9a-f]{64}", value):
                    checksum = value
                elif quad.predicate.value in (DCTERMS + "source", PROV + "atLocation", PROV + "wasDerivedFrom"):
                    address = value
        return (address, checksum) if checksum else None

    def _said(self, predicate: str) -> str:
        return self._one(self.node, predicate, self._records) if self.node is not None else ""

    def _one(self, subject: Term, predicate: str, graph: ox.NamedNode | None) -> str:
        return next((_value(term) for term in self._objects(subject, ox.NamedNode(predicate), graph)), "")

    def _objects(self, subject: Term, predicate: ox.NamedNode, graph: ox.NamedNode | None) -> Iterator[Term]:
        assert isinstance(subject, ox.NamedNode | ox.BlankNode)
        for quad in self._store.quads_for_pattern(subject, predicate, None, graph):
            yield unprotect(quad.object)

    def _subjects(self, predicate: str, value: ox.NamedNode, graph: ox.NamedNode | None) -> Iterator[Term]:
        for quad in self._store.quads_for_pattern(None, ox.NamedNode(predicate), value, graph):
            yield quad.subject


def _surest(link: Link) -> tuple[float, str]:
    return -(link.score or 0), link.label.lower()


def _value(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
