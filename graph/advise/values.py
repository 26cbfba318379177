"""Why none of the values of a VALUES block fits: the block and the rest of the pattern flow in, problems flow out."""

from __future__ import annotations

from graph.advise.literals import nearest_literals
from graph.advise.pattern import Part, Query
from graph.advise.problem import Problem, problem_at
from graph.advise.terms import Terms, unknown_term
from graph.names import BASE
from graph.sparql.lexer import Prologue, Token

MOST_VALUES = 5


def explain_values(values: Part, rest: str, query: Query, terms: Terms) -> list[Problem]:
    """What is wrong with the first few values; none where nothing is that could be told."""
    found: list[Problem] = []
    prologue = Prologue(query.prefixes, BASE)
    for name, token, length in _cells(values)[:MOST_VALUES]:
        iri = prologue.iri(token)
        text = query.text[token.start : token.start + length]
        if iri and not terms.is_present(iri):
            found.append(unknown_term(query.text, token, "term", iri, terms, values.shown))
        elif not iri and terms.prober.ask(f"{rest} FILTER(sameTerm(?{name}, {text}))") is False:
            near = nearest_literals(rest, name, text, terms.prober, query.prefixes)
            message = f"?{name} is never {text}."
            if near and near[0].note.startswith("with"):
                message += f" It is there {near[0].note}: {near[0].text}."
            found.append(
                problem_at(query.text, token, "unknown-literal", message, near, length=length, pattern=values.shown)
            )
    return found


def _cells(values: Part) -> list[tuple[str, Token, int]]:
    """Each value with its variable: its first token, and its length with tag or datatype."""
    opening = next(number for number, token in enumerate(values.tokens) if token.text == "{")
    names = [token.text[1:] for token in values.tokens[:opening] if token.kind == "variable"]
    cells: list[tuple[Token, int]] = []
    column, found = 0, list[tuple[str, Token, int]]()
    tokens = values.tokens[opening + 1 : -1]
    for number, token in enumerate(tokens):
        if token.kind in ("mark", "tag", "operator") or (number and tokens[number - 1].text == "^^"):
            column = 0 if token.text == "(" else column
            if found and (token.kind == "tag" or (number and tokens[number - 1].text == "^^")):
                name, first, _ = found[-1]
                found[-1] = (name, first, token.start + len(token.text) - first.start)
            continue
        if names and token.word != "UNDEF":
            found.append((names[column % len(names)], token, len(token.text)))
        column += 1
    del cells
    return found
