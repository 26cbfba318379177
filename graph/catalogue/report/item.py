"""What flows out of a report: items, each a thing to mend, with words, the value to put and an example."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from graph.catalogue.report.codes import Code
from graph.names import shorten

SEVERITIES = ("violation", "warning", "info")


@dataclass(frozen=True)
class Suggestion:
    """The entries of a code list that may be meant by a value."""

    value: str
    codes: tuple[Code, ...]

    def as_json(self) -> dict[str, object]:
        """The suggestion for a program."""
        return {"value": self.value, "codes": [code.as_json() for code in self.codes]}


@dataclass(frozen=True)
class Item:
    """One thing to mend, at one node or at `count` nodes alike, of which `focus` names the first.

    `values` are the terms that stand there and are wrong, in N-Triples. `example` is Turtle that mends the first node;
    where `replaces`, it stands in place of these values. `points` is what it may bring in the metadata quality score.
    """

    severity: str
    property: str
    label: str
    kind: str
    where: str
    message: str
    advice: str
    means: str = ""
    example: str = ""
    replaces: bool = False
    values: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    scheme: str = ""
    focus: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    count: int = 1
    is_obligation: bool = False
    points: float = 0.0
    components: tuple[str, ...] = ()

    @builtins.property  # since `property` is a field
    def more(self) -> int:
        """How many nodes are meant besides those that are named."""
        return self.count - len(self.focus)

    def as_json(self) -> dict[str, object]:
        """The item for a program."""
        return {
            "severity": self.severity,
            "property": self.property or None,
            "curie": shorten(self.property) if self.property else None,
            "label": self.label,
            "where": self.where,
            "message": self.message,
            "advice": self.advice,
            "means": self.means,
            "example": self.example,
            "replaces": self.replaces,
            "values": list(self.values),
            "suggestions": [suggestion.as_json() for suggestion in self.suggestions],
            "list": self.scheme or None,
            "focus": list(self.focus),
            "names": list(self.names),
            "count": self.count,
            "obligation": self.is_obligation,
            "points": round(self.points, 2),
            "components": list(self.components),
        }
