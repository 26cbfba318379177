"""The same dataset in two catalogues: identifiers and landing pages flow in, pairs with the reason flow out.

Datasets are linked and never merged: each catalogue goes on saying what it says. An identifier counts where it tells a
dataset from others: an IRI, a DOI, a UUID, or a word that is no mere number or placeholder; and not where several
datasets of one catalogue have it, as some have a portal's front page for their landing page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from graph.catalogue.keep.views import Fresh, Node, Stored
from graph.names import DCTERMS, PREFIXES, SKOS

IDENTIFIER, LANDING = DCTERMS + "identifier", PREFIXES["dcat"] + "landingPage"
OTHER_IDENTIFIER, NOTATION = PREFIXES["adms"] + "identifier", SKOS + "notation"

_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*|info:doi/|urn:doi:)?(10\.\d{4,9}/\S+)", re.I)
_UUID = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})\}?", re.I)
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.I)
_PLACEHOLDER = re.compile(
    r"(?:data-?set|catalog(?:ue)?|record|resource|identifier|example|sample|test|todo|none|null|unknown|undefined|id|"
    r"n/?a|no|not available)?[\s_:#.-]*\d{0,5}",
    re.I,
)
LEAST_CHARACTERS = 6  # of a word that is to tell a dataset from all others
LEAST_DIGITS = 8  # of a number that is

Key = tuple[str, str]  # what kind it is, for the reason, and its normal form


@dataclass(frozen=True)
class Twin:
    """A dataset of one catalogue, the one of another that it is the same as, and why we think so."""

    dataset: str
    other: str
    reason: str

    @property
    def reverse(self) -> Twin:
        return Twin(self.other, self.dataset, self.reason)


def normal_identifier(text: str) -> str | None:
    """The form in which two spellings of one identifier are the same, None where it tells nothing apart.

    >>> normal_identifier("https://doi.org/10.1000/ABC"), normal_identifier("doi:10.1000/abc")
    ('doi:10.1000/abc', 'doi:10.1000/abc')
    >>> normal_identifier("1")
    """
    text = " ".join(unquote(text).split())
    if found := _DOI.fullmatch(text):
        return f"doi:{found[1].lower().rstrip('.')}"
    if found := _UUID.fullmatch(text):
        return f"uuid:{found[1].lower().replace('-', '')}"
    if "://" in text and _IRI.fullmatch(text):
        return normal_address(text)
    if _PLACEHOLDER.fullmatch(text) or len(text) < LEAST_CHARACTERS:
        return None
    digits = sum(character.isdigit() for character in text)
    if _IRI.fullmatch(text) or digits >= LEAST_DIGITS or (digits and any(c.isalpha() for c in text)):
        return text.casefold()
    return None


def normal_address(text: str) -> str | None:
    """The form in which two spellings of one address are the same; a host alone tells nothing apart.

    >>> normal_address("HTTP://Example.org:80/a/")
    '//example.org/a'
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https"):
        return text
    host = (parts.hostname or "").removeprefix("www.")
    shown = "" if port in (None, 80, 443) else f":{port}"
    path = unquote(parts.path).rstrip("/")
    rest = (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return f"//{host}{shown}{path}{rest}" if host and path + rest else None


class Keys:
    """What the datasets of one catalogue can be told by; what several of them have does not count."""

    def __init__(self, view: Fresh | Stored, datasets: Iterable[ox.NamedNode]) -> None:
        holders: dict[Key, set[str]] = defaultdict(set)
        for dataset in datasets:
            for key in _keys(view, dataset):
                holders[key].add(dataset.value)
        self._of_key = {key: next(iter(holding)) for key, holding in holders.items() if len(holding) == 1}

    def __iter__(self) -> Iterator[tuple[Key, str]]:
        return iter(self._of_key.items())

    def holder(self, key: Key) -> str | None:
        return self._of_key.get(key)


def twins(own: Keys, others: Iterable[Keys]) -> set[Twin]:
    """The datasets of one catalogue that others have too."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for keys in others:
        for key, dataset in own:
            other = keys.holder(key)
            if other is not None and other != dataset:
                kind, value = key
                found[dataset, other].add(f"the {kind} {value.removeprefix('//')}")
    return {Twin(*pair, f"Both have {' and '.join(sorted(reasons))}.") for pair, reasons in found.items()}


def _keys(view: Fresh | Stored, dataset: ox.NamedNode) -> Iterator[Key]:
    """The IRI, the identifiers and the landing pages of a dataset in their normal forms."""
    if normal := normal_identifier(dataset.value):
        yield "identifier", normal
    for triple in view.statements(dataset):
        match triple.predicate.value:
            case name if name == IDENTIFIER:
                yield from _identifier(triple.object)
            case name if name == OTHER_IDENTIFIER:
                yield from _identifier(triple.object)
                yield from _notations(view, triple.object)
            case name if name == LANDING:
                text = triple.object.value if isinstance(triple.object, ox.NamedNode | ox.Literal) else ""
                if normal := normal_address(text) if "://" in text else None:
                    yield "landing page", normal


def _notations(view: Fresh | Stored, node: object) -> Iterator[Key]:
    if isinstance(node, ox.NamedNode | ox.BlankNode):
        place: Node = node
        for triple in view.statements(place):
            if triple.predicate.value == NOTATION:
                yield from _identifier(triple.object)


def _identifier(term: object) -> Iterator[Key]:
    if isinstance(term, ox.NamedNode | ox.Literal) and (normal := normal_identifier(term.value)):
        yield "identifier", normal
