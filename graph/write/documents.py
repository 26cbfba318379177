"""Read RDF that was sent: bytes and a media type flow in, quads of one graph, or of a dataset, flow out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from graph.errors import InputError, Place, RdfSyntaxError, UnknownFormatError
from graph.rdf.traps import refuse_traps
from graph.store.formats import Kind, by_media_type, formats
from graph.write.change import GraphName
from graph.write.request import Document

MOST_BYTES = 1 << 28  # of an RDF/XML document with its entities written out
DATASETS = frozenset({"trig", "nquads", "jsonld"})  # the formats that can name graphs


def read_document(document: Document, graph: GraphName, dataset: bool) -> Iterator[ox.Quad]:
    """The document's statements, in `graph`, or in the graphs that it names where it is a `dataset`.

    Blank nodes are renamed, so that those of two documents never meet.

    Raises:
        UnknownFormatError: its media type is of no RDF format that we read.
        RdfSyntaxError: it is not that format; the place has line and column.
        InputError: it names graphs of its own, and is for one graph.
    """
    chosen = format_of(document.media_type)
    refuse_traps(document.content, chosen, MOST_BYTES, "the document")
    try:
        quads = ox.parse(document.content, format=chosen, base_iri=document.base, rename_blank_nodes=True)
        for quad in quads:
            is_default = isinstance(quad.graph_name, ox.DefaultGraph)
            if dataset and not is_default:
                yield quad
                continue
            if not is_default:
                raise InputError(
                    f"the document names the graph {quad.graph_name}, and is sent for {graph} alone.",
                    advice="Send it to the graph store without ?graph= or ?default, or as a format without graphs.",
                )
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        reason = re.sub(r"^Parser error [^:]*: ", "", error.msg)
        place = Place(line=error.lineno, column=error.offset)
        raise RdfSyntaxError(f"not valid {chosen.name}: {reason}.", place=place, advice="Mend it there.") from error


def format_of(media_type: str) -> ox.RdfFormat:
    """The RDF format of a media type.

    Raises:
        UnknownFormatError: there is none that we read.
    """
    try:
        found = by_media_type(media_type, Kind.GRAPH)
    except UnknownFormatError as error:
        types = ", ".join(item.media_type for item in formats(Kind.GRAPH))
        raise UnknownFormatError(f"'{media_type}' is no RDF that we read.", advice=f"Send one of {types}.") from error
    assert isinstance(found.engine, ox.RdfFormat), "graphs are written and read by the engine"
    return found.engine
