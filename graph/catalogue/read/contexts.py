"""The JSON-LD contexts that we ship: the address of one flows in, its definitions flow out; nothing is fetched.

Those in `contexts/` say what a context means, in words of ours: a term is a property, and its kind is how its values
are written (`@id` an IRI, `@language` texts by language, else a datatype or nothing). Terms that the original defines
for one class alone are defined here for all, which reads the same documents the same.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "contexts"


def known_context(address: str) -> dict[str, Any] | None:
    """The definitions of a context; None where we have none."""
    name = _bare(address)
    for pattern, file in _table():
        if re.fullmatch(pattern, name):
            return _context(file)
    return None


def names_of() -> tuple[str, ...]:
    """What the contexts that we have are called."""
    return tuple(_context_file(file)["name"] for file in sorted({file for _, file in _table()}))


def _bare(address: str) -> str:
    """An address without what makes no difference: the scheme, a last slash, a fragment."""
    return re.sub(r"^https?://(www\.)?|[#?].*$|/+$", "", address.strip())


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, str], ...]:
    return tuple(
        (pattern, path.name)
        for path in sorted(FOLDER.glob("*.json"))
        for pattern in _context_file(path.name)["addresses"]
    )


@lru_cache(maxsize=16)
def _context_file(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return found


@lru_cache(maxsize=16)
def _context(name: str) -> dict[str, Any]:
    table = _context_file(name)
    terms: dict[str, Any] = {**table.get("keywords", {}), **table["prefixes"], **table.get("classes", {})}
    for kind, properties in table["properties"].items():
        for term, iri in properties.items():
            if kind == "":
                terms[term] = {"@id": iri}
            elif kind == "@language":
                terms[term] = {"@id": iri, "@container": "@language"}
            else:
                terms[term] = {"@id": iri, "@type": kind}
    return terms
