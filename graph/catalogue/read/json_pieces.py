"""Read what stands of a broken JSON text: a text flows in, the nodes that are whole flow out, in their context."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_NOTHING = object()
_NODE = re.compile(r'\{\s*"@(?:id|type)"\s*:')


def head_of(text: str) -> Any:
    """What stands of a JSON text in spite of a mistake: whole nodes, with the context that they are read in."""
    cursor = _Cursor(text)
    if cursor.take("["):
        return [node for node in cursor.items() if isinstance(node, dict)]
    found = dict[str, Any]()
    if cursor.take("{"):
        for key, value in cursor.members():
            found[key] = value
    # Without its context, which may be in what is missing, a name could be taken for another.
    if "@context" not in found:
        return []
    depends = text.count('"@context"') > 1 or '"@json"' in text  # what a name means, on where it stands
    later = [] if depends else list(cursor.later_nodes())
    if not later:
        return found
    if isinstance(found.get("@graph"), list):
        return {**found, "@graph": [*found["@graph"], *later]}
    context = found.pop("@context")
    return {"@context": context, "@graph": [found, *later]}


class _Cursor:
    """Reads a JSON text piece by piece, as far as it is right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._decoder = (
            text,
            0,
            json.JSONDecoder(parse_constant=no_number, object_pairs_hook=members_of),
        )

    def take(self, sign: str) -> bool:
        """Whether a sign comes next, which is then behind."""
        found = re.compile(rf"\s*{re.escape(sign)}\s*").match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def items(self) -> Iterator[Any]:
        """The whole items of a list that was opened."""
        while (value := self._value()) is not _NOTHING:
            yield value
            if not self.take(","):
                break

    def members(self) -> Iterator[tuple[str, Any]]:
        """The members of an object that was opened; of a list at its end that breaks off, the whole items."""
        while isinstance(key := self._value(), str) and self.take(":"):
            start, value = self._at, self._value()
            if value is _NOTHING:
                self._at = start
                if self.take("[") and "@list" not in self._text:
                    yield key, list(self.items())
                return
            yield key, value
            if not self.take(","):
                return

    def later_nodes(self) -> Iterator[dict[str, Any]]:
        """Whole nodes after the mistake: objects that have a name or a type, and end as one does."""
        while found := _NODE.search(self._text, self._at):
            self._at = found.start()
            value = self._value()
            ends = re.compile(r"\s*[,\]}]").match(self._text, self._at)
            if isinstance(value, dict) and ends and "@value" not in value:
                yield value
            elif value is _NOTHING:
                self._at = found.end()

    def _value(self) -> Any:
        try:
            value, end = self._decoder.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return _NOTHING
        if end == len(self._text) and not isinstance(value, dict | list | str):
            return _NOTHING  # a number or word that may have been cut
        self._at = end
        return value


def no_number(text: str) -> Any:
    """Refuse a number that JSON does not have: NaN or Infinity."""
    raise ValueError(f"{text} is no number of JSON")


def members_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its members; what is said twice of a node is said both times, where Python would keep the last.

    Raises:
        ValueError: a keyword is there twice.
    """
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    said = dict[str, Any]()
    for key, value in pairs:
        if key not in said or said[key] == value:
            said[key] = value
        elif key.startswith("@") and key != "@type":
            raise ValueError(f"{key} is there twice")
        else:
            both = [item for each in (said[key], value) for item in (each if isinstance(each, list) else [each])]
            said[key] = both
    return said
