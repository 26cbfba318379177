"""What a generation holds, as far as advice needs it: an engine flows in, predicates, classes and graphs flow out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from graph.advise.probe import Prober, Row
from graph.names import OWL, PREFIXES, RDF, RDFS, SKOS
from graph.store.engine import Engine

MOST_TERMS = 20_000
MOST_GRAPHS = 5_000
SECONDS = 6.0  # for all of it, once for each generation; a graph that is too large for that is known in part
_NAMES = f"<{RDFS}label>|<{SKOS}prefLabel>|<{SKOS}altLabel>"
_CLASSES = f"<{OWL}Class> <{RDFS}Class>"
_PROPERTIES = " ".join(
    [f"<{RDF}Property>", *(f"<{OWL}{kind}Property>" for kind in ("Object", "Datatype", "Annotation"))]
)
_NAMESPACE = re.compile(r"[^/#]*$")


@dataclass(frozen=True)
class Schema:
    """The terms of one generation with how often each is used; None where it was too much to find out.

    `merged` says whether the default graph holds all that the named graphs hold.
    """

    predicates: Mapping[str, int] | None
    classes: Mapping[str, int] | None
    declared_predicates: frozenset[str]
    declared_classes: frozenset[str]
    names: Mapping[str, tuple[str, ...]]
    graphs: frozenset[str] | None
    merged: bool

    def anywhere(self, pattern: str) -> str:
        """A pattern that matches in the default graph or in any named one."""
        return pattern if self.merged else f"{{ {pattern} }} UNION {{ GRAPH ?pmkgAnyGraph {{ {pattern} }} }}"

    def label(self, iri: str) -> str:
        return next(iter(self.names.get(iri, ())), "")

    def has_predicate(self, iri: str) -> bool:
        return self.predicates is None or iri in self.predicates

    def has_class(self, iri: str) -> bool:
        return self.classes is None or iri in self.classes

    @cached_property
    def terms(self) -> frozenset[str]:
        """Every predicate, class and graph that is known."""
        known = (*(self.predicates or ()), *(self.classes or ()), *(self.graphs or ()))
        return frozenset((*known, *self.declared_predicates, *self.declared_classes))

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Those of the terms: the shared prefixes that fit one, and what stands before a last name."""
        found = {_NAMESPACE.sub("", iri) for iri in self.terms}
        return frozenset(found | {space for space in PREFIXES.values() if any(map(space.__eq__, found))})


def read_schema(engine: Engine) -> Schema:
    """Ask the engine for all of it; takes some hundredths of a second for 40,000 statements.

    Raises:
        ServiceBusyError: no reader was free.
    """
    ask = Prober(engine, seconds=SECONDS)
    sample = "{ SELECT * { GRAPH ?g { ?s ?p ?o } } LIMIT 200 } FILTER NOT EXISTS { ?s ?p ?o }"
    known = Schema(None, None, frozenset(), frozenset(), {}, None, merged=not ask.ask(sample))
    graphs = ask.select("?term", "GRAPH ?term {}", f"LIMIT {MOST_GRAPHS}")
    declared, names = _declared(ask, known)
    return Schema(
        _counted(ask, known.anywhere("?s ?term ?o")),
        _counted(ask, known.anywhere(f"?s <{RDF}type> ?term")),
        declared["property"],
        declared["class"],
        names,
        frozenset(row["term"].value for row in graphs) if graphs is not None and len(graphs) < MOST_GRAPHS else None,
        known.merged,
    )


def _counted(ask: Prober, pattern: str) -> dict[str, int] | None:
    rows = ask.select("?term (COUNT(*) AS ?n)", pattern, f"GROUP BY ?term LIMIT {MOST_TERMS}", seconds=2.5)
    if rows is None or len(rows) == MOST_TERMS:
        return None
    return {row["term"].value: int(row["n"].value) for row in rows if "term" in row}


def _declared(ask: Prober, known: Schema) -> tuple[dict[str, frozenset[str]], dict[str, tuple[str, ...]]]:
    """The declared classes and properties, and what any of them is called, English first."""
    found: dict[str, frozenset[str]] = {}
    rows = list[Row]()
    for kind, types in (("class", _CLASSES), ("property", _PROPERTIES)):
        pattern = known.anywhere(f"?term <{RDF}type> ?type") + f" VALUES ?type {{ {types} }} FILTER(isIRI(?term))"
        named = f"{pattern} OPTIONAL {{ {known.anywhere(f'?term {_NAMES} ?name')} }}"
        some = ask.select("DISTINCT ?term ?name", named, f"LIMIT {MOST_TERMS}", seconds=2.5) or []
        found[kind] = frozenset(row["term"].value for row in some)
        rows += some
    names: dict[str, list[str]] = {}
    for row in sorted((row for row in rows if "name" in row), key=_is_foreign):
        names.setdefault(row["term"].value, []).append(row["name"].value)
    return found, {iri: tuple(dict.fromkeys(texts)) for iri, texts in names.items()}


def _is_foreign(row: Row) -> bool:
    return getattr(row["name"], "language", None) not in (None, "en")
