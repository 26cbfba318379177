"""Parse a document: UTF-8, its format and its address flow in; triples flow out, or an error with line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

import pyoxigraph as ox

from graph.errors import Place, RdfSyntaxError
from graph.names import CATALOGUE

FILES = CATALOGUE + "file/"  # below it lies what files say of themselves with relative IRIs
TEXTS = (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)
_SWALLOWED = re.compile(r"""[<"\r\n]""")
# What a text holds that swallowed statements, since its quotes were not closed.
LIKE_TURTLE = re.compile(r"""[;.,][ \t]*\r?\n\s*(?:a|<\S+>|[\w.-]*:\S+)\s+(?:["'<\w\[]|\Z)""")
_KEPT = ":/?#[]@!$&'()*+,;=%~-._"


def base_of(address: str, below: str = FILES) -> str:
    """The IRI that relative ones of a document start from: its address, and for a file one that is no machine's path.

    >>> base_of("a b.ttl")
    'https://w3id.org/pmkg/catalogue/file/a%20b.ttl'
    """
    if re.match(r"https?://", address):
        return quote(address.partition("#")[0], safe=_KEPT)
    return below + quote(address.replace("\\", "/").lstrip("./"), safe="/~-._")


def parsed(
    content: bytes, kind: ox.RdfFormat, address: str, base: str, *, lenient: bool = False
) -> tuple[ox.Triple, ...]:
    """The triples of a document, of all its graphs; blank nodes are renamed.

    With `lenient`, IRIs and language tags are taken as they stand.

    Raises:
        RdfSyntaxError: it is not that format.
    """
    try:
        quads = ox.parse(content, format=kind, base_iri=base, rename_blank_nodes=True, lenient=lenient)
        triples = tuple(dict.fromkeys(quad.triple for quad in quads))
        if lenient and kind in TEXTS:
            _refuse_swallowed(triples, address, kind)
        return triples
    except SyntaxError as error:
        reason = re.sub(r"^Parser error [^:]*: |\s*\(line \d+\)$", "", error.msg)
        place = Place(file=address, line=error.lineno, column=error.offset)
        raise RdfSyntaxError(
            f"not valid {kind.name}: {plain(reason)}.", place=place, advice="Mend it there."
        ) from error


def _refuse_swallowed(triples: Iterable[ox.Triple], address: str, kind: ox.RdfFormat) -> None:
    """Refuse an IRI that was never closed, and so holds what came after it."""
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode) and _SWALLOWED.search(term.value):
                message = f"not valid {kind.name}: an IRI is never closed: {plain(term.value)[:80]}."
                raise RdfSyntaxError(message, place=Place(file=address), advice="Close it with a >.")


def plain(text: str) -> str:
    """Text of a document, fit for a message of one line."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]
