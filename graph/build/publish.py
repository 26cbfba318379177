"""Publish a build: the merged dataset and what follows from it flow in, a new generation on disk flows out."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata as packages

import pyoxigraph as ox

from graph.names import AGENT, BASE, INFERRED_GRAPH, PREFIXES, PROVENANCE_GRAPH, RDF, WRITE
from graph.project import ROOT
from graph.rdf.index import str_of
from graph.rdf.reading import Dataset
from graph.rdf.terms import date_time
from graph.settings import Settings
from graph.sparql.literals import unprotect_quad
from graph.store.generation import Generation
from graph.store.generations import Generations

DATASET, SOFTWARE = BASE + "dataset", BASE + "software"
_TYPE = ox.NamedNode(RDF + "type")
_DEFAULT = ox.DefaultGraph()


def publish(
    dataset: Dataset, inferred: Collection[ox.Triple], settings: Settings, metadata: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Write a new generation; its number, and which graphs of the build it does not take from the files.

    The generation holds every named graph of the dataset, the inferred graph, and a provenance graph: when it was
    built, by which version of the software, from files with which `fingerprint`, how much each graph holds. The same
    input gives the same quads, but for the time.

    What others wrote meanwhile stays: graphs that no build made, those of a build that were edited since (the edit wins
    over the file until the file says the same), and the record of the writes.

    Raises:
        StoreBusyError: another process is writing.
    """
    home = Generations(settings.home, union=settings.union_default_graph, keep=settings.keep_generations)
    quads = list(named_quads(dataset, inferred))
    graphs = {_graph(quad) for quad in quads} | {PROVENANCE_GRAPH}
    with home.write(note="build", fresh=True) as draft:
        kept = Kept.of(draft.parent, graphs)
        if kept.edited:
            quads = [quad for quad in quads if _graph(quad) not in kept.edited]
        draft.publish(quads)
        draft.publish(kept.quads)
        draft.publish(_provenance([*quads, *kept.quads], metadata.get("fingerprint", ""), datetime.now(UTC)))
        draft.metadata.update(metadata, built=sorted(graphs))
        if kept.edited:
            draft.metadata["edited"] = sorted(kept.edited)
    return draft.number, sorted(kept.edited)


@dataclass(frozen=True)
class Kept:
    """What a build leaves as it was: statements, and which graphs of its own are among theirs."""

    quads: list[ox.Quad]
    edited: frozenset[str]

    @classmethod
    def of(cls, parent: Generation | None, built: Collection[str]) -> Kept:
        """What a generation holds that a build of these graphs does not make."""
        if parent is None:
            return cls([], frozenset())
        store = parent.open()
        before = set(parent.metadata.get("built", ()))
        edited = frozenset(
            graph
            for graph in set(parent.metadata.get("edited", ())) & set(built)
            if graph != INFERRED_GRAPH and graph != PROVENANCE_GRAPH
        )
        quads: list[ox.Quad] = []
        for name in store.named_graphs():
            graph = str_of(name)
            if graph == PROVENANCE_GRAPH:
                quads += _writes(store)
            elif graph in edited or graph not in before.union(built):
                quads += store.quads_for_pattern(None, None, None, name)
        return cls(list(map(unprotect_quad, quads)), edited)


def _writes(store: ox.Store) -> Iterator[ox.Quad]:
    """What the provenance graph says of writes, which no build says again."""
    graph = ox.NamedNode(PROVENANCE_GRAPH)
    for quad in store.quads_for_pattern(None, None, None, graph):
        if any(str_of(term).startswith((WRITE, AGENT)) for term in (quad.subject, quad.object)):
            yield quad


def _graph(quad: ox.Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else str(quad.graph_name)


def load(store: ox.Store, dataset: Dataset, inferred: Collection[ox.Triple], *, union: bool) -> None:
    """Fill an empty store as a generation is, but for provenance; `union` merges all into the default graph."""
    store.bulk_extend(named_quads(dataset, inferred))
    if union:
        triples = dataset.triples.union(inferred)
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, _DEFAULT) for t in triples)


def named_quads(dataset: Dataset, inferred: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    """The dataset's quads and the inferred triples in their graph."""
    graph = ox.NamedNode(INFERRED_GRAPH)
    yield from dataset.quads
    yield from (ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in inferred)


def version() -> str:
    """The version of this software: of the installed package, or of the checkout that runs without being installed."""
    try:
        return packages.version("pmkg")
    except packages.PackageNotFoundError:
        return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def _provenance(quads: Iterable[ox.Quad], fingerprint: str, built: datetime) -> Iterator[ox.Quad]:
    """PROV of the build and VoID of each graph."""
    build = f"{BASE}build/{fingerprint or 'unknown'}"
    yield _says(DATASET, RDF + "type", _iri("void:Dataset"))
    yield _says(DATASET, RDF + "type", _iri("prov:Entity"))
    yield _says(DATASET, "prov:wasGeneratedBy", ox.NamedNode(build))
    yield _says(build, RDF + "type", _iri("prov:Activity"))
    yield _says(build, "prov:endedAtTime", date_time(built))
    yield _says(build, "dcterms:identifier", ox.Literal(fingerprint))
    yield _says(build, "prov:wasAssociatedWith", ox.NamedNode(SOFTWARE))
    yield _says(SOFTWARE, RDF + "type", _iri("prov:SoftwareAgent"))
    yield _says(SOFTWARE, "schema:softwareVersion", ox.Literal(version()))
    graphs: dict[str, list[ox.Quad]] = defaultdict(list)
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs[quad.graph_name.value].append(quad)
    for graph, held in sorted(graphs.items()):
        yield _says(DATASET, "void:subset", ox.NamedNode(graph))
        yield from _counts(graph, held)


def _counts(graph: str, quads: Collection[ox.Quad]) -> Iterator[ox.Quad]:
    """How many statements a graph makes, of how many subjects, with how many classes and properties."""
    counts = {
        "void:triples": len({quad.triple for quad in quads}),
        "void:distinctSubjects": len({quad.subject for quad in quads}),
        "void:classes": len({quad.object for quad in quads if quad.predicate == _TYPE}),
        "void:properties": len({quad.predicate for quad in quads}),
    }
    for name, count in counts.items():
        yield _says(graph, name, ox.Literal(count))


def _says(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), _iri(predicate), value, ox.NamedNode(PROVENANCE_GRAPH))


def _iri(text: str) -> ox.NamedNode:
    """An IRI, given in full or as a CURIE.

    >>> _iri("rdf:type")
    <NamedNode value=http://www.w3.org/1999/02/22-rdf-syntax-ns#type>
    """
    prefix, _, name = text.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + name if prefix in PREFIXES else text)
