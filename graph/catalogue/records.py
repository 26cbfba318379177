"""The records of a catalogue: its triples flow in; its datasets, and the statements that make up each, flow out.

A record is what is said of one dataset: its own statements, and those of the nodes that it leads to (distributions,
agents, contact points, variables), as far as the next dataset or catalogue, which has a record of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property

import pyoxigraph as ox

from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import TYPE, Index, Term, str_of

DCAT = PREFIXES["dcat"]
DATASET, SERIES, CATALOG = DCAT + "Dataset", DCAT + "DatasetSeries", DCAT + "Catalog"
SERVICE, DISTRIBUTION, CATALOG_RECORD = DCAT + "DataService", DCAT + "Distribution", DCAT + "CatalogRecord"
ACCESS_RIGHTS = DCTERMS + "accessRights"
ACCESS_RIGHT_LIST = PREFIXES["euauth"] + "access-right/"
_OWN_RECORD = frozenset({DATASET, SERIES, CATALOG, CATALOG_RECORD})


class Level(Enum):
    """How open a dataset is, the strictest first, by the last part of its IRI in the EU's list."""

    NON_PUBLIC = "NON_PUBLIC"
    RESTRICTED = "RESTRICTED"
    PUBLIC = "PUBLIC"

    @property
    def iri(self) -> str:
        return ACCESS_RIGHT_LIST + self.value

    @property
    def slug(self) -> str:
        """The word for it in the names of profiles.

        >>> Level.NON_PUBLIC.slug
        'non-public'
        """
        return self.value.lower().replace("_", "-")


class Catalogue:
    """The triples of one catalogue or document, by subject, and the records in it."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = frozenset(triples)

    @cached_property
    def index(self) -> Index:
        return Index(self.triples)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """What is stated to be a dataset: IRIs, and blank nodes as `_:x`, in the order of their names."""
        return tuple(sorted(set(self.index.subjects(TYPE, DATASET))))

    @property
    def level(self) -> Level:
        """The strictest level that anything in it names; non-public where nothing does."""
        named = {term.value for term in self._access_rights(self.index.all_subjects)}
        return _strictest(named)

    def level_of(self, dataset: str) -> Level:
        """The level of one dataset: the strictest that it names, non-public where it names none."""
        return _strictest({term.value for term in self._access_rights([dataset])})

    def record(self, dataset: str) -> frozenset[ox.Triple]:
        """The statements of one record."""
        found, seen, waiting = set[ox.Triple](), {dataset}, [dataset]
        while waiting:
            for triple in self._by_subject.get(waiting.pop(), ()):
                found.add(triple)
                node = triple.object
                if isinstance(node, ox.Literal) or str_of(node) in seen:
                    continue
                seen.add(str_of(node))
                if str_of(node) in self._by_subject and not self._has_own_record(str_of(node)):
                    waiting.append(str_of(node))
        return frozenset(found)

    def _has_own_record(self, node: str) -> bool:
        return not _OWN_RECORD.isdisjoint(self.index.iris(node, TYPE))

    def _access_rights(self, subjects: Iterable[str]) -> Iterator[ox.NamedNode]:
        for subject in subjects:
            for term in self.index.objects(subject, ACCESS_RIGHTS):
                if isinstance(term, ox.NamedNode):
                    yield term

    @cached_property
    def _by_subject(self) -> dict[str, list[ox.Triple]]:
        found: dict[str, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(str_of(triple.subject), []).append(triple)
        return found


def _strictest(named: set[str]) -> Level:
    return next((level for level in Level if level.iri in named), Level.NON_PUBLIC)


def node_of(name: str) -> Term:
    """The IRI or the blank node that `Index` gives as text."""
    return ox.BlankNode(name[2:]) if name.startswith("_:") else ox.NamedNode(name)
