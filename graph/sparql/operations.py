"""SPARQL updates taken apart: an update's text flows in, its operations flow out, one for each of the request's parts.

The engine could run an update by itself, but it says nothing of what it changed, fetches what LOAD names, and knows no
`using-graph-uri`. So the parts are found here by their tokens; patterns stay text, for the engine to evaluate, and
templates become quads (`graph.sparql.templates`). Whether the text is SPARQL at all is for the engine's parser to say:
it has read the whole text before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from graph.errors import QuerySyntaxError
from graph.names import BASE
from graph.sparql.lexer import CLOSE, OPEN, Prologue, Token, place, tokens_of
from graph.sparql.templates import Template


class Every(Enum):
    """Targets of CLEAR and DROP that are no single graph; DEFAULT also stands for a single one elsewhere."""

    DEFAULT = "DEFAULT"
    NAMED = "NAMED"
    ALL = "ALL"


Target = str | Every  # a graph's IRI, or one of these


@dataclass(frozen=True)
class Modify:
    """INSERT and DELETE in every form; `where` is a SELECT that binds the templates' variables, None for DATA.

    `graph` is what WITH names; `using` and `using_named` are None where there is no such clause.
    """

    delete: Template
    insert: Template
    where: str | None
    graph: str | None = None
    using: tuple[str, ...] | None = None
    using_named: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Load:
    """LOAD: the document's IRI and the graph that it goes into, None for the default graph."""

    source: str
    graph: str | None
    silent: bool


@dataclass(frozen=True)
class Empty:
    """CLEAR and, where `drop`, DROP."""

    target: Target
    drop: bool
    silent: bool


@dataclass(frozen=True)
class Create:
    """CREATE GRAPH."""

    graph: str
    silent: bool


@dataclass(frozen=True)
class Transfer:
    """ADD, MOVE and COPY from one graph to another; `kind` is that word."""

    kind: str
    source: Target
    target: Target
    silent: bool


Operation = Modify | Load | Empty | Create | Transfer


def operations_of(text: str, prefixes: Mapping[str, str]) -> Iterator[Operation]:
    """The operations of an update, in order (SPARQL 1.1 Update, section 3).

    `prefixes` are those that it may use without declaring them; relative IRIs are resolved against ours.

    Raises:
        QuerySyntaxError: a part is none that we know, or a template is wrong.
    """
    prologue = Prologue(prefixes, BASE)
    tokens = tokens_of(text)
    for start, end in _parts(tokens):
        first = _skip_prologue(tokens, start, end, prologue)
        if first < end:
            yield _Parser(text, tokens[first:end], prologue).operation()


