"""What blank nodes hold: edges flow in; for each node a digest that does not depend on labels flows out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import pyoxigraph as ox

from graph.rdf.index import Term

Edges = defaultdict[ox.BlankNode, list[tuple[str, Term]]]
NameOf = Callable[[Term], str]


def contents(nodes: Iterable[ox.BlankNode], out: Edges, name_of: NameOf) -> dict[ox.BlankNode, str]:
    """A digest of all that each node leads to. Trees are digested from their leaves, circles by refinement."""
    open_nodes = set(nodes)
    found: dict[ox.BlankNode, str] = {}
    above: dict[ox.BlankNode, list[ox.BlankNode]] = defaultdict(list)
    awaited: dict[ox.BlankNode, int] = {}
    for node in open_nodes:
        below = [term for _, term in out[node] if isinstance(term, ox.BlankNode) and term in open_nodes]
        awaited[node] = len(below)
        for term in below:
            above[term].append(node)
    ready = [node for node, number in awaited.items() if not number]
    while ready:
        node = ready.pop()
        found[node] = _digest(_lines(node, out, found, name_of))
        open_nodes.discard(node)
        for parent in above[node]:
            awaited[parent] -= 1
            if not awaited[parent]:
                ready.append(parent)
    start = {node: _digest(_lines(node, out, found, name_of)) for node in open_nodes}
    return found | colours(start, out, defaultdict(list), name_of)


def colours(start: Mapping[ox.BlankNode, str], out: Edges, into: Edges, name_of: NameOf) -> dict[ox.BlankNode, str]:
    """Colours refined by the colours of neighbours, until no more nodes are told apart."""
    now, number = dict(start), len(set(start.values()))
    for _ in range(len(now)):
        following = {
            node: _digest((now[node], *_lines(node, out, now, name_of), "", *_lines(node, into, now, name_of)))
            for node in now
        }
        now, before, number = following, number, len(set(following.values()))
        if number == before:
            break
    return now


def _lines(node: ox.BlankNode, edges: Edges, known: Mapping[ox.BlankNode, str], name_of: NameOf) -> list[str]:
    return sorted(f"{property} {_seen(term, known, name_of)}" for property, term in edges.get(node, ()))


def _seen(term: Term, known: Mapping[ox.BlankNode, str], name_of: NameOf) -> str:
    if isinstance(term, ox.BlankNode):
        return name_of(term) or known.get(term, "_")
    return str(term)


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
