"""Read one document: bytes, a media type and an address flow in; a page of triples flows out, and what was wrong.

`read_document` is for whoever wants to know whether a document is right, and raises the first error with its line and
column. `read_leniently` is for a harvest: it keeps what can be read, and reports what can not.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import pyoxigraph as ox

from graph.catalogue.read import jsonld, rdfxml
from graph.catalogue.read.model import Page, Recovered
from graph.catalogue.read.parse import LIKE_TURTLE, base_of, parsed
from graph.catalogue.read.repair import repaired
from graph.catalogue.read.sniff import JSON, XML, formats_of, utf8_of
from graph.catalogue.read.turtle import recover_lines, recover_text
from graph.errors import InputError, Place, RdfSyntaxError
from graph.rdf.traps import refuse_traps
from graph.settings import Settings

MEBIBYTE = 2**20
MOST_PROBLEMS = 100  # of one document


def read_document(
    content: bytes, media_type: str, address: str, settings: Settings | None = None, *, base: str = ""
) -> Page:
    """A document, where all of it is right.

    Raises:
        UnknownFormatError: it is no RDF.
        RdfSyntaxError: it is not the format that it looks like; the place has line and column.
        InputError: it is too large, is a trap, or needs a JSON-LD context that we do not have.
    """
    text, kinds = _prepared(content, media_type, address, settings or Settings())
    base = base or base_of(address)
    first: RdfSyntaxError | None = None
    for kind in kinds:
        try:
            return Page(address, content, kind.media_type, _strict(text, kind, address, base))
        except RdfSyntaxError as error:
            first = first or error
    assert first is not None, "there is always a format to try"
    raise first


def read_leniently(
    content: bytes, media_type: str, address: str, settings: Settings | None = None, *, base: str = ""
) -> tuple[Page, Recovered]:
    """What can be read of a document, with the problems of the rest; it raises nothing."""
    settings, base = settings or Settings(), base or base_of(address)
    try:
        page = read_document(content, media_type, address, settings, base=base)
        return page, Recovered(page.triples)
    except RdfSyntaxError:
        found, said = _recovered(content, media_type, address, base, settings)
    except InputError as error:
        found, said = Recovered((), error.problems, False), media_type
    return Page(address, content, said, found.triples), replace(found, problems=_shortened(found.problems, address))


def _shortened(problems: tuple[InputError, ...], address: str) -> tuple[InputError, ...]:
    """The problems of one document, the first of many."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    rest = InputError(f"{len(problems) - MOST_PROBLEMS} more are not listed.", place=Place(file=address))
    return (*problems[:MOST_PROBLEMS], rest)


def _prepared(
    content: bytes, media_type: str, address: str, settings: Settings
) -> tuple[bytes, tuple[ox.RdfFormat, ...]]:
    """A document as UTF-8, and the formats that it may be in."""
    most = int(settings.harvest_document_megabytes * MEBIBYTE)
    if len(content) > most:
        message = f"it is larger than {settings.harvest_document_megabytes:g} MB."
        raise InputError(message, place=Place(file=address), advice="Take it in parts.")
    text = utf8_of(_unpacked(content, most, address), address)
    kinds = formats_of(text, media_type, address)
    for kind in kinds:
        refuse_traps(text, kind, 4 * most, address)
    return text, kinds


def _unpacked(content: bytes, most: int, address: str) -> bytes:
    """What is packed with gzip, as far as it may go; anything else as it is."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    place = Place(file=address)
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(content, most)
    except zlib.error as error:
        raise InputError(f"it is not whole gzip: {error}.", place=place, advice="Get it again.") from error
    if not unpacking.eof:
        larger = bool(unpacking.unconsumed_tail)
        message = f"it is larger than {most / MEBIBYTE:.3g} MB unpacked." if larger else "it is not whole gzip."
        raise InputError(message, place=place, advice="Take it in parts." if larger else "Get it again.")
    return unpacked


def _strict(text: bytes, kind: ox.RdfFormat, address: str, base: str) -> tuple[ox.Triple, ...]:
    if kind == JSON:
        try:
            return jsonld.read_strictly(text, address, base)
        except RecursionError as error:
            raise _too_deep(address) from error
    if kind == XML:
        return rdfxml.read_strictly(text, address, base)
    return parsed(text, kind, address, base)


def _recovered(content: bytes, media_type: str, address: str, base: str, settings: Settings) -> tuple[Recovered, str]:
    """What can be read of a document that is not right, and its media type."""
    text, kinds = _prepared(content, media_type, address, settings)
    kind = kinds[0]
    try:
        if kind == JSON:
            found = jsonld.recover(text, address, base)
        elif kind == XML:
            found = rdfxml.recover(text, address, base)
        else:
            found = _recovered_text(text, kinds, address, base)
    except RdfSyntaxError as error:  # what is left cannot be read together, though each part can
        found = Recovered((), (error,), False)
    except RecursionError:
        found = Recovered((), (_too_deep(address),), False)
    if not found.problems:  # its parts are right, and not it
        try:
            _strict(text, kind, address, base)
        except InputError as error:
            found = replace(found, problems=error.problems)
    return found, kind.media_type


def _too_deep(address: str) -> RdfSyntaxError:
    return RdfSyntaxError("it is nested too deep.", place=Place(file=address, line=1), advice="Take it apart.")


def _recovered_text(text: bytes, kinds: tuple[ox.RdfFormat, ...], address: str, base: str) -> Recovered:
    characters = text.decode("utf-8", "surrogateescape")
    for kind in kinds:
        try:
            triples = parsed(text, kind, address, base, lenient=True)
        except RdfSyntaxError:
            continue
        literals = (triple.object.value for triple in triples if isinstance(triple.object, ox.Literal))
        if not any(map(LIKE_TURTLE.search, literals)):
            return repaired(triples, characters, address)
    if kinds[0] in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS):
        return recover_lines(characters, kinds[0], address, base)
    return recover_text(characters, address, base)
