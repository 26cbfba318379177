"""What is wrong with a text that is not SPARQL: the engine's message flows in, a sentence with its place flows out.

The engine's parser says how far it came, counted to the end of the longest keyword that it tried, and lists those
keywords: for `SELCT * {}` it expects CONSTRUCT at column 10. So the text is parsed once more with wide gaps between its
tokens, which no keyword crosses: the last token before the place where it stops is the one that it cannot read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

import pyoxigraph as ox

from graph.errors import QuerySyntaxError
from graph.names import BASE
from graph.sparql.lexer import Token, place, tokens_of

GAP = " " * 40  # longer than any keyword
LONGEST = 60  # characters of a token that are shown
# What the parser checks beyond the grammar, in its words, and what to do about it.
REMARKS = {
    "IRI parsing failed": 'An IRI holds no space and none of <>"{}|^`\\.',
    "The SELECT contains a variable that is unbound": "Group by it, put it into an aggregate, or leave it out.",
    "Duplicated variable name in SELECT": "Give each column a name of its own.",
    "SELECT * is not authorized with GROUP BY": "Name what to select: what is grouped by, and aggregates.",
}


def syntax_error(text: str, prefixes: Mapping[str, str], message: str, *, is_update: bool = False) -> QuerySyntaxError:
    """The error that tells what the engine's `message` means for the text, a query or an update."""
    tokens = tokens_of(text)
    if not tokens:
        forms = "INSERT, DELETE, LOAD, ..." if is_update else "SELECT, ASK, CONSTRUCT or DESCRIBE"
        return QuerySyntaxError("the text is empty.", place=place(text, 0), advice=f"Send {forms}.")
    index, said = _stop(text, tokens, prefixes, message, is_update)
    token = tokens[min(index, len(tokens) - 1)]
    where = place(text, token.start)
    if "Prefix not found" in said and ":" in token.text:
        name = token.text.partition(":")[0]
        return QuerySyntaxError(
            f"the prefix {name}: is not declared.", place=where, advice="Declare it with a PREFIX line."
        )
    for remark, advice in REMARKS.items():
        if remark in said:
            return QuerySyntaxError(f"{remark}.", place=where, advice=advice)
    if index == len(tokens):
        end = place(text, token.start + len(token.text))
        return QuerySyntaxError(
            "the text is not complete here.", place=end, advice="Look for what is missing or not closed."
        )
    shown = token.text if len(token.text) <= LONGEST else token.text[:LONGEST] + "…"
    return QuerySyntaxError(
        f"'{shown}' cannot stand here.", place=where, advice="Look at it and at what stands right before it."
    )


def _stop(
    text: str, tokens: list[Token], prefixes: Mapping[str, str], message: str, is_update: bool
) -> tuple[int, str]:
    """Which token the parser cannot read (their number where it misses something at the end), and its message."""
    spaced, starts = "", list[int]()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before and (before.start + len(before.text) < token.start or {before.kind, token.kind} & {"mark"}):
            spaced += GAP if "^^" not in (before.text, token.text) else ""
        starts.append(len(spaced))
        spaced += token.text
    spaced += GAP
    try:
        parse = ox.Store().update if is_update else ox.Store().query
        parse(spaced, base_iri=BASE, prefixes=dict(prefixes))
    except SyntaxError as error:
        message = str(error)
    found = re.match(r"error at (\d+):(\d+)", message)
    if found is None:
        return len(tokens) - 1, message
    lines = spaced.splitlines(keepends=True)
    position = sum(map(len, lines[: int(found[1]) - 1])) + int(found[2]) - 1
    return (len(tokens) if position >= len(spaced) else bisect_right(starts, position) - 1), message
