"""Who wrote what when, as PROV: a write and what it changed flow in, statements of the provenance graph flow out.

An agent is named by the ID of the token, since everybody reads this graph; whose token it is, the audit log says.
The counts that VoID gives of a graph follow the change; those that would have to be made anew are taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pyoxigraph as ox

from graph.names import AGENT, BASE, PREFIXES, PROVENANCE_GRAPH, RDF, WRITE
from graph.rdf.terms import date_time
from graph.write.change import Change
from graph.write.request import Write, Written

_GRAPH = ox.NamedNode(PROVENANCE_GRAPH)
_DATASET = ox.NamedNode(BASE + "dataset")
_VOID_TRIPLES = ox.NamedNode(PREFIXES["void"] + "triples")
_STALE = [ox.NamedNode(PREFIXES["void"] + name) for name in ("distinctSubjects", "classes", "properties")]


def record(write: Write, written: Written, change: Change, details: Iterable[ox.Quad] = (), agent: str = "") -> Change:
    """State in the change's store who makes it, and `details` of the write; the change that this is itself.

    Where no token names who writes, `agent` may, so that the name of a machine's user is not told to everybody.
    """
    own = Change(change.store, union=change.union)
    counts = dict(_new_counts(change))
    for graph in counts:
        for predicate in (_VOID_TRIPLES, *_STALE):
            own.remove(list(change.store.quads_for_pattern(graph, predicate, None, _GRAPH)))
    own.add(_activity(write, written, agent))
    own.add(details)
    own.add(_says(graph, "void:triples", ox.Literal(count)) for graph, count in counts.items() if count)
    return own


def _activity(write: Write, written: Written, named: str) -> Iterator[ox.Quad]:
    activity = ox.NamedNode(WRITE + write.id)
    agent = ox.NamedNode(AGENT + quote(write.principal.token or named or write.principal.name, safe=""))
    yield _says(activity, "rdf:type", _iri("prov:Activity"))
    yield _says(activity, "prov:endedAtTime", date_time(datetime.now(UTC)))
    yield _says(activity, "prov:wasAssociatedWith", agent)
    yield _says(agent, "rdf:type", _iri("prov:Agent"))
    yield _says(activity, "rdfs:comment", ox.Literal(_summary(write, written), language="en"))
    for graph in written.graphs:
        if graph:
            yield _says(ox.NamedNode(graph), "prov:wasInfluencedBy", activity)
    yield _says(_DATASET, "prov:wasGeneratedBy", activity)


def _summary(write: Write, written: Written) -> str:
    return f"{write.work.verb}: {written.added} statements added, {written.removed} removed"


def _new_counts(change: Change) -> Iterator[tuple[ox.NamedNode, int]]:
    """For each graph that the change touches, how many statements it makes now."""
    balance: Counter[object] = Counter(quad.graph_name for quad in change.added)
    balance.subtract(quad.graph_name for quad in change.removed)
    for graph in change.graphs:
        if not isinstance(graph, ox.NamedNode):
            continue
        before = next(change.store.quads_for_pattern(graph, _VOID_TRIPLES, None, _GRAPH), None)
        if before is not None and change.is_tracked:
            yield graph, int(before.object.value) + balance[graph]  # type: ignore[union-attr]
        else:
            yield graph, sum(1 for _ in change.store.quads_for_pattern(None, None, None, graph))


def _says(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(subject, _iri(predicate), value, _GRAPH)


def _iri(curie: str) -> ox.NamedNode:
    prefix, _, name = curie.partition(":")
    return ox.NamedNode((RDF if prefix == "rdf" else PREFIXES[prefix]) + name)
