"""Turtle for people to copy: templates and terms flow in, text that can be parsed flows out."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox

from graph.advise.nearest import written
from graph.names import PREFIXES
from graph.rdf.index import Term

_CURIE = re.compile(r"(?<![\w<:/\"@-])([A-Za-z][\w-]*):[A-Za-z_]")
_NOT_NAMES = re.compile(r'<[^<>]*>|"(?:[^"\\]|\\.)*"|#[^\n]*$', re.MULTILINE)
_TYPED = re.compile(r"\^\^<([^<>]+)>$")


def with_prefixes(statements: str) -> str:
    r"""Statements after the declarations of the prefixes that they use.

    >>> with_prefixes("<urn:x> dcat:keyword 'a' .")
    "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n\n<urn:x> dcat:keyword 'a' ."
    """
    names = sorted(set(_CURIE.findall(_NOT_NAMES.sub(" ", statements))) & PREFIXES.keys())
    head = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in names)
    return f"{head}\n{statements.strip()}" if head else statements.strip()


def filled(template: str, this: str, level: str) -> str:
    """A template of the table of properties about a node; `this` is its IRI, or a blank node as `_:x`."""
    return template.replace("$this", this if this.startswith("_:") else f"<{this}>").replace("$level", level)


def statement(this: str, property: str, objects: Iterable[Term]) -> str:
    """One statement about a node."""
    subject = this if this.startswith("_:") else f"<{this}>"
    return f"{subject} {written(property, PREFIXES)} {' , '.join(map(text_of, objects))} ."


def typed(node: str, kind: str) -> str:
    """That a node is of a class."""
    return f"{node if node.startswith('_:') else f'<{node}>'} a {written(kind, PREFIXES)} ."


def text_of(term: Term) -> str:
    """A term in Turtle, its datatype by its prefix.

    >>> text_of(ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#gYear")))
    '"1"^^xsd:gYear'
    """
    if isinstance(term, ox.NamedNode):
        return f"<{term.value}>"
    return _TYPED.sub(lambda found: f"^^{written(found[1], PREFIXES)}", str(term))
