"""Names for blank nodes: triples flow in; an IRI for each blank node flows out, the same whatever labels they had.

A dataset or catalogue is named after what identifies it (identifier, landing page, title), so that no other change
changes its name. Any other node is named after the node and property that lead to it and what identifies it there;
what it holds counts only where that is not enough to tell it from its siblings, and where nothing leads to it.

Nodes that are alike in all that are told apart by colour refinement (graph.catalogue.mend.colours), which takes
polynomial time where RDFC-1.0 takes exponential time on documents made for it: eight blank nodes that all name one
another keep it busy for three seconds, twelve for hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256

import pyoxigraph as ox

from graph.catalogue.mend.colours import Edges, colours, contents
from graph.catalogue.records import CATALOG, CATALOG_RECORD, DATASET, DCAT, DISTRIBUTION, SERIES, SERVICE
from graph.names import DCTERMS, PREFIXES, RDFS, SKOS
from graph.rdf.index import TYPE, Term

_CSVW, _FOAF, _PROV, _VCARD = PREFIXES["csvw"], PREFIXES["foaf"], PREFIXES["prov"], PREFIXES["vcard"]
_KINDS: Mapping[str, str] = {
    DATASET: "dataset",
    SERIES: "series",
    CATALOG: "catalogue",
    CATALOG_RECORD: "catalogue-record",
    DISTRIBUTION: "distribution",
    SERVICE: "service",
    _CSVW + "TableGroup": "tables",
    _CSVW + "Table": "table",
    _CSVW + "Column": "column",
    _VCARD + "Kind": "contact",
    _VCARD + "Organization": "contact",
    _VCARD + "Individual": "contact",
    _VCARD + "VCard": "contact",
    PREFIXES["cv"] + "ContactPoint": "contact",
    _FOAF + "Agent": "agent",
    _FOAF + "Organization": "agent",
    _FOAF + "Person": "agent",
    PREFIXES["org"] + "Organization": "agent",
    _PROV + "Agent": "agent",
    _PROV + "Organization": "agent",
    DCTERMS + "PeriodOfTime": "period",
    DCTERMS + "Location": "location",
    DCTERMS + "ProvenanceStatement": "provenance",
    DCTERMS + "RightsStatement": "rights",
    PREFIXES["adms"] + "Identifier": "identifier",
}
_ON_TOP = frozenset({"dataset", "series", "catalogue"})  # named after themselves, whoever names them
_TITLES = (DCTERMS + "title", _FOAF + "name", _VCARD + "fn", SKOS + "prefLabel", RDFS + "label")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "dataset": (DCTERMS + "identifier", DCAT + "landingPage", DCTERMS + "title"),
    "series": (DCTERMS + "identifier", DCAT + "landingPage", DCTERMS + "title"),
    "catalogue": (DCTERMS + "identifier", _FOAF + "homepage", DCTERMS + "title"),
    "distribution": (DCTERMS + "identifier", DCAT + "downloadURL", DCAT + "accessURL", DCTERMS + "title"),
    "service": (DCTERMS + "identifier", DCAT + "endpointURL", DCTERMS + "title"),
    "agent": (DCTERMS + "identifier", _FOAF + "name", _FOAF + "mbox", _FOAF + "homepage"),
    "contact": (_VCARD + "fn", _VCARD + "hasEmail", _VCARD + "hasUID"),
    "column": (_CSVW + "name",),
    "table": (_CSVW + "url", DCTERMS + "title"),
    "identifier": (SKOS + "notation",),
}
_ANY_KEY = (DCTERMS + "identifier", *_TITLES)
_MOST_STEPS = 200_000  # for telling alike nodes of knots apart, about a second; beyond it their labels do

Label = tuple[str, ...]


def name_blank_nodes(
    triples: Iterable[ox.Triple], namespace: str, notes: Iterable[tuple[ox.BlankNode, str]] = ()
) -> dict[ox.BlankNode, ox.NamedNode]:
    """An IRI below `namespace` for every blank node of these triples, no two the same.

    Notes on nodes tell apart what is alike by now, and was not in the source.
    """
    return _Naming(triples, namespace, notes).run()


class _Naming:
    def __init__(self, triples: Iterable[ox.Triple], namespace: str, notes: Iterable[tuple[ox.BlankNode, str]]) -> None:
        self._namespace = namespace
        self._out: Edges = defaultdict(list)
        self._into: Edges = defaultdict(list)
        self._names: dict[ox.BlankNode, ox.NamedNode] = {}
        self._taken = set[str]()
        self._steps = 0
        nodes = set[ox.BlankNode]()
        for triple in triples:
            subject, object = triple.subject, triple.object
            for term in (subject, object):
                if isinstance(term, ox.BlankNode):
                    nodes.add(term)
                elif isinstance(term, ox.NamedNode) and term.value.startswith(namespace):
                    self._taken.add(term.value)
            if isinstance(subject, ox.BlankNode):
                self._out[subject].append((triple.predicate.value, object))
            if isinstance(object, ox.BlankNode):
                self._into[object].append((triple.predicate.value, subject))
        for node, note in notes:
            self._out[node].append(("", ox.Literal(note)))
        self._unnamed = nodes
        self._waiting = {node for node in nodes if any(isinstance(by, ox.NamedNode) for _, by in self._into[node])}

    def run(self) -> dict[ox.BlankNode, ox.NamedNode]:
        self._name_tops()
        while self._unnamed:
            if self._waiting:
                self._name_wave(self._waiting, self._below)
            else:
                self._name_wave(self._roots(), lambda node: ("",))
        return self._names

    def _name_tops(self) -> None:
        """What is identified by itself, whatever leads to it."""
        groups: dict[Label, list[ox.BlankNode]] = defaultdict(list)
        for node in self._unnamed:
            kind, key = self._identity[node]
            if kind in _ON_TOP and key:
                groups[kind, *key].append(node)
        for label, group in groups.items():
            if len(group) == 1:
                self._name(group[0], label)

    def _roots(self) -> set[ox.BlankNode]:
        """What nothing leads to; in a circle, all."""
        roots = {node for node in self._unnamed if not self._into[node]}
        return roots or set(self._unnamed)

    def _below(self, node: ox.BlankNode) -> Label:
        """The first of the named nodes that lead to it, and by which property."""
        named = ((self._name_of(by), property) for property, by in self._into[node])
        return min((name, property) for name, property in named if name)

    def _name_wave(self, nodes: Iterable[ox.BlankNode], context: object) -> None:
        groups: dict[Label, list[ox.BlankNode]] = defaultdict(list)
        for node in nodes:
            kind, key = self._identity[node]
            groups[(*context(node), kind, *key)].append(node)  # type: ignore[operator]
        alike: dict[Label, list[ox.BlankNode]] = {}
        fresh: list[tuple[ox.BlankNode, Label]] = []
        for label, group in groups.items():
            fresh.extend(self._told_apart(label, group, alike))
        if not fresh:
            fresh = self._of_alike(*min(alike.items(), key=lambda item: item[0]))
        for node, label in fresh:
            self._name(node, label)

    def _told_apart(
        self, label: Label, group: Sequence[ox.BlankNode], alike: dict[Label, list[ox.BlankNode]]
    ) -> list[tuple[ox.BlankNode, Label]]:
        if len(group) == 1:
            return [(group[0], label)]
        by_content: dict[str, list[ox.BlankNode]] = defaultdict(list)
        for node in group:
            by_content[self._contents[node]].append(node)
        found: list[tuple[ox.BlankNode, Label]] = []
        for content, same in by_content.items():
            if len(same) == 1:
                found.append((same[0], (*label, content)))
            elif all(node in self._own_trees and self._is_led_to_by_names(node) for node in same):
                found.extend((node, (*label, content, str(number))) for number, node in enumerate(same))
            else:
                alike[*label, content] = same
        return found

    def _is_led_to_by_names(self, node: ox.BlankNode) -> bool:
        return all(self._name_of(by) for _, by in self._into[node])

    def _of_alike(self, label: Label, group: Sequence[ox.BlankNode]) -> list[tuple[ox.BlankNode, Label]]:
        """Those of the group that the whole graph tells apart; where none is, the first: the rest follow from it."""
        self._steps += len(group) * sum(len(self._out[node]) + len(self._into[node]) for node in self._unnamed)
        if self._steps > _MOST_STEPS:
            return [(node, (*label, str(number))) for number, node in enumerate(group)]
        seen = {node: self._certificate(node) for node in group}
        groups: dict[str, list[ox.BlankNode]] = defaultdict(list)
        for node, certificate in seen.items():
            groups[certificate].append(node)
        if len(groups) > 1:
            alone = [(same[0], (*label, mark)) for mark, same in groups.items() if len(same) == 1]
            if alone:
                return alone
        mark, same = min(groups.items(), key=lambda item: item[0])
        return [(same[0], (*label, mark, "first of", str(len(same))))]

    def _certificate(self, node: ox.BlankNode) -> str:
        """What the nodes without a name look like from this one."""
        around = self._neighbours_of(node)
        marks = {other: self._contents[other] + ("*" if other == node else "") for other in around}
        refined = colours(marks, self._out, self._into, self._name_of)
        return _hash((refined[node], *sorted(refined.values())))

    def _neighbours_of(self, node: ox.BlankNode) -> set[ox.BlankNode]:
        found, waiting = {node}, [node]
        while waiting:
            at = waiting.pop()
            for _, term in (*self._out[at], *self._into[at]):
                if isinstance(term, ox.BlankNode) and term in self._unnamed and term not in found:
                    found.add(term)
                    waiting.append(term)
        return found

    def _name(self, node: ox.BlankNode, label: Label) -> None:
        kind = self._identity[node][0]
        name, number = f"{self._namespace}{kind}/{_hash(label)[:16]}", 1
        while name in self._taken:
            number += 1
            name = f"{self._namespace}{kind}/{_hash((*label, 'again', str(number)))[:16]}"
        self._taken.add(name)
        self._names[node] = ox.NamedNode(name)
        self._unnamed.discard(node)
        self._waiting.discard(node)
        self._waiting.update(
            term for _, term in self._out[node] if isinstance(term, ox.BlankNode) and term in self._unnamed
        )

    def _name_of(self, term: Term) -> str:
        """An IRI, or the one that a blank node got; empty where it has none yet."""
        if isinstance(term, ox.BlankNode):
            named = self._names.get(term)
            return named.value if named else ""
        return term.value if isinstance(term, ox.NamedNode) else str(term)

    @cached_property
    def _identity(self) -> dict[ox.BlankNode, tuple[str, Label]]:
        return {node: self._identity_of(node) for node in self._unnamed}

    def _identity_of(self, node: ox.BlankNode) -> tuple[str, Label]:
        said: dict[str, list[Term]] = defaultdict(list)
        for property, term in self._out[node]:
            said[property].append(term)
        types = {term.value for term in said.get(TYPE, ()) if isinstance(term, ox.NamedNode)}
        kind = next((word for iri, word in _KINDS.items() if iri in types), "node")
        for property in _KEYS.get(kind, _ANY_KEY):
            values = sorted(_key(term) for term in said.get(property, ()) if not isinstance(term, ox.BlankNode))
            if values:
                return kind, (property, *(values[:1] if property in _TITLES else values))
        return kind, ()

    @cached_property
    def _contents(self) -> dict[ox.BlankNode, str]:
        return contents(self._unnamed, self._out, self._name_of)

    @cached_property
    def _own_trees(self) -> set[ox.BlankNode]:
        """Nodes that share nothing blank with others.

        Below the same node by the same property, or where nothing leads to them, they are alike in truth if in content.
        """
        found = set[ox.BlankNode]()
        inner = {node for node in self._unnamed if len(self._into[node]) <= 1}
        for node in self._in_order_of_depth(inner):
            if node in inner and all(
                term in found
                for _, term in self._out[node]
                if isinstance(term, ox.BlankNode) and term not in self._names
            ):
                found.add(node)
        return found

    def _in_order_of_depth(self, nodes: set[ox.BlankNode]) -> list[ox.BlankNode]:
        """Leaves first; nodes of circles come in no order."""
        order: list[ox.BlankNode] = []
        seen = set[ox.BlankNode]()
        for start in nodes:
            stack = [(start, False)]
            while stack:
                node, is_done = stack.pop()
                if is_done:
                    order.append(node)
                elif node not in seen:
                    seen.add(node)
                    stack.append((node, True))
                    stack.extend((term, False) for _, term in self._out[node] if isinstance(term, ox.BlankNode))
        return order


def _key(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _hash(parts: Iterable[str]) -> str:
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
