"""The one table of result formats: a name or a media type flows in, a `Format` flows out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyoxigraph as ox

from graph.errors import UnknownFormatError


class Kind(Enum):
    """What an answer is: the solutions of SELECT and ASK, or the graph of CONSTRUCT and DESCRIBE."""

    SOLUTIONS = "solutions"
    GRAPH = "graph"


@dataclass(frozen=True)
class Format:
    """One way to write an answer; the first media type is the one to send, the others are accepted too.

    The engine writes it, or `graph.store.columns` where `engine` is None.
    """

    name: str
    kind: Kind
    media_types: tuple[str, ...]
    extension: str
    engine: ox.QueryResultsFormat | ox.RdfFormat | None

    @property
    def media_type(self) -> str:
        return self.media_types[0]

    @property
    def content_type(self) -> str:
        """The media type as it is sent, with the charset where the type needs one."""
        return self.engine.media_type if self.engine else self.media_type


# Best first: what a client gets that accepts anything.
FORMATS: tuple[Format, ...] = (
    Format(
        "json",
        Kind.SOLUTIONS,
        ("application/sparql-results+json", "application/json"),
        "srj",
        ox.QueryResultsFormat.JSON,
    ),
    Format(
        "xml",
        Kind.SOLUTIONS,
        ("application/sparql-results+xml", "application/xml", "text/xml"),
        "srx",
        ox.QueryResultsFormat.XML,
    ),
    Format("csv", Kind.SOLUTIONS, ("text/csv",), "csv", ox.QueryResultsFormat.CSV),
    Format("tsv", Kind.SOLUTIONS, ("text/tab-separated-values",), "tsv", ox.QueryResultsFormat.TSV),
    Format("arrow", Kind.SOLUTIONS, ("application/vnd.apache.arrow.stream",), "arrows", None),
    Format("parquet", Kind.SOLUTIONS, ("application/vnd.apache.parquet",), "parquet", None),
    Format("turtle", Kind.GRAPH, ("text/turtle", "application/x-turtle"), "ttl", ox.RdfFormat.TURTLE),
    Format("ntriples", Kind.GRAPH, ("application/n-triples",), "nt", ox.RdfFormat.N_TRIPLES),
    Format("rdfxml", Kind.GRAPH, ("application/rdf+xml", "application/xml"), "rdf", ox.RdfFormat.RDF_XML),
    Format("jsonld", Kind.GRAPH, ("application/ld+json", "application/json"), "jsonld", ox.RdfFormat.JSON_LD),
    Format("nquads", Kind.GRAPH, ("application/n-quads",), "nq", ox.RdfFormat.N_QUADS),
    Format("trig", Kind.GRAPH, ("application/trig",), "trig", ox.RdfFormat.TRIG),
)


def formats(kind: Kind | None = None) -> tuple[Format, ...]:
    """The formats that fit a kind of answer (all for None), best first."""
    return tuple(item for item in FORMATS if kind in (None, item.kind))


def by_name(name: str, kind: Kind | None = None) -> Format:
    """Look a format up by its name.

    >>> by_name("csv").media_type
    'text/csv'

    Raises:
        UnknownFormatError: no format of that kind has the name.
    """
    found = next((item for item in formats(kind) if item.name == name.lower()), None)
    if found is None:
        names = ", ".join(item.name for item in formats(kind))
        raise UnknownFormatError(f"there is no format '{name}'{_of(kind)}.", advice=f"Use one of {names}.")
    return found


def by_media_type(media_type: str, kind: Kind | None = None) -> Format:
    """Look a format up by a media type, whose parameters are ignored; with no kind the first that fits.

    >>> by_media_type("application/xml", Kind.GRAPH).name
    'rdfxml'

    Raises:
        UnknownFormatError: no format of that kind has the media type.
    """
    bare = media_type.partition(";")[0].strip().lower()
    found = next((item for item in formats(kind) if bare in item.media_types), None)
    if found is None:
        types = ", ".join(item.media_type for item in formats(kind))
        raise UnknownFormatError(
            f"there is no format with media type '{bare}'{_of(kind)}.", advice=f"Use one of {types}."
        )
    return found


def _of(kind: Kind | None) -> str:
    return f" for {kind.value}" if kind else ""
