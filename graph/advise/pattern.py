"""What flows from the parser to the advice: a pattern's parts, each with its tokens, to be shown and asked alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from graph.sparql.lexer import Token


class Kind(StrEnum):
    """What a node of a triple pattern is."""

    IRI = "iri"
    VARIABLE = "variable"
    LITERAL = "literal"
    BLANK = "blank"  # asked as a variable of its own
    OTHER = "other"  # a collection


@dataclass(frozen=True)
class Node:
    """A subject or an object: `text` is how a probe writes it, `shown` how the query did."""

    kind: Kind
    text: str
    token: Token
    length: int
    iri: str = ""
    shown: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it stands for anything, not for one given term."""
        return self.kind in (Kind.VARIABLE, Kind.BLANK)


@dataclass(frozen=True)
class Verb:
    """A predicate: an IRI, a variable, or a path; `steps` are the parts of a path that is a sequence."""

    text: str
    token: Token
    length: int
    iri: str = ""
    is_variable: bool = False
    terms: tuple[tuple[Token, str], ...] = ()  # every IRI in it, absolute
    steps: tuple[tuple[str, Token], ...] = ()

    @property
    def is_path(self) -> bool:
        return not self.iri and not self.is_variable


@dataclass(frozen=True)
class Triple:
    """One triple pattern."""

    subject: Node
    verb: Verb
    object: Node

    @property
    def text(self) -> str:
        return f"{self.subject.text} {self.verb.text} {self.object.text} ."

    @property
    def shown(self) -> str:
        return f"{self.subject.shown or self.subject.text} {self.verb.text} {self.object.shown or self.object.text}"

    @property
    def token(self) -> Token:
        """Where it starts to differ from its neighbours: its predicate."""
        return self.verb.token


@dataclass(frozen=True)
class Part:
    """Anything else of a group, by its keyword: OPTIONAL, UNION, GRAPH, FILTER, BIND, VALUES, ...

    A bare group is GROUP, a sub-select SELECT, and what could not be taken apart is OTHER.
    """

    keyword: str
    text: str
    tokens: tuple[Token, ...]
    groups: tuple[Group, ...] = ()
    graph: Node | None = None
    select: Select | None = None

    @property
    def token(self) -> Token:
        return self.tokens[0]

    @property
    def shown(self) -> str:
        flat = " ".join(self.text.split())
        return flat if len(flat) <= 120 else flat[:119] + "…"


@dataclass(frozen=True)
class Group:
    """What stands between two braces, in order."""

    parts: tuple[Triple | Part, ...] = ()
    tokens: tuple[Token, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(part.text for part in self.parts)

    def triples(self) -> Iterator[Triple]:
        """Every triple pattern in it and in the groups within, but for those of a SERVICE."""
        for part in self.parts:
            if isinstance(part, Triple):
                yield part
            elif part.keyword != "SERVICE":
                for group in part.groups:
                    yield from group.triples()

    def everywhere(self) -> Iterator[tuple[Group, tuple[Group, ...]]]:
        """The group and all within it, each with those that it stands in; not into a SERVICE."""
        yield self, ()
        for part in self.parts:
            if isinstance(part, Part) and part.keyword != "SERVICE":
                for group in part.groups:
                    for inner, around in group.everywhere():
                        yield inner, (*around, self)


@dataclass(frozen=True)
class Select:
    """A SELECT, whole or within another: what it projects, its pattern and what follows that."""

    head: tuple[Token, ...]
    group: Group
    tail: tuple[Token, ...]

    @property
    def selects_all(self) -> bool:
        return any(token.text == "*" and depth == 0 for token, depth in with_depth(self.head))

    @property
    def gives_one_row(self) -> bool:
        """Whether it aggregates everything into one row."""
        counted = any(token.word in AGGREGATES for token in self.head)
        return counted and not any(token.word == "GROUP" for token in self.tail)


AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


@dataclass(frozen=True)
class Query:
    """A query taken apart; `dataset` holds its FROM clauses as written, and `where` is None where it has none."""

    text: str
    form: str
    prologue: str
    dataset: str
    select: Select
    where: Group | None
    template: tuple[Token, ...] = ()
    graphs: tuple[tuple[Token, str], ...] = ()
    prefixes: dict[str, str] = field(default_factory=dict)
    declared: tuple[tuple[str, Token, str], ...] = ()  # prefix, its declaration's IRI token, the IRI
    tokens: tuple[Token, ...] = ()


def with_depth(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, int]]:
    """Each token with how many brackets it stands in; brackets stand in what is around them."""
    depth = 0
    for token in tokens:
        if token.kind == "mark" and token.text in (")", "}", "]"):
            depth -= 1
        yield token, depth
        if token.kind == "mark" and token.text in ("(", "{", "["):
            depth += 1


def variables(tokens: tuple[Token, ...]) -> set[str]:
    """The names of the variables among tokens."""
    return {token.text[1:] for token in tokens if token.kind == "variable"}
