"""What the graph says of one term: its IRI flows in; statements, their footnotes and the labels they need flow out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import pyoxigraph as ox

from graph.names import (
    BASE,
    DCTERMS,
    INFERRED_GRAPH,
    ONTOLOGY_GRAPH,
    OWL,
    PREFIXES,
    PROVENANCE_GRAPH,
    RDF,
    RDFS,
    SKOS,
    SOURCES_GRAPH,
    shorten,
)
from web.expressions import QUERY as EXPRESSIONS
from web.expressions import Expressions
from web.service import Row, Service, Term

VOID = PREFIXES["void"]
Value = TypeVar("Value")

LABEL, DEFINITION, TYPE = RDFS + "label", SKOS + "definition", RDF + "type"
# What pages call the terms of RDF, RDFS, OWL and SKOS: their own names are for machines.
PLAIN = {
    TYPE: "is a",
    LABEL: "name",
    RDFS + "comment": "note",
    RDFS + "subClassOf": "is a kind of",
    RDFS + "subPropertyOf": "is a kind of",
    RDFS + "domain": "relates from",
    RDFS + "range": "relates to",
    RDFS + "isDefinedBy": "module",
    DEFINITION: "definition",
    SKOS + "altLabel": "also called",
    SKOS + "prefLabel": "name",
    SKOS + "exactMatch": "same as",
    SKOS + "closeMatch": "close to",
    SKOS + "broadMatch": "narrower than",
    SKOS + "narrowMatch": "broader than",
    OWL + "inverseOf": "inverse",
    OWL + "disjointWith": "never at once a",
    OWL + "equivalentClass": "defined as",
    OWL + "Class": "class",
    OWL + "ObjectProperty": "property (to a thing)",
    OWL + "DatatypeProperty": "property (to a value)",
    DCTERMS + "source": "definition after",
    DCTERMS + "title": "title",
    DCTERMS + "description": "description",
    DCTERMS + "isPartOf": "part of",
    DCTERMS + "license": "licence",
    DCTERMS + "issued": "issued",
    OWL + "propertyChainAxiom": "follows from",
    VOID + "triples": "statements",
    VOID + "classes": "kinds of things",
    VOID + "properties": "properties",
    VOID + "distinctSubjects": "things spoken of",
    VOID + "subset": "holds",
    ONTOLOGY_GRAPH: "The ontology",
    INFERRED_GRAPH: "Inferred: it follows from other statements and the ontology",
    SOURCES_GRAPH: "What is known of the sources themselves",
    PROVENANCE_GRAPH: "How this generation of the graph was built",
}
FIRST = (
    *(LABEL, DCTERMS + "title", DEFINITION, DCTERMS + "description", RDFS + "comment", TYPE),
    *(RDFS + "subClassOf", RDFS + "subPropertyOf", OWL + "equivalentClass", SKOS + "altLabel"),
)  # the rest follows in the order of its labels
MOST = 500  # how many inverse links, and how many statements of one graph, are shown


@dataclass
class Statement:
    """One statement seen from the term: what links, what is at the other end, and the numbers of the footnotes."""

    property: str
    other: Term
    notes: list[int] = field(default_factory=list)


@dataclass
class Held:
    """One statement that a graph holds."""

    subject: Term
    property: str
    other: Term


@dataclass
class Description:
    """Everything that a page shows of one term; `graphs` are its footnotes, numbered from 1."""

    iri: str
    about: dict[str, list[Statement]]
    inverse: dict[str, list[Statement]]
    holds: list[Held]
    graphs: list[str]
    labels: Mapping[str, str]
    expressions: Expressions

    @property
    def is_known(self) -> bool:
        return bool(self.about or self.inverse or self.holds)

    @property
    def title(self) -> str:
        return self.first(LABEL) or self.first(DCTERMS + "title") or self.name(self.iri)

    @property
    def definition(self) -> str | None:
        return self.first(DEFINITION) or self.first(DCTERMS + "description")

    def first(self, property: str) -> str | None:
        """The first literal of a property."""
        values = (item.other.value for item in self.about.get(property, []) if isinstance(item.other, ox.Literal))
        return next(values, None)

    def name(self, term: Term | str) -> str:
        """How a term is called on a page: its label, its CURIE, or the literal itself."""
        if isinstance(term, ox.Literal):
            return term.value
        iri = term if isinstance(term, str) else term.value if isinstance(term, ox.NamedNode) else None
        if iri is None:
            assert not isinstance(term, str)
            return self.expressions.text(term, self.name)
        name = PLAIN.get(iri) or self.labels.get(iri) or shorten(iri)
        is_unclear = not isinstance(term, str) and not iri.startswith(BASE) and name.lower() in self._shared
        return f"{name} ({shorten(iri)})" if is_unclear else name

    @cached_property
    def _shared(self) -> set[str]:
        """The labels that several terms of the page have, in small letters."""
        return {label for label, number in Counter(map(str.lower, self.labels.values())).items() if number > 1}

    def note(self, graph: str) -> str:
        """What a footnote says of the graph that holds a statement."""
        return self.name(graph)


def describe(known: Service, node: ox.NamedNode) -> Description:
    """Ask for all that a page of the term shows; raises what `graph.errors` says of queries."""
    said = known.select(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ {node} ?p ?o }} }}")
    linking = known.select(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ ?o ?p {node} FILTER(!isBlank(?o)) }} }} LIMIT {MOST}")
    held = known.select(f"SELECT ?s ?p ?o {{ GRAPH {node} {{ ?s ?p ?o }} }} LIMIT {MOST}")
    graphs = _in_order(row["g"] for row in (*said, *linking))
    expressions, inverses = _expressions(known), _inverses(known)
    terms = {part for row in (*said, *linking, *held) for term in row.values() for part in expressions.terms(term)}
    labels = _labels(known, {term.value for term in terms if _is_iri(term)})
    said, linking = _once(said, linking, inverses)
    about, inverse = (_grouped(rows, graphs, labels) for rows in (said, linking))
    holds = [Held(row["s"], row["p"].value, row["o"]) for row in held]
    page = Description(node.value, about, inverse, holds, graphs, labels, expressions)
    holds.sort(key=lambda item: (page.name(item.subject), _rank(item.property), page.name(item.property)))
    return page


def _expressions(known: Service) -> Expressions:
    return _kept(known, "expressions", lambda: Expressions(known.select(EXPRESSIONS)))


def _inverses(known: Service) -> Mapping[str, set[str]]:
    """The inverses of each property; a symmetric one is its own."""
    query = f"""SELECT ?p ?q {{ {{ ?p <{OWL}inverseOf> ?q }} UNION {{ ?q <{OWL}inverseOf> ?p }}
        UNION {{ ?p a <{OWL}SymmetricProperty> BIND(?p AS ?q) }} FILTER(isIRI(?p) && isIRI(?q)) }}"""

    def read() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in known.select(query):
            found.setdefault(row["p"].value, set()).add(row["q"].value)
        return found

    return _kept(known, "inverses", read)


def _kept(known: Service, name: str, make: Callable[[], Value]) -> Value:
    generation = known.generation
    return known.kept(name, generation, make) if generation else make()


def _once(said: list[Row], linking: list[Row], inverses: Mapping[str, set[str]]) -> tuple[list[Row], list[Row]]:
    """What is said and what links; a link that only says it the other way round becomes a footnote of what is said."""
    links = {(row["p"].value, row["o"]) for row in said}
    more, rest = list[Row](), list[Row]()
    for row in linking:
        turned = [name for name in inverses.get(row["p"].value, ()) if (name, row["o"]) in links]
        more += [{**row, "p": ox.NamedNode(name)} for name in turned]
        rest += [] if turned else [row]
    return [*said, *more], rest


def _is_iri(term: Term) -> bool:
    return isinstance(term, ox.NamedNode)


def _in_order(graphs: Iterable[Term]) -> list[str]:
    """The graphs, each once: passages first, then what is stated of the sources, the ontology and what is inferred."""
    iris = {graph.value for graph in graphs if isinstance(graph, ox.NamedNode)}
    return sorted(iris, key=lambda iri: (iri in (ONTOLOGY_GRAPH, INFERRED_GRAPH), iri == INFERRED_GRAPH, iri))


def _grouped(rows: list[Row], graphs: list[str], labels: Mapping[str, str]) -> dict[str, list[Statement]]:
    """The statements by property, what is stated before what is inferred; one that several graphs hold is shown once.

    Properties of one name share a row: ours, where one is ours, stands for the outside ones that it is placed under.
    """

    def called(term: Term | str) -> str:
        value = term if isinstance(term, str) else term.value if isinstance(term, ox.NamedNode) else str(term)
        return (PLAIN.get(value) or labels.get(value, value)).lower()

    number = {graph: position for position, graph in enumerate(graphs, 1)}
    inferred = number.get(INFERRED_GRAPH, 0)
    named: dict[str, str] = {}
    found: dict[tuple[str, Term], Statement] = {}
    for row in sorted(rows, key=lambda row: not row["p"].value.startswith(BASE)):
        property = named.setdefault(called(row["p"].value), row["p"].value)
        statement = found.setdefault((property, row["o"]), Statement(property, row["o"]))
        statement.notes.append(number[row["g"].value])
    for statement in found.values():
        stated = set(statement.notes) - {inferred}
        statement.notes = sorted(stated or {inferred})

    def place(statement: Statement) -> tuple[int, str, bool, bool, str]:
        is_outside = _is_iri(statement.other) and not statement.other.value.startswith(BASE)
        is_inferred = statement.notes == [inferred]
        return _rank(statement.property), called(statement.property), is_inferred, is_outside, called(statement.other)

    grouped: dict[str, list[Statement]] = {}
    for statement in sorted(found.values(), key=place):
        grouped.setdefault(statement.property, []).append(statement)
    return grouped


def _rank(property: str) -> int:
    return FIRST.index(property) if property in FIRST else len(FIRST)


def _labels(known: Service, iris: set[str]) -> dict[str, str]:
    """The label or title of each IRI that has one."""
    found: dict[str, str] = {}
    ordered = sorted(iris)
    for start in range(0, len(ordered), 200):
        values = " ".join(str(ox.NamedNode(iri)) for iri in ordered[start : start + 200])
        query = (
            f"SELECT ?iri ?label {{ VALUES ?iri {{ {values} }} "
            f"OPTIONAL {{ ?iri <{LABEL}> ?name }} OPTIONAL {{ ?iri <{DCTERMS}title> ?title }} "
            f"BIND(COALESCE(?name, ?title) AS ?label) FILTER(BOUND(?label)) }}"
        )
        for row in known.select(query):
            found.setdefault(row["iri"].value, row["label"].value)
    return found
