"""Take Turtle and its kin apart: a text flows in; its statements, as tokens, and their predicates and objects flow out.

The text may be broken: what is no token is one of its own kind, and a statement knows whether it was ended. A string
that is not closed on its line ends its statement; what follows counts again where a statement begins for sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graph.catalogue.read.parse import LIKE_TURTLE

_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|\#[^\n]*)+)
    |(?P<junk><<[A-Za-z][^<>\s]*>(?!\s*>>))
    |(?P<open><<\(?)|(?P<close>\)?>>)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<odd><[^<>"\n]*>)
    |(?P<long>\"\"\"(?:[^"\\]|\\.|"(?!""))*"?"?\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'?'?''')
    |(?P<bad>\"\"\".*|'''.*)
    |(?P<short>"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<torn>["'][^\n]*)
    |(?P<tag>@[A-Za-z][\w-]*)
    |(?P<kind>\^\^)
    |(?P<opening>[\[(])|(?P<closing>[\])])
    |(?P<mark>[;,.{}])
    |(?P<word>(?:\\.|[^\s<>"'\[\](){};,\#\\.]|\.(?=[^\s<>"'\[\](){};,\#.]))+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
# Where a new statement begins for sure: a dot that ends a line, and a subject with its predicate at the start of one.
_FRESH = re.compile(
    r"""\.[ \t]*(?:\#[^\n]*)?\r?\n(?:[ \t]*(?:\#[^\n]*)?\r?\n)*
    (?=@prefix\b|@base\b|(?:<[^<>\s]*>|[\w.-]*:[^\s;,"]*)\s+(?:a\s|<[^<>\s]*>\s|[\w.-]+:[^\s;,"]+\s))""",
    re.VERBOSE,
)
_DEPTH = {"opening": 1, "open": 1, "closing": -1, "close": -1}
_OUTSIDE = re.compile(r"""[\x00-\x20<>"{}|^`\\]""")


@dataclass(frozen=True)
class Token:
    """A piece of the text: its kind is the name of its group in `_TOKEN`."""

    kind: str
    text: str
    start: int

    @property
    def clean(self) -> str:
        """As the engine takes it: what no IRI may hold is escaped, and comes out as it stood; en_US becomes en-US."""
        if self.kind == "tag":
            return self.text.replace("_", "-")
        if self.kind != "odd":
            return self.text
        return "<" + _OUTSIDE.sub(lambda found: f"\\u{ord(found[0]):04X}", self.text[1:-1]) + ">"


@dataclass
class Statement:
    """The tokens of one statement without its dot; `ended` where that dot (or what stands for it) was there."""

    tokens: list[Token] = field(default_factory=list)
    ended: bool = False

    @property
    def is_directive(self) -> bool:
        return self.tokens[0].text.lower() in ("@prefix", "@base", "@version", "prefix", "base", "version")

    @property
    def is_suspect(self) -> bool:
        """Whether a long string swallowed what looks like statements: then all that follows may be inside out."""
        strings = (token for token in self.tokens if token.kind in ("bad", "long"))
        return any(token.kind == "bad" or LIKE_TURTLE.search(token.text) for token in strings)

    @property
    def text(self) -> str:
        return text_of(self.tokens) + (" ." if self.tokens[0].text[0] == "@" or not self.is_directive else "")


def text_of(tokens: Sequence[Token]) -> str:
    """Tokens as text; a language tag and a datatype stay with their string."""
    parts = list[str]()
    for before, token in zip([None, *tokens], tokens, strict=False):
        apart = before is not None and token.kind not in ("tag", "kind") and before.kind != "kind"
        parts.append(" " + token.clean if apart else token.clean)
    return "".join(parts)


def statements_of(text: str) -> Iterator[Statement]:
    """A text's statements; graphs of TriG are opened, since what they hold is stated all the same."""
    current, at = Statement(), 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None and found.lastgroup is not None, "the last alternative matches any character"
        token, at = Token(found.lastgroup, found[0], at), found.end()
        if token.kind == "space":
            continue
        if token.text == "{" and token.kind == "mark":
            current = Statement()  # the graph's name
            continue
        ends = token.kind == "mark" and token.text in ".}"
        if not ends:
            current.tokens.append(token)
        if token.kind == "torn":
            fresh = _FRESH.search(text, token.start)
            ends, at = True, fresh.end() if fresh else len(text)
        first = current.tokens[0].text.lower() if current.tokens else ""
        if ends or (first, len(current.tokens)) in (("prefix", 3), ("base", 2), ("version", 2)):
            current.ended = token.kind != "torn"
            if current.tokens:
                yield current
            current = Statement()
    if current.tokens:
        yield current


@dataclass(frozen=True)
class Entry:
    """A predicate and its objects.

    `is_sound` where they have the shape of it, `is_closed` where a ; followed, and `is_alone` where no part of another
    statement can hide in it, so that what follows has the same subject.
    """

    tokens: Sequence[Token]
    verb: Sequence[Token]
    objects: tuple[Sequence[Token], ...]
    is_sound: bool
    is_closed: bool
    is_alone: bool

    @property
    def start(self) -> int:
        return self.tokens[0].start


def entries_of(tokens: Sequence[Token]) -> Iterator[Entry]:
    """What tokens say of their subject, taken apart at each ; that is in no brackets."""
    start, depth = 0, 0
    for n, token in enumerate(tokens):
        depth += _DEPTH.get(token.kind, 0)
        if depth == 0 and token.text == ";" and token.kind == "mark":
            if n > start:
                yield _entry(tokens[start:n], True)
            start = n + 1
    if start < len(tokens):
        yield _entry(tokens[start:], False)


def _entry(tokens: Sequence[Token], is_closed: bool) -> Entry:
    at = term_size(tokens, 0)
    verb, objects, more = tokens[:at], list[Sequence[Token]](), at > 0
    while more:
        size = term_size(tokens, at)
        if not size:
            break
        objects.append(tokens[at : at + size])
        at += size
        more = at < len(tokens) and tokens[at].text == ","
        at += more
    is_sound = bool(objects) and not more and at == len(tokens)
    return Entry(tokens, verb, tuple(objects), is_sound, is_closed, is_sound or _is_alone(tokens))


def _is_alone(tokens: Sequence[Token]) -> bool:
    """Whether no three terms in a row could be a statement's first: its subject, its predicate, and an object."""
    run, at = list[str](), 0
    while at < len(tokens):
        size = term_size(tokens, at)
        run = [*run[-2:], tokens[at].kind] if size else [] if tokens[at].text == "," else run
        if _DEPTH.get(tokens[at].kind) and not size:
            return False
        if len(run) == 3 and not {"short", "long"}.intersection(run[:2]):
            return False
        at += size or 1
    return True


def term_size(tokens: Sequence[Token], start: int) -> int:
    """How many tokens the term at a place has; 0 where there is none."""
    depth = 0
    for n in range(start, len(tokens)):
        token = tokens[n]
        depth += _DEPTH.get(token.kind, 0)
        if depth < 0 or token.kind in ("torn", "bad", "other", "junk"):
            return 0
        if depth == 0:
            is_term = token.kind in ("iri", "odd", "word", "short", "long", "closing", "close")
            return n + 1 - start + _suffix_size(tokens, n) if is_term else 0
    return 0


def _suffix_size(tokens: Sequence[Token], at: int) -> int:
    kinds = [token.kind for token in tokens[at + 1 : at + 3]]
    if tokens[at].kind not in ("short", "long"):
        return 0
    if kinds[:1] == ["tag"]:
        return 1
    return 2 if kinds in (["kind", "iri"], ["kind", "odd"], ["kind", "word"]) else 0
