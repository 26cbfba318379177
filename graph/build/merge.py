"""Merge the files of a project: ontology modules, mappings and facts flow in, one dataset of named graphs flows out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from graph.build.mappings import Mapping, mapping_triples, read_mappings
from graph.errors import InputError
from graph.names import ONTOLOGY_GRAPH
from graph.project import Project
from graph.rdf.reading import Dataset, ReadFile, raise_any, read_each

FACT_FILES = (".trig", ".nq")


def merge(project: Project, added: Iterable[Path] = ()) -> Dataset:
    """Read every file of a project, and those that are added to it.

    The ontology modules and the mappings are in the ontology graph, facts are in the named graphs that their files give
    them. A project without mappings has none. Added files come first, so that what they say of a term is found there;
    one that is of the project is read once.

    Raises:
        InputError: files cannot be read (RdfSyntaxError, MappingError; SeveralInputsError tells of all of them).
    """
    problems: list[InputError] = []
    first = read_each(added, _read_added, problems)
    modules = read_each(project.modules, partial(ReadFile.read, default_graph=ONTOLOGY_GRAPH), problems)
    mappings = read_each([path for path in [project.mappings] if path.exists()], read_mappings, problems)
    facts = read_each(project.facts, ReadFile.read, problems)
    raise_any(problems)
    declared = Dataset(tuple(modules)).triples
    whole = (*modules, *(_as_file(project.mappings, rows, declared) for rows in mappings), *facts)
    return Dataset(tuple(first)) + Dataset(whole)


def _read_added(path: Path) -> ReadFile:
    return ReadFile.read(path, default_graph=None if path.suffix.lower() in FACT_FILES else ONTOLOGY_GRAPH)


def _as_file(path: Path, mappings: tuple[Mapping, ...], declared: Collection[ox.Triple]) -> ReadFile:
    """The mappings as if their triples stood in the file, so that what is wrong with one is found there."""
    graph = ox.NamedNode(ONTOLOGY_GRAPH)
    triples = dict.fromkeys(mapping_triples(mappings, declared))
    return ReadFile(path, tuple(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples))
