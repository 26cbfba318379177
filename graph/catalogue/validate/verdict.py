"""What profiles say of records: triples, or the records of a catalogue, flow in; verdicts flow out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.records import DCAT, Catalogue, node_of
from graph.catalogue.validate import lists
from graph.catalogue.validate.profiles import LEVELS, Profile, profile_named
from graph.check.shapes import Result
from graph.rdf.index import SUBCLASS, TYPE, str_of

BATCH = 100  # datasets validated at once: the engine's time and memory for a result grow with their number
_IN_SERIES = DCAT + "inSeries"


@dataclass(frozen=True)
class Verdict:
    """The results of holding datasets to a profile."""

    profile: str
    results: tuple[Result, ...]
    datasets: tuple[str, ...]

    @property
    def conforms(self) -> bool:
        """Whether no obligation is broken; recommendations alone do not count."""
        return not self.violations

    @cached_property
    def violations(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.severity == "Violation")

    @cached_property
    def warnings(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.severity == "Warning")


def validate(triples: Iterable[ox.Triple], profile: str) -> Verdict:
    """Hold a whole document to a profile.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    asked, catalogue = profile_named(profile), Catalogue(triples)
    found = _results(catalogue.triples, asked) if len(catalogue.datasets) <= BATCH else _by_parts(catalogue, asked)
    return Verdict(asked.name, tuple(_ordered(found)), catalogue.datasets)


def profile_of(catalogue: Catalogue) -> str:
    """The profile for a document as a whole: HealthDCAT-AP at the strictest level that anything in it names."""
    return LEVELS[catalogue.level].name


def validate_records(catalogue: Catalogue, profile: str | None = None) -> dict[str, Verdict]:
    """Hold each dataset to HealthDCAT-AP at its own level, or all to one profile.

    A result counts for each dataset whose record has the node that it is about.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    return dict(sorted(each_verdict(catalogue, profile)))


def each_verdict(catalogue: Catalogue, profile: str | None = None) -> Iterator[tuple[str, Verdict]]:
    """The same verdicts one after another, for who need not have all of a large catalogue at once."""
    held_to: dict[str, list[str]] = defaultdict(list)
    for dataset in catalogue.datasets:
        held_to[profile or LEVELS[catalogue.level_of(dataset)].name].append(dataset)
    subclasses = frozenset(it for it in catalogue.triples if it.predicate.value == SUBCLASS)
    for name, datasets in held_to.items():
        for start in range(0, len(datasets), BATCH):
            yield from _of_batch(catalogue, profile_named(name), datasets[start : start + BATCH], subclasses)


def _by_parts(catalogue: Catalogue, profile: Profile) -> Iterator[Result]:
    """The results of a large document: record by record, then what is in no record; each node's once."""
    told = set(profile.named_targets)  # the guard asks for a dataset, and there are many
    for _, verdict in each_verdict(catalogue, profile.name):
        new = [result for result in verdict.results if result.focus not in told]
        told.update(result.focus for result in new)
        yield from new
    held = {str_of(triple.subject) for dataset in catalogue.datasets for triple in catalogue.record(dataset)}
    rest = _rest(catalogue, held)
    context = _context(catalogue, rest, sorted({str_of(triple.subject) for triple in rest}))
    subclasses = frozenset(it for it in catalogue.triples if it.predicate.value == SUBCLASS)
    for result in _results(rest | context | subclasses, profile):
        if result.focus not in held and result.focus not in told:
            yield result


def _rest(catalogue: Catalogue, held: set[str]) -> frozenset[ox.Triple]:
    """What is said outside records, and of the nodes that this leads to, which may stand in records too.

    Of the datasets that a catalogue lists, one is enough to know that it has some.
    """
    found, listed = set[ox.Triple](), set[tuple[str, str]]()
    datasets = set(catalogue.datasets)
    for subject in {str_of(triple.subject) for triple in catalogue.triples} - held:
        found |= catalogue.record(subject)
    for triple in sorted((triple for triple in found if str_of(triple.object) in datasets), key=str):
        place = (str_of(triple.subject), triple.predicate.value)
        if place in listed:
            found.discard(triple)
        listed.add(place)
    return frozenset(found)


def _of_batch(
    catalogue: Catalogue, profile: Profile, datasets: list[str], subclasses: frozenset[ox.Triple]
) -> Iterator[tuple[str, Verdict]]:
    records = {dataset: catalogue.record(dataset) for dataset in datasets}
    nodes = {dataset: _nodes(catalogue, record) for dataset, record in records.items()}
    said = frozenset(triple for record in records.values() for triple in record)
    context, results = _context(catalogue, said, datasets), defaultdict[str, list[Result]](list)
    for result in _results(said | context | subclasses, profile):
        results[result.focus].append(result)
    for dataset in datasets:
        own = [result for node in nodes[dataset] for result in results.get(node, ())]
        yield dataset, Verdict(profile.name, tuple(_ordered(own)), (dataset,))


def _context(catalogue: Catalogue, said: frozenset[ox.Triple], datasets: list[str]) -> set[ox.Triple]:
    """What rules on these records ask about other nodes: their classes, and which of them are members of a series."""
    members = {
        ox.Triple(_subject(member), ox.NamedNode(_IN_SERIES), node_of(dataset))
        for dataset in datasets
        for member in catalogue.index.subjects(_IN_SERIES, dataset)
    }
    held = {triple.subject for triple in said}
    others = ({triple.object for triple in said} | {triple.subject for triple in members}) - held
    return members | {
        ox.Triple(_subject(str_of(node)), ox.NamedNode(TYPE), kind)
        for node in others
        if not isinstance(node, ox.Literal)
        for kind in catalogue.index.objects(str_of(node), TYPE)
    }


def _subject(name: str) -> ox.NamedNode | ox.BlankNode:
    node = node_of(name)
    assert isinstance(node, ox.NamedNode | ox.BlankNode)
    return node


def with_lists(triples: frozenset[ox.Triple]) -> frozenset[ox.Triple]:
    """The triples, and what the closed lists say of the concepts among them."""
    return triples | lists.triples_for(term.value for term in _nodes_of(triples) if isinstance(term, ox.NamedNode))


def _results(triples: frozenset[ox.Triple], profile: Profile) -> Iterator[Result]:
    """Those about nodes that the document speaks of: what a list leaves out of itself is not the document's fault."""
    about = {str_of(term) for term in _nodes_of(triples)} | profile.named_targets
    yield from profile.compiled.results(with_lists(triples), about)


def _nodes(catalogue: Catalogue, record: frozenset[ox.Triple]) -> set[str]:
    """The nodes that a record speaks of; of those with statements of their own, only the ones that it holds."""
    held = {str_of(triple.subject) for triple in record}
    named = {str_of(term) for term in (triple.object for triple in record) if not isinstance(term, ox.Literal)}
    return held | {node for node in named - held if not any(catalogue.index.predicates(node))}


def _nodes_of(triples: frozenset[ox.Triple]) -> set[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]:
    return {term for triple in triples for term in (triple.subject, triple.object)}


def _ordered(results: Iterable[Result]) -> list[Result]:
    def key(result: Result) -> tuple[str, ...]:
        return result.severity, result.focus, result.path or "", result.component, result.value or "", result.shape

    return sorted(results, key=key)
