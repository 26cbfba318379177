"""Whether IRIs, as they flow in, lead somewhere: ours to a declared term, others to the shape their authority uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import curies
import pyoxigraph as ox

from graph.check.finding import Finding, error
from graph.names import BASE, DEF, ID, ONTOLOGY, PREFIX_MAP, SKOS, SOURCE, shorten
from graph.rdf.index import LABEL, TYPE, Index, str_of
from graph.rdf.reading import Dataset

MATCHES = frozenset(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))


@cache
def converter() -> curies.Converter:
    """The one prefix map of the project, as `curies` uses it."""
    return curies.load_extended_prefix_map(PREFIX_MAP)


def check_identifiers(dataset: Dataset, index: Index) -> Iterator[Finding]:
    """Every IRI of ours is declared, every thing has a type and one label, every outside IRI is well-formed."""
    mentioned: dict[str, str] = {}
    for quad in dataset.quads:
        for term in (quad.subject, quad.predicate, quad.object):
            if isinstance(term, ox.NamedNode):
                by = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else term.value
                mentioned.setdefault(term.value, by)
    for iri, by in sorted(mentioned.items()):
        yield from _ours(dataset, index, iri, by)
        yield from _outside(dataset, iri, by)
    yield from _matched(dataset)


def _ours(dataset: Dataset, index: Index, iri: str, by: str) -> Iterator[Finding]:
    if iri.startswith(DEF) and iri not in index.classes | index.properties:
        yield error(
            "undeclared-term",
            f"{shorten(iri)} is not declared in the ontology.",
            dataset.place_of(by),
            "Mend the spelling, or declare it as a class or a property in its module.",
        )
    if iri.startswith(ID):
        if iri not in index.things:
            yield error(
                "undeclared-thing",
                f"{shorten(iri)} has no type of ours.",
                dataset.place_of(by),
                "Say what it is, with a class of the ontology.",
            )
        labels = [label for label in index.literals(iri, LABEL) if label.language == "en"]
        if len(labels) != 1:
            what = "no English label" if not labels else f"{len(labels)} English labels"
            yield error(
                "missing-label" if not labels else "several-labels",
                f"{shorten(iri)} has {what}.",
                dataset.place_of(iri if iri in index.things else by),
                "Give it exactly one rdfs:label with the language tag en; other names are skos:altLabel.",
            )
    if iri.startswith((SOURCE, ONTOLOGY)) and not index.objects(iri, TYPE):
        yield error(
            "unknown-source" if iri.startswith(SOURCE) else "unknown-module",
            f"{iri} is described nowhere.",
            dataset.place_of(by),
            "Describe it in facts/sources.trig, or mend the spelling."
            if iri.startswith(SOURCE)
            else "Use the IRI of a module of the ontology.",
        )


def _outside(dataset: Dataset, iri: str, by: str) -> Iterator[Finding]:
    malformed = not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", iri)
    reference = None if malformed else converter().parse_uri(iri)
    pattern = _pattern(reference.prefix) if reference else None
    if malformed or (reference and pattern and not pattern.fullmatch(reference.identifier)):
        yield error(
            "malformed-identifier",
            f"{shorten(iri)} has not the shape of {f'a {reference.prefix} identifier' if reference else 'an IRI'}.",
            dataset.place_of(by),
            "Look the identifier up again in the authority's table.",
        )


@cache
def _pattern(prefix: str) -> re.Pattern[str] | None:
    text = converter().get_record(prefix, strict=True).pattern
    return re.compile(text) if text else None


def _matched(dataset: Dataset) -> Iterator[Finding]:
    """What terms and things of ours are matched with; others may match what they like."""
    for quad in dataset.quads:
        value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
        ours = quad.predicate.value in MATCHES and str_of(quad.subject).startswith(BASE)
        if ours and converter().parse_uri(value) is None:
            yield error(
                "unknown-vocabulary",
                f"{value or quad.object} is in no vocabulary that ontology/prefixes.json knows.",
                dataset.place_of(str_of(quad.subject)),
                "Use an identifier of a known vocabulary, or add its prefix with the pattern of its identifiers.",
            )
