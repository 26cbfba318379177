"""A literal that matches nothing flows in, those most like it flow out: of other tag, datatype, case, or spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox
from rapidfuzz import fuzz, process

from graph.advise.nearest import LONGEST, written
from graph.advise.probe import Prober, Row
from graph.advise.problem import Suggestion

MOST_FETCHED = 5_000
USUAL_TAGS = ("@en", "@de", "@fr", "@es", "@it", "@nl", "@en-GB", "@en-US")
_STRING = re.compile(r"""^("{3}|'{3}|"|')(.*)\1(?:@([\w-]+)|\^\^.+)?$""", re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
LEAST = 80.0
PLAIN = ("http://www.w3.org/2001/XMLSchema#string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")


def value_of(text: str) -> str:
    r"""What a literal of a query stands for, without its tag or datatype.

    >>> value_of('"a \\"b\\""@en'), value_of("12")
    ('a "b"', '12')
    """
    found = _STRING.match(text)
    if found is None:
        return text
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), found[2])


def quoted(value: str) -> str:
    """A string as SPARQL writes it."""
    return str(ox.Literal(value))


def shown(term: object, prefixes: Mapping[str, str]) -> str:
    """A term as a query would write it."""
    if isinstance(term, ox.NamedNode):
        return written(term.value, prefixes)
    if isinstance(term, ox.Literal) and term.datatype.value not in PLAIN:
        return f"{quoted(term.value)}^^{written(term.datatype.value, prefixes)}"
    return str(term)


def nearest_literals(
    pattern: str, variable: str, text: str, prober: Prober, prefixes: Mapping[str, str], dataset: bool = True
) -> tuple[Suggestion, ...]:
    """Those that the variable takes in the pattern, nearest to the literal `text`: of equal value first."""
    value = value_of(text)
    head, tail = f"?{variable} (COUNT(*) AS ?pmkgTimes)", f"GROUP BY ?{variable}"
    tags = " ".join(f"{quoted(value)}{tag}" for tag in ("", *USUAL_TAGS))  # looked up, where a search may take too long
    rows = prober.select(head, f"VALUES ?{variable} {{ {tags} }} {pattern}", f"{tail} LIMIT 5", dataset=dataset) or []
    if rows:
        return tuple(_suggestion(row, variable, value, prefixes) for row in rows)[:3]
    same = f"FILTER(isLiteral(?{variable}) && LCASE(STR(?{variable})) = {quoted(value.lower())})"
    rows = prober.select(head, f"{pattern} {same}", f"{tail} LIMIT 5", dataset=dataset) or []
    if rows:
        found = [_suggestion(row, variable, value, prefixes) for row in rows]
        return tuple(sorted(found, key=lambda item: (item.note.startswith("other case"), -(item.count or 0))))[:3]
    literal = f"FILTER(isLiteral(?{variable}))"
    rows = prober.select(head, f"{pattern} {literal}", f"{tail} LIMIT {MOST_FETCHED}", dataset=dataset) or []
    texts = [row[variable].value for row in rows]
    # A shorter text within a longer one is no misspelling, but may be what is meant.
    hits = process.extract(value.lower()[:LONGEST], [text.lower() for text in texts], scorer=fuzz.ratio, limit=3)
    near = [position for _, score, position in hits if score >= LEAST]
    if not near and len(value) > 3:
        near = [position for position, text in enumerate(texts) if value.lower() in text.lower()][:3]
    return tuple(_suggestion(rows[position], variable, value, prefixes) for position in near)


def _suggestion(row: Row, variable: str, value: str, prefixes: Mapping[str, str]) -> Suggestion:
    term = row[variable]
    note = ""
    if term.value == value and isinstance(term, ox.Literal):
        note = f"with the language tag @{term.language}" if term.language else "with this datatype"
        if term.datatype.value == PLAIN[0]:
            note = "without language tag or datatype"
    elif term.value.lower() == value.lower():
        note = "other case"
    return Suggestion(shown(term, prefixes), count=int(row["pmkgTimes"].value), note=note)
