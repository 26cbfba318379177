"""Queries mended before the engine sees them: a query's text flows in, a `Mended` flows out that the engine gets right.

What is mended, each only where a query needs it (tests/w3c/differences.tsv says what is not):

- expressions over protected literals (`graph.sparql.literals`) compute with values, and show lexical forms;
- constants of patterns are protected as the data are;
- a function that nobody has makes an error of its expression, not of the query;
- GROUP_CONCAT gives a simple literal; TRUE is true; BNODE(string) gives a new blank node for each solution;
- a later column of a grouped SELECT may use an earlier one;
- a path of length zero holds at a constant that is not in the data; GRAPH ?g { } keeps its inside to itself;
- aggregates in aggregates, wrong triple terms and `?a<?b>` are refused.

Places in errors are those of the text that came in: the engine's own messages about a mended text are never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.errors import QueryRefusedError
from graph.names import BASE
from graph.sparql.cursor import NotUnderstoodError
from graph.sparql.edits import Edit, Findings, GraphScope, render
from graph.sparql.functions import ORDER, VALUE, Functions, is_known, order, unknown, value
from graph.sparql.lexer import Prologue, Token, place, tokens_of
from graph.sparql.literals import MARK
from graph.sparql.walk import Walk

MOST_BRANCHES = 3000  # tokens that GRAPH ?g may grow to when it is spelt out for each graph
_MARKS = re.compile(rf"{MARK}|\\U0010[Ff]{{3}}[Ee]")
_OURS: Functions = {ox.NamedNode(VALUE): value, ox.NamedNode(ORDER): order}
# What a query must have for anything to be mended in it, in upper case. It may say yes too often, never no too often.
_SIGNS = ("\\", "^^", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "BNODE", "TRUE", "FALSE")
_SHAPES = (
    re.compile(r"GRAPH\s*[?$#]"),
    re.compile(r"<\s*<"),
    re.compile(r"[:>][\w.%-]*\s*\("),  # a function by its IRI
    re.compile(r"\?(?!\w)"),  # a path that may be of length zero
    re.compile(r"\*(?<!SELECT \*)(?<!DISTINCT \*)(?<!\(\*)"),  # or this
    re.compile(r"<[^<>\s]*&&"),  # an IRI joined to what stands before it
    re.compile(r"0(?<![\w:/#.%-]0)\d"),  # numbers that may not be canonical
    re.compile(r"\.\d"),
    re.compile(r"[\d.]E[+-]?\d"),
    re.compile(r"[+-](?<![\w:/#.%-].)\s*\d"),
)


def _is_suspect(text: str) -> bool:
    """Whether there may be anything to mend."""
    upper = text.upper()
    return any(sign in upper for sign in _SIGNS) or any(shape.search(upper) for shape in _SHAPES)


@dataclass(frozen=True)
class Mended:
    """A query for the engine: its text, and the functions that it calls, for `Store.query(custom_functions=...)`.

    `marked` says whether the answer may hold marks of protected literals.
    """

    text: str
    functions: Functions = field(default_factory=dict)
    marked: bool = False


@dataclass(frozen=True)
class Dataset:
    """What a query is asked of: the store, and the named graphs that it may see (None: all)."""

    store: ox.Store
    named: Sequence[str] | None = None

    def names(self) -> list[str] | None:
        """The IRIs of the named graphs; None where one of them has none."""
        if self.named is not None:
            return list(dict.fromkeys(self.named))
        names = list(self.store.named_graphs())
        return [name.value for name in names] if all(isinstance(name, ox.NamedNode) for name in names) else None

    def lacks(self, iri: str) -> bool:
        """Whether a thing is neither subject nor object of any statement."""
        node = ox.NamedNode(iri)
        patterns = ((node, None), (None, node))
        return all(next(self.store.quads_for_pattern(s, None, o), None) is None for s, o in patterns)


def mend(
    text: str,
    prefixes: Mapping[str, str],
    *,
    protected: bool,
    dataset: Dataset | None = None,
    total_order: bool = False,
) -> Mended:
    """A query as the engine answers it rightly.

    `protected` says that the data may hold protected literals; `total_order` asks for ORDER BY over a total order of
    terms. What depends on the data (paths of length zero, GRAPH ?g) is mended where there is a `dataset`.

    Raises:
        QuerySyntaxError: it is no SPARQL, though the engine would take it.
        QueryRefusedError: it holds the mark of protected literals, or cannot be rewritten where that is needed.
    """
    mark = _MARKS.search(text)
    if mark is not None:
        raise QueryRefusedError(
            "the query holds the character U+10FFFE, a noncharacter that no text may hold.",
            place=place(text, mark.start()),
            advice="Take it out.",
        )
    if not protected and not total_order and not _is_suspect(text):
        return Mended(text)
    tokens = tokens_of(text)
    functions = _unknown_functions(tokens, prefixes)
    try:
        if any(token.text == "\\" for token in tokens):
            raise NotUnderstoodError("an escape outside strings, IRIs and names")
        found = _walk(text, tokens, prefixes, protected, total_order)
        marked = protected or found.protects
        if found.protects and not protected:
            found = _walk(text, tokens, prefixes, True, total_order)
    except (NotUnderstoodError, RecursionError) as error:
        return _as_it_is(text, prefixes, functions, protected or total_order, error)
    found.edits += [_lower(token) for token in tokens if token.word in ("TRUE", "FALSE")]
    if marked or total_order:
        functions |= _OURS
    return Mended(_rendered(text, found, dataset), functions, marked)


def _walk(text: str, tokens: list[Token], prefixes: Mapping[str, str], protected: bool, total: bool) -> Findings:
    return Walk(text, tokens, Prologue(prefixes, BASE), protected=protected, total=total).run()


def _as_it_is(text: str, prefixes: Mapping[str, str], functions: Functions, needed: bool, error: Exception) -> Mended:
    """A text that was not understood: for the engine to refuse, or to answer where nothing had to be rewritten."""
    if needed:
        try:
            ox.Store().query(text, base_iri=BASE, prefixes=dict(prefixes), custom_functions=functions)
        except SyntaxError:
            return Mended(text)
        raise QueryRefusedError(
            "the query is of a form that cannot be answered exactly here.",
            advice="Write it with more spaces and fewer nested parentheses.",
        ) from error
    return Mended(text, functions)


def _lower(token: Token) -> Edit:
    return Edit(token.start, token.start + len(token.text), token.text.lower())


def _unknown_functions(tokens: list[Token], prefixes: Mapping[str, str]) -> Functions:
    """A function for each IRI before a parenthesis that the engine has none for; a collection calls none."""
    prologue, found = Prologue(prefixes, BASE), Functions()
    for index, token in enumerate(tokens):
        if token.kind == "word":
            prologue.read(tokens, index)
        elif token.kind in ("iri", "name") and tokens[index + 1 : index + 2] and tokens[index + 1].text == "(":
            iri = prologue.iri(token)
            if iri is not None and not is_known(iri):
                found[ox.NamedNode(iri)] = unknown
    return found


def _rendered(text: str, found: Findings, dataset: Dataset | None) -> str:
    edits = list(found.edits)
    if dataset is not None:
        for path in found.paths:
            if dataset.lacks(path.iri):  # then all that it leads to is itself
                other = path.other.text
                block = f"VALUES {other} {{ <{path.iri}> }}" if path.other.kind == "variable" else "VALUES () { () }"
                edits = [edit for edit in edits if not path.start <= edit.start < path.end]
                edits.append(Edit(path.start, path.end, block))
        edits = _spelt_out(text, edits, found.scopes, dataset)
    return render(text, edits, 0, len(text))


def _spelt_out(text: str, edits: list[Edit], scopes: list[GraphScope], dataset: Dataset) -> list[Edit]:
    """GRAPH ?g { P } as the standard defines it: the union of P in each graph, joined with the graph's name."""
    last = -1
    for scope in sorted(scopes, key=lambda scope: scope.start):
        names = dataset.names() if scope.start > last else None
        if names is None or len(names) * scope.size > MOST_BRANCHES:
            continue
        inner = render(text, edits, scope.inner_start, scope.inner_end)
        branches = [f"{{ GRAPH <{name}> {inner} VALUES ?{scope.variable} {{ <{name}> }} }}" for name in names]
        whole = f"{{ {' UNION '.join(branches) or f'VALUES ?{scope.variable} {{ }}'} }}"
        edits = [edit for edit in edits if not scope.start <= edit.start < scope.end]
        edits.append(Edit(scope.start, scope.end, whole))
        last = scope.end
    return edits
