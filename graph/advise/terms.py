"""A query's terms against the data: a parsed query flows in, a problem for each term that is not there flows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.advise.literals import nearest_literals, quoted, value_of
from graph.advise.nearest import nearest, suggestions
from graph.advise.parsing import TYPE
from graph.advise.pattern import Kind, Node, Query, Triple
from graph.advise.probe import Prober
from graph.advise.problem import Problem, Suggestion, problem_at
from graph.advise.schema import Schema
from graph.names import BASE, DEF, OWL, RDFS, SKOS, shorten
from graph.sparql.lexer import Prologue, Token

MATCHES = " ".join(
    f"<{iri}>"
    for iri in (
        f"{SKOS}exactMatch", f"{SKOS}closeMatch", f"{SKOS}broadMatch", f"{SKOS}narrowMatch", f"{SKOS}relatedMatch",
        f"{OWL}equivalentClass", f"{OWL}equivalentProperty", f"{OWL}sameAs", f"{RDFS}subPropertyOf",
        f"{RDFS}subClassOf",
    )
)  # fmt: skip
MOST_NAMED = 5_000


@dataclass
class Terms:
    """Looks terms up in the schema, and where that does not hold them, in the data."""

    schema: Schema
    prober: Prober
    prefixes: Mapping[str, str]
    _present: dict[str, bool] = field(default_factory=dict)

    # What exists

    def look_up(self, iris: Iterable[str]) -> None:
        """Ask at once which of these IRIs occur in the data."""
        unknown = sorted({iri for iri in iris if iri not in self._present and _is_writable(iri)})
        for iri in [*unknown]:
            if iri in self.schema.terms:
                self._present[iri] = True
                unknown.remove(iri)
        if not unknown:
            return
        values = " ".join(f"<{iri}>" for iri in unknown)
        places = " || ".join(
            f"EXISTS {{ {self.schema.anywhere(triple)} }}"
            for triple in ("?iri ?p1 ?o1", "?s2 ?p2 ?iri", "?s3 ?iri ?o3")
        )
        rows = self.prober.select("?iri", f"VALUES ?iri {{ {values} }} FILTER({places})", dataset=False)
        found = {row["iri"].value for row in rows} if rows is not None else set(unknown)
        self._present.update({iri: iri in found for iri in unknown})

    def is_present(self, iri: str) -> bool:
        """Whether it occurs anywhere in the data; so it is taken to where that was not told in time."""
        self.look_up([iri])
        return self._present.get(iri, True)

    # What is like it

    def like_predicate(self, iri: str) -> tuple[Suggestion, ...]:
        counts = self.schema.predicates or {}
        found = self._mapped(iri, counts) or self._of_namesake(iri, counts)
        near = nearest(iri, counts, self.schema.names)
        return self._suggest([*found, *(other for other in near if other not in found)][:3], counts)

    def like_class(self, iri: str) -> tuple[Suggestion, ...]:
        counts = self.schema.classes or {}
        found = self._mapped(iri, {**dict.fromkeys(self.schema.declared_classes, 0), **counts})
        near = nearest(iri, counts, self.schema.names)
        near += [other for other in nearest(iri, self.schema.declared_classes, self.schema.names) if other not in near]
        return self._suggest([*found, *(other for other in near if other not in found)][:3], counts)

    def like_graph(self, iri: str) -> tuple[Suggestion, ...]:
        return self._suggest(nearest(iri, self.schema.graphs or (), {}), {})

    def like_thing(self, iri: str) -> tuple[Suggestion, ...]:
        """Things of the same namespace with a like name or label."""
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        if not _is_writable(iri) or cut < 9:
            return ()
        named = self.schema.anywhere(f"?s <{RDFS}label>|<{SKOS}altLabel>|<{SKOS}prefLabel> ?name")
        start = f'FILTER(isIRI(?s) && STRSTARTS(STR(?s), "{iri[:cut]}"))'
        rows = self.prober.select("?s ?name", f"{named} {start}", f"LIMIT {MOST_NAMED}", dataset=False) or []
        names: dict[str, tuple[str, ...]] = {}
        for row in rows:
            names[row["s"].value] = (*names.get(row["s"].value, ()), row["name"].value)
        return suggestions(nearest(iri, names, names), self.schema, self.prefixes, names=names)

    def called(self, name: str, pattern: str, dataset: bool) -> tuple[Suggestion, ...]:
        """The things that `?pmkgValue` of the pattern is, or else any others, with that label."""
        labels = f"<{RDFS}label>|<{SKOS}altLabel>|<{SKOS}prefLabel>"
        named = (
            self.schema.anywhere(f"?pmkgValue {labels} ?name") + f" FILTER(LCASE(STR(?name)) = {quoted(name.lower())})"
        )
        for asked in (f"{pattern} {named}", named):
            rows = self.prober.select("DISTINCT ?pmkgValue ?name", asked, "LIMIT 3", dataset=dataset) or []
            found = {row["pmkgValue"].value: (row["name"].value,) for row in rows}
            if found:
                return suggestions(found, self.schema, self.prefixes, names=found)
        return ()

    def _suggest(self, iris: Iterable[str], counts: Mapping[str, int]) -> tuple[Suggestion, ...]:
        return suggestions(iris, self.schema, self.prefixes, counts)

    def _mapped(self, iri: str, among: Mapping[str, int]) -> list[str]:
        """The terms among these that the graph maps to the IRI."""
        if not _is_writable(iri):
            return []
        either = f"{{ ?term ?match <{iri}> }} UNION {{ <{iri}> ?match ?term }}"
        rows = self.prober.select(
            "DISTINCT ?term", f"VALUES ?match {{ {MATCHES} }} {self.schema.anywhere(either)}", "LIMIT 50",
            dataset=False,
        )  # fmt: skip
        found = {row["term"].value for row in rows or () if isinstance(row.get("term"), ox.NamedNode)} & set(among)
        return sorted(found, key=lambda term: (not term.startswith(DEF), -among[term], term))[:3]

    def _of_namesake(self, iri: str, among: Mapping[str, int]) -> list[str]:
        """A predicate of the same last name in another namespace."""
        last = iri[max(iri.rfind("/"), iri.rfind("#")) + 1 :].lower()
        return sorted(other for other in among if last and other.lower().endswith(("/" + last, "#" + last)))[:3]


def lint_terms(query: Query, terms: Terms, misbound: Iterable[str]) -> Iterator[Problem]:
    """Each unknown term once, at its first place; those of a misbound prefix are that prefix's problem."""
    if query.where is None and query.form != "DESCRIBE":
        return
    triples = tuple(query.where.triples()) if query.where else ()
    skipped = tuple(misbound)
    terms.look_up(iri for triple in triples for iri in _nodes(triple))
    seen = set[str]()
    for problem, iri in _all_terms(query, triples, terms):
        if iri in seen or iri.startswith(skipped):
            continue
        seen.add(iri)
        yield problem()


