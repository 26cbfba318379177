"""What a harvest has to write: a store and what was read flow in, the exact change to each graph flows out.

A plan is made on the current generation, without holding anybody up, and made again on the next one where somebody has
written in between. What it does not have to change it does not mention.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyoxigraph as ox

from graph.catalogue.keep.bookkeeping import (
    GONE,
    TOPIC,
    Ledger,
    about_catalogue,
    mend_statements,
    owners_of,
    twin_statements,
)
from graph.catalogue.keep.changes import Changes, compare
from graph.catalogue.keep.pages import name_of
from graph.catalogue.keep.places import Places, slugs
from graph.catalogue.keep.same import Keys, Twin, twins
from graph.catalogue.keep.views import Fresh, Stored
from graph.catalogue.mend import Mend
from graph.catalogue.records import CATALOG
from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import TYPE
from graph.write.change import MANY, Change

Graph = ox.NamedNode


@dataclass(frozen=True)
class Fetched:
    """What was read of a source, and mended."""

    slug: str
    source: str
    profile: str
    title: str
    now: Fresh
    mends: tuple[Mend, ...]
    pages: Mapping[str, str]  # the page of each dataset
    complete: bool
    doubtful: frozenset[str]  # nodes of pages of which a part may be missing
    uncertain: frozenset[str] | None  # these pages, None where a dataset that is missing may be on any
    moment: datetime


@dataclass
class Plan:
    """The changes, what they are worth, and who else has these datasets."""

    changes: Changes
    twins: frozenset[Twin]
    new_twins: frozenset[Twin]
    is_first: bool
    is_needed: bool
    stated: dict[Graph, set[ox.Triple]] = field(default_factory=dict)
    withdrawn: dict[Graph, set[ox.Triple]] = field(default_factory=dict)

    def carry_out(self, change: Change) -> None:
        """Make the changes."""
        for graph, triples in self.withdrawn.items():
            change.remove(_in(graph, triples))
        for graph, triples in self.stated.items():
            change.add(_in(graph, triples), many=len(triples) > MANY // 10)

    def replace(self, graph: Graph, before: Stored, wanted: set[ox.Triple]) -> None:
        """Plan that a graph states exactly what is wanted."""
        stated, withdrawn = set(wanted), set[ox.Triple]()
        for triple in before:
            if triple in stated:
                stated.discard(triple)
            else:
                withdrawn.add(triple)
        self.stated[graph], self.withdrawn[graph] = stated, withdrawn


def make_plan(store: ox.Store, fetched: Fetched) -> Plan:
    """What has to change in a store."""
    places, now = Places(fetched.slug), fetched.now
    before, noted = Stored(store, places.statements), Stored(store, places.record)
    ledger = Ledger.of(noted)
    is_first = before.is_empty
    changes = compare(
        before,
        now,
        ledger.gone,
        complete=fetched.complete,
        doubtful=fetched.doubtful,
        certain=() if fetched.uncertain is None else ledger.not_on(fetched.uncertain),
        minted=places.minting,
    )
    others = set(about_catalogue(places, fetched.title, name_of(fetched.source, fetched.source), fetched.profile))
    others.update(mend_statements(places, fetched.mends, owners_of(now)))
    plan = Plan(changes, ledger.twins, frozenset(), is_first, not changes.is_empty or others != ledger.others)
    if not plan.is_needed:
        return plan
    plan.stated[places.statements] = set(changes.stated)
    plan.withdrawn[places.statements] = set(changes.withdrawn)
    by_slug = _twins(store, fetched)
    found = frozenset(twin for them in by_slug.values() for twin in them)
    plan.twins, plan.new_twins = found, found - ledger.twins
    present = [node.value for node in now.datasets]
    after = ledger.after(changes, present, fetched.pages, fetched.moment)
    after = Ledger(after.entries, found, frozenset(others))
    plan.replace(places.record, noted, after.statements(places))
    for slug, them in by_slug.items():
        _mirror(plan, store, Places(slug), them, ledger.twins)
    return plan


def _twins(store: ox.Store, fetched: Fetched) -> dict[str, set[Twin]]:
    """The same datasets in other catalogues, by these."""
    own = Keys(fetched.now, fetched.now.datasets)
    found: dict[str, set[Twin]] = {}
    for slug in slugs(store):
        if slug != fetched.slug:
            places = Places(slug)
            view = Stored(store, places.statements)
            gone = _gone(store, places)
            keys = Keys(view, (node for node in view.datasets if node.value not in gone))
            found[slug] = twins(own, [keys])
    return found


def _gone(store: ox.Store, places: Places) -> set[str]:
    records = Stored(store, places.record)
    nodes = {quad.subject for quad in store.quads_for_pattern(None, ox.NamedNode(GONE), None, places.record)}
    topics = (records.values(node, TOPIC) for node in nodes if isinstance(node, ox.NamedNode))
    return {topic.value for found in topics for topic in found if isinstance(topic, ox.NamedNode)}


def _mirror(plan: Plan, store: ox.Store, places: Places, found: Iterable[Twin], before: Iterable[Twin]) -> None:
    """Have the other catalogue's record graph say of its datasets what ours says of ours."""
    theirs = Ledger.of(Stored(store, places.record)).twins
    wanted = {twin.reverse for twin in found}
    stale = ({twin.reverse for twin in before} & theirs) - wanted
    plan.stated[places.record] = {t for twin in wanted - theirs for t in twin_statements(places, twin)}
    kept = {t for twin in (theirs - stale) | wanted for t in twin_statements(places, twin)}
    plan.withdrawn[places.record] = {t for twin in stale for t in twin_statements(places, twin)} - kept


def title_of(now: Fresh, slug: str) -> str:
    """What the catalogue calls itself, where it is one that does; its slug otherwise."""
    kind, title = ox.NamedNode(CATALOG), DCTERMS + "title"
    catalogues = {t.subject for t in now.triples if t.object == kind and t.predicate.value == TYPE}
    parts = {t.object for t in now.triples if t.predicate.value == PREFIXES["dcat"] + "catalog"}
    tops = [node for node in catalogues - parts if isinstance(node, ox.NamedNode | ox.BlankNode)]
    if len(tops) != 1:
        return slug
    titles = [
        triple.object
        for triple in now.statements(tops[0])
        if triple.predicate.value == title and isinstance(triple.object, ox.Literal) and triple.object.value.strip()
    ]
    titles.sort(key=lambda literal: (literal.language != "en", literal.language or "", literal.value))
    return " ".join(titles[0].value.split()) if titles else slug


def _in(graph: Graph, triples: Iterable[ox.Triple]) -> Iterable[ox.Quad]:
    return (ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)
