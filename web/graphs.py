"""A graph that the server makes: triples flow in, an answer in the RDF format that the client likes flows out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

import pyoxigraph as ox
from flask import Response, request

from graph.errors import NotAcceptableError
from graph.names import PREFIXES
from graph.store.formats import Kind, formats
from web import encoding
from web.negotiation import chosen, content_type

Node = ox.NamedNode | ox.BlankNode
Value = Node | ox.Literal | str | int | float | bool


def sent(triples: Iterable[ox.Triple], prefixes: Iterable[str]) -> Response:
    """The answer, which a client may keep as long as its tag is the same.

    Raises:
        NotAcceptableError: the client accepts no format of RDF, or no content coding.
    """
    form = chosen(Kind.GRAPH)
    if form is None:
        types = ", ".join(item.media_type for item in formats(Kind.GRAPH))
        raise NotAcceptableError("This comes as RDF.", advice=f"Accept one of {types}.")
    assert isinstance(form.engine, ox.RdfFormat)
    used = {prefix: PREFIXES[prefix] for prefix in prefixes}
    content = ox.serialize(_by_subject(triples), format=form.engine, prefixes=used) or b""
    response = Response(content, content_type=content_type(form))
    response.vary.update(["Accept", "Accept-Encoding"])
    response.cache_control.no_cache = True
    response.add_etag(weak=True)  # of the content as it is, whatever its coding
    coding = encoding.chosen(form.media_type, encoding.codings(), len(content))
    if coding != encoding.IDENTITY:
        response.set_data(encoding.encoded(content, coding))
        response.headers["Content-Encoding"] = coding
    response.make_conditional(request)
    return response


def _by_subject(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """The statements about one thing together, things in the order of their first: a serialiser looks no further."""
    found = defaultdict[Node | ox.Triple, list[ox.Triple]](list)
    for statement in triples:
        found[statement.subject].append(statement)
    return chain.from_iterable(found.values())


def triple(subject: Node, predicate: str, value: Value) -> ox.Triple:
    """A statement; the predicate and a value that is text are CURIEs, other values are what they are in Python."""
    if isinstance(value, str):
        return ox.Triple(subject, iri(predicate), iri(value))
    return ox.Triple(subject, iri(predicate), value if isinstance(value, Node | ox.Literal) else ox.Literal(value))


def text(words: str, language: str | None = None) -> ox.Literal:
    """A literal of words."""
    return ox.Literal(words, language=language)


def iri(curie: str) -> ox.NamedNode:
    """The IRI of a CURIE with one of our prefixes.

    >>> iri("void:triples")
    <NamedNode value=http://rdfs.org/ns/void#triples>
    """
    prefix, _, name = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + name)
