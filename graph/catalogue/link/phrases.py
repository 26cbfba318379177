"""Find many phrases in a text in one pass: phrases by their stems flow in, where each stands in a text flows out.

A trie over stems. A text costs its length times that of the longest phrase, however many phrases there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass
class _Node(Generic[T]):
    next: dict[str, _Node[T]] = field(default_factory=dict)
    ends: list[T] = field(default_factory=list)


class Span(NamedTuple, Generic[T]):
    """What was found, from one token to before another."""

    first: int
    last: int  # the token after it
    found: T


class Phrases(Generic[T]):
    """Phrases and what each stands for."""

    def __init__(self) -> None:
        self._root = _Node[T]()

    def add(self, phrase: Sequence[str], meaning: T) -> None:
        """Note a phrase, given by the stems of its words."""
        node = self._root
        for word in phrase:
            node = node.next.setdefault(word, _Node())
        if node is not self._root:
            node.ends.append(meaning)

    def find(self, words: Sequence[Sequence[str]]) -> Iterator[Span[T]]:
        """Each phrase in a text, of which each word is given by all stems that it may have."""
        for first in range(len(words)):
            nodes = [self._root]
            for position in range(first, len(words)):
                nodes = [node.next[word] for node in nodes for word in words[position] if word in node.next]
                if not nodes:
                    break
                for node in nodes:
                    for meaning in node.ends:
                        yield Span(first, position + 1, meaning)
