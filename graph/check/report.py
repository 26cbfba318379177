"""A validation report: results flow in; `sh:ValidationReport` for programs, words for people flow out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO

import pyoxigraph as ox

from graph.check.finding import Severity
from graph.check.shapes import SEVERITIES, Result, plain, readable, sentence, term_of
from graph.names import PREFIXES, RDF, SH, XSD
from graph.rdf.index import Term

_TYPE = ox.NamedNode(RDF + "type")
_BOOLEAN = ox.NamedNode(XSD + "boolean")


@dataclass(frozen=True)
class Report:
    """What a validation found.

    `touched` are the nodes that were looked at where only what a change touches was, and None where all nodes were.
    """

    results: tuple[Result, ...]
    touched: frozenset[str] | None = field(default=None, repr=False)

    @property
    def conforms(self) -> bool:
        """Whether nothing is violated; warnings alone do not refuse a change."""
        return not any(SEVERITIES.get(result.severity) == Severity.ERROR for result in self.results)

    @cached_property
    def ordered(self) -> list[Result]:
        """The results, the gravest first."""
        ranks = list(SEVERITIES)

        def key(result: Result) -> tuple[int, str, str, str, str]:
            rank = ranks.index(result.severity) if result.severity in ranks else len(ranks)
            return rank, result.focus, result.path or "", result.component, result.value or ""

        return sorted(self.results, key=key)

    def graph(self) -> list[ox.Triple]:
        """The report as RDF (SHACL, W3C Recommendation of 2017-07-20, section 3.6).

        As section 3.6.1.1 has it, `sh:conforms` is true only where there is no result at all, not even a warning.
        """
        root = ox.BlankNode("report")
        found = [
            ox.Triple(root, _TYPE, _sh("ValidationReport")),
            ox.Triple(root, _sh("conforms"), ox.Literal("false" if self.results else "true", datatype=_BOOLEAN)),
        ]
        for number, result in enumerate(self.ordered, 1):
            node = ox.BlankNode(f"result{number}")
            found.append(ox.Triple(root, _sh("result"), node))
            found.extend(ox.Triple(node, predicate, value) for predicate, value in _statements(result))
            found.extend(_path(result, node))
        return found

    def serialize(self, format: ox.RdfFormat) -> bytes:
        """The report in an RDF format that pyoxigraph writes."""
        triples, output = self.graph(), BytesIO()
        used = {term.value for triple in triples for term in triple if isinstance(term, ox.NamedNode)}
        named = {name: space for name, space in PREFIXES.items() if any(iri.startswith(space) for iri in used)}
        ox.serialize(triples, output, format=format, prefixes={**named, "sh": SH})
        return output.getvalue()

    def as_json(self) -> dict[str, object]:
        """The report for a program that knows no RDF, or for a page."""
        return {
            "conforms": self.conforms,
            "nodes": None if self.touched is None else len(self.touched),
            "results": [_row(result) for result in self.ordered],
        }

    def text(self, limit: int = 20) -> str:
        """The report for a terminal: how much of what, then the gravest results, each with what to do."""
        if not self.results:
            return "Conforms to the shapes."
        counts = Counter(result.severity for result in self.ordered)
        parts = [f"{count} {severity.lower()}{'s' if count > 1 else ''}" for severity, count in counts.items()]
        lines = [f"{'Conforms' if self.conforms else 'Does not conform'} to the shapes: {', '.join(parts)}."]
        width = max(len(result.severity) for result in self.results)
        for result in self.ordered[:limit]:
            lines.append(f"{result.severity:<{width}}  {sentence(result)}")
            if result.message:
                lines.append(f"{'':<{width}}  {result.message}")
        if len(self.results) > limit:
            lines.append(f"... and {len(self.results) - limit} more.")
        return "\n".join(lines)


def _row(result: Result) -> dict[str, object]:
    return {
        "severity": result.severity,
        "focus": result.focus,
        "path": readable(result.path) if result.path else None,
        "value": result.value,
        "component": result.component,
        "shape": result.shape,
        "message": sentence(result),
        "advice": result.message,
    }


def _statements(result: Result) -> Iterator[tuple[ox.NamedNode, Term]]:
    """What a `sh:ValidationResult` says, but for its path."""
    yield _TYPE, _sh("ValidationResult")
    yield _sh("focusNode"), result.focus_term
    yield _sh("resultSeverity"), _sh(result.severity)
    yield _sh("sourceConstraintComponent"), _sh(result.component)
    if result.shape:
        yield _sh("sourceShape"), term_of(result.shape)
    if result.value is not None:
        yield _sh("value"), term_of(plain(result.value))
    if result.messages:
        yield from ((_sh("resultMessage"), message) for message in result.messages)
    else:
        yield _sh("resultMessage"), ox.Literal(result.message or sentence(result), language="en")


def _path(result: Result, node: ox.BlankNode) -> Iterator[ox.Triple]:
    """The path, with blank nodes of its own in each result, as a path is a tree."""
    renamed: dict[Term, ox.BlankNode] = {}

    def own(term: Term) -> Term:
        if not isinstance(term, ox.BlankNode):
            return term
        return renamed.setdefault(term, ox.BlankNode(f"{node.value}path{len(renamed) + 1}"))

    if result.path_node is not None:
        yield ox.Triple(node, _sh("resultPath"), own(result.path_node))
        for triple in result.path_triples:
            subject = own(triple.subject)
            assert isinstance(subject, ox.BlankNode), "only blank nodes stand for complex paths"
            yield ox.Triple(subject, triple.predicate, own(triple.object))
    elif result.path is not None:
        yield ox.Triple(node, _sh("resultPath"), ox.NamedNode(plain(result.path)))


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(name if ":" in name else SH + name)
