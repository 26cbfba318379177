"""The error tree, as users and programmers meet it."""

from __future__ import annotations

import re

from graph import errors
from graph.errors import Place, PmkgError, RdfSyntaxError


def subclasses(kind: type[PmkgError]) -> set[type[PmkgError]]:
    return {kind} | {under for direct in kind.__subclasses__() for under in subclasses(direct)}


def test_the_tree_in_the_documentation_is_the_tree_of_the_code() -> None:
    drawn = re.findall(r"^[ │├└─]*(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(
        kind.__name__ for kind in subclasses(PmkgError) if kind.__module__ == errors.__name__
    )


def test_an_error_says_where_what_and_what_to_do() -> None:
    problem = RdfSyntaxError("not valid Turtle.", place=Place("facts/x.trig", 3, 7), advice="Mend it there.")
    assert str(problem) == "facts/x.trig:3:7: not valid Turtle. Mend it there."


def test_a_place_in_a_query_has_words_for_its_line_and_column() -> None:
    assert str(Place(line=2, column=5)) == "line 2, column 5"
