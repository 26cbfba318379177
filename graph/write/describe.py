"""Say of a write what it was: a finished change flows in; provenance and the generation's description flow out."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graph.store.draft import Draft
from graph.store.generation import Generation
from graph.write.change import Change, GraphName
from graph.write.provenance import record
from graph.write.request import Write, Written


def describe(
    draft: Draft,
    write: Write,
    written: Written,
    change: Change,
    *,
    recorded: bool,
    details: Iterable[ox.Quad] = (),
    agent: str = "",
) -> None:
    """Note who changed what, in the generation's description and, where `recorded`, in the provenance graph.

    `details` are statements about the write that stand there too; for `agent` see `record`.
    """
    parent = draft.parent
    triples, quads = (parent.triples, parent.quads) if parent else (0, 0)
    changes = [change]
    if recorded:
        changes.append(record(write, written, change, details, agent))
    draft.counts = (
        triples + sum(part.triples for part in changes),
        quads + sum(part.quads for part in changes),
    )
    draft.metadata.update(_inherited(parent, changes))
    draft.metadata.update(
        write=write.id,
        who=write.principal.name,
        role=write.principal.role.value,
        added=written.added,
        removed=written.removed,
        graphs=list(written.graphs),
    )


def outcome(change: Change, number: int) -> Written:
    """What a change has come to so far, where `number` is the current generation's."""
    return Written(
        generation=number,
        added=change.additions,
        removed=change.removals,
        graphs=tuple(sorted(name_of(graph) for graph in change.graphs)),
    )


def name_of(graph: GraphName) -> str:
    """A graph's IRI, '' for the default graph."""
    return graph.value if isinstance(graph, ox.NamedNode) else "" if isinstance(graph, ox.DefaultGraph) else str(graph)


def _inherited(parent: Generation | None, changes: list[Change]) -> dict[str, object]:
    """What the description of a generation keeps from the one before it."""
    before = parent.metadata if parent else {}
    kept: dict[str, object] = {name: before[name] for name in ("fingerprint", "built", "edited") if name in before}
    built = set(before.get("built", ()))
    edited = built & {name_of(graph) for graph in changes[0].graphs}
    if edited:
        kept["edited"] = sorted(edited | set(before.get("edited", ())))
    if any(change.has_protected for change in changes) or before.get("protected"):
        kept["protected"] = True
    return kept
