"""Why filters leave nothing: a group's filters and its matches flow in, a problem with a cure flows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from graph.advise.literals import nearest_literals, quoted, shown, value_of
from graph.advise.pattern import Group, Part, Query, variables
from graph.advise.problem import Problem, Suggestion, problem_at
from graph.advise.terms import Terms, unknown_term
from graph.advise.variables import bound_in
from graph.names import BASE
from graph.sparql.lexer import Prologue, Token

MOST_ROWS = 2
SEARCHES = frozenset({"CONTAINS", "STRSTARTS", "STRENDS", "REGEX"})
COMPARES = frozenset({"<", ">", "<=", ">="})
InExists = Callable[[Group, str], list[Problem]]


def explain_filters(
    filters: list[Part], group: Group, matched: str, query: Query, terms: Terms, inside_exists: InExists
) -> list[Problem]:
    """The first filter that removes all that the rest of the group matches."""
    prober = terms.prober
    for item in filters:
        if prober.ask(f"{matched} {item.text}") is False:
            return _Filter(item, group, matched, query, terms, inside_exists).explain()
    kept = matched
    for item in filters:
        if prober.ask(f"{kept} {item.text}") is False:
            problem = _Filter(item, group, kept, query, terms, inside_exists).explain()[0]
            more = "The filters before it leave some rows, and it removes these. "
            return [replace(problem, message=more + problem.message)]
        kept = f"{kept} {item.text}"
    return []


class _Filter:
    """One filter that leaves nothing of what matched."""

    def __init__(
        self, part: Part, group: Group, matched: str, query: Query, terms: Terms, inside_exists: InExists
    ) -> None:
        self.part, self.group, self.matched = part, group, matched
        self.query, self.terms, self.inside_exists = query, terms, inside_exists
        self.prober = terms.prober
        self.words = [token.word for token in part.tokens]

    def explain(self) -> list[Problem]:
        if "EXISTS" in self.words:
            return self._exists()
        examples = self._examples()
        for found in (self._unbound(), self._unknown_term(), self._language(), self._search(), self._equal(),
                      self._range(), self._error()):  # fmt: skip
            if found is not None:
                return [self._problem(*found, examples)]
        return [self._problem(self.part.token, "filter", "This filter removes every row.", (), examples)]

    def _exists(self) -> list[Problem]:
        if "NOT" in self.words:
            message = "This filter removes every row: what must not exist does, for each of them."
            return [self._problem(self.part.token, "filter", message, (), self._examples())]
        message = "This filter removes every row: what must exist does not, for any of them."
        causes = self.inside_exists(self.part.groups[0], self.matched) if len(self.part.groups) == 1 else []
        return [self._problem(self.part.token, "filter", message, (), ()), *causes]

    def _problem(
        self, token: Token, kind: str, message: str, found: tuple[Suggestion, ...], examples: tuple[str, ...]
    ) -> Problem:
        length = self._length(token)
        return problem_at(
            self.query.text, token, kind, message, found, length=length, pattern=self.part.shown, examples=examples
        )

    def _length(self, token: Token) -> int:
        """The token's, with the tag or datatype of a string; that of all for the filter itself."""
        if token is self.part.token:
            last = self.part.tokens[-1]
            return last.start + len(last.text) - token.start
        tokens = self.part.tokens
        number = tokens.index(token)
        last = token
        if token.kind == "string" and tokens[number + 1].kind == "tag":
            last = tokens[number + 1]
        elif token.kind == "string" and tokens[number + 1].text == "^^":
            last = tokens[number + 2]
        return last.start + len(last.text) - token.start

    def _examples(self) -> tuple[str, ...]:
        """Rows that it removes."""
        names = sorted(variables(self.part.tokens) & bound_in(self.group))[:3]
        if not names:
            return ()
        head = "DISTINCT " + " ".join(f"?{name}" for name in names)
        rows = self.prober.select(head, self.matched, f"LIMIT {MOST_ROWS}") or []
        return tuple(
            "removes " + ", ".join(f"?{name} = {shown(term, self.query.prefixes)}" for name, term in row.items())
            for row in rows if row
        )  # fmt: skip

    # The usual reasons, each as place, kind, message and suggestions

    def _unbound(self) -> _Reason | None:
        known = bound_in(self.group)
        for token in self.part.tokens:
            if token.kind == "variable" and token.text[1:] not in known:
                message = f"{token.text} has no value inside these braces, so the filter removes every row."
                return token, "unbound-in-filter", message, ()
        return None

    def _unknown_term(self) -> _Reason | None:
        prologue = Prologue(self.query.prefixes, BASE)
        for token, after in zip(self.part.tokens, self.part.tokens[1:], strict=False):
            iri = prologue.iri(token)
            if iri and after.text != "(" and iri.startswith(BASE) and not self.terms.is_present(iri):
                problem = unknown_term(self.query.text, token, "term", iri, self.terms)
                return token, "filter", f"This filter removes every row: {problem.message}", problem.suggestions
        return None

    def _language(self) -> _Reason | None:
        if not {"LANG", "LANGMATCHES"} & set(self.words):
            return None
        names = variables(self.part.tokens)
        literal = next((token for token in self.part.tokens if token.kind == "string"), None)
        if len(names) != 1 or literal is None:
            return None
        name = names.pop()
        rows = self.prober.select(
            "?pmkgTag (COUNT(*) AS ?n)", f"{self.matched} BIND(LANG(?{name}) AS ?pmkgTag)",
            "GROUP BY ?pmkgTag ORDER BY DESC(?n) LIMIT 5",
        )  # fmt: skip
        found = tuple(
            Suggestion(quoted(tag), count=int(row["n"].value), note="" if tag else "no tag")
            for row in rows or () if "pmkgTag" in row for tag in [row["pmkgTag"].value]
        )  # fmt: skip
        message = f"?{name} is never in the language {literal.text}."
        return literal, "other-language", message, found

    def _search(self) -> _Reason | None:
        """A search that fails by case alone."""
        if not SEARCHES & set(self.words):
            return None
        literal = next((token for token in self.part.tokens if token.kind == "string"), None)
        name = next((token.text[1:] for token in self.part.tokens if token.kind == "variable"), None)
        word = next(word for word in self.words if word in SEARCHES)
        if literal is None or name is None:
            return None
        value = quoted(value_of(literal.text))
        loose = f"REGEX(STR(?{name}), {value}, \"i\")" if word == "REGEX" else (
            f"{word}(LCASE(STR(?{name})), {quoted(value_of(literal.text).lower())})"
        )  # fmt: skip
        if self.prober.ask(f"{self.matched} FILTER({loose})"):
            message = "This filter removes every row, but would not if case did not matter."
            return self.part.token, "case", message, (Suggestion(f"FILTER({loose})", note="whatever the case"),)
        near = nearest_literals(self.matched, name, literal.text, self.prober, self.query.prefixes)
        near = tuple(Suggestion(quoted(value_of(item.text)), count=item.count) for item in near)
        return literal, "filter", f"No value of ?{name} has {literal.text} in it as this filter wants it.", near

    def _equal(self) -> _Reason | None:
        """A comparison for equality with a literal that the variable never is."""
        for name, literal in self._pairs({"=", "IN"}):
            text = self.query.text[literal.start : literal.start + self._length(literal)]
            if self.prober.ask(f"{self.matched} FILTER(?{name} = {text})"):
                continue
            near = nearest_literals(self.matched, name, text, self.prober, self.query.prefixes)
            message = f"?{name} is never {text}."
            if near and near[0].note:
                message += f" It is there {near[0].note}: {near[0].text}."
            elif self.prober.ask(f"{self.matched} FILTER(isIRI(?{name}))"):
                message += " It is a thing with an IRI, not a text: compare its label."
            return literal, "other-value", message, near
        return None

    def _range(self) -> _Reason | None:
        for name, literal in self._pairs(COMPARES):
            if self._errors():
                return None
            rows = self.prober.select(f"(MIN(?{name}) AS ?low) (MAX(?{name}) AS ?high)", self.matched) or []
            if rows and {"low", "high"} <= set(rows[0]):
                low, high = (shown(rows[0][end], self.query.prefixes) for end in ("low", "high"))
                return literal, "out-of-range", f"?{name} lies between {low} and {high}.", ()
        return None

    def _pairs(self, operators: set[str] | frozenset[str]) -> Iterator[tuple[str, Token]]:
        """Each variable (or STR of it) that is compared with a literal, and the literal's token."""
        tokens = [token for token in self.part.tokens if token.text not in ("(", ")")]
        for number, token in enumerate(tokens):
            if token.text.upper() not in operators or number == 0 or number + 1 >= len(tokens):
                continue
            left, right = tokens[number - 1], tokens[number + 1]
            if left.kind in ("tag",) and number > 1:
                left = tokens[number - 2]
            for variable, literal in ((left, right), (right, left)):
                if variable.kind == "variable" and literal.kind in ("string", "number"):
                    yield variable.text[1:], literal

    def _error(self) -> _Reason | None:
        if not self._errors():
            return None
        message = (
            "This filter removes every row: what it computes is an error for each of them, as when a text is compared "
            "with a number or a date, or a variable has no value."
        )
        return self.part.token, "filter-error", message, ()

    def _errors(self) -> bool:
        """Whether the expression has no value for some row; since the filter keeps none, that is telling."""
        expression = self.part.text[len("FILTER") :].strip()
        computed = f"BIND(({expression}) AS ?pmkgResult) FILTER(!BOUND(?pmkgResult))"
        return self.prober.ask(f"{{ {self.matched} }} {computed}") is True


_Reason = tuple[Token, str, str, tuple[Suggestion, ...]]
