"""Advice on one query: its text flows in, what is wrong with it and why its answer is empty flow out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from graph.advise.lint import lint, syntax_problem
from graph.advise.parsing import parse
from graph.advise.probe import Prober
from graph.advise.problem import Emptiness, Problem
from graph.advise.schema import Schema
from graph.advise.why import why_empty
from graph.names import PREFIXES
from graph.store.engine import Engine


@dataclass(frozen=True)
class Advice:
    """`problems` stand in the order of the text; `empty` is None where it was not asked for, or could not be."""

    problems: tuple[Problem, ...]
    empty: Emptiness | None = None

    @property
    def further(self) -> tuple[Problem, ...]:
        """The problems that are not among the causes of the emptiness."""
        causes = {(cause.kind, cause.place) for cause in self.empty.causes} if self.empty else set()
        return tuple(problem for problem in self.problems if (problem.kind, problem.place) not in causes)

    def as_json(self) -> dict[str, object]:
        return {
            "problems": [problem.as_json() for problem in self.problems],
            "empty": self.empty.as_json() if self.empty else None,
        }


def advise(
    text: str,
    engine: Engine,
    schema: Schema,
    *,
    why: bool = True,
    default_graphs: tuple[str, ...] = (),
    named_graphs: tuple[str, ...] = (),
    is_wanted: Callable[[], bool] = lambda: True,
) -> Advice:
    """Check a query against the data, and with `why` say whether its answer is empty, and what empties it.

    It takes some hundredths of a second as a rule, and a few seconds at most. The graphs are those of the request.

    Raises:
        QueryRefusedError: it is an update, calls a service that it may not, or is too deep or too large.
        ServiceBusyError: no reader was free.
    """
    prober = Prober(engine, is_wanted=is_wanted)
    wrong = syntax_problem(text, prober)
    query = parse(text, PREFIXES)
    if query is None:
        return Advice((wrong,) if wrong else ())
    problems = lint(query, schema, prober)
    if wrong is not None:
        unreadable = tuple(problem for problem in problems if problem.kind == "undeclared-prefix")
        is_that = any(problem.place == wrong.place for problem in unreadable)
        return Advice(unreadable if is_that else (wrong,))
    if not why:
        return Advice(problems)
    asked = replace(
        Prober(engine, is_wanted=is_wanted), prologue=query.prologue, dataset=query.dataset,
        default_graphs=default_graphs, named_graphs=named_graphs,
    )  # fmt: skip
    return Advice(problems, why_empty(query, schema, asked))
