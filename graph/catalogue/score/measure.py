"""Scores as statements: what was measured flows in, DQV measurements and the metrics that they are of flow out.

(Data Quality Vocabulary, W3C Working Group Note of 2016-12-15.) Every measurement has an IRI that follows from the
catalogue, the dataset and the metric, so that measuring again changes only what is different.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from graph.catalogue.score.metrics import METRICS, MOST_POINTS, Dimension
from graph.catalogue.score.scoring import Score, score_of_all
from graph.names import CATALOGUE, DCTERMS, METRIC, PREFIXES, RECORD, SKOS, XSD
from graph.rdf.index import TYPE

DQV = PREFIXES["dqv"]
OVERALL, CONFORMANCE = "metadata-quality", "conformance"


@dataclass(frozen=True)
class Measured:
    """What is known of one dataset."""

    dataset: str
    score: Score | None
    readiness: float | None
    violations: int
    warnings: int


def measurements(catalogue: str, measured: Iterable[Measured]) -> Iterator[ox.Triple]:
    """The measurements of each dataset and of the catalogue (the IRI of its graph), and the metrics."""
    found = list(measured)
    slug = catalogue.removeprefix(CATALOGUE)
    for one in found:
        if not one.dataset.startswith("_:"):
            number = hashlib.sha256(one.dataset.encode()).hexdigest()[:16]
            yield from _measurements(one.dataset, f"{RECORD}{slug}/{number}/", _values(one))
    yield from _measurements(catalogue, f"{RECORD}{slug}/", _values(overall(catalogue, found)))
    yield from metric_triples()


def overall(catalogue: str, measured: Iterable[Measured]) -> Measured:
    """All datasets together: the score over all of them, the mean readiness, and the sums of what is wrong."""
    found = list(measured)
    scores = [one.score for one in found if one.score is not None]
    shares = [one.readiness for one in found if one.readiness is not None]
    return Measured(
        catalogue,
        score_of_all(scores) if scores else None,
        sum(shares) / len(shares) if shares else None,
        sum(one.violations for one in found),
        sum(one.warnings for one in found),
    )


def metric_triples() -> Iterator[ox.Triple]:
    """What the metrics and their dimensions are."""
    for dimension in Dimension:
        yield from _dimension(dimension.value, dimension.value, dimension.definition)
    yield from _dimension(OVERALL, "metadata quality", "How good the description of a dataset is, over all dimensions.")
    yield from _dimension(CONFORMANCE, "conformance", "How far a record keeps to the profile of its access level.")
    source = "by the metadata quality assessment of data.europa.eu"
    text = f"All points {source}, of {MOST_POINTS}."
    yield from _metric("mqa", OVERALL, "metadata quality score", text, "decimal")
    for dimension in Dimension:
        most = sum(metric.points for metric in METRICS if metric.dimension is dimension)
        text = f"The points of {dimension.value} {source}, of {most}."
        yield from _metric(f"mqa-{dimension.value}", dimension.value, dimension.value, text, "decimal")
    for metric in METRICS:
        text = f"{metric.definition} Of {metric.points} points."
        yield from _metric(f"mqa-{metric.name}", metric.dimension.value, metric.title, text, "decimal")
    text = "The share of the obligations of HealthDCAT-AP Release 8 that the record meets at its access level, 0 to 1."
    yield from _metric("ehds-readiness", CONFORMANCE, "EHDS readiness", text, "decimal")
    for name in ("violations", "warnings"):
        text = f"How many {name} of HealthDCAT-AP Release 8 the record has at its access level."
        yield from _metric(name, CONFORMANCE, name, text, "integer")


def _values(one: Measured) -> Mapping[str, ox.Literal]:
    found: dict[str, ox.Literal] = {}
    if one.score is not None:
        found["mqa"] = decimal(one.score.total)
        for dimension in Dimension:
            found[f"mqa-{dimension.value}"] = decimal(one.score.of_dimension(dimension))
        for name, points in one.score.points.items():
            if points is not None:
                found[f"mqa-{name}"] = decimal(points)
    if one.readiness is not None:
        found["ehds-readiness"] = decimal(one.readiness, 4)
    integer = ox.NamedNode(XSD + "integer")
    for name, count in (("violations", one.violations), ("warnings", one.warnings)):
        found[name] = ox.Literal(str(count), datatype=integer)
    return found


def decimal(value: float, digits: int = 2) -> ox.Literal:
    """A number as xsd:decimal, in the form that the store keeps.

    >>> decimal(30.0).value, decimal(7.5).value
    ('30', '7.5')
    """
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return ox.Literal(text, datatype=ox.NamedNode(XSD + "decimal"))


def _measurements(about: str, space: str, values: Mapping[str, ox.Literal]) -> Iterator[ox.Triple]:
    for name, value in values.items():
        node = ox.NamedNode(space + name)
        yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(DQV + "QualityMeasurement"))
        yield ox.Triple(node, ox.NamedNode(DQV + "computedOn"), ox.NamedNode(about))
        yield ox.Triple(node, ox.NamedNode(DQV + "isMeasurementOf"), ox.NamedNode(METRIC + name))
        yield ox.Triple(node, ox.NamedNode(DQV + "value"), value)


def _dimension(name: str, title: str, definition: str) -> Iterator[ox.Triple]:
    node = ox.NamedNode(METRIC + name)
    yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(DQV + "Dimension"))
    yield ox.Triple(node, ox.NamedNode(SKOS + "prefLabel"), ox.Literal(title, language="en"))
    yield ox.Triple(node, ox.NamedNode(SKOS + "definition"), ox.Literal(definition, language="en"))


def _metric(name: str, dimension: str, title: str, definition: str, kind: str) -> Iterator[ox.Triple]:
    node = ox.NamedNode(METRIC + name)
    yield ox.Triple(node, ox.NamedNode(TYPE), ox.NamedNode(DQV + "Metric"))
    yield ox.Triple(node, ox.NamedNode(DQV + "inDimension"), ox.NamedNode(METRIC + dimension))
    yield ox.Triple(node, ox.NamedNode(DQV + "expectedDataType"), ox.NamedNode(XSD + kind))
    yield ox.Triple(node, ox.NamedNode(DCTERMS + "title"), ox.Literal(title, language="en"))
    yield ox.Triple(node, ox.NamedNode(SKOS + "definition"), ox.Literal(definition, language="en"))
