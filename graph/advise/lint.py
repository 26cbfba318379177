"""Check a query against the data before it runs: a query taken apart flows in, problems with their places flow out."""

from __future__ import annotations

from collections.abc import Iterator

from graph.advise.pattern import Query
from graph.advise.prefixes import misbound, undeclared
from graph.advise.probe import Prober, is_passed_on
from graph.advise.problem import Problem
from graph.advise.schema import Schema
from graph.advise.terms import Terms, lint_literals, lint_terms
from graph.advise.variables import lint_variables
from graph.errors import QueryError, QueryRefusedError, QuerySyntaxError
from graph.sparql.lexer import tokens_of
from graph.store.engine import QueryRequest

NOTHING = "urn:x-pmkg:nothing"  # a graph that no dataset has: a query over it is read and planned, and does no work
MOST_PROBLEMS = 50
MOST_CHARACTERS = 1_000_000  # of a text that is looked at before the engine has said that it is not too long


def lint(query: Query, schema: Schema, prober: Prober) -> tuple[Problem, ...]:
    """Everything that is wrong with the query, in the order of its text.

    Raises:
        ServiceBusyError: no reader was free.
    """
    found = [*undeclared(query, schema), *_against_data(query, schema, prober)]
    ordered = sorted(found, key=lambda problem: (problem.place.line or 0, problem.place.column or 0))
    return tuple(ordered[:MOST_PROBLEMS])


def syntax_problem(text: str, prober: Prober) -> Problem | None:
    """What the engine cannot read in the text: it is asked over an empty dataset, and no other endpoint is.

    Raises:
        QueryRefusedError: it is an update, or too deep or too large.
        ServiceBusyError: no reader was free.
    """
    request = QueryRequest(
        _at_home(text), default_graphs=(NOTHING,), named_graphs=(NOTHING,), seconds=2.0, is_wanted=prober.is_wanted
    )
    try:
        prober.engine.query(request).close()
    except QuerySyntaxError as error:
        return Problem("syntax", f"{error.message} {error.advice}".strip(), error.place)
    except QueryError as error:
        if isinstance(error, QueryRefusedError) or is_passed_on(error):
            raise
    return None


def _at_home(text: str) -> str:
    """The text with GRAPH for SERVICE, of the same length: it is SPARQL when the text is, and calls nobody."""
    if len(text) > MOST_CHARACTERS or "SERVICE" not in text.upper():
        return text
    for token in reversed(tokens_of(text)):
        if token.word in ("SERVICE", "SILENT"):
            instead = "GRAPH  " if token.word == "SERVICE" else " " * len(token.text)
            text = text[: token.start] + instead + text[token.start + len(token.text) :]
    return text


def _against_data(query: Query, schema: Schema, prober: Prober) -> Iterator[Problem]:
    terms = Terms(schema, prober, query.prefixes)
    bound = list(misbound(query, schema, prober))
    yield from (problem for _, problem in bound)
    yield from lint_terms(query, terms, [iri for iri, _ in bound])
    yield from lint_literals(query, terms)
    yield from lint_variables(query)
