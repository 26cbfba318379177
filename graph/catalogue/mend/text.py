"""Characters that got in on the way: terms flow in; terms without HTML entities, and IRIs that are IRIs, flow out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import quote

import pyoxigraph as ox

from graph.catalogue.mend.model import Change, Rule, Statements
from graph.names import RDF, XSD
from graph.rdf.index import Term

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
_TEXTS = frozenset({XSD + "string", RDF + "langString", XSD + "anyURI", XSD + "token", XSD + "normalizedString"})
_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f]|%(?![0-9A-Fa-f]{2})")
_SUSPECT = re.compile(rf"{_NOT_IN_IRIS.pattern}|^[Hh][Tt][Tt][Pp][Ss]?:/(?!/)")
_ONE_SLASH = re.compile(r"^(https?):/+(?=[^/])", re.IGNORECASE)


def plain_text(text: str) -> str:
    """Text without HTML entities; text with HTML tags is left alone, for there they belong.

    >>> plain_text("Sant&eacute; &amp;amp; soins"), plain_text("<p>a &lt; b</p>")
    ('Santé & soins', '<p>a &lt; b</p>')
    """
    while "&" in text and not _TAG.search(text):
        plain = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
        if plain == text:
            break
        text = plain
    return text


@lru_cache(maxsize=65536)
def clean_iri(iri: str) -> str:
    r"""An IRI as a browser would take it: ends trimmed, line breaks out, and what no IRI can hold percent-encoded.

    >>> clean_iri(" <http://a.example/x y\n> "), clean_iri("https:/a.example")
    ('http://a.example/x%20y', 'https://a.example')
    """
    if not _SUSPECT.search(iri):
        return iri
    iri = re.sub(r"[\t\r\n]+", "", iri).strip().strip("<>").strip()
    iri = _ONE_SLASH.sub(lambda start: start[1].lower() + "://", iri)
    return _NOT_IN_IRIS.sub(lambda bad: quote(bad[0], safe=""), iri)


def iri_or_none(text: str) -> ox.NamedNode | None:
    """The IRI that a text is, where it is an absolute one."""
    try:
        return ox.NamedNode(clean_iri(plain_text(text.strip().strip("<>"))))
    except ValueError:
        return None


def _without_entities(term: Term) -> Term | None:
    if isinstance(term, ox.BlankNode | ox.Triple) or "&" not in (text := term.value):
        return None
    if isinstance(term, ox.NamedNode):
        plain = plain_text(text)
        return iri_or_none(plain) if plain != text else None
    plain = plain_text(text) if term.datatype.value in _TEXTS else text
    return like(term, plain) if plain != text else None


def _with_clean_iri(term: Term) -> Term | None:
    if not isinstance(term, ox.NamedNode) or not _SUSPECT.search(text := term.value):
        return None
    return iri_or_none(text) if clean_iri(text) != text else None


def like(literal: ox.Literal, text: str) -> ox.Literal:
    """A literal with another text and the same language or datatype."""
    if literal.language:
        return ox.Literal(text, language=literal.language)
    return ox.Literal(text, datatype=literal.datatype)


def _in_every_place(mend: Callable[[Term], Term | None]) -> Callable[[Statements], Iterator[Change]]:
    """Changes of all triples in which a term changes; None leaves a term as it is."""

    def changes(statements: Statements) -> Iterator[Change]:
        for predicate, triples in statements.by_property.items():
            new_predicate = mend(ox.NamedNode(predicate)) if _is_suspect(predicate) else None
            for triple in triples:
                subject, object = mend(triple.subject), mend(triple.object)
                if subject or object or new_predicate:
                    parts = (subject or triple.subject, new_predicate or triple.predicate, object or triple.object)
                    yield Change(triple, ox.Triple(*parts))  # type: ignore[arg-type]

    return changes


def _is_suspect(iri: str) -> bool:
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return "&" in iri or _SUSPECT.search(iri) is not None


RULES = (
    Rule(
        "html-entities",
        "An HTML entity such as &amp; or &eacute; in plain text stands for one character, and that character is put in "
        "its place. Texts with HTML tags are left alone.",
        _in_every_place(_without_entities),
        is_local=True,
    ),
    Rule(
        "iri-characters",
        "Spaces, line breaks and angle brackets cannot be in an IRI. At its ends they are trimmed, inside they are "
        "percent-encoded, as every browser does, so the address stays the same.",
        _in_every_place(_with_clean_iri),
        is_local=True,
    ),
)
