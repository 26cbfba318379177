"""The fast SHACL engine with terms kept: shapes flow in once, then triples flow in and results flow out.

The engine renames blank nodes, of the shapes and of the data, and says in a result only its own names. So shapes that
are blank nodes get IRIs on their way in, and each blank node of the data is reported once more, by a shape made for
that, beside the name that it came with.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, cast

import pyoxigraph as ox
import shacl

from graph.check.dependencies import OF_ANOTHER_SHAPE, OF_SEVERAL_SHAPES, OF_THE_TARGET
from graph.check.readable import OURS, run, stand_ins_for, standing_in, with_long_year, without_long_year
from graph.check.shapes import Result, as_ntriples, plain
from graph.errors import CheckFailedError
from graph.names import RDF, SH
from graph.rdf.index import TYPE, Index, Term, str_of
from graph.sparql.literals import MARK, Unmarking, unprotect

NAMES = ox.NamedNode(OURS + "names")
_NOTHING: Mapping[str, str] = MappingProxyType({})
GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


class CompiledShapes:
    """Shapes that validate any number of data graphs, from any thread.

    Raises:
        CheckFailedError: the engine refuses the shapes.
    """

    def __init__(self, triples: Iterable[ox.Triple], index: Index) -> None:
        self._index = index
        self._names: dict[Term, ox.NamedNode] = {}
        for number, node in enumerate(sorted(_blank_shapes(index))):
            self._names[ox.BlankNode(node.removeprefix("_:"))] = ox.NamedNode(f"{OURS}shape-{number}")
        self._shapes = {name.value: node for node, name in self._names.items()}
        named = [*map(self._rename, triples), *_naming_shape()]
        try:
            self._engine = shacl.Shapes.from_text(as_ntriples(named), format="ntriples")
        except ValueError as error:
            advice = "Mend them; pmkg check --reference tells what pyshacl makes of them."
            raise CheckFailedError(f"the SHACL engine refuses the shapes: {error}.", advice=advice) from error

    def _rename(self, triple: ox.Triple) -> ox.Triple:
        subject, value = (self._names.get(term, term) for term in (triple.subject, triple.object))
        assert isinstance(subject, ox.NamedNode | ox.BlankNode)
        return ox.Triple(subject, triple.predicate, value)

    def results(self, data: Iterable[ox.Triple], about: Collection[str] | None = None) -> Iterator[Result]:
        """The results of validating a data graph, with its own blank nodes; where given, only those about these nodes.

        Nodes are named as `key_of` does.
        """
        said = data if isinstance(data, Collection) else tuple(data)
        try:
            return self._validated(said, about, {})
        except CheckFailedError:
            stand_ins = stand_ins_for(said)
            if not stand_ins:
                raise
            return self._validated([standing_in(triple, stand_ins) for triple in said], about, stand_ins)

    def _validated(
        self, data: Iterable[ox.Triple], about: Collection[str] | None, stand_ins: dict[Term, ox.NamedNode]
    ) -> Iterator[Result]:
        names = _Names()
        text = as_ntriples(_with_names(data, names)).replace(MARK, "")  # literals as they were given to the store
        report = run(self._engine.validate_text, text, format="ntriples")
        back = {str(name): f"<{term.value}>" for term, name in stand_ins.items() if isinstance(term, ox.NamedNode)}
        return self._told(report, names, about, back)

    def results_of_all(self, store: ox.Store, graphs: Iterable[GraphName]) -> Iterator[Result]:
        """The results of validating the merge of some graphs of a store, by way of a file: they may be large."""
        names = _Names()
        with tempfile.TemporaryDirectory(prefix="pmkg-validation-") as folder:
            path = Path(folder) / "data.nt"
            with path.open("wb") as file:
                output = _NamingFile(file, names)
                for graph in graphs:
                    store.dump(cast(BinaryIO, output), format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
                output.end()
            report = run(self._engine.validate_file, str(path))
        return self._told(report, names, None)

    def _told(
        self, report: shacl.Report, names: _Names, about: Collection[str] | None, back: Mapping[str, str] = _NOTHING
    ) -> Iterator[Result]:
        asked = f"<{NAMES.value}>"
        rows = report.results
        given = {row.value: names.given(plain(row.focus_node)) for row in rows if row.path == asked} | dict(back)
        alike = dict[tuple[str | None, ...], Result]()
        for row in rows:
            focus = plain(given.get(row.focus_node) or row.focus_node)
            if row.path != asked and (about is None or focus in about):
                key = (row.source_shape, row.component_iri, row.path, row.severity_iri, *row.messages)
                if key not in alike:
                    alike[key] = self._result(row)
                yield _about(alike[key], focus, given.get(row.value) or row.value)

    def _result(self, row: shacl.Result) -> Result:
        """What a result has in common with all that come of the same constraint, whatever they are about."""
        shape = plain(row.source_shape or "")
        node = self._shapes.get(shape)
        shape = str_of(node) if node is not None else shape
        path, path_triples = None, tuple[ox.Triple, ...]()
        if row.path and not _is_iri(row.path) and (paths := self._index.objects(shape, SH + "path")):
            path, path_triples = paths[0], tuple(self._below(paths[0]))
        messages = self._index.literals(shape, SH + "message") or [ox.Literal(text) for text in row.messages]
        return Result(
            "",
            row.path,
            row.component_iri.removeprefix(SH),
            None,
            row.severity_iri.removeprefix(SH),
            " ".join(sorted(row.messages)),
            shape=shape,
            messages=tuple(messages),
            path_node=path,
            path_triples=path_triples,
        )

    def _below(self, node: Term) -> Iterator[ox.Triple]:
        """The triples that a path is written in, and nothing else that is said of its blank nodes."""
        if isinstance(node, ox.BlankNode):
            said = list(self._index.predicates(str(node)))
            of_list = [predicate for predicate in said if predicate in (RDF + "first", RDF + "rest")]
            for predicate in of_list or said:
                for value in self._index.objects(str(node), predicate):
                    yield ox.Triple(node, ox.NamedNode(predicate), value)
                    yield from self._below(value)


def key_of(term: Term) -> str:
    """The name that results have for a term of the store: the engine writes language tags in lower case."""
    term = unprotect(term)
    if isinstance(term, ox.Literal) and term.language:
        return str(ox.Literal(term.value, language=term.language.lower()))
    return str_of(term)


class _Names:
    """The blank nodes of data by the IRIs that stand for them in the engine's results."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, blank: str) -> str | None:
        """The IRI of a blank node, written `_:x`, that is new."""
        if blank in self._numbers:
            return None
        self._numbers[blank] = len(self._numbers)
        return f"{OURS}blank-{self._numbers[blank]}"

    def given(self, name: str) -> str:
        return self._given[int(name.rpartition("-")[2])]

    @cached_property
    def _given(self) -> list[str]:
        return list(self._numbers)


