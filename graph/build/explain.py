"""Explain contradictions: a dataset and a verdict flow in, the few axioms that cannot all be true flow out.

HermiT says that something is wrong, Pellet which axioms are at fault: a smallest set, of which each is needed. Pellet
writes only the last part of an IRI, so every term goes in under a number, and its label, file and line are found again
by that.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.build import child
from graph.build.pellet import EXPLANATION, NAMED
from graph.build.reason import Reasoning, for_hermit
from graph.errors import Place
from graph.names import BASE, LANGUAGES, ONTOLOGY_GRAPH, OWL, RDF, shorten
from graph.rdf.index import LABEL, Index
from graph.rdf.reading import Dataset, ReadFile, shown

MOST = 5
STAND_IN = "http://e/t"
_TERM = re.compile(r"\bt(\d+)\b")

# How Pellet writes axioms, and how a reader would.
WORDS = (
    ("subClassOf", "is a kind of"),
    ("subPropertyOf", "is a kind of"),
    ("equivalentTo", "is the same as"),
    ("disjointWith", "is disjoint with"),
    ("inverseOf", "is the inverse of"),
    ("differentFrom", "is another thing than"),
    ("sameAs", "is the same thing as"),
    ("type", "is a"),
    ("domain", "has the domain"),
    ("range", "has the range"),
)


@dataclass(frozen=True)
class Axiom:
    """One axiom in words, the terms in it in order, the named graph if a source states it, and the file."""

    text: str
    terms: tuple[str, ...]
    graph: str | None
    place: Place

    def __str__(self) -> str:
        place = f"{self.place.file}:{self.place.line}" if self.place.line else self.place.file
        where = ", ".join(part for part in (self.graph and shorten(self.graph), place) if part)
        return f"{self.text} ({where})" if where else self.text


@dataclass(frozen=True)
class Contradiction:
    """What cannot be: `term` is the class that can have no instance, or None when the whole is inconsistent."""

    term: str | None
    axioms: tuple[Axiom, ...]
    place: Place

    @property
    def terms(self) -> tuple[str, ...]:
        """Every class, property and thing involved."""
        return tuple(dict.fromkeys(term for axiom in self.axioms for term in axiom.terms))

    @property
    def message(self) -> str:
        """One sentence, then one axiom a line."""
        claim = f"{shorten(self.term)} can have no instance" if self.term else "the statements contradict each other"
        if not self.axioms:
            return f"{claim}; the reasoner could not tell which axioms are at fault."
        return "\n".join([f"{claim}, because:", *(f"  {axiom}" for axiom in self.axioms)])

    @property
    def advice(self) -> str:
        return "Change or remove one of these statements." if self.axioms else "Look at what changed last."


def explain(dataset: Dataset, reasoning: Reasoning, seconds: float) -> list[Contradiction]:
    """Why the dataset is inconsistent, or why each of the first few unsatisfiable classes is; [] when nothing is wrong.

    A class that is unsatisfiable because a class above it is comes after that one, and at most `MOST` are explained.

    Raises:
        ReasonerTimeoutError: one explanation took longer than `seconds`.
        ReasoningError: Pellet failed.
    """
    goals: list[str | None] = [None] if not reasoning.consistent else [*_roots_first(dataset, reasoning.unsatisfiable)]
    if not goals:
        return []
    names = _Names()
    with tempfile.TemporaryDirectory(prefix="pmkg-pellet-") as name:
        folder = Path(name)
        ox.serialize(
            names.hide(sorted(for_hermit(dataset.triples), key=str)), folder / NAMED, format=ox.RdfFormat.N_TRIPLES
        )
        return [_explain(dataset, names, folder, goal, seconds) for goal in goals[:MOST]]


def _explain(dataset: Dataset, names: _Names, folder: Path, goal: str | None, seconds: float) -> Contradiction:
    child.run("graph.build.pellet", folder, *([names.stand_in(goal)] if goal else []), seconds=seconds)
    finder = _Finder(dataset)
    text = (folder / EXPLANATION).read_text("utf-8")
    axioms = tuple(sorted((finder.axiom(line, names) for line in axioms_in(text)), key=_order))
    place = dataset.place_of(goal) if goal else next((axiom.place for axiom in axioms if axiom.place.file), Place())
    return Contradiction(goal, axioms, place)


def axioms_in(text: str) -> list[str]:
    """The axioms of the first explanation in what Pellet wrote, each on one line."""
    match = re.search(r"^1\)\s+(.*?)(?:\n\s*\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    if match is None:
        return []
    # An axiom starts at column 5; one that is broken over lines goes on further right.
    lines = re.split(r"\n {5}(?! )", match.group(1))
    return [" ".join(line.split()) for line in lines]


def _roots_first(dataset: Dataset, classes: Iterable[str]) -> list[str]:
    bad, index = set(classes), Index(dataset.triples)
    return sorted(bad, key=lambda iri: (len((index.ancestors(iri) - {iri}) & bad), iri))


def _order(axiom: Axiom) -> tuple[bool, str]:
    """Statements about things first, then those about terms."""
    return not (axiom.place.file or "").endswith(".trig"), axiom.text


class _Names:
    """Numbers in the place of IRIs, but for those of RDF, RDFS, OWL and XSD."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._iris: list[str] = []

    def stand_in(self, iri: str) -> str:
        if iri not in self._numbers:
            self._numbers[iri] = len(self._iris)
            self._iris.append(iri)
        return f"{STAND_IN}{self._numbers[iri]}"

    def iri(self, number: str) -> str:
        return self._iris[int(number)]

    def hide(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        for t in triples:
            predicate = ox.NamedNode(self._hidden(t.predicate.value))
            subject = ox.NamedNode(self._hidden(t.subject.value)) if isinstance(t.subject, ox.NamedNode) else t.subject
            value = ox.NamedNode(self._hidden(t.object.value)) if isinstance(t.object, ox.NamedNode) else t.object
            yield ox.Triple(subject, predicate, value)

    def _hidden(self, iri: str) -> str:
        return iri if iri.startswith(LANGUAGES) else self.stand_in(iri)


class _Finder:
    """Finds where an axiom is stated."""

    def __init__(self, dataset: Dataset) -> None:
        self._statements: dict[str, list[tuple[ReadFile, ox.Quad]]] = defaultdict(list)
        self._members: dict[str, Counter[ReadFile]] = defaultdict(Counter)
        self._labels = {
            quad.subject.value: quad.object.value
            for quad in dataset.quads
            if quad.predicate.value == LABEL
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.Literal)
        }
        for file in dataset.files:
            for quad in file.quads:
                if isinstance(quad.subject, ox.NamedNode):
                    self._statements[quad.subject.value].append((file, quad))
                elif quad.predicate.value == RDF + "first" and isinstance(quad.object, ox.NamedNode):
                    self._members[quad.object.value][file] += 1

    def axiom(self, line: str, names: _Names) -> Axiom:
        """One axiom of Pellet's, with the terms that its numbers stand for."""
        terms = tuple(dict.fromkeys(names.iri(number) for number in _TERM.findall(line)))
        text = _TERM.sub(lambda match: self._name(names.iri(match.group(1))), line)
        text = re.sub(r"^(\w+) (\S+)$", r"\2 is \1", text)
        for theirs, ours in WORDS:
            text = re.sub(rf"(?<=\s){theirs}(?=\s)", ours, text)
        if line.startswith(("DisjointClasses", "DifferentIndividuals")):
            text = f"nothing is more than one of {', '.join(map(self._name, terms))}"
            return Axiom(text, terms, None, self._place_of_list(terms))
        return Axiom(text, terms, *self._place_of_statement(line, terms))

    def _name(self, iri: str) -> str:
        """The CURIE, with the label of a term of others, whose CURIE is a number as a rule."""
        label = None if iri.startswith(BASE) else self._labels.get(iri)
        return f"{shorten(iri)} '{label}'" if label else shorten(iri)

    def _place_of_list(self, terms: tuple[str, ...]) -> Place:
        """The file in which most of the terms are members of a list."""
        files = sum((self._members[term] for term in terms), Counter[ReadFile]())
        return Place(file=shown(files.most_common(1)[0][0].path), term=terms[0]) if files else Place(term=terms[0])

    def _place_of_statement(self, line: str, terms: tuple[str, ...]) -> tuple[str | None, Place]:
        """The graph, file and line of the statement that says most of the axiom."""
        best, most = None, 0
        for term in terms:
            for file, quad in self._statements[term]:
                if (score := _overlap(quad, terms, line)) > most:
                    best, most = (file, quad), score
        if best is None:
            return None, Place(term=next(iter(terms), None))
        file, quad = best
        graph, subject = quad.graph_name, quad.subject
        stated_in = graph.value if isinstance(graph, ox.NamedNode) and graph.value != ONTOLOGY_GRAPH else None
        iri = subject.value if isinstance(subject, ox.NamedNode) else ""
        return stated_in, Place(file=shown(file.path), line=file.line_of(iri), term=iri)


def _overlap(quad: ox.Quad, terms: tuple[str, ...], line: str) -> int:
    """How much of an axiom a statement about one of its terms says: its object counts most, then its property."""
    predicate, value = quad.predicate.value, quad.object
    if isinstance(value, ox.NamedNode) and value.value == f"{OWL}{line.split()[0]}Property":
        return 4
    score = 1 if predicate in terms or re.search(rf"\b{re.split('[#/]', predicate)[-1]}\b", line) else 0
    if isinstance(value, ox.Literal):
        return score + (3 if f" {value.value}" in line and score else 0)
    return score + (3 if isinstance(value, ox.NamedNode) and value.value in terms and score else 0)
