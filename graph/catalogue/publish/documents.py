"""Harvested documents: a catalogue and a checksum flow in, what the provenance says of that document flows out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from graph.names import CATALOGUE, DCTERMS, PREFIXES, PROVENANCE_GRAPH

_GRAPH = ox.NamedNode(PROVENANCE_GRAPH)
_INFLUENCED = ox.NamedNode(PREFIXES["prov"] + "wasInfluencedBy")
_MEDIA_TYPES = (DCTERMS + "format", PREFIXES["dcat"] + "mediaType")
_ADDRESSES = (PREFIXES["prov"] + "atLocation", DCTERMS + "source", PREFIXES["prov"] + "wasDerivedFrom")
_IANA = "/assignments/media-types/"


@dataclass(frozen=True)
class Document:
    """One document that a catalogue was harvested from; where and as what it came is '' where nobody noted it."""

    checksum: str
    media_type: str = ""
    address: str = ""


def document(store: ox.Store, slug: str, checksum: str) -> Document | None:
    """The document of that checksum, where the provenance of the catalogue names it."""
    try:
        catalogue = ox.NamedNode(CATALOGUE + slug)
    except ValueError:
        return None
    for quad in store.quads_for_pattern(catalogue, _INFLUENCED, None, _GRAPH):
        for node in _near(store, quad.object):
            quads = store.quads_for_pattern(node, None, None, _GRAPH)
            values = {(quad.predicate.value, _value(quad.object)) for quad in quads}
            if checksum in {value for _, value in values}:
                return Document(checksum, _media_type(_first(values, _MEDIA_TYPES)), _first(values, _ADDRESSES))
    return None


def _near(store: ox.Store, activity: object) -> Iterator[ox.NamedNode | ox.BlankNode]:
    """An activity, and what it says that it used."""
    if isinstance(activity, ox.NamedNode | ox.BlankNode):
        for quad in store.quads_for_pattern(activity, None, None, _GRAPH):
            if isinstance(quad.object, ox.NamedNode | ox.BlankNode):
                yield quad.object
        yield activity


def _value(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


def _first(values: set[tuple[str, str]], names: tuple[str, ...]) -> str:
    return next((value for name in names for it, value in sorted(values) if it == name), "")


def _media_type(said: str) -> str:
    return said.rpartition(_IANA)[2] if _IANA in said else said
