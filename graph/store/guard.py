"""Look a query over before the engine sees it: its text flows in, an `Inspection` flows out, or a refusal with a place.

This is a lexer, not a parser: the engine says what is wrong with a text that is not SPARQL. It is here for what the
engine takes and should not: nesting that overflows its stack, plans that take minutes to make, clauses that fetch from
the network. It counts in the lexer's words, so that strings, IRIs and comments never matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from graph.errors import Place, QueryRefusedError

# What Oxigraph 0.5 bears: it overflows its stack near 3,000 levels, takes 3 s to plan 300 patterns or path steps (and
# minutes for 1,000), and 0.7 s for 3,000 operators.
MOST_CHARACTERS = 500_000
MOST_LEVELS = 100
MOST_PATTERNS = 300
MOST_OPERATORS = 2000

REFUSED_SCHEMES = frozenset({"file", "ftp", "ftps", "sftp", "jar", "data"})
UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])

_NAME = r"(?:[\w%:-]|\\.|\.+(?=[\w%:\\-]))*"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|\#[^\n\r]*)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<iri><[^<>"{{}}|^`\x00-\x20]*>)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<variable>[?$]\w+)
  | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?:[^\W\d_](?:[\w.-]{{0,200}}[\w-])?|_)?:{_NAME})
  | (?P<word>[^\W\d]\w*)
  | (?P<operator>\|\||&&|[!<>]=?|=|[+*-])
  | (?P<mark>\^\^|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TERMS = frozenset({"string", "iri", "number", "variable", "name"})
_OPEN, _CLOSE = frozenset("({["), frozenset(")}]")


@dataclass(frozen=True, slots=True)
class Token:
    """A lexer's word: its kind is a group of the pattern above."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True)
class Inspection:
    """What is known of a query that was let through.

    `text` is the query, of the same length, with its FROM clauses blanked where they could be understood;
    `default_graphs` and `named_graphs` are the IRIs that they named, None where the query has no such clause.
    """

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


def inspect(text: str, prefixes: Mapping[str, str] | None = None) -> Inspection:
    """Let a query through, or refuse it.

    `prefixes` are those that it may use without declaring them.

    Raises:
        QueryRefusedError: it is an update, calls another service, reads files, or is too deep or too large.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryRefusedError(
            f"the query has {len(text):,} characters, and {MOST_CHARACTERS:,} are allowed.",
            advice="Ask in several queries.",
        )
    lexed = tokens_of(text)
    _refuse_updates(text, lexed)
    _refuse_services(text, lexed)
    _Measure(text).run(lexed)
    return _Dataset(text, dict(prefixes or {})).read(lexed)


def place(text: str, position: int) -> Place:
    """The line and column (from 1) of a position in a text."""
    line_start = text.rfind("\n", 0, position) + 1
    return Place(line=text.count("\n", 0, position) + 1, column=position - line_start + 1)


def tokens_of(text: str) -> list[Token]:
    """The text's tokens, without space and comments."""
    return list(_lex(text))


def _lex(text: str) -> Iterator[Token]:
    """The text's tokens without space and comments; a character that starts none is a mark of its own."""
    position, end = 0, len(text)
    before = ""
    parentheses: list[str] = []
    while position < end:
        match = _TOKEN.match(text, position)
        assert match is not None and match.lastgroup is not None, "the last alternative takes any character"
        kind, found = match.lastgroup, match[0]
        if kind == "iri" and before == "term" and parentheses[-1:] == ["("] and ")" in found:
            kind, found = "operator", "<"  # `FILTER(?a<?b)SERVICE#>`: the engine reads a comparison here, so do we
        if kind != "space":
            yield Token(kind, found, position)
            before = "term" if kind in _TERMS or found == ")" else ""
            if found in _OPEN:
                parentheses.append(found)
            elif found in _CLOSE and parentheses:
                parentheses.pop()
        position += len(found)


def _refuse(text: str, token: Token, message: str, advice: str) -> NoReturn:
    raise QueryRefusedError(message, place=place(text, token.start), advice=advice)


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