def load_spans(text: str) -> list[tuple[int, int]]:
    """Where the LOAD operations of an update stand, so that the engine's parser need not see (and fetch) them."""
    tokens = tokens_of(text)
    spans = []
    for start, end in _parts(tokens):
        first = _skip_prologue(tokens, start, end, Prologue({}))
        if first < end and tokens[first].word == "LOAD":
            spans.append((tokens[first].start, tokens[end - 1].start + len(tokens[end - 1].text)))
    return spans


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The index ranges between the semicolons that stand outside of all brackets."""
    depth, start = 0, 0
    for index, token in enumerate(tokens):
        if token.kind != "mark":
            continue
        depth += (token.text in OPEN) - (token.text in CLOSE)
        if token.text == ";" and depth == 0:
            yield start, index
            start = index + 1
    yield start, len(tokens)


def _skip_prologue(tokens: list[Token], start: int, end: int, prologue: Prologue) -> int:
    """Take in the declarations at the start of a part; the index of what follows."""
    index = start
    while index < end and tokens[index].word in ("PREFIX", "BASE", "VERSION"):
        prologue.read(tokens, index)
        index += 3 if tokens[index].word == "PREFIX" else 2
    return index


class _Parser:
    """Reads one operation from its tokens."""

    def __init__(self, text: str, tokens: list[Token], prologue: Prologue) -> None:
        self.text = text
        self.tokens = tokens
        self.prologue = prologue
        self.index = 0

    def operation(self) -> Operation:
        word = self._next().word
        match word:
            case "LOAD":
                silent = self._accept("SILENT")
                source = self._iri()
                return Load(source, self._graph_ref() if self._accept("INTO") else None, silent)
            case "CLEAR" | "DROP":
                silent = self._accept("SILENT")
                return Empty(self._target(), word == "DROP", silent)
            case "CREATE":
                silent = self._accept("SILENT")
                return Create(self._graph_ref(), silent)
            case "ADD" | "MOVE" | "COPY":
                silent = self._accept("SILENT")
                origin = self._graph_or_default()
                self._expect("TO")
                return Transfer(word, origin, self._graph_or_default(), silent)
            case "INSERT" | "DELETE" | "WITH":
                self.index = 0
                return self._modify()
        raise self._wrong(self.tokens[0])

    def _modify(self) -> Modify:
        graph = self._iri() if self._accept("WITH") else None
        delete = insert = self._template(None)
        if self._accept("DELETE"):
            if self._accept("WHERE"):
                start, end = self._braces()
                return Modify(self._template((start, end)), insert, self._select(start, end))
            data = self._accept("DATA")
            delete = self._template(self._braces())
            if data:
                return Modify(delete, insert, None)
        if self._accept("INSERT"):
            data = self._accept("DATA")
            insert = self._template(self._braces())
            if data:
                return Modify(delete, insert, None)
        using: dict[bool, list[str]] = {False: [], True: []}
        has_using = False
        while self._accept("USING"):
            has_using = True
            using[self._accept("NAMED")].append(self._iri())
        self._accept("WHERE")
        where = self._select(*self._braces())
        if not has_using:
            return Modify(delete, insert, where, graph)
        return Modify(delete, insert, where, graph, tuple(using[False]), tuple(using[True]))

    def _template(self, braces: tuple[int, int] | None) -> Template:
        if braces is None:
            return Template.empty()
        start, end = braces
        return Template.read(self.text, self.tokens[start + 1 : end], self.prologue)

    def _select(self, start: int, end: int) -> str:
        """A query for all variables of the group between two braces, with the declarations that are in force."""
        group = self.text[self.tokens[start].start : self.tokens[end].start + 1]
        return f"{self.prologue.text()}SELECT * WHERE {group}"

    def _braces(self) -> tuple[int, int]:
        """The indices of the brace that is next and of the one that closes it, which is stepped over."""
        start = self.index
        if self._next().text != "{":
            raise self._wrong(self.tokens[start])
        depth = 1
        while depth:
            token = self._next()
            if token.kind == "mark":
                depth += (token.text == "{") - (token.text == "}")
        return start, self.index - 1

    def _target(self) -> Target:
        for every in Every:
            if self._accept(every.value):
                return every
        return self._graph_ref()

    def _graph_or_default(self) -> Target:
        return Every.DEFAULT if self._accept("DEFAULT") else self._graph_ref()

    def _graph_ref(self) -> str:
        self._accept("GRAPH")
        return self._iri()

    def _iri(self) -> str:
        token = self._next()
        iri = self.prologue.iri(token)
        if iri is None:
            raise self._wrong(token)
        return iri

    def _accept(self, word: str) -> bool:
        found = self.index < len(self.tokens) and self.tokens[self.index].word == word
        self.index += found
        return found

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._wrong(self.tokens[min(self.index, len(self.tokens) - 1)])

    def _next(self) -> Token:
        if self.index >= len(self.tokens):
            raise self._wrong(self.tokens[-1])
        self.index += 1
        return self.tokens[self.index - 1]

    def _wrong(self, token: Token) -> QuerySyntaxError:
        return QuerySyntaxError(
            f"'{token.text[:60]}' cannot be understood in this update.",
            place=place(self.text, token.start),
            advice="Look at it and at what stands right before it.",
        )