def _all_terms(query: Query, triples: tuple[Triple, ...], terms: Terms) -> Iterator[tuple[_Later, str]]:
    for token, iri in query.graphs:
        if _lacks_graph(iri, terms):
            yield _Later(query, token, "graph", iri, terms), iri
    for group, _ in query.where.everywhere() if query.where else ():
        for part in group.parts:
            node = getattr(part, "graph", None)
            if node is not None and node.iri and part.keyword == "GRAPH" and _lacks_graph(node.iri, terms):  # type: ignore[union-attr]
                yield _Later(query, node.token, "graph", node.iri, terms), node.iri
    for triple in triples:
        for token, iri in triple.verb.terms:
            if iri and not terms.schema.has_predicate(iri) and (iri != TYPE or terms.schema.classes):
                yield _Later(query, token, "predicate", iri, terms), iri
        for node in (triple.subject, triple.object):
            if node.iri and _lacks(node, triple, terms):
                is_class = node is triple.object and is_typing(triple)
                yield _Later(query, node.token, "class" if is_class else "term", node.iri, terms), node.iri
    for token, iri in _elsewhere(query):
        if not terms.is_present(iri):
            yield _Later(query, token, "term", iri, terms), iri


def _lacks(node: Node, triple: Triple, terms: Terms) -> bool:
    if node is triple.object and is_typing(triple):
        known = terms.schema.has_class(node.iri) or node.iri in terms.schema.declared_classes
        return not known and not (terms.is_present(node.iri) and triple.verb.is_path)
    return not terms.is_present(node.iri)


def _lacks_graph(iri: str, terms: Terms) -> bool:
    if not iri or not _is_writable(iri):
        return False
    if terms.schema.graphs is not None:
        return iri not in terms.schema.graphs
    return terms.prober.ask(f"GRAPH <{iri}> {{ ?s ?p ?o }}", dataset=False) is False


