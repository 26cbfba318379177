"""Statements in few words: CURIEs and values flow in, triples flow out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from graph.names import PREFIXES, XSD

Node = ox.NamedNode | ox.BlankNode
Value = Node | ox.Literal | str | bool


def say(subject: Node, statements: Iterable[tuple[str, Value]]) -> Iterator[ox.Triple]:
    """What is said of one thing: a property as a CURIE, and a value that is a CURIE where it is text."""
    for name, value in statements:
        if isinstance(value, bool):
            value = typed("true" if value else "false", "boolean")
        yield ox.Triple(subject, iri(name), iri(value) if isinstance(value, str) else value)


def iri(curie: str) -> ox.NamedNode:
    """The IRI of a CURIE with one of our prefixes.

    >>> iri("dcat:Dataset")
    <NamedNode value=http://www.w3.org/ns/dcat#Dataset>
    """
    prefix, _, name = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + name)


def english(text: str) -> ox.Literal:
    """A text in English."""
    return ox.Literal(text, language="en")


def typed(text: str, datatype: str) -> ox.Literal:
    """A literal of a datatype of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
