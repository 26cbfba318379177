"""A query's variables: it flows in, unbound ones, typos, filters out of scope and groups that fall apart flow out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from rapidfuzz.distance import OSA

from graph.advise.pattern import Group, Part, Query, Select, Triple, variables, with_depth
from graph.advise.problem import Problem, Suggestion, problem_at
from graph.sparql.lexer import Token

CORRELATED = frozenset({"OPTIONAL", "FILTER", "BIND", "LATERAL"})  # their groups see what is bound around them


def bound_in(group: Group) -> set[str]:
    """The variables that the group may bind, those of its OPTIONAL parts too."""
    found = set[str]()
    for part in group.parts:
        if isinstance(part, Triple):
            found |= {text[1:] for text in (part.subject.text, part.verb.text, part.object.text) if text[:1] == "?"}
            if part.subject.text[:1] == "(" or part.object.text[:1] == "(":
                found |= variables(group.tokens)
        else:
            found |= _bound_by(part)
    return found


def _bound_by(part: Part) -> set[str]:
    if part.keyword == "FILTER" or part.keyword == "MINUS":
        return set()
    if part.keyword == "BIND":
        return {part.tokens[-2].text[1:]}
    if part.select is not None:
        return projected(part.select)
    if part.keyword in ("VALUES", "OTHER", "SERVICE"):
        return variables(part.tokens)
    found = {part.graph.text[1:]} if part.graph is not None and part.graph.is_open else set()
    return found.union(*map(bound_in, part.groups))


def projected(select: Select) -> set[str]:
    """The variables that a SELECT hands on."""
    if select.selects_all:
        return bound_in(select.group)
    tokens = [token for token, depth in with_depth(select.head) if depth == 0 and token.kind == "variable"]
    return {token.text[1:] for token in tokens} | _named_by_as(select.head)


def _named_by_as(tokens: tuple[Token, ...]) -> set[str]:
    return {after.text[1:] for token, after in pairwise(tokens) if token.word == "AS" and after.kind == "variable"}


def lint_variables(query: Query) -> Iterator[Problem]:
    """Every problem with variables, in the order of the text."""
    if query.where is None:
        return
    unbound = tuple(_unbound(query, query.where))
    yield from unbound
    yield from _lone(query, {problem.term[1:] for problem in unbound})
    yield from _out_of_scope(query, query.where)
    yield from _products(query, query.where)


def _unbound(query: Query, where: Group) -> Iterator[Problem]:
    """Variables that are asked for or compared but that no pattern has."""
    bound = _named_by_as(query.tokens)
    for group, _ in where.everywhere():
        bound |= bound_in(group)
    minus = (part for group, _ in where.everywhere() for part in group.parts if isinstance(part, Part))
    for part in minus:
        if part.keyword in ("MINUS", "SERVICE"):
            bound |= variables(part.tokens)
    seen = set[str]()
    for token in query.tokens:
        name = token.text[1:]
        if token.kind == "variable" and name not in bound and name not in seen:
            seen.add(name)
            message = f"Nothing in the pattern binds {token.text}, so it has no value."
            yield problem_at(query.text, token, "unbound-variable", message, _like(name, bound, token.text[0]))


def _lone(query: Query, unbound: set[str]) -> Iterator[Problem]:
    """Variables that occur once and are spelled almost as another one."""
    counts = Counter(token.text[1:] for token in query.tokens if token.kind == "variable")
    asked = variables(query.select.head) | variables(query.template)
    for token in query.tokens:
        name = token.text[1:]
        if token.kind != "variable" or counts[name] > 1 or name in asked:
            continue
        if name in unbound:
            continue
        near = _like(name, {other for other in counts if other != name}, token.text[0])
        if near and near[0].text[1:] not in unbound:
            message = f"{token.text} occurs only here, and is spelled almost as {near[0].text}."
            yield problem_at(query.text, token, "lone-variable", message, near)


def _like(name: str, others: set[str], mark: str) -> tuple[Suggestion, ...]:
    """The variables whose names differ in a letter or two; those numbered differently are meant to differ."""

    def differs(other: str) -> int:
        if name.rstrip("0123456789") == other.rstrip("0123456789") or min(len(name), len(other)) < 3:
            return 99
        return OSA.distance(name.lower(), other.lower())

    near = sorted((differs(other), other) for other in others if not other.startswith("pmkg"))
    most = 1 if len(name) < 6 else 2
    return tuple(Suggestion(f"{mark}{other}") for distance, other in near if distance <= most)[:2]


def _out_of_scope(query: Query, where: Group) -> Iterator[Problem]:
    """Filters that compare a variable which only the pattern around their braces binds: it has no value in them."""
    for part in where.parts:
        if not isinstance(part, Part):
            continue
        for inner in part.groups:
            if part.keyword in CORRELATED or part.keyword == "SERVICE":
                continue
            yield from _filters_of(query, inner, bound_in(where))
            yield from _out_of_scope(query, inner)


def _filters_of(query: Query, group: Group, around: set[str]) -> Iterator[Problem]:
    known = bound_in(group)
    for part in group.parts:
        if not isinstance(part, Part) or part.keyword != "FILTER" or part.groups:
            continue
        for token in part.tokens:
            name = token.text[1:]
            if token.kind == "variable" and name not in known and name in around:
                message = (
                    f"{token.text} is bound outside of these braces only, and a FILTER sees only what is bound inside."
                )
                yield problem_at(query.text, token, "out-of-scope-variable", message)
                break


def _products(query: Query, where: Group) -> Iterator[Problem]:
    """Patterns of one group that share no variable: every match of the one pairs with each of the other."""
    for group, around in where.everywhere():
        outside = set[str]().union(*map(bound_in, around))
        islands = _islands(group, outside)
        if len(islands) > 1:
            first, second = islands[0][1], islands[1][1]
            message = (
                "This shares no variable with the patterns before it, so that every match of it pairs with every "
                "match of those."
            )
            if isinstance(first, Triple | Part):
                yield problem_at(
                    query.text, _first_token(second), "cartesian-product", message, pattern=second.shown, length=
                    _first_length(second),
                )  # fmt: skip


def _islands(group: Group, outside: set[str]) -> list[tuple[set[str], Triple | Part]]:
    """The parts of the group that hang together by variables, each as these and its first part."""
    islands: list[tuple[set[str], Triple | Part]] = []
    links: list[set[str]] = [outside] if outside else []
    for part in group.parts:
        if isinstance(part, Triple):
            names = bound_in(Group((part,)))
        elif part.keyword in ("FILTER", "BIND", "VALUES", "OPTIONAL", "MINUS", "OTHER", "SERVICE"):
            links.append(variables(part.tokens))
            continue
        elif part.select is not None and part.select.gives_one_row:
            continue
        else:
            names = _bound_by(part) if part.select is not None else variables(part.tokens)
        if names:
            islands.append((names, part))
    merged = True
    while merged:
        merged = False
        for link in [*links, *(names for names, _ in islands)]:
            touched = [island for island in islands if island[0] & link]
            if len(touched) > 1:
                union = set[str]().union(*(names for names, _ in touched))
                first = touched[0][1]
                position = islands.index(touched[0])
                islands = [island for island in islands if island not in touched]
                islands.insert(position, (union, first))
                merged = True
                break
    return islands


def _first_token(part: Triple | Part) -> Token:
    return part.subject.token if isinstance(part, Triple) else part.token


def _first_length(part: Triple | Part) -> int:
    return part.subject.length if isinstance(part, Triple) else len(part.token.text)
