"""Read RDF files: a path flows in, pyoxigraph quads flow out, or an error with the file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from graph.errors import InputError, Place, RdfSyntaxError, SeveralInputsError, UnknownFormatError
from graph.names import shorten

Read = TypeVar("Read")

FORMATS: dict[str, ox.RdfFormat] = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


def shown(path: Path) -> str:
    """A path as a person would type it here: relative where it is below the working directory."""
    absolute, here = path.resolve(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else path)


def read_each(paths: Iterable[Path], read: Callable[[Path], Read], problems: list[InputError]) -> list[Read]:
    """What `read` makes of each file; where one cannot be read, why is added to `problems`, and the rest is read."""
    found = []
    for path in paths:
        try:
            found.append(read(path))
        except InputError as problem:
            problems.extend(problem.problems)
    return found


def raise_any(problems: Sequence[InputError]) -> None:
    """Raise the errors that were collected, together, if there are any.

    Raises:
        InputError: the only one, or a SeveralInputsError.
    """
    if problems:
        raise problems[0] if len(problems) == 1 else SeveralInputsError(problems)


def read_quads(path: Path, default_graph: str | None = None) -> Iterator[ox.Quad]:
    """Parse one file.

    Statements outside a named graph go into `default_graph` where one is given. Blank nodes are renamed, so that those
    of two files never meet.

    Raises:
        InputError: the file is not there or cannot be opened.
        UnknownFormatError: its extension is none of `FORMATS`.
        RdfSyntaxError: it is not that format; the place has its line and column.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UnknownFormatError(
            "the extension says no RDF format.",
            place=Place(file=shown(path)),
            advice=f"Use one of {', '.join(FORMATS)}.",
        )
    graph = ox.NamedNode(default_graph) if default_graph else ox.DefaultGraph()
    try:
        for quad in ox.parse(path=path, format=kind, rename_blank_nodes=True):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                quad = ox.Quad(quad.subject, quad.predicate, quad.object, graph)
            yield quad
    except SyntaxError as error:
        place = Place(file=shown(path), line=error.lineno, column=error.offset)
        reason = re.sub(r"^Parser error [^:]*: ", "", error.msg)
        raise RdfSyntaxError(f"not valid {kind.name}: {reason}.", place=place, advice="Mend it there.") from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", place=Place(file=shown(path))) from error


@dataclass(frozen=True)
class ReadFile:
    """One file's quads, and where in it a term stands."""

    path: Path
    quads: tuple[ox.Quad, ...]

    @classmethod
    def read(cls, path: Path, default_graph: str | None = None) -> ReadFile:
        return cls(path, tuple(read_quads(path, default_graph)))

    @cached_property
    def subjects(self) -> frozenset[str]:
        return frozenset(quad.subject.value for quad in self.quads if isinstance(quad.subject, ox.NamedNode))

    @cached_property
    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines()

    def place_of(self, iri: str) -> Place:
        """Where a term stands in this file."""
        return Place(file=shown(self.path), line=self.line_of(iri), term=shorten(iri))

    def line_of(self, iri: str) -> int | None:
        """The first line (from 1) that starts with the term, or else mentions it, or None."""
        last = re.split("[/#]", iri.rstrip("/#"))[-1]
        name = re.escape(last) + "[/#]?"
        mention = re.compile(rf"""[<:/#"]{name}(?=[\s>";,.)\]]|$)""")
        turtle, xml = rf"<([^\s>]*[/#])?{name}>|[\w.-]*:{name}(?!\S)", rf'<[\w:.-]+ rdf:(about="[^"]*[/#]|ID="){name}"'
        start = re.compile(rf"\s*({turtle}|{xml})")
        mentions = [(n, line) for n, line in enumerate(self._lines, 1) if last in line and mention.search(line)]
        starts = (n for n, line in mentions if start.match(line))
        return next(starts, mentions[0][0] if mentions else None)


@dataclass(frozen=True)
class Dataset:
    """Several files together: all their quads, and which file says what."""

    files: tuple[ReadFile, ...]

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        return tuple(quad for file in self.files for quad in file.quads)

    @cached_property
    def triples(self) -> frozenset[ox.Triple]:
        """The RDF merge: each triple once, whatever graphs hold it."""
        return frozenset(quad.triple for quad in self.quads)

    def place_of(self, iri: str) -> Place:
        """Where a term is described: the first file that has it as a subject, and the line."""
        for file in self.files:
            if iri in file.subjects:
                return file.place_of(iri)
        return Place(term=shorten(iri))

    def __add__(self, other: Dataset) -> Dataset:
        """Both together, each file once: this one's reading of it counts, and its files come first."""
        known = {file.path.resolve() for file in self.files}
        return Dataset(self.files + tuple(file for file in other.files if file.path.resolve() not in known))
