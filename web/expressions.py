"""OWL expressions as text: the blank nodes of the ontology flow in, words such as `treats some disease` flow out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyoxigraph as ox

from graph.names import ONTOLOGY_GRAPH, OWL, RDF
from web.service import Row, Term

Namer = Callable[[Term], str]
QUERY = f"SELECT ?s ?p ?o {{ GRAPH <{ONTOLOGY_GRAPH}> {{ ?s ?p ?o FILTER(isBlank(?s)) }} }}"
JOINED = {OWL + "intersectionOf": " and ", OWL + "unionOf": " or ", OWL + "oneOf": " or "}
RESTRICTED = {
    OWL + "someValuesFrom": "some",
    OWL + "allValuesFrom": "only",
    OWL + "hasValue": "the one",
    OWL + "minQualifiedCardinality": "at least",
    OWL + "maxQualifiedCardinality": "at most",
    OWL + "qualifiedCardinality": "exactly",
    OWL + "minCardinality": "at least",
    OWL + "maxCardinality": "at most",
    OWL + "cardinality": "exactly",
}


class Expressions:
    """The expressions of one generation's ontology."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._said: dict[Term, dict[str, Term]] = {}
        for row in rows:
            self._said.setdefault(row["s"], {})[row["p"].value] = row["o"]

    def terms(self, node: Term) -> Iterator[Term]:
        """The IRIs that an expression is made of."""
        if isinstance(node, ox.NamedNode):
            yield node
        for property, other in self._said.get(node, {}).items():
            if property != RDF + "type":
                yield from self.terms(other)

    def text(self, node: Term, name: Namer, is_part: bool = False) -> str:
        """An expression in words; `name` gives those of its terms. A part of several words stands in parentheses."""
        said = self._said.get(node)
        if said is None:
            return name(node)
        words = self._words(said, name)
        return f"({words})" if is_part else words

    def _words(self, said: dict[str, Term], name: Namer) -> str:
        if RDF + "first" in said:  # the properties of a chain
            return ", then ".join(self._items(said, name))
        if OWL + "complementOf" in said:
            return f"not {self.text(said[OWL + 'complementOf'], name, True)}"
        if OWL + "inverseOf" in said:
            return f"inverse of {name(said[OWL + 'inverseOf'])}"
        for property, word in JOINED.items():
            if property in said:
                return word.join(self._items(self._said.get(said[property], {}), name))
        for property, word in RESTRICTED.items():
            if property in said and OWL + "onProperty" in said:
                kind = said.get(OWL + "onClass")
                parts = [self.text(said[OWL + "onProperty"], name), word, self.text(said[property], name, True)]
                return " ".join([*parts, self.text(kind, name, True)] if kind else parts)
        return "an expression (see the Turtle)"

    def _items(self, cell: dict[str, Term], name: Namer) -> Iterator[str]:
        """The members of a list, in words."""
        while RDF + "first" in cell:
            yield self.text(cell[RDF + "first"], name, True)
            cell = self._said.get(cell[RDF + "rest"], {})
