"""The profiles that records are held to: their names flow in, shapes ready to validate flow out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyoxigraph as ox

from graph.catalogue.records import Level
from graph.check.shapes import merged
from graph.errors import UnknownProfileError
from graph.names import SH
from graph.project import ROOT
from graph.rdf.index import Index

if TYPE_CHECKING:
    from graph.check.compiled import CompiledShapes

FOLDER = ROOT / "shapes"
_DCAT_AP = tuple(f"dcat-ap/{name}.ttl" for name in ("structure", "ranges", "lists", "recommendations"))
_HEALTH = tuple(f"healthdcat-ap/{name}.ttl" for name in ("structure", "ranges", "lists", "recommendations"))


@dataclass(frozen=True)
class Profile:
    """A profile by its name, and the files of shapes that state it."""

    name: str
    title: str
    files: tuple[str, ...]
    level: Level | None = None

    @property
    def paths(self) -> list[Path]:
        return [FOLDER / name for name in self.files]

    @cached_property
    def triples(self) -> tuple[ox.Triple, ...]:
        return tuple(merged(self.paths))

    @cached_property
    def index(self) -> Index:
        return Index(self.triples)

    @cached_property
    def compiled(self) -> CompiledShapes:
        from graph.check.compiled import CompiledShapes  # here, since who only names a profile needs no engine

        return CompiledShapes(self.triples, self.index)

    @cached_property
    def named_targets(self) -> frozenset[str]:
        """The nodes that shapes ask about by name, whether or not a document speaks of them."""
        found = (self.index.iris(shape, SH + "targetNode") for shape in self.index.all_subjects)
        return frozenset(node for nodes in found for node in nodes)


def _of_level(level: Level) -> Profile:
    title = f"HealthDCAT-AP Release 8, {level.slug} datasets"
    return Profile(
        f"healthdcat-ap-r8-{level.slug}", title, (*_DCAT_AP, *_HEALTH, f"healthdcat-ap/{level.slug}.ttl"), level
    )


DCAT_AP = Profile("dcat-ap-3.0.1", "DCAT-AP 3.0.1", (*_DCAT_AP, "dcat-ap/own-lists.ttl"))
LEVELS: Mapping[Level, Profile] = MappingProxyType({level: _of_level(level) for level in reversed(Level)})
PROFILES: Mapping[str, Profile] = MappingProxyType({it.name: it for it in (*LEVELS.values(), DCAT_AP)})


def profile_named(name: str) -> Profile:
    """The profile of this name.

    >>> profile_named("healthdcat-ap-r8-public").level
    <Level.PUBLIC: 'PUBLIC'>

    Raises:
        UnknownProfileError: there is none.
    """
    if name not in PROFILES:
        raise UnknownProfileError(f"there is no profile {name}.", advice=f"Take one of: {', '.join(PROFILES)}.")
    return PROFILES[name]
