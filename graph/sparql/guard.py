"""Look a query over before the engine sees it: its text flows in, an `Inspection` flows out, or a refusal with a place.

This is a lexer, not a parser: the engine says what is wrong with a text that is not SPARQL. It is here for what the
engine takes and should not: nesting that overflows its stack, plans that take minutes to make, clauses that fetch from
the network. It counts in the lexer's words, so that strings, IRIs and comments never matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from graph.errors import Place, QueryRefusedError, QueryTooComplexError, QueryTooLongError
from graph.names import BASE
from graph.sparql.lexer import CLOSE, MOST_TOKENS, OPEN, TERMS, Prologue, Token, place, tokens_of


@dataclass(frozen=True)
class Bounds:
    """How large a query may be.

    What Oxigraph 0.5 bears: it overflows its stack near 3,000 levels, takes 3 s to plan 300 patterns or path steps (and
    minutes for 1,000), and 0.7 s for 3,000 operators.
    """

    characters: int = 500_000
    tokens: int = MOST_TOKENS
    levels: int = 100
    patterns: int = 300
    operators: int = 2000


USUAL = Bounds()

REFUSED_SCHEMES = frozenset({"file", "ftp", "ftps", "sftp", "jar", "data"})
UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])


@dataclass(frozen=True)
class Inspection:
    """What is known of a query that was let through.

    `text` is the query, of the same length, with its FROM clauses blanked where they could be understood;
    `default_graphs` and `named_graphs` are the IRIs that they named, None where the query has no such clause.
    """

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


def inspect(
    text: str, prefixes: Mapping[str, str] | None = None, bounds: Bounds = USUAL, *, services: bool = False
) -> Inspection:
    """Let a query through, or refuse it.

    `prefixes` are those that it may use without declaring them; `services` is whether SERVICE is taken out of it
    afterwards, by `graph.sparql.federation`, so that it can pass here.

    Raises:
        QueryTooLongError: it has too many characters.
        QueryTooComplexError: it is too deep, or has too many words, patterns or operators.
        QueryRefusedError: it is an update, calls another service or reads files.
    """
    if len(text) > bounds.characters:
        raise QueryTooLongError(
            f"the query has {len(text):,} characters, and {bounds.characters:,} are allowed.",
            advice="Ask in several queries.",
        )
    lexed = tokens_of(text, bounds.tokens + 1)
    if len(lexed) > bounds.tokens:
        message = f"the query has more than {bounds.tokens:,} words and signs."
        _too_complex(text, lexed[-1], message, "Ask in several queries.")
    _refuse_glued(text, lexed)
    _refuse_updates(text, lexed)
    if not services:
        _refuse_services(text, lexed, but_silent=True)
    _Measure(text, bounds).run(lexed)
    return _dataset(text, lexed, prefixes or {})


def inspect_update(text: str, bounds: Bounds = USUAL) -> None:
    """Let an update through, or refuse it; its patterns are looked over one by one, as the queries that they are.

    Raises:
        QueryTooComplexError: it is too deep.
        QueryRefusedError: it calls another service.
    """
    lexed = tokens_of(text)
    _refuse_glued(text, lexed)
    _refuse_services(text, lexed)
    _Measure(text, replace(bounds, patterns=len(lexed), operators=len(lexed))).run(lexed)


def _refuse(text: str, token: Token, message: str, advice: str) -> NoReturn:
    raise QueryRefusedError(message, place=place(text, token.start), advice=advice)


def _too_complex(text: str, token: Token, message: str, advice: str) -> NoReturn:
    raise QueryTooComplexError(message, place=place(text, token.start), advice=advice)


def _refuse_updates(text: str, tokens: list[Token]) -> None:
    """An update starts with its own word, after PREFIX and BASE lines."""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.kind != "word" or token.word in ("PREFIX", "BASE"):
            continue
        if token.word in UPDATES and (before is None or before.kind == "iri"):
            _refuse(
                text,
                token,
                f"{token.word} starts an update, and a query only reads.",
                "Send SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        return


def _refuse_glued(text: str, tokens: list[Token]) -> None:
    """SERVICE or LOAD without a space beside it, which the engine takes apart: `SERVICESILENT<…>`, `SERVICEx:y {}`."""
    depth = 0
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        depth += (token.text in OPEN) - (token.text in CLOSE)
        word = token.word
        glued = ("SERVICE" in word and word != "SERVICE") or (word.startswith("LOAD") and word != "LOAD")
        if token.kind == "name":
            prefix = token.text.partition(":")[0].upper()
            names_graph = before is not None and before.word in ("GRAPH", "SERVICE", "SILENT", "FROM", "NAMED")
            glued = "SERVICE" in prefix and after is not None and after.text == "{" and not names_graph
            starts = depth == 0 and (before is None or before.text == ";" or before.kind == "iri")
            glued = glued or (prefix.startswith("LOAD") and starts)
        if glued:
            _refuse(text, token, f"'{token.text[:60]}' cannot be told apart.", "Write a space between its words.")


def refuse_services(text: str, *, but_silent: bool = False) -> None:
    """Refuse a text in which SERVICE is left, or, `but_silent`, one that is not to be silent about its failure.

    Raises:
        QueryRefusedError: there is one.
    """
    _refuse_services(text, tokens_of(text), but_silent=but_silent)


def _refuse_services(text: str, tokens: list[Token], *, but_silent: bool = False) -> None:
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.word == "SERVICE" and not (but_silent and after is not None and after.word == "SILENT"):
            _refuse(
                text,
                token,
                "SERVICE would call another endpoint, which is not allowed here.",
                "Ask that endpoint yourself and join the answers, or pass its rows in with VALUES.",
            )


@dataclass
class _Measure:
    """Counts a query's levels, patterns and operators, and refuses at the first that is one too many."""

    text: str
    bounds: Bounds
    levels: list[str] = field(default_factory=list)
    patterns: int = 0
    operators: int = 0
    values: int | None = None  # the level at which a VALUES block began, while in it

    def run(self, tokens: list[Token]) -> None:
        awaiting_values = False
        before_is_term = False
        for token in tokens:
            top = self.levels[-1] if self.levels else ""
            if token.word == "VALUES":
                awaiting_values = True
            elif token.kind == "mark" and token.text in OPEN:
                self._enter(token, awaiting_values)
                awaiting_values = awaiting_values and token.text != "{"
            elif token.kind == "mark" and token.text in CLOSE:
                self._leave()
            elif token.kind == "operator":
                self._count_operator(token)
            elif self.values is None and self._makes_pattern(token, top, before_is_term):
                self._count_pattern(token)
            before_is_term = token.kind in TERMS

    def _makes_pattern(self, token: Token, top: str, before_is_term: bool) -> bool:
        """Separators in a group, steps of a path and the items of a collection (no comma between) make patterns."""
        if token.kind == "mark":
            return token.text == "/" or (token.text in ".;," and top != "(")
        return token.kind in TERMS and before_is_term and top == "("

    def _enter(self, token: Token, awaiting_values: bool) -> None:
        self.levels.append(token.text)
        if len(self.levels) > self.bounds.levels:
            _too_complex(
                self.text,
                token,
                f"the query is nested more than {self.bounds.levels} levels deep.",
                "Take out parentheses and groups that are not needed, or ask in several queries.",
            )
        if awaiting_values and token.text == "{":
            self.values = len(self.levels)
        elif token.text != "(" and self.values is None:
            self._count_pattern(token)

    def _leave(self) -> None:
        if self.levels:
            if self.values == len(self.levels):
                self.values = None
            self.levels.pop()

    def _count_pattern(self, token: Token) -> None:
        self.patterns += 1
        if self.patterns > self.bounds.patterns:
            _too_complex(
                self.text,
                token,
                f"the query has more than {self.bounds.patterns} patterns and path steps.",
                "List values with VALUES instead of repeating a pattern, or ask in several queries.",
            )

    def _count_operator(self, token: Token) -> None:
        self.operators += 1
        if self.operators > self.bounds.operators:
            _too_complex(
                self.text,
                token,
                f"the query has more than {self.bounds.operators} operators.",
                "List values with VALUES or IN instead of comparing them one by one.",
            )


