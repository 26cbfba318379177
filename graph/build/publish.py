"""Publish a build: the merged dataset and what follows from it flow in, a new generation on disk flows out."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata as packages

import pyoxigraph as ox

from graph.names import BASE, INFERRED_GRAPH, PREFIXES, PROVENANCE_GRAPH, RDF, XSD
from graph.project import ROOT
from graph.rdf.reading import Dataset
from graph.settings import Settings
from graph.store.generations import Generations

DATASET, SOFTWARE = BASE + "dataset", BASE + "software"
_TYPE = ox.NamedNode(RDF + "type")
_DEFAULT = ox.DefaultGraph()


def publish(dataset: Dataset, inferred: Collection[ox.Triple], settings: Settings, metadata: Mapping[str, str]) -> int:
    """Write a new generation and return its number.

    The generation holds every named graph of the dataset, the inferred graph, and a provenance graph: when it was
    built, by which version of the software, from files with which `fingerprint`, how much each graph holds. The same
    input gives the same quads, but for the time.

    Raises:
        StoreBusyError: another process is writing.
    """
    home = Generations(settings.home, union=settings.union_default_graph, keep=settings.keep_generations)
    quads = list(named_quads(dataset, inferred))
    with home.write(note="build", fresh=True) as draft:
        draft.publish(quads)
        draft.publish(_provenance(quads, metadata.get("fingerprint", ""), datetime.now(UTC)))
        draft.metadata.update(metadata)
    return home.current().number


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
    moment = ox.Literal(built.isoformat(timespec="seconds"), datatype=ox.NamedNode(XSD + "dateTime"))
    yield _says(DATASET, RDF + "type", _iri("void:Dataset"))
    yield _says(DATASET, RDF + "type", _iri("prov:Entity"))
    yield _says(DATASET, "prov:wasGeneratedBy", ox.NamedNode(build))
    yield _says(build, RDF + "type", _iri("prov:Activity"))
    yield _says(build, "prov:endedAtTime", moment)
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
