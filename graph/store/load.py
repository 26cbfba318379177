"""Documents for LOAD: an IRI flows in, the document's quads flow out, or why it was not fetched or cannot be read.

What another server sends is parsed here, so call it where a crash harms nobody: in the process that applies one write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

import pyoxigraph as ox

from graph.errors import FetchRefusedError, Place, RdfSyntaxError, UnknownFormatError
from graph.net.addresses import Address, Reach
from graph.net.fetch import MEBIBYTE, Fetched, Limits, Request, fetch
from graph.rdf.reading import FORMATS
from graph.rdf.traps import refuse_traps
from graph.settings import Settings, variable

ACCEPT = (
    "text/turtle, application/n-triples, application/trig, application/n-quads, "
    "application/rdf+xml;q=0.9, application/ld+json;q=0.8, */*;q=0.1"
)
SAYS_NOTHING = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/x-unknown"})


def load_document(
    iri: str, settings: Settings, *, seconds: float | None = None, is_wanted: Callable[[], bool] = lambda: True
) -> list[ox.Quad]:
    """The quads of a document on the web (SPARQL 1.1 Update, section 3.1.4); blank nodes are new ones.

    Only what the setting `load_sources` lists is fetched, by http or https. Its content type says what it is, or, where
    that says nothing, its extension. What a JSON-LD document refers to is not fetched. Most documents have their
    statements in the default graph alone; TriG, N-Quads and JSON-LD may have named graphs. `seconds` can only shorten
    the time that the settings give.

    Raises:
        FetchRefusedError: the IRI is not listed, or leads to where it may not.
        FetchLimitError: the document is larger than it may be.
        FetchError: it cannot be fetched.
        UnknownFormatError: nothing says what it is.
        RdfSyntaxError: it is not that; the place has its line and column.
        InputError: it would take much more than its size.
    """
    reach = Reach.of(settings.load_sources, variable("load_sources"))
    if not reach.listed:
        raise FetchRefusedError(
            "LOAD may read nothing here.",
            place=Place(term=iri[:200]),
            advice=f"Send the document itself to /data, or list its address in {variable('load_sources')}.",
        )
    Address.parse(iri)
    limit = settings.load_seconds if seconds is None else min(seconds, settings.load_seconds)
    limits = Limits(seconds=max(0.001, limit), size=int(settings.load_megabytes * MEBIBYTE))
    with fetch(Request(iri.partition("#")[0], accept=ACCEPT), reach, limits, is_wanted) as fetched:
        kind = _format(fetched, iri)
        content = fetched.read()
    refuse_traps(content, kind, limits.size, iri)
    return _parsed(content, kind, fetched.url, iri)


def _format(fetched: Fetched, iri: str) -> ox.RdfFormat:
    if fetched.media_type not in SAYS_NOTHING:
        kind = ox.RdfFormat.from_media_type(fetched.media_type)
        said = f"its content type is {fetched.media_type!r}, which is no RDF format"
    else:
        suffix = PurePosixPath(Address.parse(fetched.url).path).suffix.lower()
        kind = FORMATS.get(suffix)
        said = "neither its content type nor its extension says an RDF format"
    if kind is None or kind == ox.RdfFormat.N3:
        raise UnknownFormatError(
            f"{said}.", place=Place(term=iri), advice="Load Turtle, TriG, N-Triples, N-Quads, RDF/XML or JSON-LD."
        )
    return kind


def _parsed(content: bytes, kind: ox.RdfFormat, base: str, iri: str) -> list[ox.Quad]:
    try:
        return list(ox.parse(content, format=kind, base_iri=base, rename_blank_nodes=True))
    except SyntaxError as error:
        reason = re.sub(r"^Parser error [^:]*: ", "", error.msg)
        raise RdfSyntaxError(
            f"not valid {kind.name}: {reason}.",
            place=Place(file=iri, line=error.lineno, column=error.offset),
            advice="Mend it there.",
        ) from error
    except ValueError as error:
        raise RdfSyntaxError(f"not valid {kind.name}: {error}.", place=Place(file=iri)) from error
