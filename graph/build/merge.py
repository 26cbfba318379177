"""Merge the files of a project: ontology modules, mappings and facts flow in, one dataset of named graphs flows out."""

from __future__ import annotations

import pyoxigraph as ox

from graph.build.mappings import mapping_triples, read_mappings
from graph.errors import InputError, Place
from graph.names import ONTOLOGY_GRAPH, shorten
from graph.project import Project
from graph.rdf.reading import Dataset, ReadFile, shown


def merge(project: Project) -> Dataset:
    """Read every file of a project.

    The ontology modules and the mappings are in the ontology graph, facts are in the named graphs that their files give
    them. A project without mappings has none.

    Raises:
        InputError: a file cannot be read (RdfSyntaxError, MappingError), or states a fact outside a named graph.
    """
    modules = tuple(ReadFile.read(path, default_graph=ONTOLOGY_GRAPH) for path in project.modules)
    facts = tuple(ReadFile.read(path) for path in project.facts)
    for file in facts:
        _check_sourced(file)
    return Dataset(modules + _mappings(project, Dataset(modules)) + facts)


def _mappings(project: Project, modules: Dataset) -> tuple[ReadFile, ...]:
    if not project.mappings.exists():
        return ()
    graph = ox.NamedNode(ONTOLOGY_GRAPH)
    triples = dict.fromkeys(mapping_triples(read_mappings(project.mappings), modules.triples))
    quads = (ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)
    return (ReadFile(project.mappings, tuple(quads)),)


def _check_sourced(file: ReadFile) -> None:
    stray = next((quad for quad in file.quads if isinstance(quad.graph_name, ox.DefaultGraph)), None)
    if stray is not None:
        subject = stray.subject.value if isinstance(stray.subject, ox.NamedNode) else ""
        raise InputError(
            f"states {shorten(stray.predicate.value)} outside a named graph, so that nobody knows who says so.",
            place=Place(file=shown(file.path), line=file.line_of(subject) if subject else None, term=shorten(subject)),
            advice="Put it into the graph of the passage that states it: source:passage { … }.",
        )
