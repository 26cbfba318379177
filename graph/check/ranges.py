"""Whether facts, as they flow in, keep to domains and ranges of our properties, as far as things say what they are."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from graph.check.finding import Finding, error
from graph.names import DEF, OWL, RDFS, XSD, shorten
from graph.rdf.index import TYPE, Index
from graph.rdf.reading import Dataset

# A value of one of these is a value of the wider one too (XSD 1.1, derived types that we use).
WIDER = {XSD + "integer": XSD + "decimal", XSD + "nonNegativeInteger": XSD + "integer"}


def check_ranges(dataset: Dataset, index: Index) -> Iterator[Finding]:
    """Each fact's subject is of the property's domain and its object of the range.

    OWL would infer the type instead; a curator wants to hear of the slip. Only ends that are stated as primitive named
    classes or datatypes are checked: membership of a defined class is for the reasoner to find.
    """
    facts = (quad for quad in dataset.quads if quad.predicate.value.startswith(DEF))
    for quad in sorted(facts, key=str):
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        name, by = quad.predicate.value, quad.subject.value
        for kind in _primitive(index, name, RDFS + "domain"):
            if not _fits(index, by, kind):
                yield error(
                    "wrong-domain",
                    f"{shorten(by)} is no {shorten(kind)}, but {shorten(name)} is said of it.",
                    dataset.place_of(by),
                    f"Use another property, or type the thing as a {shorten(kind)}.",
                )
        for kind in _primitive(index, name, RDFS + "range"):
            if not _value_fits(index, quad.object, kind):
                yield error(
                    "wrong-range",
                    f"{shorten(by)} {shorten(name)} {_show(quad.object)}, which is no {shorten(kind)}.",
                    dataset.place_of(by),
                    f"Use a value that is a {shorten(kind)}, or another property.",
                )


def _primitive(index: Index, name: str, end: str) -> list[str]:
    return [
        kind
        for kind in index.iris(name, end)
        if kind.startswith(XSD) or (kind in index.classes and not index.objects(kind, OWL + "equivalentClass"))
    ]


def _value_fits(index: Index, value: object, kind: str) -> bool:
    if isinstance(value, ox.Literal):
        datatype = value.datatype.value
        return kind in (datatype, WIDER.get(datatype), RDFS + "Literal")
    return isinstance(value, ox.NamedNode) and not kind.startswith(XSD) and _fits(index, value.value, kind)


def _fits(index: Index, iri: str, kind: str) -> bool:
    """Things with no type at all are left to the identifier check."""
    return not index.objects(iri, TYPE) or index.is_a(iri, kind)


def _show(value: object) -> str:
    return shorten(value.value) if isinstance(value, ox.NamedNode) else str(value)
