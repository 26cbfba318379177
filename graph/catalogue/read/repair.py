"""What recovery of all formats shares: parts and a way to read them flow in; which fail, and sound terms, flow out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import pyoxigraph as ox

from graph.catalogue.read.model import Recovered
from graph.catalogue.read.parse import plain
from graph.errors import InputError, Place, RdfSyntaxError
from graph.rdf.terms import is_iri

MOST_TRIALS = 200_000  # that many parts are read alone at most; then the rest counts as unreadable
MOST_LINES = 200  # are looked up, of IRIs that are none
Part = TypeVar("Part")


class Trials(Generic[Part]):
    """Reads parts to see whether they can be read."""

    def __init__(self, read: Callable[[Sequence[Part]], object]) -> None:
        self._read, self._left = read, MOST_TRIALS

    def works(self, parts: Sequence[Part]) -> bool:
        return self.error(parts) is None

    def error(self, parts: Sequence[Part]) -> RdfSyntaxError | None:
        """Why some parts cannot be read together."""
        if self._left <= 0:
            return RdfSyntaxError("too much of the document is wrong.")
        self._left -= 1
        try:
            self._read(parts)
        except RdfSyntaxError as error:
            return error
        return None


def failing(parts: Sequence[Part], works: Callable[[Sequence[Part]], bool]) -> frozenset[int]:
    """Which parts fail, found by halves: few are wrong among many."""
    if not parts or works(parts):
        return frozenset()
    if len(parts) == 1:
        return frozenset({0})
    half = len(parts) // 2
    second = failing(parts[half:], works)
    return failing(parts[:half], works) | {n + half for n in second}


def repaired(triples: Iterable[ox.Triple], text: str, address: str) -> Recovered:
    """Triples that were read leniently, with literals that are valid; IRIs that are none stay, for they can be mended.

    A statement whose predicate is no IRI is left out.
    """
    sound, problems, is_whole = list[ox.Triple](), dict[str, InputError](), True

    def note(what: str, role: str, fate: str, read_as: str = "") -> None:
        if what not in problems:
            searched = text if len(problems) < MOST_LINES else ""
            problems[what] = _odd(what, role, fate, searched, address, read_as)

    for triple in triples:
        if not is_iri(triple.predicate.value):
            is_whole = False
            note(triple.predicate.value, "the property", "left out")
            continue
        for term, role in ((triple.subject, "the subject"), (triple.object, "the object")):
            if isinstance(term, ox.NamedNode) and not is_iri(term.value):
                note(term.value, role, "kept as it stands")
        if isinstance(triple.object, ox.Literal):
            literal, wrong = _sound(triple.object)
            if wrong:
                note(wrong, "", "", str(literal))
                triple = ox.Triple(triple.subject, triple.predicate, literal)
        sound.append(triple)
    return Recovered(tuple(sound), tuple(problems.values()), is_whole)


def place_of(address: str, text: str, *wanted: str) -> Place:
    """Where the first of some texts stands in a document that holds it."""
    for each in wanted:
        at = text.find(each) if each else -1
        if at >= 0:
            return Place(file=address, line=text.count("\n", 0, at) + 1, column=at - text.rfind("\n", 0, at))
    return Place(file=address)


def _sound(literal: ox.Literal) -> tuple[ox.Literal, str]:
    """A literal that is valid, and what was wrong with it."""
    if literal.language is not None:
        for tag in (literal.language, literal.language.replace("_", "-")):
            try:
                return ox.Literal(literal.value, language=tag), "" if tag == literal.language else literal.language
            except ValueError:
                continue
        return ox.Literal(literal.value), literal.language
    if not is_iri(literal.datatype.value):
        return ox.Literal(literal.value), literal.datatype.value
    return literal, ""


def _odd(what: str, role: str, fate: str, text: str, address: str, read_as: str = "") -> InputError:
    tail = re.split(r"[/#]", what)[-1]  # a relative or prefixed name was completed
    place = place_of(address, text, what, tail)
    if read_as:
        message = f"'{plain(what)}' is no language tag or datatype; it was read as {plain(read_as)}."
    else:
        message = f"{role} '{plain(what)}' is no IRI; it is {fate}."
    return RdfSyntaxError(message, place=place, advice="Write it with %-escapes, or without what no IRI may hold.")