def is_typing(triple: Triple) -> bool:
    """Whether its object is a class: `a`, or a path that starts with it or climbs the classes."""
    iris = {iri for _, iri in triple.verb.terms}
    return triple.verb.iri == TYPE or (triple.verb.is_path and TYPE in iris and iris <= {TYPE, f"{RDFS}subClassOf"})


def _nodes(triple: Triple) -> list[str]:
    return [node.iri for node in (triple.subject, triple.object) if node.kind is Kind.IRI and node.iri]


def _elsewhere(query: Query) -> Iterator[tuple[Token, str]]:
    """The IRIs of our own that stand in filters, VALUES and DESCRIBE: there, an unknown one is a slip too."""
    prologue = Prologue(query.prefixes, BASE)
    targets = query.select.head if query.form == "DESCRIBE" else ()
    inner = [
        part.tokens
        for group, _ in (query.where.everywhere() if query.where else ())
        for part in group.parts
        if not isinstance(part, Triple) and part.keyword in ("FILTER", "VALUES", "OTHER") and not part.groups
    ]
    for tokens in (targets, *inner):
        for token, after in zip(tokens, [*tokens[1:], None], strict=False):
            iri = prologue.iri(token)
            is_call = after is not None and after.text == "("
            if iri and iri.startswith(BASE) and not is_call and not iri.endswith(("/", "#")):
                yield token, iri


@dataclass(frozen=True)
class _Later:
    """A problem that is put together, with its suggestions, only where it is the first about its term."""

    query: Query
    token: Token
    what: str
    iri: str
    terms: Terms

    def __call__(self) -> Problem:
        return unknown_term(self.query.text, self.token, self.what, self.iri, self.terms)


def unknown_term(text: str, token: Token, what: str, iri: str, terms: Terms, pattern: str = "") -> Problem:
    """The problem of a predicate, class, graph or other term that the data does not have."""
    look = {
        "predicate": terms.like_predicate, "class": terms.like_class, "graph": terms.like_graph,
        "term": terms.like_thing,
    }[what]  # fmt: skip
    found = look(iri)
    name = shorten(iri) if shorten(iri) != iri else f"<{iri}>"
    kind = f"unknown-{what}"
    if what == "predicate" and iri in terms.schema.declared_predicates:
        kind, message = "unused-predicate", f"{name} is declared, but no statement uses it."
    elif what == "predicate":
        message = f"No statement of the graph has the predicate {name}."
    elif what == "class":
        message = f"There is no class {name} in the graph."
    elif what == "graph":
        message = f"There is no named graph {name}."
    else:
        message = f"{name} does not occur in the graph."
    return problem_at(text, token, kind, message, found, pattern=pattern)


def lint_literals(query: Query, terms: Terms) -> Iterator[Problem]:
    """Literals that no statement with their predicate has, though the predicate is used."""
    for triple in query.where.triples() if query.where else ():
        verb = triple.verb
        if triple.object.kind is not Kind.LITERAL or not verb.iri or not terms.schema.has_predicate(verb.iri):
            continue
        known = terms.schema.anywhere
        if terms.prober.ask(known(f"?s {verb.text} {triple.object.text}"), dataset=False) is False:
            yield unknown_literal(query.text, triple, known(f"?s {verb.text} ?pmkgValue"), terms)


def unknown_literal(text: str, triple: Triple, pattern: str, terms: Terms, dataset: bool = False) -> Problem:
    """The problem of a literal that the pattern's `?pmkgValue` never is."""
    literal = triple.object
    near = nearest_literals(pattern, "pmkgValue", literal.text, terms.prober, terms.prefixes, dataset)
    message = f"No statement with {triple.verb.text} has the value {literal.text}."
    if not near and terms.prober.ask(f"{pattern} FILTER(isIRI(?pmkgValue))", dataset=dataset):
        near = terms.called(value_of(literal.text), pattern, dataset)
        message += f" {triple.verb.text} leads to things, not to texts."
    if near and near[0].note.startswith("with"):
        message += f" It is there {near[0].note}: {near[0].text}."
    elif near and near[0].note:
        message += f" It is there in {near[0].note}: {near[0].text}."
    return problem_at(
        text, literal.token, "unknown-literal", message, near, length=literal.length, pattern=triple.shown
    )


def _is_writable(iri: str) -> bool:
    """Whether it can stand in a query between < and >."""
    return bool(iri) and not set(iri) & set('<>"{}|^`\\ ') and iri.isprintable()
