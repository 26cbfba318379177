"""The words of a SPARQL text: a query or an update flows in, tokens with their positions flow out.

It is a lexer, not a parser: any text has tokens, and the engine says what is wrong with one that is not SPARQL.
Strings, IRIs and comments are told apart as the engine tells them apart, so that whoever counts or rewrites tokens is
never misled by what stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin

from graph.errors import Place

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
MOST_TOKENS = 100_000  # of a query: a thread of the server reads so many in half a second
TERMS = frozenset({"string", "iri", "number", "variable", "name"})
OPEN, CLOSE = frozenset("({["), frozenset(")}]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Token:
    """A lexer's word: its kind is a group of the pattern above."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


def place(text: str, position: int) -> Place:
    """The line and column (from 1) of a position in a text."""
    line_start = text.rfind("\n", 0, position) + 1
    return Place(line=text.count("\n", 0, position) + 1, column=position - line_start + 1)


def tokens_of(text: str, most: int | None = None) -> list[Token]:
    """The text's tokens, without space and comments; the first so many of them."""
    return list(islice(_lex(text), most))


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
            before = "term" if kind in TERMS or found == ")" else ""
            if found in OPEN:
                parentheses.append(found)
            elif found in CLOSE and parentheses:
                parentheses.pop()
        position += len(found)


class Prologue:
    """The prefixes and the base that a text declares, on top of those it may use without declaring them."""

    def __init__(self, prefixes: Mapping[str, str], base: str = "") -> None:
        self.prefixes = dict(prefixes)
        self.base = base

    def read(self, tokens: list[Token], index: int) -> None:
        """Take in the declaration that starts at a token, if one does."""
        token, following = tokens[index], tokens[index + 1 : index + 3]
        if token.word == "BASE" and following and following[0].kind == "iri":
            self.base = self._joined(unescape(following[0].text[1:-1]))
        elif token.word == "PREFIX" and [word.kind for word in following] == ["name", "iri"]:
            self.prefixes[following[0].text.rstrip(":")] = self._joined(unescape(following[1].text[1:-1]))

    def iri(self, token: Token | None) -> str | None:
        """The absolute IRI that a token stands for, None where that is not plain to see."""
        if token is None or token.kind not in ("iri", "name"):
            return None
        if token.kind == "iri":
            iri = self._joined(unescape(token.text[1:-1]))
        else:
            prefix, _, local = token.text.partition(":")
            if prefix not in self.prefixes:
                return None
            iri = self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
        return iri if _ABSOLUTE.match(iri) else None

    def text(self) -> str:
        """The declarations as SPARQL, which is also Turtle."""
        base = f"BASE <{self.base}>\n" if self.base else ""
        return base + "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in self.prefixes.items())

    def _joined(self, iri: str) -> str:
        """An IRI against the base, where there is one; `urljoin` would lose an empty fragment, as in PREFIX x: <y#>."""
        if not self.base or _ABSOLUTE.match(iri):
            return iri
        try:
            return urljoin(self.base, iri) + ("#" if iri.endswith("#") else "")
        except ValueError:
            return iri  # one of them is no IRI, such as <http://[x>: the engine says so


def unescape(text: str) -> str:
    r"""The text with `\uXXXX` and `\UXXXXXXXX` as the characters that they stand for."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else match[0]

    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", character, text)
