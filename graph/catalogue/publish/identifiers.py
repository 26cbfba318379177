"""Identifiers on transfer: a dataset's statements flow in, the same under our identifier flow out.

HealthDCAT-AP Release 8 asks who passes a record on to put its own dcterms:identifier and to keep the one before as an
adms:identifier. Ours is the IRI that we publish the dataset under. That is the dataset's own IRI, wherever it was
harvested from, so that a second transfer finds nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from graph.catalogue.publish.substitutes import ADMS, IDENTIFIER
from graph.names import CATALOGUE, DCTERMS, SKOS, XSD
from graph.rdf.index import TYPE, Index

NODE = CATALOGUE.rstrip("/")  # our catalogue
OURS, BEFORE, NOTATION = DCTERMS + "identifier", ADMS + "identifier", SKOS + "notation"


def transferred(dataset: str, triples: Iterable[ox.Triple], record: str = "") -> Iterator[ox.Triple]:
    """The statements with our identifier of the dataset; those that it had come after them, below our record of it."""
    node, found = ox.NamedNode(dataset), list(triples)
    before = list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]()
    for triple in found:
        if triple.subject == node and triple.predicate.value == OURS:
            before.append(triple.object)
        else:
            yield triple
    yield ox.Triple(node, ox.NamedNode(OURS), own_identifier(dataset))
    known = _notations(dataset, found)
    for term in before:
        text = term.value if isinstance(term, ox.Literal | ox.NamedNode) else ""
        if text.strip() and text != dataset and text not in known:
            known.add(text)
            yield from _kept(node, term if isinstance(term, ox.Literal) else ox.Literal(text), record or NODE)


def own_identifier(dataset: str) -> ox.Literal:
    """Our identifier of a dataset: the IRI that we publish it under."""
    return ox.Literal(dataset, datatype=ox.NamedNode(XSD + "anyURI"))


def _kept(node: ox.NamedNode, notation: ox.Literal, place: str) -> Iterator[ox.Triple]:
    key = hashlib.sha256(f"{node.value}\n{notation}".encode()).hexdigest()[:16]
    kept = ox.NamedNode(f"{place}#identifier-{key}")
    yield ox.Triple(node, ox.NamedNode(BEFORE), kept)
    yield ox.Triple(kept, ox.NamedNode(TYPE), ox.NamedNode(IDENTIFIER))
    yield ox.Triple(kept, ox.NamedNode(NOTATION), notation)


def _notations(dataset: str, triples: list[ox.Triple]) -> set[str]:
    """What is an identifier of the dataset besides already."""
    said = {str(triple.object) for triple in triples if _is_other_identifier(dataset, triple)}
    nodes = Index(triple for triple in triples if str(triple.subject) in said)
    found = {literal.value for node in nodes.all_subjects for literal in nodes.literals(node, NOTATION)}
    return found | {triple.object.value for triple in triples if _is_text(dataset, triple)}  # type: ignore[union-attr]


def _is_other_identifier(dataset: str, triple: ox.Triple) -> bool:
    return triple.predicate.value == BEFORE and triple.subject == ox.NamedNode(dataset)


def _is_text(dataset: str, triple: ox.Triple) -> bool:
    return _is_other_identifier(dataset, triple) and isinstance(triple.object, ox.Literal)