def _dataset(text: str, tokens: list[Token], prefixes: Mapping[str, str]) -> Inspection:
    """The query without its FROM clauses, and what they named."""
    graphs: dict[bool, list[str]] = {False: [], True: []}
    spans: list[tuple[int, int]] = []
    prologue = Prologue(prefixes, BASE)
    understood = True
    for index, token in enumerate(tokens):
        if token.text == "{":
            break  # the dataset is named before the first group
        prologue.read(tokens, index)
        if token.word != "FROM":
            continue
        named = index + 1 < len(tokens) and tokens[index + 1].word == "NAMED"
        target = next(iter(tokens[index + 1 + named : index + 2 + named]), None)
        iri = prologue.iri(target)
        if target is None or iri is None:
            understood = False
            continue
        refuse_files(iri, place(text, target.start) if _names_file(iri) else None)
        graphs[named].append(iri)
        spans.append((token.start, target.start + len(target.text)))
    if not spans or not understood:
        return Inspection(text)
    return Inspection(_blank(text, spans), tuple(graphs[False]), tuple(graphs[True]))


def refuse_files(iri: str, where: Place | None = None) -> None:
    """Refuse the address of a file as the name of a graph that is read.

    Raises:
        QueryRefusedError: it is one.
    """
    if _names_file(iri):
        raise QueryRefusedError(
            f"the dataset names a {_scheme(iri)}: address, and no file is read here.",
            place=where,
            advice="Name a graph of the dataset: SELECT DISTINCT ?g { GRAPH ?g {} } lists them.",
        )


def _names_file(iri: str) -> bool:
    return _scheme(iri) in REFUSED_SCHEMES


def _scheme(iri: str) -> str:
    return iri.partition(":")[0].lower()


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces for the characters of the spans, except line ends, so that places stay true."""
    parts, position = list[str](), 0
    for start, end in spans:
        parts += text[position:start], re.sub(r"[^\r\n]", " ", text[start:end])
        position = end
    return "".join([*parts, text[position:]])
