"""What the metadata quality assessment of data.europa.eu measures: nothing flows in, a table of 405 points flows out.

Each metric counts members of a population: the datasets, or the distributions of the datasets. Its points are the
share of the population that has it, times its weight. Two metrics need the network, and are left out unless they are
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from graph.names import DCTERMS, PREFIXES

DCAT = PREFIXES["dcat"]


class Dimension(StrEnum):
    """What the metrics are grouped by, in the order in which they are shown."""

    FINDABILITY = "findability"
    ACCESSIBILITY = "accessibility"
    INTEROPERABILITY = "interoperability"
    REUSABILITY = "reusability"
    CONTEXTUALITY = "contextuality"

    @property
    def definition(self) -> str:
        """What it is about, in a sentence."""
        return _MEANING[self]


_MEANING = {
    Dimension.FINDABILITY: "How well people and programs can find the dataset by search and by its filters.",
    Dimension.ACCESSIBILITY: "How well one gets from the description to the data itself.",
    Dimension.INTEROPERABILITY: "How well the data and its description work together with the tools of others.",
    Dimension.REUSABILITY: "How clear it is who may use the data, on which terms, and whom to ask.",
    Dimension.CONTEXTUALITY: "What else helps to judge whether the data fits: its age, its size and the rights to it.",
}


@dataclass(frozen=True)
class Metric:
    """One row of the table; `name` is also the last part of its IRI, after `mqa-`."""

    name: str
    dimension: Dimension
    points: int
    of_distributions: bool
    property: str
    title: str
    definition: str
    needs_network: bool = False


def _dataset(name: str, dimension: Dimension, points: int, property: str, title: str, definition: str) -> Metric:
    return Metric(name, dimension, points, False, property, title, definition)


def _distribution(
    name: str, dimension: Dimension, points: int, property: str, title: str, definition: str, network: bool = False
) -> Metric:
    return Metric(name, dimension, points, True, property, title, definition, network)


_FIND, _ACCESS, _INTER, _REUSE, _CONTEXT = Dimension

METRICS: tuple[Metric, ...] = (
    _dataset("keyword", _FIND, 30, DCAT + "keyword", "keywords", "The dataset has a keyword."),
    _dataset("theme", _FIND, 30, DCAT + "theme", "theme", "The dataset has a theme."),
    _dataset(
        "spatial", _FIND, 20, DCTERMS + "spatial", "area covered", "The dataset says which country or area it covers."
    ),
    _dataset(
        "temporal",
        _FIND,
        20,
        DCTERMS + "temporal",
        "period covered",
        "The dataset says which period of time it covers.",
    ),
    _distribution(
        "access-url-reachable",
        _ACCESS,
        50,
        DCAT + "accessURL",
        "access address answers",
        "An access address of the distribution answers a request with status 200.",
        network=True,
    ),
    _distribution(
        "download-url",
        _ACCESS,
        20,
        DCAT + "downloadURL",
        "download address",
        "The distribution has an address that its file can be downloaded from.",
    ),
    _distribution(
        "download-url-reachable",
        _ACCESS,
        30,
        DCAT + "downloadURL",
        "download address answers",
        "A download address of the distribution answers a request with status 200.",
        network=True,
    ),
    _distribution("format", _INTER, 20, DCTERMS + "format", "file format", "The distribution states its file format."),
    _distribution(
        "media-type", _INTER, 10, DCAT + "mediaType", "media type", "The distribution states its media type."
    ),
    _distribution(
        "format-vocabulary",
        _INTER,
        5,
        DCTERMS + "format",
        "file format from the list",
        "The file format is an entry of the EU's list of file types.",
    ),
    _distribution(
        "media-type-vocabulary",
        _INTER,
        5,
        DCAT + "mediaType",
        "media type from the list",
        "The media type is an IANA media type, by its address.",
    ),
    _distribution(
        "non-proprietary",
        _INTER,
        20,
        DCTERMS + "format",
        "non-proprietary format",
        "The file format or the media type is marked as non-proprietary in the EU's list of file types.",
    ),
    _distribution(
        "machine-readable",
        _INTER,
        20,
        DCTERMS + "format",
        "machine-readable format",
        "The file format or the media type is marked as machine-readable in the EU's list of file types.",
    ),
    _dataset(
        "dcat-ap",
        _INTER,
        30,
        "",
        "conforms to DCAT-AP",
        "The dataset and what belongs to it have no violation of DCAT-AP 3.0.1.",
    ),
    _distribution("licence", _REUSE, 20, DCTERMS + "license", "licence", "The distribution has a licence."),
    _distribution(
        "licence-vocabulary",
        _REUSE,
        10,
        DCTERMS + "license",
        "licence from the list",
        "The licence is an entry of the EU's list of licences.",
    ),
    _dataset(
        "access-rights",
        _REUSE,
        10,
        DCTERMS + "accessRights",
        "access rights",
        "The dataset says whether it is public, restricted or non-public.",
    ),
    _dataset(
        "access-rights-vocabulary",
        _REUSE,
        5,
        DCTERMS + "accessRights",
        "access rights from the list",
        "The access rights are an entry of the EU's list of access rights.",
    ),
    _dataset(
        "contact-point", _REUSE, 20, DCAT + "contactPoint", "contact point", "The dataset says whom to ask about it."
    ),
    _dataset("publisher", _REUSE, 10, DCTERMS + "publisher", "publisher", "The dataset says who publishes it."),
    _distribution("rights", _CONTEXT, 5, DCTERMS + "rights", "rights", "The distribution has a statement of rights."),
    _distribution(
        "byte-size", _CONTEXT, 5, DCAT + "byteSize", "file size", "The distribution states its size in bytes."
    ),
    _dataset(
        "issued", _CONTEXT, 5, DCTERMS + "issued", "date of issue", "The dataset says when it was first published."
    ),
    _dataset(
        "modified", _CONTEXT, 5, DCTERMS + "modified", "date of change", "The dataset says when it was last changed."
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
MOST_POINTS = sum(metric.points for metric in METRICS)


class Rating(StrEnum):
    """The word for a score."""

    EXCELLENT = "excellent"
    GOOD = "good"
    SUFFICIENT = "sufficient"
    BAD = "bad"


RATINGS = ((351, Rating.EXCELLENT), (221, Rating.GOOD), (121, Rating.SUFFICIENT), (0, Rating.BAD))


def rating_of(points: float) -> Rating:
    """The rating of a number of points.

    >>> [rating_of(points).value for points in (405, 351, 350.9, 221, 121, 120, 0)]
    ['excellent', 'excellent', 'good', 'good', 'sufficient', 'bad', 'bad']
    """
    return next(rating for least, rating in RATINGS if points >= least)
