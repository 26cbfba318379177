"""A place in a query's tokens: tokens flow in, one after another, and edits at their places flow out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from graph.sparql.edits import Edit, Findings, Rank
from graph.sparql.lexer import CLOSE, OPEN, Token

_END = Token("end", "", -1)


class NotUnderstoodError(Exception):
    """The tokens are no query, or one of a form that the walk does not know."""


class Cursor:
    """Goes over tokens and notes edits."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.index = 0
        self.found = Findings()
        self.partner = _partners(tokens)

    def peek(self, ahead: int = 0) -> Token:
        index = self.index + ahead
        return self.tokens[index] if 0 <= index < len(self.tokens) else _END

    @property
    def kind(self) -> str:
        return self.peek().kind

    @property
    def word(self) -> str:
        return self.peek().word

    def is_at(self, text: str, ahead: int = 0) -> bool:
        return self.peek(ahead).text == text

    def step(self) -> Token:
        token = self.peek()
        self.index += 1
        return token

    def expect(self, text: str) -> Token:
        if not self.is_at(text) and self.word != text:
            self.give_up()
        return self.step()

    def give_up(self) -> NoReturn:
        raise NotUnderstoodError(str(self.peek()))

    def end_of(self, ahead: int = -1) -> int:
        """Where the token before this one ends."""
        token = self.peek(ahead)
        return token.start + len(token.text)

    def is_triple_term(self) -> bool:
        first, second = self.peek(), self.peek(1)
        return first.text == "<" == second.text and second.start == first.start + 1 and self.is_at("(", 2)

    def replace(self, token: Token, text: str) -> None:
        self.found.edits.append(Edit(token.start, token.start + len(token.text), text))

    def wrap(self, start: int, before: str, after: str, end: int | None = None) -> None:
        """Put words around what stands from `start` to the token before this one, or to `end`."""
        end = self.end_of() if end is None else end
        self.found.edits.append(Edit(start, start, before, Rank.OPENING))
        self.found.edits.append(Edit(end, end, after, Rank.CLOSING))


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """For each opening parenthesis, brace or bracket the index of the one that closes it."""
    found, stack = {}, []
    for index, token in enumerate(tokens):
        if token.text in OPEN:
            stack.append(index)
        elif token.text in CLOSE and stack:
            found[stack.pop()] = index
    return found
