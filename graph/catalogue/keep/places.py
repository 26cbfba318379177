"""Where a harvested catalogue stands: a source or a slug flows in, the names of graphs and records flow out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox

from graph.access.roles import is_plain
from graph.catalogue.read.harvest import is_address
from graph.errors import InputError, Place
from graph.names import CATALOGUE, RECORD

MOST_CHARACTERS = 60
_RESERVED = frozenset({"record", "quality", "withheld", "own"})  # graphs and pages that are no catalogue of others
_SUFFIX = re.compile(r"\.(?:ttl|rdf|xml|jsonld|json|nt|nq|trig|owl|n3|html?|php|aspx?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """The named graphs of one catalogue, and its records."""

    slug: str

    @property
    def statements(self) -> ox.NamedNode:
        """The graph of what the catalogue says; its name stands for the catalogue too."""
        return ox.NamedNode(CATALOGUE + self.slug)

    @property
    def record(self) -> ox.NamedNode:
        """The graph of what we noted of its datasets."""
        return ox.NamedNode(f"{CATALOGUE}{self.slug}/record")

    @property
    def quality(self) -> ox.NamedNode:
        """The graph of what was measured."""
        return ox.NamedNode(f"{CATALOGUE}{self.slug}/quality")

    @property
    def minting(self) -> str:
        """Where the IRIs of what has none in the source begin."""
        return f"{CATALOGUE}{self.slug}/"

    def record_of(self, dataset: str) -> str:
        """The record of a dataset.

        >>> Places("a").record_of("http://example.org/1").startswith("https://w3id.org/pmkg/record/a/")
        True
        """
        return f"{RECORD}{self.slug}/{short_hash(dataset)}"

    @property
    def own_record(self) -> str:
        """What stands in the place of a record for what belongs to no dataset."""
        return f"{RECORD}{self.slug}"


def short_hash(text: str) -> str:
    """16 hexadecimal digits that tell one text from another."""
    return sha256(text.encode()).hexdigest()[:16]


def checked_slug(slug: str, place: Place | None = None) -> str:
    """The slug, if a graph may be named by it.

    Raises:
        InputError: it is not plain.
    """
    if "/" in slug or slug in _RESERVED or not is_plain(CATALOGUE + slug):
        raise InputError(
            f"'{slug}' is no name for a catalogue.",
            place=place,
            advice="Our own pages have that name; choose another."
            if slug in _RESERVED
            else "Use letters, digits, hyphens and underscores, as in --as national-catalogue.",
        )
    return slug


def slug_of(source: str) -> str:
    """A slug for a source that nobody named.

    Raises:
        InputError: nothing of it can be used.

    >>> slug_of("https://www.data.example.org/catalog.ttl?page=1")
    'data-example-org-catalog'
    >>> slug_of("../shared/examples/")
    'examples'
    """
    if is_address(source):
        parts = urlsplit(source)
        host = (parts.hostname or "").removeprefix("www.")
        text = host + _SUFFIX.sub("", parts.path.rstrip("/"))
    else:
        text = _SUFFIX.sub("", Path(source).resolve().name)
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MOST_CHARACTERS].rstrip("-")
    if not slug or slug in _RESERVED:
        raise InputError("no name can be made of it.", place=Place(term=source), advice="Give one: --as my-catalogue.")
    return slug


def reference(address: str) -> ox.NamedNode | ox.Literal:
    """What stands for an address in a statement: an IRI where it is one of the web, a literal otherwise."""
    if is_address(address):
        try:
            return ox.NamedNode(address)
        except ValueError:
            pass
    return ox.Literal(address)


def slugs(store: ox.Store) -> list[str]:
    """The catalogues that a store holds."""
    names = (graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode))
    rests = (name.removeprefix(CATALOGUE) for name in names if name.startswith(CATALOGUE))
    return sorted({rest.split("/")[0] for rest in rests if "/" not in rest or rest.endswith("/record")} - {""})
