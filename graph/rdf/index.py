"""Look triples up by subject and predicate: a dataset's triples flow in, terms and class closures flow out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

import pyoxigraph as ox

from graph.names import OWL, RDF, RDFS

TYPE = RDF + "type"
LABEL = RDFS + "label"
SUBCLASS = RDFS + "subClassOf"
CLASS_KINDS = (OWL + "Class", RDFS + "Class")
PROPERTY_KINDS = (OWL + "ObjectProperty", OWL + "DatatypeProperty", OWL + "AnnotationProperty", RDF + "Property")

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Index:
    """Triples by subject and predicate; IRIs are plain strings, objects are terms."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._objects: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._subjects: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            subject, predicate = str_of(triple.subject), triple.predicate.value
            self._objects[subject][predicate].append(triple.object)
            if not isinstance(triple.object, ox.Literal):
                self._subjects[predicate][str_of(triple.object)].append(subject)

    @property
    def all_subjects(self) -> Iterator[str]:
        return iter(self._objects)

    def predicates(self, subject: str) -> Iterator[str]:
        said = self._objects.get(subject, {})  # and what was asked for in vain
        return iter([predicate for predicate, objects in said.items() if objects])

    def objects(self, subject: str, predicate: str) -> list[Term]:
        return self._objects[subject][predicate] if subject in self._objects else []

    def iris(self, subject: str, predicate: str) -> list[str]:
        return [term.value for term in self.objects(subject, predicate) if isinstance(term, ox.NamedNode)]

    def literals(self, subject: str, predicate: str) -> list[ox.Literal]:
        return [term for term in self.objects(subject, predicate) if isinstance(term, ox.Literal)]

    def subjects(self, predicate: str, object: str) -> list[str]:
        return self._subjects[predicate][object] if predicate in self._subjects else []

    @cached_property
    def classes(self) -> frozenset[str]:
        return frozenset(s for kind in CLASS_KINDS for s in self.subjects(TYPE, kind) if not s.startswith("_:"))

    @cached_property
    def properties(self) -> frozenset[str]:
        return frozenset(s for kind in PROPERTY_KINDS for s in self.subjects(TYPE, kind))

    @cached_property
    def deprecated(self) -> frozenset[str]:
        return frozenset(
            subject
            for subject in self._objects
            if any(term.value in ("true", "1") for term in self.literals(subject, OWL + "deprecated"))
        )

    @cached_property
    def things(self) -> dict[str, list[str]]:
        """Everything that has a declared class as its type, with these types."""
        return {
            subject: types
            for subject in self._objects
            if (types := [iri for iri in self.iris(subject, TYPE) if iri in self.classes])
        }

    def ancestors(self, iri: str) -> frozenset[str]:
        """The class itself and all its named superclasses, as asserted."""
        found, waiting = set[str](), [iri]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.iris(current, SUBCLASS))
        return frozenset(found)

    def is_a(self, subject: str, kind: str) -> bool:
        """Whether a thing has the class, or one under it, as an asserted type."""
        return any(kind in self.ancestors(given) for given in self.iris(subject, TYPE))

    def label(self, iri: str) -> str | None:
        """The English label, or any, or None."""
        labels = self.literals(iri, LABEL)
        english = [label.value for label in labels if label.language in ("en", None)]
        return next(iter(english or [label.value for label in labels]), None)


def str_of(term: Term) -> str:
    """An IRI as it is, a blank node as `_:x`.

    >>> str_of(ox.BlankNode("b"))
    '_:b'
    """
    return term.value if isinstance(term, ox.NamedNode) else str(term)
