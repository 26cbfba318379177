"""Keep the links in the store: links of datasets flow in, the exact difference to the links graph flows into a change.

A link that a curator has rejected stays rejected, and one that somebody else stated (its method is none of ours) stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from graph.catalogue.link.concepts import concepts_in
from graph.catalogue.link.linker import METHODS, Link, Linker
from graph.catalogue.link.statements import Statements
from graph.names import DCTERMS, DEF, LINK, LINKS_GRAPH, RDF, RDFS, XSD
from graph.write.change import Change

GRAPH = ox.NamedNode(LINKS_GRAPH)
IS_ABOUT = ox.NamedNode(DEF + "isAbout")
CONCEPT_LINK, REJECTED_LINK = ox.NamedNode(DEF + "ConceptLink"), ox.NamedNode(DEF + "RejectedLink")
_TYPE = ox.NamedNode(RDF + "type")
_DATASET, _CONCEPT = ox.NamedNode(DEF + "linkedDataset"), ox.NamedNode(DEF + "linkedConcept")
_METHOD = ox.NamedNode(DEF + "linkMethod")
_WAITING = 100_000  # statements that are written at once

Step = Callable[[int, int], None]  # how many datasets are done, of how many


@dataclass
class Linked:
    """What linking came to."""

    datasets: int = 0
    linked: int = 0  # datasets with a link
    links: int = 0
    rejected: int = 0  # links that were found, and that a curator has rejected


def relink(
    change: Change, slug: str | None = None, step: Step = lambda done, of: None, linker: Linker | None = None
) -> Linked:
    """Link the datasets of one catalogue, or of all, anew; what is the same as before is not touched.

    Without a `linker` it is one of the store's own concepts.
    """
    store, outcome = change.store, Linked()
    linker, statements = linker or Linker(concepts_in(store)), Statements(store)
    datasets = statements.datasets(slug)
    waiting: list[ox.Quad] = []
    for done, dataset in enumerate(datasets):
        rejected = set(_rejections(store, dataset))
        found = linker.link(statements, dataset)
        kept = [link for link in found if link.concept not in rejected]
        added, removed = _difference(store, dataset, kept)
        change.remove(removed)
        waiting.extend(added)
        if len(waiting) > _WAITING:
            change.add(waiting, many=True)
            waiting.clear()
        outcome.datasets, outcome.linked = done + 1, outcome.linked + bool(kept)
        outcome.links, outcome.rejected = outcome.links + len(kept), outcome.rejected + len(found) - len(kept)
        step(done + 1, len(datasets))
    change.add(waiting, many=len(waiting) > _WAITING // 2)
    if slug is None:
        change.remove(list(_orphans(store, set(datasets))))
    return outcome


def reject(change: Change, dataset: str, concept: str, because: str, who: ox.NamedNode, when: ox.Literal) -> bool:
    """Note that a dataset is not about a concept; whether a link stood there before."""
    node = link_node(dataset, concept)
    shortcut = ox.Quad(ox.NamedNode(dataset), IS_ABOUT, ox.NamedNode(concept), GRAPH)
    others = [found for found in _nodes(change.store, dataset) if _about(change.store, found) == concept]
    stood = any(ox.Quad(found, _TYPE, CONCEPT_LINK, GRAPH) in change.store for found in others)
    change.remove([shortcut, *(ox.Quad(found, _TYPE, CONCEPT_LINK, GRAPH) for found in others)])
    comment = ox.NamedNode(RDFS + "comment")
    change.remove(list(change.store.quads_for_pattern(node, comment, None, GRAPH)))
    says: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (_TYPE, REJECTED_LINK),
        (_DATASET, ox.NamedNode(dataset)),
        (_CONCEPT, ox.NamedNode(concept)),
        (comment, ox.Literal(because)),
        (ox.NamedNode(DCTERMS + "creator"), who),
        (ox.NamedNode(DCTERMS + "date"), when),
    ]
    change.add(ox.Quad(node, predicate, value, GRAPH) for predicate, value in says)
    return stood


def link_node(dataset: str, concept: str) -> ox.NamedNode:
    """The IRI of the link between two things."""
    return ox.NamedNode(LINK + hashlib.sha256(f"{dataset}\n{concept}".encode()).hexdigest()[:16])


def quads_of(link: Link) -> Iterator[ox.Quad]:
    """What is stated of a link, and the shortcut."""
    node, dataset, concept = (
        link_node(link.dataset, link.concept),
        ox.NamedNode(link.dataset),
        ox.NamedNode(link.concept),
    )
    yield ox.Quad(node, _TYPE, CONCEPT_LINK, GRAPH)
    yield ox.Quad(node, _DATASET, dataset, GRAPH)
    yield ox.Quad(node, _CONCEPT, concept, GRAPH)
    yield ox.Quad(node, _METHOD, ox.Literal(link.method), GRAPH)
    score = ox.Literal(f"{link.score:g}", datatype=ox.NamedNode(XSD + "decimal"))
    yield ox.Quad(node, ox.NamedNode(DEF + "linkScore"), score, GRAPH)
    yield ox.Quad(node, ox.NamedNode(DEF + "linkText"), ox.Literal(link.text), GRAPH)
    yield ox.Quad(node, ox.NamedNode(DEF + "linkProperty"), ox.NamedNode(link.property), GRAPH)
    yield ox.Quad(dataset, IS_ABOUT, concept, GRAPH)


def _difference(store: ox.Store, dataset: str, links: Iterable[Link]) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """What is to be stated and what is to be taken back, so that a dataset has exactly these links of ours."""
    wanted = {quad for link in links for quad in quads_of(link)}
    stated, kept = set(store.quads_for_pattern(ox.NamedNode(dataset), IS_ABOUT, None, GRAPH)), set[str]()
    for node in _nodes(store, dataset):
        if _is_ours(store, node):
            stated.update(_all(store, node))
        elif ox.Quad(node, _TYPE, CONCEPT_LINK, GRAPH) in store:
            kept.add(_about(store, node))
    stated = {quad for quad in stated if quad.predicate != IS_ABOUT or str(quad.object)[1:-1] not in kept}
    return sorted(wanted - stated, key=str), sorted(stated - wanted, key=str)


def _rejections(store: ox.Store, dataset: str) -> Iterator[str]:
    for node in _nodes(store, dataset):
        if ox.Quad(node, _TYPE, REJECTED_LINK, GRAPH) in store and (concept := _about(store, node)):
            yield concept


def _nodes(store: ox.Store, dataset: str) -> list[ox.NamedNode]:
    found = store.quads_for_pattern(None, _DATASET, ox.NamedNode(dataset), GRAPH)
    return [quad.subject for quad in found if isinstance(quad.subject, ox.NamedNode)]


def _all(store: ox.Store, node: ox.NamedNode) -> Iterator[ox.Quad]:
    return iter(store.quads_for_pattern(node, None, None, GRAPH))


def _about(store: ox.Store, node: ox.NamedNode) -> str:
    found = next(iter(store.quads_for_pattern(node, _CONCEPT, None, GRAPH)), None)
    return found.object.value if found is not None and isinstance(found.object, ox.NamedNode) else ""


def _is_ours(store: ox.Store, node: ox.NamedNode) -> bool:
    """Whether a link is one that we found, and that nobody has rejected."""
    if ox.Quad(node, _TYPE, REJECTED_LINK, GRAPH) in store:
        return False
    methods = (quad.object for quad in store.quads_for_pattern(node, _METHOD, None, GRAPH))
    return any(isinstance(method, ox.Literal) and method.value in METHODS for method in methods)


def _orphans(store: ox.Store, datasets: set[str]) -> Iterator[ox.Quad]:
    """Our links of datasets that no catalogue holds any more."""
    for quad in store.quads_for_pattern(None, _DATASET, None, GRAPH):
        node, dataset = quad.subject, quad.object
        if not isinstance(dataset, ox.NamedNode) or dataset.value in datasets or not isinstance(node, ox.NamedNode):
            continue
        if _is_ours(store, node):
            yield from _all(store, node)
            yield ox.Quad(dataset, IS_ABOUT, ox.NamedNode(_about(store, node)), GRAPH)
