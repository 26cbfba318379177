"""What flows out of all advice: one thing that is wrong, where it stands in the query, and what could stand there."""

from __future__ import annotations

from dataclasses import dataclass, field

from graph.errors import Place
from graph.sparql.lexer import Token, place


@dataclass(frozen=True)
class Suggestion:
    """What could stand in the term's place: `text` as this query would write it, and how often the data has it."""

    text: str
    iri: str = ""
    curie: str = ""
    label: str = ""
    count: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, object]:
        found = {"text": self.text, "iri": self.iri, "curie": self.curie, "label": self.label, "count": self.count}
        found["note"] = self.note
        return {name: value for name, value in found.items() if value not in ("", None)}

    def __str__(self) -> str:
        times = "" if self.count is None else f"{self.count:,} time{'' if self.count == 1 else 's'}"
        more = ", ".join(part for part in (self.label, times, self.note) if part)
        return f"{self.text} ({more})" if more else self.text


@dataclass(frozen=True)
class Problem:
    """`kind` is the rule, such as `unknown-predicate`; the place is where `term` stands, `length` characters long.

    Replacing the term by the text of one of the suggestions gives the query that is probably meant.
    """

    kind: str
    message: str
    place: Place = field(default_factory=Place)
    length: int = 0
    term: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    pattern: str = ""
    examples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "message": self.message,
            "line": self.place.line,
            "column": self.place.column,
            "length": self.length,
            "term": self.term,
            "pattern": self.pattern,
            "examples": list(self.examples),
            "suggestions": [suggestion.as_json() for suggestion in self.suggestions],
        }

    def __str__(self) -> str:
        where = f"{self.place.line}:{self.place.column}: " if self.place.line else ""
        lines = [f"{where}{self.message}"]
        if self.pattern:
            lines.append(f"    in  {self.pattern}")
        lines += [f"    e.g. {example}" for example in self.examples]
        lines += [f"    try {suggestion}" for suggestion in self.suggestions]
        return "\n".join(lines)


@dataclass(frozen=True)
class Emptiness:
    """Whether the answer is empty, and why: the causes, of which each alone suffices, the surest first.

    `is_empty` is None where that could not be told in time.
    """

    is_empty: bool | None
    message: str
    causes: tuple[Problem, ...] = ()
    probes: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            "is_empty": self.is_empty,
            "message": self.message,
            "causes": [cause.as_json() for cause in self.causes],
            "probes": self.probes,
        }

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.causes)])


def problem_at(
    text: str,
    token: Token,
    kind: str,
    message: str,
    suggestions: tuple[Suggestion, ...] = (),
    *,
    length: int | None = None,
    pattern: str = "",
    examples: tuple[str, ...] = (),
) -> Problem:
    """The problem of what stands at a token of the query's text."""
    length = len(token.text) if length is None else length
    term = text[token.start : token.start + length]
    return Problem(kind, message, place(text, token.start), length, term, suggestions, pattern, examples)
