"""A walk over a query's tokens: they flow in, the edits flow out that make the engine answer as the standard has it.

A recursive descent that tells patterns from expressions, and in these where a variable's *value* matters from where its
*term* does. It is stricter than the lexer and laxer than a parser: what it does not understand it gives up on
(`NotUnderstoodError`), and the engine's parser has the word on what is SPARQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.sparql.edits import Findings, GraphScope, ZeroPath, render
from graph.sparql.expressions import Expressions, Mode
from graph.sparql.functions import ORDER, VALUE
from graph.sparql.lexer import Prologue, Token

MODIFIERS = frozenset(["GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"])
CLAUSES = frozenset(["OPTIONAL", "FILTER", "BIND", "VALUES", "UNION"])
AFTER_TRIPLE = frozenset(["FILTER", "OPTIONAL", "BIND", "MINUS", "VALUES"])
ROW = "?pmkg_solution"


@dataclass
class _Alias:
    """An `(expression AS ?name)` of a SELECT clause."""

    start: int
    end: int
    first: int
    last: int
    name: str


class Walk(Expressions):
    """One walk; `total` says that ORDER BY needs a total order."""

    def __init__(self, text: str, tokens: Sequence[Token], prologue: Prologue, *, protected: bool, total: bool) -> None:
        super().__init__(text, tokens, prologue, protected=protected)
        self.total = total
        self.in_graph = False

    def run(self) -> Findings:
        """Walk the whole text.

        Raises:
            QuerySyntaxError: it is not SPARQL where the engine would take it nevertheless.
            NotUnderstoodError: it is not understood.
        """
        self.declarations()
        match self.word:
            case "SELECT":
                self.select()
            case "CONSTRUCT":
                self.step()
                if self.is_at("{"):
                    self.group()
                self.dataset()
                self.where()
                self.modifiers()
            case "DESCRIBE":
                while self.kind != "end" and not self.is_at("{") and self.word not in MODIFIERS:
                    self.step()
                if self.is_at("{"):
                    self.group()
                self.modifiers()
            case "ASK":
                self.step()
                self.dataset()
                self.where()
                self.modifiers()
        if self.kind != "end":
            self.give_up()
        return self.found

    def declarations(self) -> None:
        while self.word in ("BASE", "PREFIX", "VERSION"):
            self.prologue.read(list(self.tokens[self.index : self.index + 3]), 0)
            self.index += 3 if self.word == "PREFIX" else 2

    def dataset(self) -> None:
        while self.word == "FROM":
            self.index += 3 if self.peek(1).word == "NAMED" else 2

    def where(self) -> None:
        if self.word == "WHERE":
            self.step()
        self.group()

    def select(self) -> None:
        self.expect("SELECT")
        if self.word in ("DISTINCT", "REDUCED"):
            self.step()
        outer, self.aggregates = self.aggregates, 0
        outer_bnodes, self.bnodes = self.bnodes, []
        aliases: list[_Alias] = []
        if self.is_at("*"):
            self.step()
        while self.kind == "variable" or self.is_at("("):
            if self.kind == "variable":
                self.step()
                continue
            self.step()
            start, first = self.peek().start, self.index
            self.expression(Mode.TERM)
            end, last = self.end_of(), self.index
            self.expect("AS")
            aliases.append(_Alias(start, end, first, last, self.step().text[1:]))
            self.expect(")")
        aggregates, self.aggregates = self.aggregates, outer
        bnodes, self.bnodes = self.bnodes, outer_bnodes
        self.dataset()
        if self.word == "WHERE":
            self.step()
        opening = self.peek()
        self.group()
        grouped = self.word == "GROUP" or bool(aggregates)
        if bnodes and not grouped:
            self._number_rows(opening, bnodes)
        if grouped:
            self._spell_out(aliases)
        self.modifiers()

    def _number_rows(self, opening: Token, bnodes: list[tuple[int, int]]) -> None:
        """One blank node for each string and each solution: give each solution a name of its own (17.4.2.9)."""
        self.wrap(opening.start, "{", f" BIND(STRUUID() AS {ROW})}}")
        for start, end in bnodes:
            self.wrap(start, *_of_row(ROW), end)

    def _spell_out(self, aliases: list[_Alias]) -> None:
        """Say what an alias means where a later column of a grouped SELECT uses it, which the engine refuses."""
        edits = self.found.edits
        for index, alias in enumerate(aliases):
            earlier = {other.name: other for other in aliases[:index]}
            for token in self.tokens[alias.first : alias.last]:
                other = earlier.get(token.text[1:]) if token.kind == "variable" else None
                if other is None:
                    continue
                span = token.start, token.start + len(token.text)
                valued = [edit for edit in edits if (edit.start, edit.end) == span]
                spelt = f"({render(self.text, edits, other.start, other.end)})"
                self.found.edits = edits = [edit for edit in edits if edit not in valued]
                self.replace(token, f"<{VALUE}>{spelt}" if valued else spelt)

    def modifiers(self) -> None:
        while self.word in MODIFIERS:
            match self.step().word:
                case "GROUP":
                    self.expect("BY")
                    self.conditions(Mode.TERM)
                case "HAVING":
                    self.conditions(Mode.VALUE)
                case "ORDER":
                    self.expect("BY")
                    self.conditions(Mode.VALUE, is_ordering=True, ordering=self.total)
                case "VALUES":
                    self.data()
                case _:
                    self.step()

    def conditions(self, mode: Mode, *, is_ordering: bool = False, ordering: bool = False) -> None:
        """The conditions of GROUP BY, HAVING or ORDER BY; with `ordering`, each becomes one of a total order."""
        while self.kind != "end" and not self.is_at("}") and self.word not in MODIFIERS:
            if self.word in ("ASC", "DESC"):
                self.step()
            start = self.peek().start
            is_bracketed = self.is_at("(")
            if is_bracketed and mode is Mode.TERM:
                self.step()
                self.expression(mode)
                if self.word == "AS":
                    self.index += 2
                self.expect(")")
            elif self.kind == "variable" and mode is Mode.TERM:
                self.step()
            else:
                if not (is_ordering and self.kind == "variable"):
                    self.expect_constraint()
                self.primary(mode)
            if ordering:
                self.wrap(start, f"(<{ORDER}>(", "))")

    def group(self) -> None:
        """A group, a template or an annotation: what stands in braces."""
        self.expect("{")
        was, self.in_aggregate = self.in_aggregate, False
        if self.word == "SELECT":
            self.select()
            self.expect("}")
        else:
            while not self.is_at("}"):
                self.element()
            self.step()
        self.in_aggregate = was

    def element(self) -> None:
        """The next element of a group, or the next token of its triples."""
        token = self.peek()
        match token.kind:
            case "end":
                self.give_up()
            case "word":
                self.clause()
            case "string" | "number":
                self.literal(Mode.TERM)
            case _:
                if token.text == "{":
                    self.group()
                elif (
                    token.text in ("+", "-") and self.peek(1).kind == "number" and self.end_of(0) == self.peek(1).start
                ):
                    self.literal(Mode.TERM)
                else:
                    self.zero_path()
                    self.step()

    def clause(self) -> None:
        match self.word:
            case "FILTER":
                self.step()
                self.constraint()
            case "BIND":
                self.bind()
            case "VALUES":
                self.step()
                self.data()
            case "GRAPH" if self.peek(1).kind == "variable" and self.is_at("{", 2):
                self.graph()
            case _:
                self.step()

    def constraint(self) -> None:
        if self.word == "NOT":
            self.step()
        self.expect_constraint()
        self.primary(Mode.VALUE)

    def expect_constraint(self) -> None:
        """An expression in parentheses or a call: in any other, an edit would add the parentheses that it lacks."""
        if not (self.is_at("(") or self.kind in ("word", "iri", "name")):
            self.give_up()

    def bind(self) -> None:
        self.step()
        self.expect("(")
        outer, self.bnodes = self.bnodes, []
        self.expression(Mode.TERM)
        if len(self.bnodes) == 1:  # several would have to agree on one solution's name
            start, end = self.bnodes[0]
            self.wrap(start, *_of_row("STRUUID()"), end)
        self.bnodes = outer
        self.expect("AS")
        self.step()
        self.expect(")")

    def data(self) -> None:
        """VALUES: variables, and rows of constants in braces."""
        while not self.is_at("{"):
            if self.kind not in ("variable", "mark"):
                self.give_up()
            self.step()
        self.step()
        while not self.is_at("}"):
            self.element()
        self.step()

    def graph(self) -> None:
        """GRAPH ?g: the engine joins with the graph's name before the inside is evaluated, the standard after it."""
        start = self.step().start
        variable = self.step().text[1:]
        first, was, self.in_graph = self.index, self.in_graph, True
        self.group()
        self.in_graph = was
        inside = self.tokens[first : self.index]
        words = {token.word for token in inside}
        is_named = any(token.kind == "variable" and token.text[1:] == variable for token in inside)
        if "MINUS" in words or "SELECT" in words or (is_named and words & CLAUSES):
            if any(token.kind == "name" and token.text.startswith("_:") for token in inside):
                return  # a label cannot be used in two groups
            self.found.scopes.append(
                GraphScope(start, self.end_of(), variable, inside[0].start, self.end_of(), len(inside))
            )

    def zero_path(self) -> None:
        """Note `:s :p* ?o .` and `?s :p? :o .`, which the engine answers only where the constant is in the data."""
        if self.in_graph or self.peek(-1).text not in ("{", ".", "}") or self.kind not in ("iri", "name", "variable"):
            return
        ahead = 1
        if self.is_at("(", ahead):
            closing = self.partner.get(self.index + ahead)
            if closing is None:
                return
            ahead = closing - self.index + 1
        else:
            ahead += 1
        sign, target, after = self.peek(ahead), self.peek(ahead + 1), self.peek(ahead + 2)
        if sign.text not in ("*", "?") or target.kind not in ("iri", "name", "variable"):
            return
        if after.text not in (".", "}", "{") and after.word not in AFTER_TRIPLE:
            return
        for constant, other in ((self.peek(), target), (target, self.peek())):
            iri = self.prologue.iri(constant) if constant.text[:2] != "_:" else None
            if iri is not None and (other.kind == "variable" or self.prologue.iri(other) == iri):
                end = target.start + len(target.text)
                self.found.paths.append(ZeroPath(self.peek().start, end, iri, other))
                return


def _of_row(row: str) -> tuple[str, str]:
    """What stands before and after a string to make it the name of a blank node of one solution."""
    return 'CONCAT("b",MD5(CONCAT(', f",{row})))"