def _refuse_services(text: str, tokens: list[Token]) -> None:
    for token in tokens:
        if token.word == "SERVICE":
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
            elif token.kind == "mark" and token.text in _OPEN:
                self._enter(token, awaiting_values)
                awaiting_values = awaiting_values and token.text != "{"
            elif token.kind == "mark" and token.text in _CLOSE:
                self._leave()
            elif token.kind == "operator":
                self._count_operator(token)
            elif self.values is None and self._makes_pattern(token, top, before_is_term):
                self._count_pattern(token)
            before_is_term = token.kind in _TERMS

    def _makes_pattern(self, token: Token, top: str, before_is_term: bool) -> bool:
        """Separators in a group, steps of a path and the items of a collection (no comma between) make patterns."""
        if token.kind == "mark":
            return token.text == "/" or (token.text in ".;," and top != "(")
        return token.kind in _TERMS and before_is_term and top == "("

    def _enter(self, token: Token, awaiting_values: bool) -> None:
        self.levels.append(token.text)
        if len(self.levels) > MOST_LEVELS:
            _refuse(
                self.text,
                token,
                f"the query is nested more than {MOST_LEVELS} levels deep.",
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
        if self.patterns > MOST_PATTERNS:
            _refuse(
                self.text,
                token,
                f"the query has more than {MOST_PATTERNS} patterns and path steps.",
                "List values with VALUES instead of repeating a pattern, or ask in several queries.",
            )

    def _count_operator(self, token: Token) -> None:
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            _refuse(
                self.text,
                token,
                f"the query has more than {MOST_OPERATORS} operators.",
                "List values with VALUES or IN instead of comparing them one by one.",
            )


@dataclass
class _Dataset:
    """Reads the FROM clauses of a query, with the prefixes and the base that it declares."""

    text: str
    prefixes: dict[str, str]
    base: str = ""

    def read(self, tokens: list[Token]) -> Inspection:
        graphs: dict[bool, list[str]] = {False: [], True: []}
        spans: list[tuple[int, int]] = []
        understood = True
        for index, token in enumerate(tokens):
            if token.text == "{":
                break  # the dataset is named before the first group
            self._declare(token, tokens[index + 1 : index + 3])
            if token.word != "FROM":
                continue
            named = index + 1 < len(tokens) and tokens[index + 1].word == "NAMED"
            target = next(iter(tokens[index + 1 + named : index + 2 + named]), None)
            iri = self._resolve(target)
            if target is None or iri is None:
                understood = False
                continue
            self._refuse_files(target, iri)
            graphs[named].append(iri)
            spans.append((token.start, target.start + len(target.text)))
        if not spans or not understood:
            return Inspection(self.text)
        return Inspection(_blank(self.text, spans), tuple(graphs[False]), tuple(graphs[True]))

    def _declare(self, token: Token, following: list[Token]) -> None:
        if token.word == "BASE" and following and following[0].kind == "iri":
            self.base = _unescape(following[0].text[1:-1])
        elif token.word == "PREFIX" and [word.kind for word in following] == ["name", "iri"]:
            self.prefixes[following[0].text.rstrip(":")] = _unescape(following[1].text[1:-1])

    def _resolve(self, token: Token | None) -> str | None:
        """The absolute IRI that a token stands for, None where that is not plain to see."""
        if token is None or token.kind not in ("iri", "name"):
            return None
        if token.kind == "iri":
            iri = _unescape(token.text[1:-1])
        else:
            prefix, _, local = token.text.partition(":")
            if prefix not in self.prefixes:
                return None
            iri = self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", iri):
            return iri
        self._refuse_files(token, self.base)
        return None

    def _refuse_files(self, token: Token, iri: str) -> None:
        scheme = iri.partition(":")[0].lower()
        if scheme in REFUSED_SCHEMES:
            _refuse(
                self.text,
                token,
                f"FROM names a {scheme}: address, and queries do not read files.",
                "Name a graph of the dataset: SELECT DISTINCT ?g { GRAPH ?g {} } lists them.",
            )


def _unescape(iri: str) -> str:
    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else match[0]

    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", character, iri)


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces for the characters of the spans, except line ends, so that places stay true."""
    for start, end in spans:
        text = text[:start] + re.sub(r"[^\r\n]", " ", text[start:end]) + text[end:]
    return text
