"""The report of a catalogue: its triples flow in; what each record lacks, its readiness and its score flow out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graph.catalogue.records import ACCESS_RIGHTS, DATASET, Catalogue, Level
from graph.catalogue.report.folding import Folding
from graph.catalogue.report.item import Item
from graph.catalogue.score.measure import Measured, overall
from graph.catalogue.score.metrics import METRICS
from graph.catalogue.score.readiness import Readiness, mandatory, readiness
from graph.catalogue.score.scoring import Reached, Score, score, score_of_all
from graph.catalogue.validate.profiles import LEVELS, Profile, profile_named
from graph.catalogue.validate.verdict import validate
from graph.check.report import Report
from graph.check.shapes import Result
from graph.names import DCTERMS
from graph.rdf.index import str_of

COMPLIANCE = "dcat-ap-3.0.1"


@dataclass(frozen=True)
class RecordReport:
    """What is to be said of one dataset; `reason` tells why it was held to this profile."""

    dataset: str
    title: str
    level: str
    reason: str
    profile: str
    items: tuple[Item, ...]
    results: tuple[Result, ...] = field(repr=False)
    readiness: Readiness | None
    score: Score | None

    @cached_property
    def violations(self) -> int:
        return sum(result.severity == "Violation" for result in self.results)

    @cached_property
    def warnings(self) -> int:
        return sum(result.severity == "Warning" for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether it has no violation."""
        return not self.violations

    @property
    def measured(self) -> Measured:
        """What is measured of it."""
        share = self.readiness.share if self.readiness else None
        return Measured(self.dataset, self.score, share, self.violations, self.warnings)

    def as_json(self) -> dict[str, object]:
        """The report of the record for a program."""
        return {
            "dataset": self.dataset,
            "title": self.title,
            "level": self.level,
            "profile": self.profile,
            "reason": self.reason,
            "conforms": self.conforms,
            "violations": self.violations,
            "warnings": self.warnings,
            "readiness": self.readiness.as_json() if self.readiness else None,
            "score": self.score.as_json() if self.score else None,
            "items": [item.as_json() for item in self.items],
        }


