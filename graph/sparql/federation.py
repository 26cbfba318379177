"""SERVICE taken out of a query: its text flows in, what to ask other endpoints flows out, and their rows back into it.

The engine would fetch by itself, from anywhere, so it never sees SERVICE. Each `SERVICE <endpoint> { … }` becomes a
query of its own, `SELECT * WHERE { … }` with the prologue that it needs, and its place is taken by the rows that were
the answer, as VALUES: a SERVICE block is evaluated by itself and then joined (SPARQL 1.1 Federated Query, section 4),
which is what VALUES does. Where a block's meaning depends on the rows around it (an endpoint that is a variable,
EXISTS), it is refused.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pyoxigraph as ox

from graph.errors import FetchError, FetchLimitError, QueryRefusedError, QuerySyntaxError
from graph.names import BASE
from graph.sparql.lexer import Prologue, Token, place, tokens_of

GENID = BASE + "genid/"  # blank nodes of other endpoints, as RDF 1.1 Concepts, section 3.5, replaces them by IRIs
PER_ROW = ("EXISTS", "LATERAL")  # NOTEXISTS is read as two words
_VARIABLE = re.compile(r"\w+")
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\]')


@dataclass(frozen=True)
class Call:
    """One SERVICE block: whom to ask what, and which characters of the query's text it is."""

    endpoint: str
    silent: bool
    query: str
    variables: tuple[str, ...]  # all that its text names
    start: int
    end: int


@dataclass(frozen=True)
class Rows:
    """What an endpoint answered: each term is SPARQL text, None where unbound."""

    variables: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...] = field(repr=False)

    @classmethod
    def nothing_known(cls, call: Call) -> Rows:
        """What a SILENT call gives that failed: one solution that binds nothing."""
        return cls(call.variables, ((None,) * len(call.variables),))

    def __str__(self) -> str:
        """The rows as a group of a query; all on one line."""
        names = " ".join(f"?{name}" for name in self.variables)
        rows = " ".join(f"({' '.join(term or 'UNDEF' for term in row)})" for row in self.rows)
        return f"{{ VALUES ({names}) {{ {rows} }} }}"


def calls_of(text: str, prefixes: Mapping[str, str]) -> tuple[Call, ...]:
    """The SERVICE blocks of a query; `prefixes` are those that it may use without declaring them.

    Raises:
        QueryRefusedError: one is within another, in EXISTS or in LATERAL, or its endpoint is a variable.
        QuerySyntaxError: one has no endpoint or no group.
    """
    tokens = tokens_of(text)
    prologue = Prologue(prefixes, BASE)
    found = list[Call]()
    groups = list[bool]()  # for each open brace: whether what is in it is evaluated for each row of something else
    end = 0
    for index, token in enumerate(tokens):
        if not groups:
            prologue.read(tokens, index)
        if token.start < end:
            continue  # within the block that was taken out last
        if token.text == "{":
            groups.append(any(groups[-1:]) or (index > 0 and tokens[index - 1].word.endswith(PER_ROW)))
        elif token.text == "}" and groups:
            groups.pop()
        elif token.word == "SERVICE":
            if any(groups[-1:]):
                _refuse(text, token, "SERVICE stands in EXISTS or LATERAL, where it would be asked for each row.")
            call = _call(text, tokens, index, prologue)
            found.append(call)
            end = call.end
    return tuple(found)


def substituted(text: str, calls: Sequence[Call], rows: Sequence[Rows]) -> str:
    """The query with the rows in the place of its calls."""
    parts, position = list[str](), 0
    for call, answer in zip(calls, rows, strict=True):
        parts += [text[position : call.start], str(answer)]
        position = call.end
    return "".join([*parts, text[position:]])


def without(text: str, calls: Sequence[Call]) -> str:
    """The query with an empty group in the place of each call, of the same length, so that all else has its place."""
    for call in calls:
        blank = re.sub(r"[^\r\n]", " ", text[call.start + 1 : call.end - 1])
        text = f"{text[: call.start]}{{{blank}}}{text[call.end :]}"
    return text


