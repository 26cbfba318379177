"""Whether the ontology's terms are complete and alive: a dataset flows in, findings flow out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pyoxigraph as ox

from graph.check.finding import Finding, error, warning
from graph.names import DCTERMS, DEF, LANGUAGES, OWL, RDF, RDFS, SKOS, shorten
from graph.rdf.index import LABEL, SUBCLASS, Index
from graph.rdf.reading import Dataset

DEFINITION = SKOS + "definition"

# What each class and property of ours must carry: property, name of the check, what to do.
REQUIRED = (
    (DEFINITION, "missing-definition", "Say in one sentence, with skos:definition, its genus and what sets it apart."),
    (DCTERMS + "source", "missing-definition-source", "Name with dcterms:source what the definition rests on."),
    (SKOS + "altLabel", "missing-synonym", "Give the other names that people search for, with skos:altLabel."),
    (RDFS + "isDefinedBy", "missing-module", "Name its module with rdfs:isDefinedBy."),
)

# How others than us say which term to use instead: OBO's "term replaced by".
REPLACED_BY = (DCTERMS + "isReplacedBy", "http://purl.obolibrary.org/obo/IAO_0100001")


def check_terms(dataset: Dataset, index: Index) -> Iterator[Finding]:
    """Labels, definitions, sources, synonyms, superclasses and inverses are there, and nothing deprecated is used."""
    own = sorted(term for term in index.classes | index.properties if term.startswith(DEF))
    for term in own:
        yield from _incomplete(dataset, index, term)
    yield from _labels(dataset, index)
    yield from _dead(dataset, index)


def _incomplete(dataset: Dataset, index: Index, term: str) -> Iterator[Finding]:
    name = shorten(term)
    for predicate, check, advice in REQUIRED:
        if not index.objects(term, predicate):
            yield error(check, f"{name} has no {shorten(predicate)}.", dataset.place_of(term), advice)
    if len(index.objects(term, DEFINITION)) > 1:
        yield error(
            "several-definitions", f"{name} has several definitions.", dataset.place_of(term), "Keep the best one."
        )
    if term in index.classes and not index.iris(term, SUBCLASS):
        yield error(
            "missing-superclass",
            f"{name} stands under no class.",
            dataset.place_of(term),
            "Place it with rdfs:subClassOf under the nearest wider class.",
        )
    if OWL + "ObjectProperty" in index.iris(term, RDF + "type") and not _has_inverse(index, term):
        yield error(
            "missing-inverse",
            f"{name} has no inverse.",
            dataset.place_of(term),
            "Declare one with owl:inverseOf, or make it symmetric.",
        )


def _has_inverse(index: Index, term: str) -> bool:
    symmetric = OWL + "SymmetricProperty" in index.iris(term, RDF + "type")
    return symmetric or bool(index.objects(term, OWL + "inverseOf") or index.subjects(OWL + "inverseOf", term))


def _labels(dataset: Dataset, index: Index) -> Iterator[Finding]:
    named = defaultdict[str, list[str]](list)
    for term in sorted(index.classes | index.properties):
        if term.startswith(LANGUAGES):
            continue
        labels = [label for label in index.literals(term, LABEL) if label.language in ("en", None)]
        if not labels and (term.startswith(DEF) or term in index.classes):
            yield error(
                "missing-label",
                f"{shorten(term)} has no English label.",
                dataset.place_of(term),
                "Give it one rdfs:label with the language tag en.",
            )
        if term.startswith(DEF) and len(labels) > 1:
            texts = ", ".join(sorted(label.value for label in labels))
            yield error(
                "several-labels",
                f"{shorten(term)} has several labels: {texts}.",
                dataset.place_of(term),
                "Keep one; make the others skos:altLabel.",
            )
        if term.startswith(DEF) and term not in index.deprecated:
            for label in labels:
                named[label.value.casefold()].append(term)
    for text, terms in named.items():
        if len(terms) > 1:
            yield error(
                "duplicate-label",
                f"'{text}' is the label of {', '.join(map(shorten, terms))}.",
                dataset.place_of(terms[-1]),
                "Give each term a label of its own, or deprecate one of them.",
                also=map(dataset.place_of, terms[:-1]),
            )


def _dead(dataset: Dataset, index: Index) -> Iterator[Finding]:
    for term in sorted(index.deprecated):
        if term.startswith(DEF) and not index.objects(term, DCTERMS + "isReplacedBy"):
            yield warning(
                "no-replacement",
                f"{shorten(term)} is deprecated and names no replacement.",
                dataset.place_of(term),
                "Name the term to use instead with dcterms:isReplacedBy.",
            )
    users = {
        (str(quad.subject), part.value): quad
        for quad in dataset.quads
        for part in (quad.predicate, quad.object)
        if isinstance(part, ox.NamedNode) and part.value in index.deprecated
        if not (isinstance(quad.subject, ox.NamedNode) and quad.subject.value in index.deprecated)
    }
    for (_, dead), quad in sorted(users.items()):
        instead = [shorten(iri) for predicate in REPLACED_BY for iri in index.iris(dead, predicate)]
        subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else dead
        yield error(
            "dead-term",
            f"{shorten(subject)} uses {shorten(dead)}, which is deprecated.",
            dataset.place_of(subject),
            f"Use {' or '.join(instead)} instead." if instead else "Use a term that is alive.",
        )