@dataclass(frozen=True)
class Reported:
    """The reports of all records, and what is wrong in nodes that belong to none."""

    records: list[RecordReport]
    rest: tuple[Item, ...]
    results: tuple[Result, ...] = field(repr=False)
    profile: str | None = None
    source: str = ""

    @cached_property
    def violations(self) -> int:
        return sum(result.severity == "Violation" for result in self.results)

    @cached_property
    def warnings(self) -> int:
        return sum(result.severity == "Warning" for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether nothing is violated, and there is a dataset at all."""
        return bool(self.records) and not self.violations

    @cached_property
    def score(self) -> Score | None:
        """The score of all datasets together."""
        scores = [record.score for record in self.records if record.score is not None]
        return score_of_all(scores) if scores else None

    @property
    def measured(self) -> Measured:
        """What is measured of all datasets together."""
        return overall(self.source, (record.measured for record in self.records))

    @property
    def rdf(self) -> Report:
        """The report as SHACL has it."""
        return Report(self.results)

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        share = self.measured.readiness
        return {
            "conforms": self.conforms,
            "source": self.source or None,
            "profile": self.profile,
            "violations": self.violations,
            "warnings": self.warnings,
            "datasets": len(self.records),
            "readiness": None if share is None else round(share, 4),
            "score": self.score.as_json() if self.score else None,
            "records": [record.as_json() for record in self.records],
            "rest": [item.as_json() for item in self.rest],
        }


def report_of(
    catalogue: Catalogue,
    profile: str | None = None,
    *,
    scored: bool = True,
    reachability: Reached | None = None,
    worded: bool = True,
    source: str = "",
) -> Reported:
    """The report of a catalogue or document.

    Without a `profile` each dataset is held to HealthDCAT-AP Release 8 at the level that it names. `scored` adds the
    metadata quality score; `reachability` holds which addresses answered, where that was asked for. Who only wants
    numbers does not have it `worded`: then there are no items, and it takes a fraction of the time.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    asked = profile_named(profile) if profile else None
    held = {dataset: asked or LEVELS[catalogue.level_of(dataset)] for dataset in catalogue.datasets}
    default = asked or LEVELS[catalogue.level]
    profiles = dict.fromkeys([*held.values(), default] if not asked else [asked])
    verdicts = {it.name: _by_focus(validate(catalogue.triples, it.name).results) for it in profiles}
    compliance = _compliance(catalogue, verdicts.get(COMPLIANCE)) if scored else None
    records, seen = list[RecordReport](), set[str]()
    for dataset in catalogue.datasets:
        nodes = _nodes(catalogue, dataset)
        seen |= nodes
        found = verdicts[held[dataset].name]
        results = [result for node in sorted(nodes) for result in found.get(node, ())]
        record = _Record(catalogue, dataset, held[dataset], bool(asked), nodes, worded)
        records.append(record.report(results, compliance, reachability, scored))
    rest = [result for node, found in verdicts[default.name].items() if node not in seen for result in found]
    folding = Folding(catalogue.index, default.index, _level_iri(default, catalogue.level), (), {})
    every = [*dict.fromkeys(result for record in records for result in record.results), *rest]
    return Reported(records, tuple(folding.items(rest)) if worded else (), tuple(every), profile, source)


@dataclass(frozen=True)
class _Record:
    """One dataset on its way to a report."""

    catalogue: Catalogue
    dataset: str
    profile: Profile
    is_asked: bool
    nodes: Collection[str]
    is_worded: bool

    def report(
        self, results: list[Result], compliance: set[str] | None, reached: Reached | None, scored: bool
    ) -> RecordReport:
        catalogue, dataset = self.catalogue, self.dataset
        conforms = compliance.isdisjoint(self.nodes) if compliance is not None else False
        points = score(catalogue, dataset, conforms=conforms, reachability=reached)
        asked = mandatory(self.profile.index, DATASET)
        level = _level_iri(self.profile, catalogue.level_of(dataset))
        folding = Folding(catalogue.index, self.profile.index, level, asked, _gains(points), dataset, self.nodes)
        return RecordReport(
            dataset,
            title_of(catalogue, dataset),
            catalogue.level_of(dataset).value,
            self._reason(),
            self.profile.name,
            tuple(folding.items(results)) if self.is_worded else (),
            tuple(results),
            readiness(catalogue, dataset, results, asked, self.nodes) if self.profile.level else None,
            points if scored else None,
        )

    def _reason(self) -> str:
        if self.is_asked:
            return f"{self.profile.title} was asked for."
        named = self.catalogue.index.iris(self.dataset, ACCESS_RIGHTS)
        level = self.catalogue.level_of(self.dataset)
        if level.iri in named:
            return f"It names the level {level.value} (dcterms:accessRights)."
        return f"It names no level (dcterms:accessRights), so that the strictest holds: {level.value}."


def title_of(catalogue: Catalogue, dataset: str) -> str:
    """The English title of a dataset, or any, or ''."""
    titles = catalogue.index.literals(dataset, DCTERMS + "title")
    english = [title.value for title in titles if (title.language or "").startswith("en")]
    plain = [title.value for title in titles if not title.language]
    return next(iter([*english, *plain, *(title.value for title in titles)]), "")


def _nodes(catalogue: Catalogue, dataset: str) -> set[str]:
    """The nodes that a record speaks of; of those with statements of their own, only the ones that it holds."""
    record = catalogue.record(dataset)
    held = {str_of(triple.subject) for triple in record} | {dataset}
    named = {str_of(triple.object) for triple in record if not str_of(triple.object).startswith('"')} - held
    return held | {node for node in named if next(catalogue.index.predicates(node), None) is None}


def _by_focus(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        found[result.focus].append(result)
    return found


def _compliance(catalogue: Catalogue, found: Mapping[str, list[Result]] | None) -> set[str]:
    """The nodes that violate DCAT-AP 3.0.1."""
    results = found or _by_focus(validate(catalogue.triples, COMPLIANCE).results)
    return {node for node, about in results.items() if any(it.severity == "Violation" for it in about)}


def _gains(points: Score) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for metric in METRICS:
        if metric.property:
            found[metric.property] += points.gain(metric.name)
    return found


def _level_iri(profile: Profile, level: Level) -> str:
    return (profile.level or level).iri
