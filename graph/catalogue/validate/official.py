"""The official shapes: their folder and a document's triples flow in; what they say of it under pyshacl flows out.

They are not part of the project. Who has them (HealthDCAT-AP Release 8 of DG SANTE, DCAT-AP 3.0.1 of SEMIC) can hold
our shapes to them: `agreement` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pyoxigraph as ox
import rdflib

from graph.catalogue.validate.profiles import Profile
from graph.catalogue.validate.reference import reference_results, to_graph
from graph.check.compiled import CompiledShapes
from graph.check.shapes import Result, merged
from graph.errors import InputError, Place
from graph.names import SH
from graph.rdf.index import Index, str_of

_SEMIC = ("shapes", "range", "shapes_recommended")
_SEMIC_ALONE = ("mdr-vocabularies.shape", "deprecateduris")
GUARD = "urn:x-shacl:guard"


@dataclass(frozen=True)
class Official:
    """A folder with `shapes/` and `vocabularies/` as they were published."""

    folder: Path

    @cached_property
    def vocabularies(self) -> frozenset[ox.Triple]:
        files = sorted(path for path in self._subfolder("vocabularies").rglob("*") if path.suffix in (".ttl", ".rdf"))
        return frozenset(merged(files))

    def results(self, triples: frozenset[ox.Triple], profile: Profile, *, fast: bool = False) -> Iterator[Result]:
        """The results about nodes that the document speaks of, given the lists as a whole; by pyshacl, unless `fast`.

        Both engines find the same; `fast` is for those who know that, as the tests do.
        """
        about = {str_of(term) for triple in triples for term in (triple.subject, triple.object)} | {GUARD}
        data, files = triples | self.vocabularies, self._files(profile)
        for result in _compiled(files).results(data) if fast else reference_results(data, _graph(files)):
            if result.focus in about:
                yield result

    def _files(self, profile: Profile) -> tuple[Path, ...]:
        dcat = self._subfolder("shapes") / "dcat-ap-3.0.1"
        if profile.level is None:
            return tuple(dcat / f"{name}.ttl" for name in (*_SEMIC, *_SEMIC_ALONE))
        level = profile.level.slug
        own = ("graph-guard", "range", f"{level}-shapes", "mdr-vocabularies.shape", f"{level}-shapes_recommended")
        health = self._subfolder("shapes") / "healthdcat-ap-release-8"
        return (*(health / f"{name}.ttl" for name in own), *(dcat / f"{name}.ttl" for name in _SEMIC))

    def _subfolder(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_dir():
            advice = "Give the folder that has shapes/, vocabularies/ and examples/ in it."
            raise InputError(f"there is no folder {name}.", place=Place(str(self.folder)), advice=advice)
        return path


@cache
def _shapes(files: tuple[Path, ...]) -> tuple[ox.Triple, ...]:
    """The shapes, without those of properties that name no path: pyshacl stops at them, as SHACL allows."""
    triples = list[ox.Triple]()
    for path in files:
        quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri="urn:official", rename_blank_nodes=True)
        triples.extend(quad.triple for quad in quads)
    with_path = {triple.subject for triple in triples if triple.predicate.value == SH + "path"}
    dropped = {triple.object for triple in triples if triple.predicate.value == SH + "property"} - with_path
    return tuple(triple for triple in triples if triple.subject not in dropped and triple.object not in dropped)


@cache
def _graph(files: tuple[Path, ...]) -> rdflib.Graph:
    return to_graph(_shapes(files))


@cache
def _compiled(files: tuple[Path, ...]) -> CompiledShapes:
    return CompiledShapes(_shapes(files), Index(_shapes(files)))
