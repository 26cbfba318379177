"""What a catalogue is worth: its records flow in, measurements of each and of all together flow out.

Only what changed is validated, in batches; of the rest the numbers of last time stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import pyoxigraph as ox

from graph.catalogue.keep.places import Places
from graph.catalogue.keep.views import A, Fresh, Node, Stored
from graph.catalogue.records import DATASET, Catalogue
from graph.catalogue.score.measure import Measured, measurements
from graph.catalogue.score.readiness import mandatory, readiness
from graph.catalogue.score.scoring import compliance, score
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.verdict import each_verdict
from graph.names import METRIC, PREFIXES

BATCH = 200
_DQV = PREFIXES["dqv"]

Advance = Callable[[int], object]


def measure(now: Fresh, wanted: Collection[str], advance: Advance = lambda number: None) -> dict[str, Measured]:
    """Validate and score some of the datasets; `advance` is told of each batch how many it was."""
    found: dict[str, Measured] = {}
    names = sorted(wanted)
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        found.update(_measured(_part(now, batch), batch))
        advance(len(batch))
    return found


def quality(places: Places, now: Fresh, stored: Stored, fresh: Mapping[str, Measured]) -> set[ox.Triple]:
    """All that the quality graph is to say: what was measured now, and of other datasets what was measured before."""
    before, known = _values(stored), dict(fresh)
    rest = sorted(node.value for node in now.datasets if node.value not in known)
    for start in range(0, len(rest), BATCH):
        batch = rest[start : start + BATCH]
        part = _part(now, batch)
        for dataset in batch:
            values = before.get(dataset, {})
            points = score(part, dataset, conforms=values.get("mqa-dcat-ap", 0.0) > 0)
            counts = (int(values.get(name, 0.0)) for name in ("violations", "warnings"))
            known[dataset] = Measured(dataset, points, values.get("ehds-readiness"), *counts)
    return set(measurements(places.statements.value, (known[dataset] for dataset in sorted(known))))


def unmeasured(now: Fresh, stored: Stored) -> set[str]:
    """The datasets of which nothing was measured yet."""
    computed = ox.NamedNode(_DQV + "computedOn")
    known = {triple.object for triple in stored if triple.predicate == computed}
    return {node.value for node in now.datasets if node not in known}


def _measured(part: Catalogue, batch: Sequence[str]) -> dict[str, Measured]:
    verdicts = {dataset: verdict for dataset, verdict in each_verdict(part) if dataset in set(batch)}
    conforming = compliance(part, batch)
    found: dict[str, Measured] = {}
    for dataset, verdict in verdicts.items():
        asked = mandatory(PROFILES[verdict.profile].index, DATASET)
        share = readiness(part, dataset, verdict.results, asked).share
        points = score(part, dataset, conforms=conforming[dataset])
        found[dataset] = Measured(dataset, points, share, len(verdict.violations), len(verdict.warnings))
    return found


def _part(now: Fresh, datasets: Sequence[str]) -> Catalogue:
    """The records of some datasets, and the classes of what they refer to."""
    found, seen = set[ox.Triple](), set[Node]()
    waiting: list[Node] = [ox.NamedNode(dataset) for dataset in datasets]
    own = set(waiting)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        is_other = now.is_head(node) and node not in own
        for triple in now.statements(node):
            if not is_other or triple.predicate == A:
                found.add(triple)
            if not is_other and isinstance(triple.object, ox.NamedNode | ox.BlankNode):
                waiting.append(triple.object)
    return Catalogue(found)


def _values(stored: Stored) -> dict[str, dict[str, float]]:
    """What was measured before, by dataset and the metric's name."""
    said: dict[object, dict[str, object]] = defaultdict(dict)
    for triple in stored:
        if triple.predicate.value.startswith(_DQV):
            said[triple.subject][triple.predicate.value.removeprefix(_DQV)] = triple.object
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for values in said.values():
        about, metric, value = (values.get(name) for name in ("computedOn", "isMeasurementOf", "value"))
        if isinstance(about, ox.NamedNode) and isinstance(metric, ox.NamedNode) and isinstance(value, ox.Literal):
            found[about.value][metric.value.removeprefix(METRIC)] = float(value.value)
    return found
