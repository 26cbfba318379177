"""What the graph says of one term: its IRI flows in; statements, their footnotes and the labels they need flow out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.names import DCTERMS, INFERRED_GRAPH, ONTOLOGY_GRAPH, OWL, RDF, RDFS, SKOS, shorten
from web.service import Row, Service, Term

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
}
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

    @property
    def is_known(self) -> bool:
        return bool(self.about or self.inverse or self.holds)

    @property
    def title(self) -> str:
        return self.first(LABEL) or self.first(DCTERMS + "title") or shorten(self.iri)

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
            return "an expression (see the Turtle)"
        return PLAIN.get(iri) or self.labels.get(iri) or shorten(iri)

    def note(self, graph: str) -> str:
        """What a footnote says of the graph that holds a statement."""
        if graph == INFERRED_GRAPH:
            return "Inferred: it follows from other statements and the ontology."
        return "The ontology." if graph == ONTOLOGY_GRAPH else self.name(graph)


def describe(known: Service, node: ox.NamedNode) -> Description:
    """Ask for all that a page of the term shows; raises what `graph.errors` says of queries."""
    said = known.select(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ {node} ?p ?o }} }}")
    linking = known.select(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ ?o ?p {node} }} }} LIMIT {MOST}")
    held = known.select(f"SELECT ?s ?p ?o {{ GRAPH {node} {{ ?s ?p ?o }} }} LIMIT {MOST}")
    graphs = _in_order(row["g"] for row in (*said, *linking))
    labels = _labels(known, {term.value for row in (*said, *linking, *held) for term in row.values() if _is_iri(term)})
    about, inverse = (_grouped(rows, graphs, labels) for rows in (said, linking))
    holds = [Held(row["s"], row["p"].value, row["o"]) for row in held]
    return Description(node.value, about, inverse, holds, graphs, labels)


def _is_iri(term: Term) -> bool:
    return isinstance(term, ox.NamedNode)


def _in_order(graphs: Iterable[Term]) -> list[str]:
    """The graphs, each once: passages first, then what is stated of the sources, the ontology and what is inferred."""
    iris = {graph.value for graph in graphs if isinstance(graph, ox.NamedNode)}
    return sorted(iris, key=lambda iri: (iri in (ONTOLOGY_GRAPH, INFERRED_GRAPH), iri == INFERRED_GRAPH, iri))


def _grouped(rows: list[Row], graphs: list[str], labels: Mapping[str, str]) -> dict[str, list[Statement]]:
    """The statements by property, both in the order of their labels; one that several graphs hold is shown once."""
    number = {graph: position for position, graph in enumerate(graphs, 1)}
    found: dict[tuple[str, Term], Statement] = {}
    for row in rows:
        property, graph = row["p"].value, row["g"].value
        statement = found.setdefault((property, row["o"]), Statement(property, row["o"]))
        statement.notes.append(number[graph])

    def called(term: Term | str) -> str:
        value = term if isinstance(term, str) else term.value if isinstance(term, ox.NamedNode) else str(term)
        return (PLAIN.get(value) or labels.get(value, value)).lower()

    grouped: dict[str, list[Statement]] = {}
    for statement in sorted(found.values(), key=lambda item: (called(item.property), called(item.other))):
        statement.notes.sort()
        grouped.setdefault(statement.property, []).append(statement)
    return grouped


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
