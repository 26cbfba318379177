"""What of a record says what it is about: its statements flow in, texts and codes with their properties flow out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyoxigraph as ox

from graph.catalogue.records import CATALOG, DATASET, SERIES
from graph.names import DCTERMS, PREFIXES, RDFS, SCHEMA, SKOS
from graph.rdf.index import TYPE, Term, str_of

DCAT, HEALTH, CSVW = PREFIXES["dcat"], PREFIXES["healthdcatap"], PREFIXES["csvw"]
DC = PREFIXES["dc"]
TITLE, KEYWORD, THEME, DESCRIPTION = DCTERMS + "title", DCAT + "keyword", DCAT + "theme", DCTERMS + "description"
PROVENANCE = DCTERMS + "provenance"
PHASE = HEALTH + "clinicalTrialPhase"  # which no release of the profile has, but catalogues do

# Where a text stands decides how much it says of what the dataset is about.
TEXTS = {
    TITLE: 0.95,
    KEYWORD: 0.95,
    THEME: 0.95,
    DCTERMS + "subject": 0.95,
    DC + "subject": 0.95,
    SCHEMA + "keywords": 0.95,
    DCTERMS + "alternative": 0.9,
    HEALTH + "healthTheme": 0.9,
    HEALTH + "diagnosis": 0.9,
    RDFS + "label": 0.85,
    DESCRIPTION: 0.8,
    DCTERMS + "abstract": 0.8,
    HEALTH + "populationCoverage": 0.75,
    PROVENANCE: 0.7,
}
SAID_TO_BE = frozenset(
    {TITLE, KEYWORD, THEME, DCTERMS + "subject", DC + "subject", DCTERMS + "alternative", RDFS + "label"}
)
CODES = (
    THEME,
    DCTERMS + "subject",
    DC + "subject",
    SCHEMA + "about",
    PREFIXES["foaf"] + "topic",
    HEALTH + "healthTheme",
    HEALTH + "healthCategory",
    HEALTH + "category",
    HEALTH + "hasCodeValues",
    HEALTH + "icdCode",
    PHASE,
    KEYWORD,
    HEALTH + "diagnosis",
)
VARIABLE = 0.7
VARIABLES = HEALTH + "hasVariables"
_VARIABLE_TEXTS = (CSVW + "title", CSVW + "titles", DESCRIPTION)
_NODE_LABELS = (SKOS + "prefLabel", SKOS + "altLabel", RDFS + "label", TITLE, DCTERMS + "source")
_NODE_CODES = (SKOS + "notation", DCTERMS + "identifier", SKOS + "exactMatch")
_SYSTEMS = (SKOS + "inScheme", HEALTH + "hasCodingSystem")
_ICD_SYSTEMS = ("q45127", "q15629608", "q744434", "p494", "icd10", "icd-10", "icd_10")  # items of Wikidata, and names


class Said(Protocol):
    """What is said of nodes: an index of triples, or a store."""

    def predicates(self, subject: str) -> Iterator[str]: ...

    def objects(self, subject: str, predicate: str) -> list[Term]: ...

    def iris(self, subject: str, predicate: str) -> list[str]: ...

    def literals(self, subject: str, predicate: str) -> list[ox.Literal]: ...


@dataclass(frozen=True)
class Text:
    """A text and the property that it stands in; the weight is what the place is worth."""

    value: str
    language: str
    property: str
    weight: float
    is_variable: bool = False


@dataclass(frozen=True)
class Code:
    """A code as it is written; `is_icd` where the coding system of a bare code is ICD-10."""

    value: str
    property: str
    is_icd: bool = False


@dataclass
class Fields:
    """All that a record says of what it is about."""

    texts: list[Text] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    is_health: bool = False  # whether it is said to be about health


def fields_of(index: Said, dataset: str) -> Fields:
    """What one dataset's statements, and those of the nodes that it leads to, say of what it is about."""
    found = Fields()
    found.texts = sorted(set(_texts(index, dataset)), key=lambda text: (text.property, text.value, text.language))
    found.codes = sorted(set(_codes(index, dataset)), key=lambda code: (code.property, code.value))
    themes = index.iris(dataset, THEME)
    is_typed = any(predicate.startswith(HEALTH) for predicate in index.predicates(dataset))
    found.is_health = is_typed or any(theme.endswith("/data-theme/HEAL") for theme in themes)
    return found


def _texts(index: Said, dataset: str) -> Iterator[Text]:
    for predicate, weight in TEXTS.items():
        for term in index.objects(dataset, predicate):
            for literal in _literals(index, term):
                yield Text(literal.value, literal.language or "", predicate, weight)
    for literal in _variable_texts(index, dataset):
        yield Text(literal.value, literal.language or "", VARIABLES, VARIABLE, is_variable=True)


def _literals(index: Said, term: Term) -> Iterator[ox.Literal]:
    """A literal itself, or the labels of a node."""
    if isinstance(term, ox.Literal):
        yield term
    elif isinstance(term, ox.NamedNode | ox.BlankNode):
        for predicate in _NODE_LABELS:
            yield from index.literals(str_of(term), predicate)


def _variable_texts(index: Said, dataset: str) -> Iterator[ox.Literal]:
    """The titles and descriptions of the columns of the tables of a dataset and of its distributions."""
    seen, waiting = set[str](), [*_nodes(index, dataset, VARIABLES)]
    for node in _nodes(index, dataset, DCAT + "distribution"):
        waiting.extend(_nodes(index, node, VARIABLES))
    while waiting:
        node = waiting.pop()
        if node in seen or _is_record(index, node):
            continue
        seen.add(node)
        for predicate in (CSVW + "table", CSVW + "tableSchema", CSVW + "column"):
            columns = _nodes(index, node, predicate)
            waiting.extend(columns)
            if predicate == CSVW + "column":
                for column in columns:
                    for of_column in _VARIABLE_TEXTS:
                        yield from index.literals(column, of_column)


def _codes(index: Said, dataset: str) -> Iterator[Code]:
    of_dataset = _is_icd(index, dataset)
    for predicate in CODES:
        says_icd = of_dataset or "icd" in predicate.rpartition("/")[2].lower()
        for term in index.objects(dataset, predicate):
            if isinstance(term, ox.Literal):
                yield Code(term.value, predicate, says_icd)
                continue
            node = str_of(term)
            if isinstance(term, ox.NamedNode):
                yield Code(node, predicate)
            is_icd = _is_icd(index, node) if index.objects(node, SKOS + "inScheme") else says_icd
            for of_node in _NODE_CODES:
                for value in index.objects(node, of_node):
                    if not isinstance(value, ox.BlankNode | ox.Triple):
                        yield Code(value.value, predicate, is_icd)


def _is_icd(index: Said, node: str) -> bool:
    systems = [str(term).lower() for predicate in _SYSTEMS for term in index.objects(node, predicate)]
    return any(system.rstrip('>/"').endswith(_ICD_SYSTEMS) for system in systems)


def _nodes(index: Said, subject: str, predicate: str) -> list[str]:
    return [str_of(term) for term in index.objects(subject, predicate) if not isinstance(term, ox.Literal)]


def _is_record(index: Said, node: str) -> bool:
    return not {DATASET, CATALOG, SERIES}.isdisjoint(index.iris(node, TYPE))
