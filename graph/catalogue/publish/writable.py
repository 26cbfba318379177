"""What every format can write: terms as harvested flow in, terms that are read back as the same flow out.

RDF/XML is the strictest of our formats: a property must end in an XML name, and a text may not hold control characters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import pyoxigraph as ox

from graph.rdf.index import Term
from graph.rdf.terms import is_iri

# What an XML name may begin with, and go on with besides (Namespaces in XML 1.0, NCName).
_START = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = re.compile(rf".*[{_START}][{_START}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]*", re.DOTALL)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_RETURN = re.compile("\r\n?")
_FORBIDDEN = dict.fromkeys(map(ord, '<>"{}|\\^`'))
_ADDRESS = re.compile(r"(?:https?://[^\s/?#]+|mailto:[^\s@]+@|urn:[a-z0-9][a-z0-9-]{0,31}:)\S*", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_writable(predicate: str) -> bool:
    """Whether a property can stand in RDF/XML.

    >>> is_writable("http://example.org/a#b"), is_writable("http://example.org/1")
    (True, False)
    """
    return _NAME.fullmatch(predicate) is not None


def writable(term: Term) -> tuple[Term, str]:
    """The term as every format can write it, and what was changed for that, '' where nothing was."""
    if isinstance(term, ox.NamedNode):
        address = valid_iri(term.value)
        return (
            (term, "") if address == term.value else (ox.NamedNode(address), "signs that no IRI may have are encoded")
        )
    if not isinstance(term, ox.Literal):
        return term, ""
    text = _NOT_XML.sub("", _RETURN.sub("\n", term.value))
    if text == term.value:
        return term, ""
    changed = ox.Literal(text, language=term.language) if term.language else ox.Literal(text, datatype=term.datatype)
    return changed, "control characters, which XML has no way to write, are left out"


@lru_cache(maxsize=65536)
def valid_iri(iri: str) -> str:
    """An IRI with every sign encoded that none may have: a parser may have let it in, and another stops at it.

    >>> valid_iri("http://example.org/a b")
    'http://example.org/a%20b'
    """
    if is_iri(iri):
        return iri
    encoded = quote(iri, safe="".join(map(chr, range(0x21, 0x7F))).translate(_FORBIDDEN), encoding="utf-8")
    return encoded if is_iri(encoded) else "urn:x-pmkg:not-an-iri:" + quote(iri, safe="")


def as_iri(text: str) -> ox.NamedNode | None:
    """The address that a text is, as a whole.

    >>> as_iri(" https://example.org/a "), as_iri("see https://example.org")
    (<NamedNode value=https://example.org/a>, None)
    """
    text = text.strip()
    return ox.NamedNode(text) if _ADDRESS.fullmatch(text) and is_iri(text) else None
