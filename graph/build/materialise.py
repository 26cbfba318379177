"""Write out what follows: triples flow in, the new triples that OWL 2 RL entails flow out, for the inferred graph.

`reasonable` does the rules of OWL 2 RL, all but property chains, which are followed here until nothing new appears. It
hands terms back through rdflib, which rewrites literals (`"01"` becomes `"1"`, `@en-GB` becomes `@en-gb`): so literals
go in as IRIs that stand for them and come back as they were. So do blank nodes, to be told apart while chains are
followed.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import rdflib
import reasonable

from graph.build.reason import without_annotations
from graph.names import BASE, LANGUAGES, OWL, RDF, RDFS
from graph.rdf.index import Term, str_of

Row = tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]

# What the inferred graph says about terms themselves; the rest of RDFS and OWL is scaffolding to a reader.
RELATIONS_OF_TERMS = frozenset(
    [RDFS + "subClassOf", RDFS + "subPropertyOf", RDF + "type"]
    + [OWL + name for name in ("equivalentClass", "equivalentProperty", "inverseOf", "sameAs")]
)
STANDS_FOR = "urn:pmkg:stands-for:"


def materialise(triples: Collection[ox.Triple], entailed: Iterable[ox.Triple] = ()) -> frozenset[ox.Triple]:
    """What follows from the triples and is not among them, about terms and things of ours.

    `entailed` is what another reasoner found to follow: it is reasoned on as well.
    """
    asserted = frozenset(triples)
    stand_ins = _StandIns()
    known = {stand_ins.hide(triple) for triple in without_annotations(asserted.union(entailed))}
    rows = _close(known, list(property_chains(known)))
    found = {stand_ins.show(row) for row in rows if _is_useful(*map(str, row))}
    return frozenset(triple for triple in found if triple is not None) - asserted


class _StandIns:
    """Puts IRIs in the place of literals and blank nodes, and the literals back."""

    def __init__(self) -> None:
        self._numbers: dict[Term, int] = {}
        self._terms: list[Term] = []

    def hide(self, triple: ox.Triple) -> ox.Triple:
        """The triple with stand-ins. The numbers in cardinality axioms stay, for the rules count by them."""
        counts = triple.predicate.value.startswith((OWL + "max", OWL + "min"))
        value = triple.object if counts else self._stand_in(triple.object)
        return ox.Triple(self._stand_in(triple.subject), triple.predicate, value)

    def _stand_in(self, term: Term) -> ox.NamedNode:
        if isinstance(term, ox.NamedNode):
            return term
        number = self._numbers.setdefault(term, len(self._terms))
        if number == len(self._terms):
            self._terms.append(term)
        return ox.NamedNode(f"{STANDS_FOR}{number}")

    def show(self, row: Row) -> ox.Triple | None:
        """The triple that a row stands for, or None when it speaks of a blank node or has a literal as its subject."""
        subject, predicate, value = map(str, row)
        if subject.startswith(STANDS_FOR) or predicate.startswith(STANDS_FOR):
            return None
        if not value.startswith(STANDS_FOR):
            return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(value))
        term = self._terms[int(value.removeprefix(STANDS_FOR))]
        return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), term) if isinstance(term, ox.Literal) else None


def _close(triples: Iterable[ox.Triple], chains: list[tuple[str, list[str]]]) -> list[Row]:
    """The closure under the rules and the chains."""
    reasoner = reasonable.PyReasoner()
    with tempfile.TemporaryDirectory(prefix="pmkg-rules-") as folder:
        path = Path(folder) / "triples.ttl"
        ox.serialize(triples, path, format=ox.RdfFormat.N_TRIPLES)
        reasoner.load_file(str(path))
    added = set[Row]()
    while True:
        # Not reason_full(), which forgets what was added after the first run.
        rows: list[Row] = reasoner.reason()
        links = set(_follow(rows, chains)).difference(rows, added)
        if not links:
            return rows
        added |= links
        reasoner.from_graph(list(links))


def _follow(rows: Iterable[Row], chains: list[tuple[str, list[str]]]) -> Iterator[Row]:
    """One round of the chains: from a p b and b q c follows a r c, where r is entailed by the chain of p and q."""
    steps = {step for _, chain in chains for step in chain}
    links: dict[str, dict[rdflib.term.Node, set[rdflib.term.Node]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, value in rows:
        if str(predicate) in steps:
            links[str(predicate)][subject].add(value)
    for implied, (first, *others) in chains:
        for start, ends in links[first].items():
            for step in others:
                ends = {end for middle in ends for end in links[step].get(middle, ())}
            yield from ((start, rdflib.URIRef(implied), end) for end in ends)


def property_chains(triples: Collection[ox.Triple]) -> Iterator[tuple[str, list[str]]]:
    """Each `owl:propertyChainAxiom`: the property that it implies and the steps of the chain, in order."""
    first = {str_of(t.subject): str_of(t.object) for t in triples if t.predicate.value == RDF + "first"}
    rest = {str_of(t.subject): str_of(t.object) for t in triples if t.predicate.value == RDF + "rest"}
    for triple in triples:
        if triple.predicate.value == OWL + "propertyChainAxiom":
            steps, node = list[str](), str_of(triple.object)
            while node != RDF + "nil":
                steps.append(first[node])
                node = rest[node]
            yield str_of(triple.subject), steps


def _is_useful(subject: str, predicate: str, value: str) -> bool:
    if not (subject.startswith(BASE) or value.startswith(BASE)):
        return False
    if predicate.startswith(LANGUAGES):
        return predicate in RELATIONS_OF_TERMS and subject != value and not value.startswith(LANGUAGES)
    return True
