"""What the tests of linking share: a linker over the project's concepts, and data directories with catalogues."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.build.merge import merge
from graph.catalogue.link.concepts import Concepts
from graph.catalogue.link.linker import Link, Linker
from graph.names import CATALOGUE, PREFIXES, RDF
from graph.project import Project
from graph.rdf.index import Index
from graph.rdf.reading import Dataset
from graph.settings import Settings
from graph.store.generations import Generations

SET = "https://example.org/set"
DCAT, DCTERMS = PREFIXES["dcat"], PREFIXES["dcterms"]
TITLE, KEYWORD, DESCRIPTION, THEME = DCTERMS + "title", DCAT + "keyword", DCTERMS + "description", DCAT + "theme"
Said = tuple[str, ox.Literal | ox.NamedNode | str]


def triples_of(*said: Said, subject: str = SET) -> list[ox.Triple]:
    """A dataset of which that is said; a plain string is an English literal."""
    node = ox.NamedNode(subject)
    values = [(p, ox.Literal(o, language="en") if isinstance(o, str) else o) for p, o in said]
    typed = ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(DCAT + "Dataset"))
    return [typed, *(ox.Triple(node, ox.NamedNode(p), o) for p, o in values)]


@pytest.fixture(scope="session")
def project() -> Dataset:
    return merge(Project())


@pytest.fixture(scope="session")
def linker(project: Dataset) -> Linker:
    return Linker(Concepts(project.triples))


@pytest.fixture(scope="session")
def links_of(linker: Linker) -> Callable[..., dict[str, Link]]:
    """The links of one dataset, by the last part of the concept's IRI."""

    def links(*said: Said) -> dict[str, Link]:
        found = linker.link(Index(triples_of(*said)), SET)
        return {link.concept.rpartition("/")[2]: link for link in found}

    return links


def few(project: Dataset) -> list[ox.Quad]:
    """The statements of some concepts of the project, so that a data directory is made quickly."""
    parts = (
        "/id/breast-cancer>",
        "/id/usher-syndrome>",
        "/def/Cancer>",
        "Disease>",
        "Study>",
        "Sequencing>",
        "Technology>",
    )
    return [quad for quad in project.quads if any(part in str(quad.subject) for part in parts)]


@pytest.fixture
def home(tmp_path: Path, project: Dataset) -> Callable[[dict[str, Iterable[ox.Triple]]], Settings]:
    """Makes a data directory that holds the project's concepts and catalogues, by slug."""

    def make(catalogues: dict[str, Iterable[ox.Triple]]) -> Settings:
        settings = replace(Settings(), home=tmp_path / "home")
        with Generations(settings.home).write(note="made for a test", fresh=True) as draft:
            draft.store.bulk_extend(few(project))
            for name, triples in catalogues.items():
                graph = ox.NamedNode(CATALOGUE + name)
                draft.store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
        return settings

    return make
