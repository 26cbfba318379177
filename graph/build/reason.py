"""Reason with HermiT: triples flow in; whether they are consistent, and what follows for classes, flow out.

owlready2 reads only part of what RDF can say, and HermiT only OWL 2, so what they cannot use is left out: imports,
annotations, and literals whose datatype is not in the OWL 2 datatype map or whose value is not of that datatype.

Two runs go side by side. One asks of all statements whether they are consistent. The other classifies what is said of
terms, without the facts: with them HermiT would try every class against every thing, which takes minutes where a class
names a thing (`owl:hasValue`). The types of things then follow by the rules of `graph.build.materialise`, to which the
classification is handed; on our own facts HermiT's own realisation adds not one type to theirs, at four times the cost.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.build import child
from graph.build.hermit import CLASSIFIED, OUTPUT, VERDICT, WHOLE
from graph.names import OWL, RDF, RDFS, XSD
from graph.rdf.index import str_of

TYPE, SUBCLASS, EQUIVALENT = RDF + "type", RDFS + "subClassOf", OWL + "equivalentClass"
NOTHING = OWL + "Nothing"
VOCABULARY = (RDF, RDFS, OWL)
OF_THINGS = frozenset({OWL + "sameAs", OWL + "differentFrom"})

# Annotations that need no declaration, and imports, which would be fetched.
SAYS_NOTHING = frozenset(
    [OWL + name for name in ("imports", "versionInfo", "versionIRI", "priorVersion", "deprecated")]
    + [OWL + name for name in ("backwardCompatibleWith", "incompatibleWith")]
    + [RDFS + name for name in ("label", "comment", "seeAlso", "isDefinedBy")]
)

_SIGNS = ("nonNegative", "nonPositive", "positive", "negative")
_SIZES = ("long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte")
_INTEGERS = ("integer", *(f"{sign}Integer" for sign in _SIGNS), *_SIZES)
_TEXTS = ("string", "normalizedString", "token", "language", "Name", "NCName", "NMTOKEN", "anyURI")


def _is_long(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,19}", value)) and -(2**63) <= int(value) < 2**63


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


_FLOAT = _matches(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN")
_MOMENT = _matches(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

# The literals that HermiT sees: a datatype of the OWL 2 map, and whether a value is one that owlready2 can load.
READABLE: dict[str, Callable[[str], bool]] = {
    **{XSD + name: _is_long for name in _INTEGERS},
    **{XSD + name: lambda value: True for name in _TEXTS},
    RDF + "langString": lambda value: True,
    XSD + "decimal": _matches(r"[+-]?(\d+(\.\d*)?|\.\d+)"),
    XSD + "double": _FLOAT,
    XSD + "float": _FLOAT,
    XSD + "boolean": _matches(r"true|false|0|1"),
    XSD + "dateTime": _MOMENT,
    XSD + "dateTimeStamp": _MOMENT,
}


@dataclass(frozen=True)
class Reasoning:
    """What HermiT found: `entailed` holds subclass and equivalence triples between named classes."""

    consistent: bool
    unsatisfiable: tuple[str, ...]
    entailed: frozenset[ox.Triple]


def reason(triples: Collection[ox.Triple], seconds: float) -> Reasoning:
    """Ask HermiT whether the statements are consistent, and classify their classes.

    Raises:
        ReasonerTimeoutError: it took longer than `seconds`; it was ended, its Java too.
        ReasoningError: it could not read the statements, or failed.
    """
    with reasoning(triples, seconds) as result:
        return result()


@contextmanager
def reasoning(triples: Collection[ox.Triple], seconds: float) -> Iterator[Callable[[], Reasoning]]:
    """The same beside the block: it begins to reason, and gives a function that waits for the result.

    When the block is left before that, HermiT is ended.
    """
    with tempfile.TemporaryDirectory(prefix="pmkg-hermit-") as name:
        folder = Path(name)
        whole = list(for_hermit(triples))
        ox.serialize(whole, folder / WHOLE, format=ox.RdfFormat.N_TRIPLES)
        ox.serialize(about_terms(whole), folder / CLASSIFIED, format=ox.RdfFormat.N_TRIPLES)
        with child.running("graph.build.hermit", folder, seconds=seconds) as wait:
            yield lambda: _result(folder, wait)


def _result(folder: Path, wait: Callable[[], None]) -> Reasoning:
    wait()
    consistent = json.loads((folder / VERDICT).read_text("utf-8"))["consistent"]
    entailed = [quad.triple for quad in ox.parse(path=folder / OUTPUT, format=ox.RdfFormat.N_TRIPLES)]
    unsatisfiable = {str_of(t.subject) for t in entailed if _says(t, EQUIVALENT) and str_of(t.object) == NOTHING}
    return Reasoning(consistent, tuple(sorted(unsatisfiable)), frozenset(filter(_relates_classes, entailed)))


def for_hermit(triples: Collection[ox.Triple]) -> Iterator[ox.Triple]:
    """The triples without annotations, imports and literals that HermiT cannot use."""
    return filter(_is_readable, without_annotations(triples))


def without_annotations(triples: Collection[ox.Triple]) -> Iterator[ox.Triple]:
    """The triples from which something can follow: not those with a property that is declared to annotate."""
    annotation = ox.NamedNode(OWL + "AnnotationProperty")
    silent = {str_of(t.subject) for t in triples if t.object == annotation and _says(t, TYPE)} | SAYS_NOTHING
    return (triple for triple in triples if triple.predicate.value not in silent)


def about_terms(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """The triples that say something of classes and properties, and nothing of things."""
    for triple in triples:
        predicate = triple.predicate.value
        of_things = predicate in OF_THINGS or (predicate == TYPE and not str_of(triple.object).startswith(VOCABULARY))
        if predicate.startswith(VOCABULARY) and not of_things:
            yield triple


def _is_readable(triple: ox.Triple) -> bool:
    value = triple.object
    if isinstance(value, ox.Literal):
        test = READABLE.get(value.datatype.value)
        return test is not None and test(value.value)
    if _says(triple, RDFS + "range") and str_of(value).startswith(XSD):
        return str_of(value) in READABLE
    return True


def _says(triple: ox.Triple, predicate: str) -> bool:
    return triple.predicate.value == predicate


def _relates_classes(triple: ox.Triple) -> bool:
    """Whether it relates two named classes that are not OWL's own."""
    ends = (triple.subject, triple.object)
    if triple.predicate.value not in (SUBCLASS, EQUIVALENT) or ends[0] == ends[1]:
        return False
    return all(isinstance(end, ox.NamedNode) and not end.value.startswith(OWL) for end in ends)
