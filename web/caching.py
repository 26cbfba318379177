"""What may be cached, and what is: a question and its generation flow in, a tag, a policy or a kept answer flow out.

An answer is a function of its generation and its query, unless the query asks for chance or the time. So a client that
has it already gets 304 without the query being run, and one that has not may get what another client was given.

Tags are weak: the rows of an unordered answer stand in another order when the generation is read from disk than when
it is in memory, and new blank nodes get new names, so that two answers can mean the same in other bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from importlib.metadata import version

import pyoxigraph as ox
from flask import request

from graph.names import PREFIXES
from graph.sparql.lexer import MOST_TOKENS, Token, tokens_of, unescape
from graph.store.engine import Edition, QueryRequest

VOLATILE = frozenset({"RAND", "NOW", "UUID", "STRUUID", "SERVICE"})
_VOLATILE = re.compile("|".join(VOLATILE), re.IGNORECASE)  # anywhere in a word: the engine reads FILTERNOW() as two
PINNED_SECONDS = 86_400  # a generation never changes, but a data directory that is begun anew has another of its number
TAG_CHARACTERS = 32
SHARE = 8  # one answer fills this part of the memory for kept answers at most
OVERHEAD = 512  # bytes that keeping an answer takes beside its own

# What else an answer depends on: the code that makes it, and the prefixes that a query may use undeclared.
_MAKER = [version("pmkg"), ox.__version__, sorted(PREFIXES.items())]


def is_volatile(text: str) -> bool:
    """Whether a query asks for what is not in the graph: chance, the time, or another endpoint.

    >>> is_volatile("SELECT (NOW() AS ?t) {}"), is_volatile("SELECT ?now { ?now a <NOW> } # NOW()")
    (True, False)
    """
    plain = unescape(text)
    if not _VOLATILE.search(plain):
        return False
    tokens = tokens_of(plain, MOST_TOKENS)
    return len(tokens) == MOST_TOKENS or any(_VOLATILE.search(token.word) for token in tokens)


def is_reproducible(text: str) -> bool:
    """Whether the same bytes come again: not where each answer makes blank nodes, with new names.

    >>> is_reproducible("CONSTRUCT { [] a ?c } { ?x a ?c }"), is_reproducible("SELECT * { [] a ?c }")
    (False, True)
    """
    tokens = tokens_of(unescape(text), MOST_TOKENS)
    if len(tokens) == MOST_TOKENS or any(_VOLATILE.search(token.word) or "BNODE" in token.word for token in tokens):
        return False
    return not any(
        token.text in ("[", "(") or (token.kind == "name" and token.text.startswith("_:"))
        for token in _template(tokens)
    )


def _template(tokens: list[Token]) -> list[Token]:
    """What stands between the braces after CONSTRUCT."""
    start = next((index for index, token in enumerate(tokens) if token.word == "CONSTRUCT"), len(tokens))
    level = 0
    for index in range(start + 1, len(tokens)):
        level += {"{": 1, "}": -1}.get(tokens[index].text, 0)
        if level == 0:
            return tokens[start + 1 : index]
    return tokens[start + 1 :]


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps([_MAKER, *parts]).encode("utf-8", "surrogatepass")).hexdigest()


def entity_tag(edition: Edition, asked: QueryRequest, format_name: str, coding: str) -> str:
    """The opaque part of the tag of one representation: other formats and codings of the answer have others."""
    parts = (edition.identity, asked.text, asked.whole, asked.default_graphs, asked.named_graphs, format_name, coding)
    return f"{edition.number}-{_hash(*parts)[:TAG_CHARACTERS]}"


def matching_tag(edition: Edition, asked: QueryRequest, codings: tuple[str, ...]) -> str | None:
    """The tag by which the client says that it has the answer already, None where it has not.

    The query need not be looked at for that: only an answer that was given has a tag. Which of the formats fits the
    form of the query, and whether the answer was large enough to be compressed, is known by the tag alone.
    """
    stated = request.if_none_match
    if request.method not in ("GET", "HEAD") or not stated:
        return None
    for name in (asked.solutions_format, asked.graph_format):
        for coding in codings if name else ():
            tag = entity_tag(edition, asked, str(name), coding)
            if stated.contains_weak(tag) and not stated.star_tag:
                return tag
    return None


def policy(asked: QueryRequest, *, is_stable: bool) -> str:
    """The Cache-Control of an answer.

    One to POST is the client's alone; one from the current generation has to be asked for again; one from a generation
    that was named stays what it is.
    """
    if not is_stable or request.method not in ("GET", "HEAD"):
        return "no-store"
    if asked.generation is None:
        return "public, max-age=0, must-revalidate"
    return f"public, max-age={PINNED_SECONDS}, immutable"


@dataclass(frozen=True)
class Kept:
    """A whole answer as it was sent: its body is encoded by `coding`, `rows` is None where they were not counted."""

    edition: Edition
    format_name: str
    coding: str
    body: bytes
    rows: int | None


class AnswerCache:
    """Whole small answers, as many as fit into so many bytes, the longest unused dropped first; safe in threads."""

    def __init__(self, most_bytes: int) -> None:
        self.largest = most_bytes // SHARE
        self.hits = 0
        self.misses = 0
        self.bytes = 0
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        return self._most_bytes > 0

    def __len__(self) -> int:
        return len(self._kept)

    @staticmethod
    def key(edition: Edition, asked: QueryRequest, codings: tuple[str, ...]) -> str:
        """What two requests have in common that get the same bytes."""
        formats = (asked.solutions_format, asked.graph_format)
        return _hash(
            edition.identity, asked.text, asked.whole, asked.default_graphs, asked.named_graphs, formats, codings
        )

    def get(self, key: str) -> Kept | None:
        """The answer that is kept under the key; counted as a hit or a miss."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep an answer, unless it is too large."""
        size = len(kept.body) + OVERHEAD
        if size > self.largest:
            return
        with self._lock:
            self._remove(key)
            self._kept[key] = kept
            self.bytes += size
            while self.bytes > self._most_bytes:
                self._remove(next(iter(self._kept)))

    def _remove(self, key: str) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self.bytes -= len(old.body) + OVERHEAD