def read_rows(document: bytes, call: Call, most: int) -> Rows:
    """The rows of a SPARQL 1.1 Query Results JSON document.

    Raises:
        FetchLimitError: it has more than `most`.
        FetchError: it is no such document, or holds a term that cannot be passed on.
    """
    try:
        content = json.loads(document)
        bindings: list[dict[str, Any]] = content["results"]["bindings"]
        names = dict.fromkeys(content.get("head", {}).get("vars", ()))
        if len(bindings) > most:
            raise FetchLimitError(
                f"its answer has more than {most:,} rows.",
                advice="Ask SERVICE for less: put the values that matter into its block with VALUES, or a subselect "
                "with LIMIT.",
            )
        for binding in bindings:
            names.update(dict.fromkeys(binding))
        if not all(_VARIABLE.fullmatch(name) for name in names):
            raise ValueError("a variable's name is none")
        terms = _Terms()
        rows = tuple(
            tuple(terms.text(binding[name]) if name in binding else None for name in names) for binding in bindings
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FetchError(
            f"its answer cannot be read as SPARQL results in JSON ({type(error).__name__}).",
            advice="See what it answers to the SERVICE block by itself.",
        ) from error
    return Rows(tuple(names), rows)


class _Terms:
    """Terms of one answer, as SPARQL text; a blank node's label means the same throughout it, and nothing elsewhere."""

    def __init__(self) -> None:
        self._answer = uuid.uuid4().hex
        self._labels: dict[str, int] = {}

    def text(self, term: Mapping[str, str]) -> str:
        kind, value = term["type"], term["value"]
        if kind == "uri":
            return str(ox.NamedNode(value))
        if kind == "bnode":
            number = self._labels.setdefault(value, len(self._labels))
            return f"<{GENID}{self._answer}-{number}>"
        if kind not in ("literal", "typed-literal"):  # the second is from before SPARQL 1.1, and Virtuoso's
            raise ValueError(f"a term is a {kind}")
        language, datatype = term.get("xml:lang"), term.get("datatype")
        if language:
            direction = term.get("its:dir", "")
            if direction not in ("", "ltr", "rtl"):
                raise ValueError("a direction is none")
            return _safe(str(ox.Literal(value, language=language))) + (f"--{direction}" if direction else "")
        return _safe(str(ox.Literal(value, datatype=ox.NamedNode(datatype)) if datatype else ox.Literal(value)))


def _safe(literal: str) -> str:
    r"""A literal in which no backslash that stands for itself is before a u.

    SPARQL 1.1 (section 19.2) replaces `\u0022` before it looks at strings, and engines differ about `\\u0022`.
    """
    return re.sub(r"((?<!\\)(?:\\\\)+)([uU])", lambda match: f"{match[1]}\\u{ord(match[2]):04X}", literal)


def _call(text: str, tokens: list[Token], index: int, prologue: Prologue) -> Call:
    service = tokens[index]
    following = index + 1
    silent = following < len(tokens) and tokens[following].word == "SILENT"
    following += silent
    target = tokens[following] if following < len(tokens) else None
    if target is not None and target.kind == "variable":
        _refuse(text, service, f"SERVICE {target.text} would call whatever is bound to a variable.")
    endpoint = prologue.iri(target)
    first = following + 1
    if endpoint is None or first >= len(tokens) or tokens[first].text != "{":
        raise _incomplete(text, service)
    last = _closing(text, tokens, first, service)
    group = tokens[first : last + 1]
    names = dict.fromkeys(token.text[1:] for token in group if token.kind == "variable")
    end = tokens[last].start + 1
    query = f"{_prologue_of(group, prologue)}SELECT * WHERE {text[tokens[first].start : end]}"
    return Call(endpoint, silent, query, tuple(names), service.start, end)


def _closing(text: str, tokens: list[Token], first: int, service: Token) -> int:
    """The index of the brace that closes a group."""
    level = 0
    for index in range(first, len(tokens)):
        token = tokens[index]
        level += (token.text == "{") - (token.text == "}")
        if token.word == "SERVICE":
            _refuse(text, token, "SERVICE stands within another SERVICE, which would be for that endpoint to call.")
        if level == 0:
            return index
    raise _incomplete(text, service)


def _prologue_of(group: list[Token], prologue: Prologue) -> str:
    """The declarations that a group needs: its prefixes, with those that need not be declared here, and the base."""
    used = {token.text.partition(":")[0] for token in group if token.kind == "name"} - {"_"}
    lines = [f"PREFIX {name}: {_iri(prologue.prefixes[name])}\n" for name in sorted(used & prologue.prefixes.keys())]
    return f"BASE {_iri(prologue.base)}\n" + "".join(lines)


def _iri(iri: str) -> str:
    """An IRI as it is written; what a declaration had as an escape is one again, and can end nothing."""
    harmless = _NOT_IN_IRIS.sub(lambda match: f"%{ord(match[0]):02X}", iri)
    return f"<{harmless}>"


def _incomplete(text: str, service: Token) -> QuerySyntaxError:
    return QuerySyntaxError(
        "SERVICE is not followed by an endpoint and a group.",
        place=place(text, service.start),
        advice="Write SERVICE <address> { … }.",
    )


def _refuse(text: str, token: Token, message: str) -> NoReturn:
    raise QueryRefusedError(
        message,
        place=place(text, token.start),
        advice="Name the endpoint, and ask it in a group of its own; the rows can be joined and filtered here.",
    )