def _with_names(data: Iterable[ox.Triple], names: _Names) -> Iterator[ox.Triple]:
    """The data, and for each of its blank nodes a triple that names it."""
    for triple in data:
        for term in (triple.subject, triple.object):
            if isinstance(term, ox.BlankNode) and (name := names.add(str(term))):
                yield ox.Triple(ox.NamedNode(name), NAMES, term)
        yield without_long_year(triple)


def _about(result: Result, focus: str, value: str | None) -> Result:
    """The same result about this node and value."""
    return Result(
        focus,
        result.path,
        result.component,
        with_long_year(value),
        result.severity,
        result.message,
        result.shape,
        result.messages,
        result.path_node,
        result.path_triples,
    )


class _NamingFile:
    """A file of N-Triples that gets literals as they were given to the store, and a name for each blank node."""

    def __init__(self, file: BinaryIO, names: _Names) -> None:
        self._file = file
        self._names = names
        self._unmarking = Unmarking()
        self._cut = b""  # the last word of what was written, which may go on
        self._new = list[str]()

    def write(self, content: bytes) -> int:
        self._file.write(self._unmarking.feed(content))
        text = self._cut + content
        if b"_:" in text:
            # What only looks like a blank node, in a literal, becomes one that nothing else is said of.
            for blank in re.findall(rb"(?:^|\s)(_:[\w.-]*\w)(?=\s)", text):
                self._name(blank.decode())
        self._cut = text[max(text.rfind(b" "), text.rfind(b"\n"), 0) :]
        return len(content)

    def _name(self, blank: str) -> None:
        if name := self._names.add(blank):
            self._new.append(f"<{name}> <{NAMES.value}> {blank} .\n")

    def flush(self) -> None:
        self._file.flush()

    def end(self) -> None:
        self._file.write(self._unmarking.end() + "".join(self._new).encode())


def _naming_shape() -> Iterator[ox.Triple]:
    """A shape that no blank node's name keeps to."""
    shape, its_property = ox.NamedNode(OURS + "naming"), ox.NamedNode(OURS + "naming-property")
    for subject, predicate, value in (
        (shape, TYPE, ox.NamedNode(SH + "NodeShape")),
        (shape, SH + "targetSubjectsOf", NAMES),
        (shape, SH + "property", its_property),
        (its_property, SH + "path", NAMES),
        (its_property, SH + "nodeKind", ox.NamedNode(SH + "Literal")),
    ):
        yield ox.Triple(subject, ox.NamedNode(predicate), value)


def _blank_shapes(index: Index) -> set[str]:
    """The shapes that are blank nodes; no paths, which an IRI would make other paths, and no lists."""
    found = {s for s in index.all_subjects for name in OF_THE_TARGET if index.objects(s, SH + name)}
    for kind in ("NodeShape", "PropertyShape"):
        found.update(index.subjects(TYPE, SH + kind))
    for subject in index.all_subjects:
        for name in OF_ANOTHER_SHAPE:
            found.update(map(str_of, index.objects(subject, SH + name)))
        for name in OF_SEVERAL_SHAPES:
            for head in index.objects(subject, SH + name):
                found.update(map(str_of, _members(index, head)))
    return {node for node in found if node.startswith("_:")}


def _members(index: Index, head: Term) -> Iterator[Term]:
    seen = set[str]()
    node = str_of(head)
    while node not in seen and index.objects(node, RDF + "first"):
        seen.add(node)
        yield index.objects(node, RDF + "first")[0]
        node = next(map(str_of, index.objects(node, RDF + "rest")), "")


def _is_iri(path: str) -> bool:
    return plain(path) != path
