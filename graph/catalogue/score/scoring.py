"""The score of datasets and catalogues: records flow in, points of 405 with their reasons flow out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.records import Catalogue
from graph.catalogue.score import values
from graph.catalogue.score.metrics import BY_NAME, DCAT, METRICS, MOST_POINTS, Dimension, Metric, Rating, rating_of
from graph.catalogue.validate import lists
from graph.names import DCTERMS
from graph.rdf.index import Index, Term, str_of

DISTRIBUTION = DCAT + "distribution"
FORMAT, MEDIA_TYPE = DCTERMS + "format", DCAT + "mediaType"
Reached = Mapping[str, bool]  # addresses, and whether each answered


@dataclass(frozen=True)
class Share:
    """How many of a population have what a metric asks for."""

    having: int
    population: int

    def __add__(self, other: Share) -> Share:
        return Share(self.having + other.having, self.population + other.population)

    @property
    def value(self) -> float:
        """The share, 0 where there is nobody."""
        return self.having / self.population if self.population else 0.0


@dataclass(frozen=True)
class Score:
    """The shares of one dataset or of several; a metric that was not asked for has none."""

    shares: Mapping[str, Share | None]
    datasets: int = 1

    def points_of(self, name: str) -> float | None:
        """The points of one metric, None where it was not asked for.

        >>> Score({"keyword": Share(1, 2)}).points_of("keyword")
        15.0
        """
        share = self.shares.get(name)
        return None if share is None else share.value * BY_NAME[name].points

    @cached_property
    def points(self) -> Mapping[str, float | None]:
        """The points of each metric, in the order of the table."""
        return {metric.name: self.points_of(metric.name) for metric in METRICS}

    @property
    def total(self) -> float:
        """All points."""
        return sum(points for points in self.points.values() if points is not None)

    @property
    def reachable(self) -> int:
        """The most points that could be had by what was asked for; of 405 where all was."""
        return sum(metric.points for metric in METRICS if self.points[metric.name] is not None)

    @property
    def rating(self) -> Rating:
        """The word for the points, out of 405 whatever was asked for."""
        return rating_of(self.total)

    @property
    def not_asked(self) -> tuple[Metric, ...]:
        """The metrics that were left out."""
        return tuple(metric for metric in METRICS if self.points[metric.name] is None)

    def of_dimension(self, dimension: Dimension) -> float:
        """The points of one dimension."""
        return sum(self.points[metric.name] or 0.0 for metric in METRICS if metric.dimension is dimension)

    def gain(self, name: str) -> float:
        """The points that a metric still has to give."""
        points = self.points[name]
        return 0.0 if points is None else BY_NAME[name].points - points

    @property
    def missing(self) -> list[tuple[Metric, float]]:
        """The metrics that could give more points, the most first."""
        gains = [(metric, self.gain(metric.name)) for metric in METRICS]
        return sorted((pair for pair in gains if pair[1] > 0), key=lambda pair: -pair[1])

    def as_json(self) -> dict[str, object]:
        """The score for a program; points are null where a metric was not asked for."""
        return {
            "points": round(self.total, 2),
            "of": MOST_POINTS,
            "reachable": self.reachable,
            "rating": self.rating.value,
            "datasets": self.datasets,
            "dimensions": {item.value: round(self.of_dimension(item), 2) for item in Dimension},
            "metrics": {name: None if points is None else round(points, 2) for name, points in self.points.items()},
        }


def score(
    catalogue: Catalogue, dataset: str, *, conforms: bool | None = None, reachability: Reached | None = None
) -> Score:
    """The score of one dataset.

    `conforms` says whether it keeps to DCAT-AP 3.0.1, which is found out where it is not given; `reachability` holds
    the addresses that were asked, and without it the two metrics about them are left out.
    """
    if conforms is None:
        conforms = compliance(catalogue, [dataset])[dataset]
    index = catalogue.index
    distributions = [str_of(term) for term in index.objects(dataset, DISTRIBUTION) if not isinstance(term, ox.Literal)]
    shares: dict[str, Share | None] = {"dcat-ap": Share(int(conforms), 1)}
    for metric in METRICS:
        if metric.name == "dcat-ap":
            continue
        if metric.needs_network and reachability is None:
            shares[metric.name] = None
            continue
        nodes = distributions if metric.of_distributions else [dataset]
        if metric.needs_network:
            nodes = [node for node in nodes if _is_known(index, node, metric.property, reachability or {})]
        having = sum(_has(metric, index, node, reachability or {}) for node in nodes)
        shares[metric.name] = Share(having, len(nodes))
    return Score(shares)


def score_of_all(scores: Iterable[Score]) -> Score:
    """The score of a catalogue, by the shares of all its datasets and of all their distributions together."""
    found = list(scores)
    shares: dict[str, Share | None] = {}
    for metric in METRICS:
        known = [share for one in found if (share := one.shares.get(metric.name)) is not None]
        shares[metric.name] = sum(known, Share(0, 0)) if known or not metric.needs_network else None
    return Score(shares, sum(one.datasets for one in found))


def compliance(catalogue: Catalogue, datasets: Iterable[str] | None = None) -> dict[str, bool]:
    """Whether each dataset, with what belongs to it, has no violation of DCAT-AP 3.0.1."""
    from graph.catalogue.validate.verdict import validate  # here, since who gives the verdict needs no engine

    wanted = catalogue.datasets if datasets is None else tuple(datasets)
    if len(wanted) == 1 and len(catalogue.datasets) > 1:
        data: Iterable[ox.Triple] = _with_neighbours(catalogue, wanted[0])
    else:
        data = catalogue.triples
    wrong = {result.focus for result in validate(data, "dcat-ap-3.0.1").violations}
    return {dataset: wrong.isdisjoint(nodes_of(catalogue, dataset)) for dataset in wanted}


def nodes_of(catalogue: Catalogue, dataset: str) -> frozenset[str]:
    """The nodes that the statements of a record are about."""
    return frozenset({dataset, *(str_of(triple.subject) for triple in catalogue.record(dataset))})


def addresses_of(catalogue: Catalogue, datasets: Iterable[str] | None = None) -> Iterator[str]:
    """The addresses that the two metrics about reachability ask, each once."""
    index, seen = catalogue.index, set[str]()
    for dataset in catalogue.datasets if datasets is None else datasets:
        for distribution in index.objects(dataset, DISTRIBUTION):
            for name in ("accessURL", "downloadURL"):
                for address in _addresses(index, str_of(distribution), DCAT + name):
                    if address not in seen:
                        seen.add(address)
                        yield address


def _with_neighbours(catalogue: Catalogue, dataset: str) -> Iterator[ox.Triple]:
    """A record, and of which class the things are that it leads to outside of itself."""
    record = catalogue.record(dataset)
    yield from record
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for node in {triple.object for triple in record if isinstance(triple.object, ox.NamedNode | ox.BlankNode)}:
        for value in catalogue.index.objects(str_of(node), kind.value):
            yield ox.Triple(node, kind, value)


def _has(metric: Metric, index: Index, node: str, reached: Reached) -> bool:
    check = _CHECKS.get(metric.name)
    if check is not None:
        return check(index, node)
    if metric.needs_network:
        return any(reached.get(address, False) for address in _addresses(index, node, metric.property))
    return values.is_said(index.objects(node, metric.property))


def _addresses(index: Index, node: str, property: str) -> list[str]:
    terms = index.objects(node, property)
    return [term.value for term in terms if isinstance(term, ox.NamedNode | ox.Literal) and term.value.strip()]


def _is_known(index: Index, node: str, property: str, reached: Reached) -> bool:
    """Whether it was asked for an answer, or there is nothing to ask."""
    addresses = _addresses(index, node, property)
    return not addresses or any(address in reached for address in addresses)


def _formats(index: Index, node: str) -> list[Term]:
    return [*index.objects(node, FORMAT), *index.objects(node, MEDIA_TYPE)]


# What is more than that there is a value.
_CHECKS: dict[str, Callable[[Index, str], bool]] = {
    "format-vocabulary": lambda index, node: values.is_of(lists.FILE_TYPE, index.objects(node, FORMAT)),
    "media-type-vocabulary": lambda index, node: values.is_media_type(index.objects(node, MEDIA_TYPE)),
    "non-proprietary": lambda index, node: values.has_feature(values.NON_PROPRIETARY, _formats(index, node)),
    "machine-readable": lambda index, node: values.has_feature(values.MACHINE_READABLE, _formats(index, node)),
    "licence-vocabulary": lambda index, node: values.is_licence(index.objects(node, DCTERMS + "license")),
    "access-rights-vocabulary": lambda index, node: values.is_of(
        lists.ACCESS_RIGHT, index.objects(node, DCTERMS + "accessRights")
    ),
}
