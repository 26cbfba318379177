"""Why an answer is empty: a query's text flows in, the first part of its pattern that matches nothing flows out.

The pattern is taken apart and asked for in growing pieces: each part by itself, then the first one, the first two, ...
until the piece that has no match; then its filters. Every question is a small query within a budget of time and number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.advise.filters import explain_filters
from graph.advise.pattern import Group, Part, Query, Triple
from graph.advise.probe import Prober, is_passed_on
from graph.advise.problem import Emptiness, Problem, problem_at
from graph.advise.reasons import Reasons, Scene
from graph.advise.schema import Schema
from graph.advise.terms import Terms, unknown_term
from graph.advise.values import explain_values
from graph.errors import QueryError
from graph.names import BASE
from graph.sparql.lexer import Prologue, Token
from graph.store.engine import QueryRequest

MOST_CAUSES = 6
NEVER_EMPTIES = frozenset({"OPTIONAL", "BIND", "MINUS", "LET"})  # by themselves
ENOUGH = 4096  # bytes of an answer that certainly has a row
WHOLE_SECONDS = 2.0  # for the question whether there is any answer at all


def why_empty(query: Query, schema: Schema, prober: Prober) -> Emptiness:
    """Whether the query's answer is empty, and if so, why; `prober` asks in its prologue and dataset.

    Raises:
        ServiceBusyError: no reader was free.
    """
    found = _Search(query, Terms(schema, prober, query.prefixes), prober).run()
    return replace(found, probes=prober.asked)


@dataclass
class _Search:
    """The search for one query."""

    query: Query
    terms: Terms
    prober: Prober

    def run(self) -> Emptiness:
        where = self.query.where
        if where is None:
            return self._described()
        lost = self._lost_graphs()
        if lost:
            return Emptiness(True, "The dataset that the query asks is empty.", lost)
        calls = any(token.word == "SERVICE" for token in where.tokens)  # never made for advice
        matches = None if calls else self.prober.ask(where.text, seconds=WHOLE_SECONDS)
        if matches:
            return self._after_the_pattern()
        causes = tuple(self.diagnose(where, Scene()))[:MOST_CAUSES]
        if causes:
            answer = "false" if self.query.form == "ASK" else "empty"
            return Emptiness(True, f"The answer is {answer} because of this:", causes)
        if calls:
            return Emptiness(
                None, "What is asked of this graph matches; what SERVICE asks of another was not looked at."
            )
        if matches is None:
            return Emptiness(None, "It could not be told in time whether there is an answer; ask for less at once.")
        return Emptiness(
            True, "The pattern as a whole matches nothing; which part of it is why could not be told in time."
        )

    # What is around the pattern

    def _described(self) -> Emptiness:
        absent = tuple(
            unknown_term(self.query.text, token, "term", iri, self.terms)
            for token, iri in self._described_terms()
            if not self.terms.is_present(iri)
        )
        if absent:
            return Emptiness(True, "What is to be described does not occur in the graph.", absent)
        return Emptiness(False, "The answer is not empty.")

    def _described_terms(self) -> list[tuple[Token, str]]:
        prologue = Prologue(self.query.prefixes, BASE)
        return [(token, iri) for token in self.query.select.head if (iri := prologue.iri(token))]

    def _lost_graphs(self) -> tuple[Problem, ...]:
        """The graphs of FROM clauses that do not exist, where none of them does."""
        known = self.terms.schema.graphs
        named = [(token, iri) for token, iri in self.query.graphs if iri]
        if known is None or not named or any(iri in known for _, iri in named):
            return ()
        return tuple(unknown_term(self.query.text, token, "graph", iri, self.terms) for token, iri in named)

    def _after_the_pattern(self) -> Emptiness:
        """The pattern matches: what comes after it may still leave nothing."""
        tail = self.query.select.tail
        words = [token.word for token in tail]
        if not {"LIMIT", "OFFSET", "HAVING"} & set(words) and self.query.form != "CONSTRUCT":
            return Emptiness(False, "The answer is not empty.")
        if self._has_rows() is not False:
            return Emptiness(False, "The answer is not empty.")
        for number, token in enumerate(tail):
            following = tail[number + 1].text if number + 1 < len(tail) else ""
            message = {
                "LIMIT": "LIMIT 0 asks for no row." if following == "0" else "",
                "OFFSET": f"There are no more than {following} rows, and OFFSET {following} skips them all.",
                "HAVING": "There are groups, but HAVING leaves none of them.",
            }.get(token.word, "")
            if message:
                problem = problem_at(self.query.text, token, f"{token.text.lower()}-leaves-nothing", message)
                return Emptiness(True, "The pattern matches, but nothing is left of it.", (problem,))
        return Emptiness(
            True, "The pattern matches, but no triple of the template is whole: a variable in each has no value."
        )

    def _has_rows(self) -> bool | None:
        """Whether the query itself has an answer, its modifiers and template included."""
        request = QueryRequest(
            self.query.text, "csv", "ntriples", self.prober.default_graphs, self.prober.named_graphs,
            seconds=WHOLE_SECONDS, is_wanted=self.prober.is_wanted,
        )  # fmt: skip
        self.prober.asked += 1
        content = b""
        try:
            with self.prober.engine.query(request) as answer:
                name = answer.format.name
                for chunk in answer:
                    content += chunk
                    if len(content) > ENOUGH:
                        return True
        except QueryError as error:
            if is_passed_on(error):
                raise
            return None
        return content.count(b"\n") > (name == "csv")

    # The pattern

    def diagnose(self, group: Group, scene: Scene) -> list[Problem]:
        """Why the group matches nothing in the scene, as far as that can be told."""
        parts = [part for part in group.parts if isinstance(part, Triple) or not _calls(part)]
        units = [part for part in parts if not _is(part, "FILTER")]
        filters = [part for part in parts if isinstance(part, Part) and part.keyword == "FILTER"]
        empty = [unit for unit, matches in zip(units, self._alone(units, scene), strict=True) if matches is False]
        if empty:
            return [problem for unit in empty for problem in self._explain_alone(unit, scene)]
        everything = " ".join(unit.text for unit in units)
        whole = self.prober.ask(scene.place(everything)) if units else True
        if whole is False:
            count = self._first_without_match(units, scene)
            return self._explain_joined(units[count - 1], units[: count - 1], scene)
        if whole is None and not filters:
            return []
        return explain_filters(filters, group, scene.place(everything), self.query, self.terms, self._inside_exists)

    def _alone(self, units: list[Triple | Part], scene: Scene) -> list[bool | None]:
        """Whether each part matches anything by itself."""
        asked = [unit for unit in units if not _is(unit, *NEVER_EMPTIES)]
        heads = " ".join(f"(EXISTS {{ {scene.inside(unit.text)} }} AS ?pmkgHas{n})" for n, unit in enumerate(asked))
        rows = self.prober.select(heads, "") if asked else []
        if rows:
            told: list[bool | None] = [rows[0][f"pmkgHas{n}"].value == "true" for n in range(len(asked))]
        else:
            told = [self.prober.ask(scene.inside(unit.text), seconds=0.5) for unit in asked]
        answers = dict(zip(map(id, asked), told, strict=True))
        return [answers.get(id(unit), True) for unit in units]

    def _first_without_match(self, units: list[Triple | Part], scene: Scene) -> int:
        """How many of the parts, from the first, it takes until nothing matches; all together do not."""
        low, high = 1, len(units)
        while low < high:
            middle = (low + high) // 2
            joined = " ".join(unit.text for unit in units[:middle])
            if self.prober.ask(scene.place(joined)) is False:
                high = middle
            else:
                low = middle + 1
        return low

    def _explain_alone(self, unit: Triple | Part, scene: Scene) -> list[Problem]:
        """Why a part matches nothing even by itself."""
        scene = replace(scene, before="")
        if isinstance(unit, Triple):
            return [Reasons(self.query, self.terms, self.prober).alone(unit, scene)]
        return self._explain_part(unit, scene) or [self._plain(unit, "This matches nothing.")]

    def _explain_joined(self, unit: Triple | Part, prior: list[Triple | Part], scene: Scene) -> list[Problem]:
        """Why a part that matches by itself does not match together with those before it."""
        reasons = Reasons(self.query, self.terms, self.prober)
        if isinstance(unit, Triple):
            swapped = self._values_at_fault(unit, prior, scene)
            return swapped or [reasons.joined(unit, prior, scene)]
        before = scene.place(" ".join(part.text for part in prior))
        if unit.keyword == "MINUS":
            return [self._plain(unit, "The pattern matches, but this MINUS takes all of it away.")]
        if unit.keyword == "VALUES":
            found = explain_values(unit, before, self.query, self.terms)
            return found or [self._plain(unit, "None of these values fits the patterns before.")]
        found = self._explain_part(unit, replace(scene, before=before)) if unit.select is None else []
        message = "This matches by itself, but never together with what stands before it."
        return found or [reasons.with_samples(self._plain(unit, message), unit, prior, scene)]

    def _explain_part(self, unit: Part, scene: Scene) -> list[Problem]:
        """Go into a part that holds groups."""
        if unit.keyword == "GRAPH" and unit.graph is not None:
            if self.terms.schema.graphs is not None and unit.graph.iri not in {"", *self.terms.schema.graphs}:
                return [unknown_term(self.query.text, unit.graph.token, "graph", unit.graph.iri, self.terms)]
            return self.diagnose(unit.groups[0], scene.within(unit.graph))
        if unit.keyword == "UNION":
            causes = [problem for group in unit.groups for problem in self.diagnose(group, scene)[:1]]
            message = f"None of the {len(unit.groups)} branches of this UNION matches."
            return [self._plain(unit, message), *causes]
        if unit.keyword == "VALUES":
            return [self._plain(unit, "This VALUES block has no row.")]
        return [problem for group in unit.groups for problem in self.diagnose(group, scene)]

    def _values_at_fault(self, unit: Triple, prior: list[Triple | Part], scene: Scene) -> list[Problem]:
        """Where the pattern would match but for a VALUES block before it, what is wrong with the values."""
        for values in prior:
            if not isinstance(values, Part) or values.keyword != "VALUES":
                continue
            rest = scene.place(" ".join(part.text for part in (*prior, unit) if part is not values))
            if self.prober.ask(rest) and (found := explain_values(values, rest, self.query, self.terms)):
                return found
        return []

    def _inside_exists(self, group: Group, before: str) -> list[Problem]:
        return self.diagnose(group, Scene(before=before))

    def _plain(self, unit: Part, message: str) -> Problem:
        kind = f"empty-{unit.keyword.lower()}"
        return problem_at(self.query.text, unit.token, kind, message, pattern=unit.shown)


def _calls(part: Part) -> bool:
    return any(token.word == "SERVICE" for token in part.tokens)


def _is(part: Triple | Part, *keywords: str) -> bool:
    return isinstance(part, Part) and part.keyword in keywords
