"""What only paging and containers need: hydra, LDP and FDP scaffolding flows in; the memberships it meant flow out."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.catalogue.mend.model import Change, Rule, Statements
from graph.catalogue.records import CATALOG, DATASET, DCAT, DISTRIBUTION, SERIES, SERVICE
from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import TYPE, Term

_HYDRA, _LDP, _FDP = PREFIXES["hydra"], PREFIXES["ldp"], "https://w3id.org/fdp/fdp-o#"
_SCAFFOLDING = (_HYDRA, _LDP, _FDP)
_CONTENT = frozenset({CATALOG, DATASET, SERIES, SERVICE, DISTRIBUTION})
_DATACITE_IDENTIFIER = "http://purl.org/spar/datacite/Identifier"
_MEMBERS = {CATALOG: "catalog", DATASET: "dataset", SERIES: "dataset", SERVICE: "service"}  # of a catalogue
_OF_FDP = {_FDP + "metadataCatalog": DCAT + "catalog"}


def _memberships(statements: Statements) -> Iterator[Change]:
    """What containers, collections and links from the part to the whole say of what is in what."""
    links = {link for whole, part in set(_wholes(statements)) if (link := _link(whole, part, statements))}
    if links:
        linked = _linked(statements)
        yield from (Change(None, link) for link in links if (link.subject, link.object) not in linked)


def _linked(statements: Statements) -> set[tuple[Term, Term]]:
    """Pairs of which the one already says something of the other: a sample of a dataset is no distribution more."""
    return {
        (triple.subject, triple.object)
        for property, triples in statements.by_property.items()
        if not property.startswith(_SCAFFOLDING)
        for triple in triples
    }


def _wholes(statements: Statements) -> Iterator[tuple[Term, Term]]:
    resources = {triple.subject: triple.object for triple in statements.of(_LDP + "membershipResource")}
    for property in (_LDP + "contains", _LDP + "member", _HYDRA + "member", *_OF_FDP):
        for triple in statements.of(property):
            yield resources.get(triple.subject, triple.subject), triple.object
    for triple in statements.of(DCTERMS + "isPartOf"):
        yield triple.object, triple.subject


def _link(whole: Term, part: Term, statements: Statements) -> ox.Triple | None:
    if not isinstance(whole, ox.NamedNode) or not isinstance(part, ox.NamedNode) or whole == part:
        return None
    wholes, parts = statements.types(whole), statements.types(part)
    if CATALOG in wholes:
        name = next((name for kind, name in _MEMBERS.items() if kind in parts), None)
        return _triple(whole, DCAT + name, part) if name else None
    if SERIES in wholes and DATASET in parts:
        return _triple(part, DCAT + "inSeries", whole)
    if DATASET in wholes and DISTRIBUTION in parts:
        return _triple(whole, DCAT + "distribution", part)
    return None


def _stated_relations(statements: Statements) -> Iterator[Change]:
    """What a container says of its members in so many words, of what another page describes."""
    relations = {triple.subject: triple.object for triple in statements.of(_LDP + "hasMemberRelation")}
    resources = {triple.subject: triple.object for triple in statements.of(_LDP + "membershipResource")}
    known = {DCAT + name for name in ("dataset", "distribution", "catalog", "service")}
    for triple in statements.of(_LDP + "contains"):
        relation, whole = relations.get(triple.subject), resources.get(triple.subject)
        if isinstance(relation, ox.NamedNode) and relation.value in known and isinstance(whole, ox.NamedNode):
            link = ox.Triple(whole, relation, triple.object)
            if link not in statements and SERIES not in statements.types(whole):
                yield Change(None, link)


def _without(statements: Statements) -> Iterator[Change]:
    if not _has_scaffolding(statements):
        return
    bare = _bare_nodes(statements)
    for triple in statements:
        kind = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        is_type = triple.predicate.value == TYPE
        if (
            triple.predicate.value.startswith(_SCAFFOLDING)
            or (is_type and kind.startswith(_SCAFFOLDING))
            or triple.subject in bare
        ):
            yield Change(triple, None)


def _has_scaffolding(statements: Statements) -> bool:
    return any(property.startswith(_SCAFFOLDING) for property in statements.by_property) or any(
        isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(_SCAFFOLDING)
        for triple in statements.of(TYPE)
    )


def _bare_nodes(statements: Statements) -> frozenset[Term]:
    """Nodes that are nothing else: containers of something's members, pages, and identifiers of metadata alone."""
    containers = {triple.subject for triple in statements.of(_LDP + "membershipResource")}
    pages = {
        triple.subject
        for triple in statements.of(TYPE)
        if isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(_HYDRA)
    }
    identifiers = {triple.object for triple in statements.of(_FDP + "metadataIdentifier")}
    wanted = {
        triple.object
        for property, triples in statements.by_property.items()
        if property != _FDP + "metadataIdentifier" and not property.startswith(_SCAFFOLDING)
        for triple in triples
    }
    return frozenset(
        node
        for node in (containers | pages | identifiers) - wanted
        if all(kind.startswith(_SCAFFOLDING) or kind == _DATACITE_IDENTIFIER for kind in statements.types(node))
    )


def _triple(subject: ox.NamedNode, property: str, object: ox.NamedNode) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(property), object)


RULES = (
    Rule(
        "memberships",
        "A container, a collection or dct:isPartOf says what is in a catalogue or a series, and DCAT's own property "
        "says the same; it is added, so that no dataset hangs on a container alone.",
        lambda statements: set(_memberships(statements)) | set(_stated_relations(statements)),
    ),
    Rule(
        "scaffolding",
        "Pages, containers and the metadata of metadata (hydra, LDP, FDP) belong to the place that data came from and "
        "say nothing of a dataset; what they say of membership was taken over before.",
        _without,
    ),
)
