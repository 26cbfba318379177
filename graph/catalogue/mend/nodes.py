"""Texts where the profile wants a node: a publisher's name or a licence's words flow in; a node with them flows out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

import pyoxigraph as ox

from graph.catalogue.mend.model import Change, Rule, Statements
from graph.catalogue.records import DCAT
from graph.names import DCTERMS, PREFIXES, RDFS, SKOS
from graph.rdf.index import TYPE

_FOAF, _ADMS, _VCARD = PREFIXES["foaf"], PREFIXES["adms"], PREFIXES["vcard"]


class _Node(NamedTuple):
    """What a text becomes: a node of this class, with the text as the value of this property."""

    word: str
    kind: str
    label: str


_AGENT = _Node("agent", _FOAF + "Agent", _FOAF + "name")
_RIGHTS = _Node("rights", DCTERMS + "RightsStatement", RDFS + "label")
_NODES: Mapping[str, _Node] = {
    DCTERMS + "publisher": _AGENT,
    DCTERMS + "creator": _AGENT,
    DCTERMS + "provenance": _Node("provenance", DCTERMS + "ProvenanceStatement", RDFS + "label"),
    DCTERMS + "rights": _RIGHTS,
    DCTERMS + "accessRights": _RIGHTS,
    DCTERMS + "license": _Node("licence", DCTERMS + "LicenseDocument", RDFS + "label"),
    DCTERMS + "conformsTo": _Node("standard", DCTERMS + "Standard", DCTERMS + "title"),
    DCTERMS + "spatial": _Node("location", DCTERMS + "Location", SKOS + "prefLabel"),
    _ADMS + "identifier": _Node("identifier", _ADMS + "Identifier", SKOS + "notation"),
    DCAT + "contactPoint": _Node("contact", _VCARD + "Kind", _VCARD + "fn"),
}
_WORD = re.compile(r"\w")
_WITHOUT_NAME = re.compile(r"^n[0-9a-f]{30,}\w*$")  # the label of a blank node, written as text by mistake


def rule_below(namespace: str) -> Rule:
    """The rule with its nodes below a namespace."""

    def changes(statements: Statements) -> Iterator[Change]:
        for property, node in _NODES.items():
            for texts in _together(statements, property):
                name = ox.NamedNode(f"{namespace}{node.word}/{_digest(texts)}")
                yield Change(None, ox.Triple(name, ox.NamedNode(TYPE), ox.NamedNode(node.kind)))
                for triple in texts:
                    yield Change(triple, ox.Triple(triple.subject, triple.predicate, name))
                    yield Change(None, ox.Triple(name, ox.NamedNode(node.label), triple.object))

    return Rule(
        "text-as-node",
        "The profile wants a thing where the source has only its name or words: the publisher, licence, place or "
        "statement gets a node of its own, and the text is the node's label, letter by letter.",
        changes,
    )


def _together(statements: Statements, property: str) -> Iterator[list[ox.Triple]]:
    """The texts of one node each: those of a subject in several languages are one."""
    by_subject: dict[object, list[ox.Triple]] = defaultdict(list)
    for triple in statements.of(property):
        if isinstance(triple.object, ox.Literal) and _is_words(triple.object.value):
            by_subject[triple.subject].append(triple)
    for texts in by_subject.values():
        languages = {triple.object.language for triple in texts if isinstance(triple.object, ox.Literal)}
        if None not in languages and len(languages) == len(texts):
            yield texts
        else:
            yield from ([triple] for triple in texts)


def _is_words(text: str) -> bool:
    return _WORD.search(text) is not None and not _WITHOUT_NAME.match(text)


def _digest(texts: list[ox.Triple]) -> str:
    return sha256("\n".join(sorted(str(triple.object) for triple in texts)).encode()).hexdigest()[:16]
