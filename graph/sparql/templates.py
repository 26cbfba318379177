"""Templates of updates: the tokens between their braces flow in; for each solution, quads flow out.

SPARQL's quad templates are TriG but for their variables, and for default graph triples between graph blocks. So a
template is rewritten as TriG, each variable as an IRI of its own, and read by the engine's TriG parser, which knows
collections, property lists and triple terms.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pyoxigraph as ox

from graph.errors import QuerySyntaxError
from graph.sparql.lexer import Prologue, Token, place

_VARIABLE = f"urn:x-pmkg-variable:{secrets.token_hex(8)}:"  # no update can hold an IRI that begins so
_BOOLEANS = {"TRUE", "FALSE"}

Node = ox.NamedNode | ox.BlankNode
Term = Node | ox.Literal | ox.Triple
Row = Mapping[str, Term]
Fill = Callable[[Row, Mapping[ox.BlankNode, ox.BlankNode]], Term | None]


@dataclass(frozen=True)
class Template:
    """Quads that may hold variables (as IRIs of their own) and blank nodes, new ones for each solution."""

    quads: tuple[ox.Quad, ...]

    @classmethod
    def empty(cls) -> Template:
        return cls(())

    @classmethod
    def read(cls, text: str, tokens: list[Token], prologue: Prologue) -> Template:
        """The template that tokens of the text spell.

        Raises:
            QuerySyntaxError: they spell none.
        """
        if not tokens:
            return cls(())
        trig = prologue.text() + "".join(_trig(text, tokens))
        try:
            quads = tuple(ox.parse(trig, format=ox.RdfFormat.TRIG, base_iri=prologue.base or None))
        except (SyntaxError, ValueError) as error:  # the latter where the base is no IRI
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            raise QuerySyntaxError(
                f"a template or data block is wrong: {reason}.", place=place(text, tokens[0].start)
            ) from error
        return cls(quads)

    def filled(self, rows: Iterable[Row], default: Node | ox.DefaultGraph) -> Iterator[ox.Quad]:
        """The quads for each solution; `default` is the graph of those that name none.

        A quad with an unbound variable, or a term where RDF allows none of its kind, is left out (section 4.1.2).
        """
        slots = [tuple(map(_slot, (quad.subject, quad.predicate, quad.object, quad.graph_name))) for quad in self.quads]
        labels = {term for quad in self.quads for term in _leaves(quad) if isinstance(term, ox.BlankNode)}
        for row in rows:
            fresh = {label: ox.BlankNode() for label in labels}
            for subject, predicate, object, graph in slots:
                name = default if graph is None else graph(row, fresh)
                if name is None:
                    continue  # to the engine's Quad, None would be the default graph
                try:
                    yield ox.Quad(
                        subject(row, fresh),  # type: ignore[misc,arg-type]
                        predicate(row, fresh),  # type: ignore[misc,arg-type]
                        object(row, fresh),  # type: ignore[misc,arg-type]
                        name,  # type: ignore[arg-type]
                    )
                except TypeError:
                    continue


def _trig(text: str, tokens: list[Token]) -> Iterator[str]:
    """The template as TriG, default graph triples in braces of their own; what lies between tokens is kept."""
    depth, in_default, in_graph = 0, False, False
    end = tokens[0].start
    for token in tokens:
        yield text[end : token.start] if token.start > end else ""
        end = token.start + len(token.text)
        if depth == 0 and token.word == "GRAPH":
            yield "} " if in_default else ""
            in_default, in_graph = False, True
        elif depth == 0 and not in_graph and not in_default:
            if token.text == ".":
                continue  # SPARQL allows a full stop after a graph block
            yield "{ "
            in_default = True
        if token.kind == "mark" and token.text in "{}":
            depth += 1 if token.text == "{" else -1
            in_graph = in_graph and depth > 0
        if token.kind == "variable":
            yield f"<{_VARIABLE}{token.text[1:]}>"
        else:
            yield token.text.lower() if token.word in _BOOLEANS else token.text
    yield " }" if in_default else ""


def _leaves(value: ox.Quad | ox.Triple) -> Iterator[object]:
    """The terms of a quad or a triple term, down to what is no triple term."""
    for term in value:
        if isinstance(term, ox.Triple):
            yield from _leaves(term)
        else:
            yield term


def _is_variable(term: object) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith(_VARIABLE)


def _slot(term: Term | ox.DefaultGraph) -> Fill | None:
    """How one place of a quad is filled; None for the default graph."""
    if isinstance(term, ox.DefaultGraph):
        return None
    if _is_variable(term):
        return partial(_bound, term.value.removeprefix(_VARIABLE))  # type: ignore[union-attr]
    if isinstance(term, ox.BlankNode):
        return partial(_fresh, term)
    if isinstance(term, ox.Triple):
        parts = (_slot(part) for part in (term.subject, term.predicate, term.object))
        return partial(_triple, tuple(part for part in parts if part))
    return partial(_constant, term)


def _constant(term: Term, row: Row, fresh: Mapping[ox.BlankNode, ox.BlankNode]) -> Term:
    return term


def _bound(name: str, row: Row, fresh: Mapping[ox.BlankNode, ox.BlankNode]) -> Term | None:
    return row.get(name)


def _fresh(label: ox.BlankNode, row: Row, fresh: Mapping[ox.BlankNode, ox.BlankNode]) -> Term:
    return fresh[label]


def _triple(slots: tuple[Fill, ...], row: Row, fresh: Mapping[ox.BlankNode, ox.BlankNode]) -> Term:
    return ox.Triple(*(slot(row, fresh) for slot in slots))  # type: ignore[arg-type]
