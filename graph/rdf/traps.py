"""What an RDF parser would blow up on: a document's bytes flow in, nothing flows out, or a refusal before it is parsed.

For documents of strangers: an upload, what LOAD fetched, what was harvested. The engine's parser replaces the entities
of RDF/XML without a bound, and ends its process on triple terms that are nested some ten thousand deep.
"""

from __future__ import annotations

import re

import pyoxigraph as ox

from graph.errors import InputError, Place

MEBIBYTE = 2**20
MOST_NESTED = 100
_ENTITY = re.compile(rb"""<!ENTITY\s+(?:%\s*)?([^\s"'%]+)\s*("[^"]*"|'[^']*')""")
_OF_ENTITIES = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)")


def refuse_traps(content: bytes, kind: ox.RdfFormat, most: int, name: str) -> None:
    """Refuse a document that would take much more than its size; `most` is in bytes, `name` is for the message.

    Raises:
        InputError: entities are made of entities or make it larger than `most`, or triple terms are nested too deep.
    """
    if kind == ox.RdfFormat.RDF_XML and b"<!ENTITY" in content:
        _refuse_entities(content, most, name)
    if content.count(b"<<") > MOST_NESTED:
        _refuse_nesting(content, name)


def _refuse_entities(content: bytes, most: int, name: str) -> None:
    added = 0
    for entity, value in _ENTITY.findall(content):
        if _OF_ENTITIES.search(value):
            raise InputError(
                f"the entity {entity.decode('utf-8', 'replace')} is made of other entities.",
                place=Place(file=name),
                advice="Write out what it stands for.",
            )
        added += len(value) * content.count(b"&" + entity + b";")
    if len(content) + added > most:
        raise InputError(
            f"the document is larger than {most / MEBIBYTE:g} MB once its entities are replaced.",
            place=Place(file=name),
            advice="Write it as Turtle or N-Triples, or send it in parts.",
        )


def _refuse_nesting(content: bytes, name: str) -> None:
    """Count marks wherever they stand: no honest document has so many in its strings that are never closed."""
    level = 0
    for mark in re.finditer(rb"<<|>>", content):
        level = max(0, level + (1 if mark[0] == b"<<" else -1))
        if level > MOST_NESTED:
            line = content.count(b"\n", 0, mark.start()) + 1
            raise InputError(
                f"triple terms are nested more than {MOST_NESTED} deep.",
                place=Place(file=name, line=line),
                advice="Take them apart.",
            )
