"""Whether each question still has its expected answer: a store and the questions flow in, findings flow out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from graph.check.examples import Example, read_example, results_csv
from graph.check.finding import Finding, error, from_exception
from graph.errors import InputError, Place
from graph.names import PREFIXES
from graph.rdf.reading import shown

Rows = list[tuple[str, ...]]


def check_answers(store: ox.Store, question_files: Iterable[Path]) -> Iterator[Finding]:
    """Run every question on the store, whose default graph is the merge, and compare with the CSV beside it.

    Rows are compared as a multiset, but for the order of an answer, which only counts under ORDER BY.
    """
    for path in question_files:
        try:
            example = read_example(path)
        except InputError as problem:
            yield from_exception("question", problem)
            continue
        yield from check_answer(store, example)


def check_answer(store: ox.Store, example: Example) -> Iterator[Finding]:
    """Findings for one question: it does not parse, finds nothing, or answers otherwise than expected."""
    place = Place(file=shown(example.path))
    try:
        results = store.query(example.text, prefixes=PREFIXES)
    except SyntaxError as problem:
        yield error("question", f"not valid SPARQL: {problem.msg}", place, "Mend the query.")
        return
    if isinstance(results, ox.QueryTriples):
        if next(results, None) is None:
            yield error("expected-answer", "the answer is an empty graph.", place, "Mend the question or the facts.")
        return
    if not example.answer.exists():
        yield error(
            "expected-answer", "there is no expected answer.", place, f"Put it into {example.answer.name} and judge it."
        )
        return
    found, expected = rows_of(results_csv(results)), rows_of(example.answer.read_text(encoding="utf-8"))
    if found[1:] == [] and example.form == "select":
        yield error("expected-answer", "the answer is empty.", place, "Mend the question or the facts.")
    difference = compare(found, expected, ordered="order by" in example.text.lower())
    if difference:
        yield error(
            "expected-answer",
            f"the answer is not the expected one: {difference}",
            Place(file=shown(example.answer)),
            "Mend what broke it; if the new answer is the right one, put it into the CSV.",
        )


def rows_of(text: str) -> Rows:
    """The rows of a CSV text, its header among them."""
    return [tuple(row) for row in csv.reader(io.StringIO(text))]


def compare(found: Rows, expected: Rows, ordered: bool) -> str:
    """What differs, in words, or an empty string.

    >>> compare([("x",), ("1",)], [("x",), ("2",)], ordered=True)
    'missing 1 row, e.g. 2; 1 row too many, e.g. 1'
    """
    if found == expected or (not ordered and found[:1] == expected[:1] and Counter(found) == Counter(expected)):
        return ""
    if len(found) == len(expected) == 1 and found[0] in (("true",), ("false",)):
        return f"it is {found[0][0]}, not {expected[0][0]}"
    if found[:1] != expected[:1]:
        return f"its columns are {found[:1]}, not {expected[:1]}"
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    parts = []
    if missing:
        parts.append(f"missing {_count(missing)}")
    if extra:
        count, example = _count(extra).split(", ", 1)
        parts.append(f"{count} too many, {example}")
    return "; ".join(parts) or "the same rows in another order"


def _count(rows: Counter[tuple[str, ...]]) -> str:
    number = rows.total()
    return f"{number} row{'s' if number > 1 else ''}, e.g. {', '.join(next(iter(sorted(rows))))}"
