"""Literals that a store would change: terms flow in, terms that it keeps as they are flow out, and back again.

Oxigraph stores values: `"01"^^xsd:integer` becomes `"1"`, every type derived from xsd:integer becomes xsd:integer,
dates, durations and booleans become canonical. A literal that would be changed so is *protected*: a mark stands before
its lexical form, which is then no form that the engine has a value for, so that it is kept with its own datatype. The
mark is U+10FFFE: a noncharacter, which no text that is exchanged may hold, which XML and JSON can write nevertheless,
and whose first byte begins no other character of a usual text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, BinaryIO, cast

import pyoxigraph as ox

from graph.errors import InputError, Place
from graph.names import XSD

MARK = chr(0x10FFFE)
MARK_BYTES = MARK.encode()

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_DAY = r"\d{4}-\d\d-\d\d"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{0,8}[1-9])?"
_ZONE = r"(?:Z|[+-](?!00:00)\d\d:\d\d)?"
_PLAIN = r"(?:0|-?[1-9]\d{0,%d}|-?(?:0|[1-9]\d{0,%d})\.\d{0,%d}[1-9])"
# Forms that a store surely keeps, by datatype; None where hardly any is kept. What matches none is tried.
_CANONICAL: dict[str, str | None] = {
    "integer": r"0|-?[1-9]\d{0,17}",
    "decimal": _PLAIN % (14, 14, 14),
    "double": _PLAIN % (8, 4, 4),
    "float": _PLAIN % (5, 2, 2),
    "boolean": "true|false",
    "dateTime": f"{_DAY}T{_TIME}{_ZONE}",
    "date": f"{_DAY}{_ZONE}",
    "time": f"{_TIME}{_ZONE}",
    "gYear": rf"\d{{4}}{_ZONE}",
    "gYearMonth": rf"\d{{4}}-\d\d{_ZONE}",
    "gMonthDay": rf"--\d\d-\d\d{_ZONE}",
    "gMonth": rf"--\d\d{_ZONE}",
    "gDay": rf"---\d\d{_ZONE}",
    "duration": r"P[1-9]Y|P[1-9]M|P[1-9]D|PT[1-9]H",
    "dayTimeDuration": r"P[1-9]D|PT[1-9]H",
    "yearMonthDuration": r"P[1-9]Y|P[1-9]M",
    **dict.fromkeys(["dateTimeStamp", "byte", "short", "int", "long", "unsignedByte", "unsignedShort"]),
    **dict.fromkeys(["unsignedInt", "unsignedLong", "positiveInteger", "negativeInteger"]),
    **dict.fromkeys(["nonPositiveInteger", "nonNegativeInteger"]),
}
_FORMS = {XSD + name: None if form is None else re.compile(form) for name, form in _CANONICAL.items()}
_ANY = ox.NamedNode("urn:x-pmkg:any")


def would_change(lexical: str, datatype: str) -> bool:
    """Whether a store gives another literal back than the one of this form and datatype."""
    if datatype not in _FORMS:
        return False
    form = _FORMS[datatype]
    return not (form and form.fullmatch(lexical)) and _changes(lexical, datatype)


@lru_cache(maxsize=65536)
def _changes(lexical: str, datatype: str) -> bool:
    literal = ox.Literal(lexical, datatype=ox.NamedNode(datatype))
    return canonical(literal) != literal


@lru_cache(maxsize=4096)
def canonical(literal: ox.Literal) -> ox.Literal:
    """What a store gives back for a literal."""
    store = ox.Store()
    store.add(ox.Quad(_ANY, _ANY, literal))
    found = next(iter(store)).object
    assert isinstance(found, ox.Literal)
    return found


def protect(term: Term) -> Term:
    """The term as it is to be stored, its literals protected where a store would change them, in triple terms too.

    Raises:
        InputError: a literal holds the mark itself.
    """
    return _protected(term)[0]


def unprotect(term: Term) -> Term:
    """The term as it was before `protect`."""
    if isinstance(term, ox.Literal) and term.value[:1] == MARK:
        return ox.Literal(term.value[1:], datatype=term.datatype)
    if isinstance(term, ox.Triple):
        return ox.Triple(term.subject, term.predicate, unprotect(term.object))
    return term


def protect_quad(quad: ox.Quad) -> ox.Quad:
    """The quad as it is to be stored; see `protect`."""
    return Protection().quad(quad)


def unprotect_quad(quad: ox.Quad) -> ox.Quad:
    """The quad as it was before `protect_quad`."""
    term = unprotect(quad.object)
    return quad if term is quad.object else ox.Quad(quad.subject, quad.predicate, term, quad.graph_name)


class Protection:
    """Protects quads on their way to a store; `found` says whether there was one to protect so far."""

    def __init__(self) -> None:
        self.found = False

    def quad(self, quad: ox.Quad) -> ox.Quad:
        """One quad; see `protect`."""
        term = quad.object
        if isinstance(term, ox.NamedNode | ox.BlankNode):
            return quad
        kept, changed = _protected(term)
        if not changed:
            return quad
        self.found = True
        return ox.Quad(quad.subject, quad.predicate, kept, quad.graph_name)

    def quads(self, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
        """Many quads, as they are asked for."""
        return map(self.quad, quads)


def _protected(term: Term) -> tuple[Term, bool]:
    """The term to store, and whether it is another one."""
    if isinstance(term, ox.Literal):
        value = term.value
        if MARK in value:
            raise InputError(
                "a literal holds the character U+10FFFE, a noncharacter that no text may hold.",
                place=Place(term=repr(value[:60])),
                advice="Take it out.",
            )
        datatype = term.datatype
        if would_change(value, datatype.value):
            return ox.Literal(MARK + value, datatype=datatype), True
    elif isinstance(term, ox.Triple):
        kept, changed = _protected(term.object)
        if changed:
            return ox.Triple(term.subject, term.predicate, kept), True
    return term, False


class Unmarking:
    """Takes the marks out of a serialised answer; bytes flow in, and out with a mark's first bytes held back."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> bytes:
        """The next bytes without marks; the beginning of what may be one waits for its end."""
        content = (self._rest + content).replace(MARK_BYTES, b"")
        held = next((size for size in (3, 2, 1) if content.endswith(MARK_BYTES[:size])), 0)
        self._rest = content[len(content) - held :]
        return content[: len(content) - held]

    def end(self) -> bytes:
        """What was held back and has turned out to be none."""
        rest, self._rest = self._rest, b""
        return rest


class Unmarked:
    """A result of the engine that is written without marks."""

    def __init__(self, result: ox.QuerySolutions | ox.QueryTriples) -> None:
        self._result = result
        self.is_graph = isinstance(result, ox.QueryTriples)

    @property
    def variables(self) -> list[ox.Variable]:
        """The variables of solutions."""
        assert isinstance(self._result, ox.QuerySolutions)
        return self._result.variables

    def serialize(self, output: BinaryIO, format: Any) -> None:
        """Write the answer, as the result itself would."""
        unmarking = _UnmarkedFile(output)
        self._result.serialize(cast(BinaryIO, unmarking), format=format)
        unmarking.end()


class _UnmarkedFile:
    """A file that bytes are written to and go on from without marks."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._unmarking = Unmarking()

    def write(self, content: bytes) -> int:
        self._output.write(self._unmarking.feed(content))
        return len(content)

    def flush(self) -> None:
        self._output.flush()

    def end(self) -> None:
        if rest := self._unmarking.end():
            self._output.write(rest)
