"""Which code may be meant by a value that is in no list: a value and a list flow in, the nearest codes flow out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from graph.advise.nearest import local_name, nearest
from graph.catalogue.validate import lists


@dataclass(frozen=True)
class Code:
    """An entry of a code list."""

    iri: str
    label: str

    def as_json(self) -> dict[str, str]:
        """The entry for a program."""
        return {"iri": self.iri, "label": self.label}


@cache
def suggestions(text: str, scheme: str) -> tuple[Code, ...]:
    """The entries of a list that are meant by an IRI or a text, or are most like it, the best first.

    >>> [code.iri.rsplit("/")[-1] for code in suggestions("text/csv", lists.FILE_TYPE)]
    ['CSV']
    """
    exact = _names(scheme).get(text.strip().casefold()) or _names(scheme).get(local_name(text).strip().casefold())
    if exact:
        return tuple(_code(iri) for iri in exact)
    known = _labels(scheme)
    return tuple(_code(iri) for iri in nearest(text, known, known)) if known else ()


def title_of(scheme: str) -> str:
    """What a list is called."""
    found = lists.all_lists().schemes.get(scheme)
    return found.title if found else scheme


def size_of(scheme: str) -> int:
    """How many entries a list has, 0 where it is not known."""
    return len(lists.concepts(scheme))


def _code(iri: str) -> Code:
    known = lists.concept(iri)
    return Code(iri, known.label if known else "")


@cache
def _labels(scheme: str) -> Mapping[str, tuple[str, ...]]:
    """The entries that may be taken, with their names."""
    return {
        entry.iri: tuple(name for name in (entry.code, entry.label, *entry.other_labels) if name)
        for entry in _entries(scheme)
    }


@cache
def _names(scheme: str) -> Mapping[str, tuple[str, ...]]:
    """Names that can mean only these entries: codes, labels, extensions, and the same entry in older lists."""
    found: dict[str, list[str]] = {}
    for entry in _entries(scheme):
        extensions = [notation.removeprefix(".") for notation in entry.notations]
        names = (entry.iri, entry.code, entry.label, *entry.other_labels, *entry.notations, *extensions, *entry.same_as)
        for name in {name.casefold() for name in names if name}:
            found.setdefault(name, []).append(entry.iri)
    return {name: tuple(iris) for name, iris in found.items() if len(iris) <= 3}


@cache
def _entries(scheme: str) -> tuple[lists.Concept, ...]:
    entries = lists.all_lists().concepts.values()
    return tuple(entry for entry in entries if entry.scheme == scheme and "deprecated" not in entry.features)
