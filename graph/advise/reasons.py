"""Why one triple pattern does not match: it and what stands around it flow in, a problem with its cure flows out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pyoxigraph as ox

from graph.advise.literals import nearest_literals, shown
from graph.advise.nearest import nearest, suggestions, written
from graph.advise.parsing import TYPE
from graph.advise.pattern import Kind, Node, Part, Query, Triple, Verb, variables
from graph.advise.probe import Prober, Row
from graph.advise.problem import Problem, Suggestion, problem_at
from graph.advise.terms import Terms, is_typing, unknown_literal, unknown_term
from graph.names import DEF, LANGUAGES, RDFS
from graph.sparql.lexer import tokens_of

MOST_SHOWN = 3
MOST_TURNED = 5


def identity(text: str) -> str:
    """The text itself."""
    return text


@dataclass(frozen=True)
class Scene:
    """Where a pattern is asked: in which GRAPH, and after what."""

    inside: Callable[[str], str] = identity
    before: str = ""
    graph: Node | None = None

    def place(self, text: str) -> str:
        return f"{self.before} {self.inside(text)}"

    def within(self, graph: Node) -> Scene:
        outer = self.inside
        return replace(self, inside=lambda text: outer(f"GRAPH {graph.text} {{ {text} }}"), graph=graph)


@dataclass(frozen=True)
class Reasons:
    """Asks small questions about one pattern."""

    query: Query
    terms: Terms
    prober: Prober

    def alone(self, triple: Triple, scene: Scene) -> Problem:
        """Why it matches nothing even by itself."""
        if scene.graph is not None and self.prober.ask(triple.text):
            return self._in_other_graphs(triple, scene.graph)
        unknown = self._unknown(triple)
        if unknown is not None:
            return unknown
        if triple.verb.is_path and len(triple.verb.steps) > 1:
            return self._step(triple, scene)
        if triple.object.kind is Kind.LITERAL:
            pattern = scene.inside(f"{triple.subject.text} {triple.verb.text} ?pmkgValue .")
            if self.prober.ask(pattern):
                return unknown_literal(self.query.text, triple, pattern, self.terms, dataset=True)
        return self.joined(triple, [], scene)

    def joined(self, triple: Triple, prior: Iterable[Triple | Part], scene: Scene) -> Problem:
        """Why it does not match together with what stands before it, though it may by itself."""
        prior = list(prior)
        so_far = scene.place(" ".join(part.text for part in prior)) if prior else scene.before
        bare = " ".join(part.text for part in (*prior, triple))
        if scene.graph is not None and prior and self.prober.ask(f"{scene.before} {bare}"):
            return self._in_several_graphs(triple, scene.graph)
        if triple.verb.is_path and len(triple.verb.steps) > 1:
            return self._step(triple, scene, so_far)
        turned = self._turned(triple, so_far, scene) or self._turned_before(triple, prior, scene)
        if turned is not None:
            return turned
        other_value = self._other_value(triple, so_far, scene)
        if other_value is not None:
            return other_value
        if is_typing(triple) and triple.object.iri:
            return self._other_class(triple, so_far, scene, prior)
        return self._other_predicate(triple, so_far, scene, prior)

    # What the data does not have at all

    def _unknown(self, triple: Triple) -> Problem | None:
        for token, iri in triple.verb.terms:
            if iri and not self.terms.schema.has_predicate(iri):
                return unknown_term(self.query.text, token, "predicate", iri, self.terms, triple.shown)
        target = triple.object
        if is_typing(triple) and target.iri and not self.terms.schema.has_class(target.iri):
            if target.iri in self.terms.schema.declared_classes:
                return self._class_without_things(triple)
            return unknown_term(self.query.text, target.token, "class", target.iri, self.terms, triple.shown)
        for node in (triple.subject, target):
            if node.iri and not self.terms.is_present(node.iri):
                return unknown_term(self.query.text, node.token, "term", node.iri, self.terms, triple.shown)
        return None

    def _class_without_things(self, triple: Triple) -> Problem:
        iri, schema = triple.object.iri, self.terms.schema
        near = f"{{ ?c <{RDFS}subClassOf> <{iri}> }} UNION {{ <{iri}> <{RDFS}subClassOf> ?c }}"
        rows = self.prober.select("DISTINCT ?c", schema.anywhere(near), "LIMIT 500", dataset=False) or []
        counts = {row["c"].value: (schema.classes or {}).get(row["c"].value, 0) for row in rows}
        used = sorted((c for c in counts if counts[c]), key=lambda c: (-counts[c], c))[:MOST_SHOWN]
        found = suggestions(used, schema, self.query.prefixes, counts, note="broader or narrower")
        found = found or self.terms.like_class(iri)
        message = f"{triple.object.text} is a class of the graph, but no thing has it as its type."
        return self._at(triple.object, "empty-class", message, triple, found)

    # Which graph

    def _in_other_graphs(self, triple: Triple, graph: Node) -> Problem:
        rows = self.prober.select("DISTINCT ?g", f"GRAPH ?g {{ {triple.text} }}", f"LIMIT {MOST_SHOWN}") or []
        found = tuple(Suggestion(written(row["g"].value, self.query.prefixes), row["g"].value) for row in rows)
        if graph.is_open:
            message = "This matches in the default graph only, and in no named graph."
        else:
            message = f"The graph {graph.text} does not hold this; another one does."
        return self._at(graph, "other-graph", message, triple, found)

    def _in_several_graphs(self, triple: Triple, graph: Node) -> Problem:
        message = (
            f"No single graph holds this together with the patterns before it in GRAPH {graph.shown or graph.text}: "
            "they stand in different graphs. Give each a GRAPH of its own, or leave GRAPH out to ask the merge of all."
        )
        return problem_at(
            self.query.text, triple.token, "not-in-one-graph", message, length=triple.verb.length, pattern=triple.shown
        )

    # What would match in its place

    def _turned(self, triple: Triple, so_far: str, scene: Scene) -> Problem | None:
        verb = triple.verb
        if triple.object.kind in (Kind.LITERAL, Kind.OTHER) or not verb.iri or verb.iri == TYPE:
            return None
        if triple.subject.is_open and triple.object.is_open and not so_far:
            return None
        turned = turned_text(triple)
        if self._leads_to_texts(verb):
            return None
        if not self.prober.ask(f"{so_far} {scene.inside(turned)}"):
            return None
        return self._other_way(triple)

    def _turned_before(self, triple: Triple, prior: list[Triple | Part], scene: Scene) -> Problem | None:
        """A pattern before it that is turned round, so that it leads to the wrong end."""
        held = variables_of([triple])
        for one in [part for part in prior if isinstance(part, Triple)][-MOST_TURNED:]:
            is_turnable = one.verb.iri and one.verb.iri != TYPE and one.object.kind in (Kind.VARIABLE, Kind.IRI)
            if not is_turnable or not variables_of([one]) & held or self._leads_to_texts(one.verb):
                continue
            others = " ".join(part.text for part in (*prior, triple) if part is not one)
            if self.prober.ask(scene.place(f"{others} {turned_text(one)}")):
                return self._other_way(one)
        return None

    def _leads_to_texts(self, verb: Verb) -> bool:
        return self.prober.ask(f"?s {verb.text} ?o FILTER(isLiteral(?o))") is True

    def _other_way(self, triple: Triple) -> Problem:
        verb = triple.verb
        found = Suggestion(
            f"^{verb.text}", verb.iri, label=self.terms.schema.label(verb.iri), note="the other way round"
        )
        message = (
            f"{verb.text} leads the other way round here: {self._shown(triple.object)} {verb.text} "
            f"{self._shown(triple.subject)} matches."
        )
        return self._at_verb(verb, "wrong-direction", message, triple, (found,))

    def _other_value(self, triple: Triple, so_far: str, scene: Scene) -> Problem | None:
        """Where the predicate fits but not the value that is given, the values that do."""
        target, verb = triple.object, triple.verb
        if target.is_open or target.kind is Kind.OTHER or is_typing(triple) or (not so_far and triple.subject.is_open):
            return None
        pattern = f"{so_far} {scene.inside(f'{triple.subject.text} {verb.text} ?pmkgValue .')}"
        if not self.prober.ask(pattern):
            return None
        if target.kind is Kind.LITERAL:
            found = nearest_literals(pattern, "pmkgValue", target.text, self.prober, self.query.prefixes)
        else:
            found = ()
        message = f"{verb.text} has values here, but never {target.text}."
        found = found or self._most_frequent(pattern)
        return self._at(target, "other-value", message, triple, found)

    def _most_frequent(self, pattern: str, most: int = MOST_SHOWN) -> tuple[Suggestion, ...]:
        """What `?pmkgValue` is in the pattern, most often first."""
        tail = f"GROUP BY ?pmkgValue ORDER BY DESC(?n) ?pmkgValue LIMIT {most}"
        rows = self.prober.select("?pmkgValue (COUNT(*) AS ?n)", pattern, tail) or []
        found = list[Suggestion]()
        for row in rows:
            if (term := row.get("pmkgValue")) is not None:
                iri = term.value if isinstance(term, ox.NamedNode) else ""
                found.append(Suggestion(shown(term, self.query.prefixes), iri, count=int(row["n"].value)))
        return tuple(found)

    def _other_class(self, triple: Triple, so_far: str, scene: Scene, prior: list[Triple | Part]) -> Problem:
        pattern = f"{so_far} {scene.inside(f'{triple.subject.text} a ?pmkgValue .')}"
        is_given = so_far or triple.subject.iri
        found = self._most_frequent(f"{pattern} FILTER(isIRI(?pmkgValue))", most=50) if is_given else ()
        named = [replace(item, label=self.terms.schema.label(item.iri)) for item in found]
        named = [item for item in named if not item.iri.startswith(LANGUAGES)]
        found = tuple(sorted(named, key=lambda item: not item.iri.startswith(DEF))[:MOST_SHOWN])
        message = (
            f"There are things of the class {triple.object.text}, but {self._shown(triple.subject)} is none of them"
            f"{' here' if so_far else ''}. It is of other classes:"
        )
        if not found:
            message = f"{self._shown(triple.subject)} has no class here."
        return self.with_samples(self._at(triple.object, "other-class", message, triple, found), triple, prior, scene)

    def _other_predicate(self, triple: Triple, so_far: str, scene: Scene, prior: list[Triple | Part]) -> Problem:
        """The predicates that do match between what stands before it and this pattern's terms."""
        verb, subject, target = triple.verb, triple.subject, triple.object
        held = variables_of(prior) | variables_in(scene.before)
        from_given = not subject.is_open or subject.text[1:] in held
        to_given = not target.is_open or target.text[1:] in held
        near, others = list[Suggestion](), list[Suggestion]()
        for here, there in ((from_given, to_given), (from_given, False), (False, to_given)):
            one, other = subject.text if here else "?pmkgOther", target.text if there else "?pmkgOther"
            if not near and not others and (here or there):
                near, others = self._predicates(f"{so_far} {scene.inside(f'{one} ?pmkgVerb {other} .')}", verb)
        through = self._through(triple, so_far, scene) if from_given else ()
        found = (*near, *through, *(() if through else others))[:MOST_SHOWN]
        at = " here" if so_far else ""
        if from_given and to_given:
            message = f"{verb.text} does not lead from {self._shown(subject)} to {self._shown(target)}{at}."
        elif from_given:
            message = f"{self._shown(subject)} has no {verb.text}{at}."
        else:
            message = f"{verb.text} never leads to {self._shown(target)}{at}."
        if prior or scene.before:
            message += " The pattern matches by itself, but never together with what stands before it."
        kind = "never-together" if so_far else "no-such-statement"
        return self.with_samples(self._at_verb(verb, kind, message, triple, found), triple, prior, scene)

    def _through(self, triple: Triple, so_far: str, scene: Scene) -> tuple[Suggestion, ...]:
        """The predicates that lead to something which has the one that is asked for: a step is missing."""
        verb = triple.verb
        if not verb.iri or verb.iri == TYPE:
            return ()
        walk = f"{triple.subject.text} ?pmkgVerb ?pmkgVia . ?pmkgVia {verb.text} {triple.object.text} ."
        rows = self.prober.select(
            "?pmkgVerb (COUNT(*) AS ?n)", f"{so_far} {scene.inside(walk)}",
            "GROUP BY ?pmkgVerb ORDER BY DESC(?n) ?pmkgVerb LIMIT 20",
        )  # fmt: skip
        counts = {row["pmkgVerb"].value: int(row["n"].value) for row in rows or () if "pmkgVerb" in row}
        first = [iri for iri in counts if not iri.startswith(LANGUAGES)][:MOST_SHOWN]
        steps = suggestions(first, self.terms.schema, self.query.prefixes, counts)
        return tuple(replace(step, text=f"{step.text}/{verb.text}", note="one step further") for step in steps)

    def _predicates(self, pattern: str, verb: Verb) -> tuple[list[Suggestion], list[Suggestion]]:
        """What `?pmkgVerb` is in the pattern: those with a like name, and the others but for the usual ones."""
        tail = "GROUP BY ?pmkgVerb ORDER BY DESC(?n) ?pmkgVerb LIMIT 100"
        rows = self.prober.select("?pmkgVerb (COUNT(*) AS ?n)", pattern, tail)
        counts = {row["pmkgVerb"].value: int(row["n"].value) for row in rows or () if "pmkgVerb" in row}
        counts.pop(verb.iri, None)
        near = nearest(verb.iri, counts, self.terms.schema.names) if verb.iri else []
        others = [iri for iri in counts if not iri.startswith(LANGUAGES) and iri not in near]
        schema, prefixes = self.terms.schema, self.query.prefixes
        return (
            list(suggestions(near, schema, prefixes, counts)),
            list(suggestions(others[:MOST_SHOWN], schema, prefixes, counts)),
        )

    def _step(self, triple: Triple, scene: Scene, so_far: str = "") -> Problem:
        """The first step of a path that leads nowhere, as a pattern of its own."""
        steps = triple.verb.steps
        for number, (text, token) in enumerate(steps):
            done = "/".join(step for step, _ in steps[: number + 1])
            is_last = number + 1 == len(steps)
            if (
                not is_last
                and self.prober.ask(f"{so_far} {scene.inside(f'{triple.subject.text} {done} ?pmkgEnd .')}") is not False
            ):
                continue
            terms = tuple(
                (word, iri) for word, iri in triple.verb.terms if token.start <= word.start < token.start + len(text)
            )
            is_simple = len(terms) == 1 and terms[0][0].text == text
            verb = Verb(text, token, len(text), terms[0][1] if is_simple else "", terms=terms)
            before = "/".join(step for step, _ in steps[:number])
            start = replace(triple.subject) if not before else Node(Kind.VARIABLE, "?pmkgMiddle", token, 0, shown="…")
            end = triple.object if is_last else Node(Kind.VARIABLE, "?pmkgEnd", token, 0, shown="…")
            walked = f"{so_far} {scene.inside(f'{triple.subject.text} {before} ?pmkgMiddle .')}" if before else so_far
            one = Triple(start, verb, end)
            problem = self._unknown(one) or self.joined(one, [], replace(scene, before=walked))
            return replace(problem, pattern=triple.shown)
        raise AssertionError("the last step is always explained")

    # Saying it

    def with_samples(self, problem: Problem, unit: Triple | Part, prior: list[Triple | Part], scene: Scene) -> Problem:
        """The problem with an example of what the shared variables are before the part, and in it."""
        names = sorted((variables_of([unit]) & variables_of(prior)) - {"pmkgMiddle", "pmkgEnd"})[:2]
        if not names:
            return problem
        head = " ".join(f"?{name}" for name in names)
        before = self.prober.select(head, scene.place(" ".join(part.text for part in prior)), "LIMIT 1") or []
        here = self.prober.select(head, scene.inside(unit.text), "LIMIT 1") or []
        told = [*self._sample("before it", before), *self._sample("in it", here)]
        message = problem.message
        for name in names if before and here else ():
            kinds = {type(row[0].get(name)) for row in (before, here)}
            if kinds == {ox.Literal, ox.NamedNode}:
                message += f" ?{name} is a text in the one and a thing in the other."
        return replace(problem, message=message, examples=tuple(told))

    def _sample(self, where: str, rows: list[Row]) -> list[str]:
        return [f"{where}, ?{name} is {shown(term, self.query.prefixes)}" for row in rows for name, term in row.items()]

    def _shown(self, node: Node) -> str:
        return node.shown or node.text

    def _at(self, node: Node, kind: str, message: str, triple: Triple, found: tuple[Suggestion, ...]) -> Problem:
        return problem_at(self.query.text, node.token, kind, message, found, length=node.length, pattern=triple.shown)

    def _at_verb(self, verb: Verb, kind: str, message: str, triple: Triple, found: tuple[Suggestion, ...]) -> Problem:
        return problem_at(self.query.text, verb.token, kind, message, found, length=verb.length, pattern=triple.shown)


def turned_text(triple: Triple) -> str:
    """The pattern with subject and object in each other's place."""
    return f"{triple.object.text} {triple.verb.text} {triple.subject.text} ."


def variables_of(parts: Iterable[Triple | Part]) -> set[str]:
    """The names of the variables in parts."""
    found = set[str]()
    for part in parts:
        if isinstance(part, Triple):
            texts = (part.subject.text, part.verb.text, part.object.text)
            found |= {text[1:] for text in texts if text[:1] == "?"}
        else:
            found |= variables(part.tokens)
    return found


def variables_in(text: str) -> set[str]:
    """The names of the variables in a text."""
    return variables(tuple(tokens_of(text)))
