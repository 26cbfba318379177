"""Formats: names, extensions, media types and IRIs of them flow in; the EU's file type, or IANA's IRI, flows out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import pyoxigraph as ox

from graph.catalogue.mend.codes import alone, concept_of, in_list
from graph.catalogue.validate import lists

_IANA = "https://www.iana.org/assignments/media-types/"

# What the EU's list of file types does not state, or states of several.
_FILE_TYPES = {
    **lists.MEDIA_TYPES,
    "application/pdf": "PDF",
    "application/xhtml+xml": "XHTML",
    "application/xml": "XML",
    "application/zip": "ZIP",
    "jpg": "JPEG",
    "tif": "TIFF",
    "htm": "HTML",
    "txt": "TXT",
    "xml": "XML",
    "zip": "ZIP",
}
_BY_IRI = {
    kind.iri: code
    for kind, code in {
        ox.RdfFormat.TURTLE: "RDF_TURTLE",
        ox.RdfFormat.RDF_XML: "RDF_XML",
        ox.RdfFormat.JSON_LD: "JSON_LD",
        ox.RdfFormat.N_TRIPLES: "RDF_N_TRIPLES",
        ox.RdfFormat.N_QUADS: "RDF_N_QUADS",
        ox.RdfFormat.TRIG: "RDF_TRIG",
        ox.RdfFormat.N3: "N3",
    }.items()
}  # the W3C's IRIs of formats
_MEDIA_TYPE = re.compile(
    r"^(application|audio|font|image|message|model|multipart|text|video)/([a-z0-9][a-z0-9!#$&^_.+-]*)$"
)
_MEDIA_TYPE_HOSTS = re.compile(
    r"^https?://(?:www\.)?(?:iana\.org/assignments/media-types|w3id\.org/mediatype)/(.+?)/?$"
)


def file_type(text: str) -> str | None:
    """The file type that a code, a label, an extension or a media type stands for, where it is one alone.

    >>> file_type(".xlsx") == file_type("XLSX") and file_type("application/json") == lists.FILE_TYPE + "/JSON"
    True
    """
    if code := _BY_IRI.get(text):
        return concept_of(lists.FILE_TYPE, code)
    elsewhere = _MEDIA_TYPE_HOSTS.match(text)
    if "://" in text and not elsewhere:
        return None
    word = (elsewhere[1] if elsewhere else text).strip().lower().split(";")[0].strip()
    known = concept_of(lists.FILE_TYPE, _FILE_TYPES.get(word.lstrip(".")))
    return known or _by_notation().get(word) or _by_notation().get("." + word) or in_list(lists.FILE_TYPE, word)


def format_of(text: str) -> str | None:
    """The file type; the media type where the EU's list has no file type for it, for DCAT takes that too."""
    return file_type(text) or (media_type(text) if _MEDIA_TYPE.match(text.strip().lower()) else None)


def media_type(text: str) -> str | None:
    """IANA's IRI of a media type, for its name, its IRI elsewhere, or a file type that has one alone.

    >>> media_type("text/CSV") == media_type("csv") == "https://www.iana.org/assignments/media-types/text/csv"
    True
    """
    elsewhere = _MEDIA_TYPE_HOSTS.match(text)
    name = (elsewhere[1] if elsewhere else text).strip().lower()
    name = re.sub(r"\s*;\s*charset=.*$", "", name)
    if (parts := _MEDIA_TYPE.match(name)) and not parts[2].startswith("x-"):
        return _IANA + name
    if "/" in name:
        return None
    kind = file_type(name)
    return _media_types().get(kind) if kind else None


@cache
def _by_notation() -> Mapping[str, str]:
    """File types by extension and media type, without those that several share."""
    return alone((notation.lower(), iri) for iri, notation in _notations())


@cache
def _media_types() -> Mapping[str, str]:
    """The media type of each file type that has one alone."""
    stated = [(_FILE_TYPES[name], name) for name in _FILE_TYPES if "/" in name and "x-" not in name]
    pairs = [(lists.FILE_TYPE + "/" + code, name) for code, name in stated if name not in ("text/xml",)]
    pairs += [(iri, name) for iri, name in _notations() if "/" in name and ";" not in name and "x-" not in name]
    return {iri: _IANA + name for iri, name in alone(pairs).items() if file_type(name) == iri}


def _notations() -> Iterable[tuple[str, str]]:
    for iri in lists.concepts(lists.FILE_TYPE):
        concept = lists.concept(iri)
        for notation in concept.notations if concept else ():
            yield iri, notation
