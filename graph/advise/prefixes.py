"""A query's prefixes against the data: it flows in, undeclared ones and those that nothing starts with flow out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rapidfuzz import fuzz, process

from graph.advise.nearest import LONGEST, local_name
from graph.advise.pattern import Query
from graph.advise.probe import Prober
from graph.advise.problem import Problem, Suggestion, problem_at
from graph.advise.schema import Schema
from graph.names import LANGUAGES, PREFIX_MAP, PREFIXES
from graph.sparql.lexer import Token

FUNCTIONS = ("http://www.w3.org/2005/xpath-functions",)  # namespaces of functions, of which no data has a term


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, str]:
    """Other prefixes that people use for the namespaces of ours."""
    rows = json.loads(PREFIX_MAP.read_text("utf-8"))
    return {other: row["prefix"] for row in rows for other in row.get("prefix_synonyms", ())}


def undeclared(query: Query, schema: Schema) -> Iterator[Problem]:
    """Each prefix that is neither declared nor one of those that need no declaration, at its first use."""
    seen = set[str]()
    for token in query.tokens:
        prefix, _, local = token.text.partition(":")
        if token.kind != "name" or prefix in query.prefixes or prefix in seen or prefix == "_":
            continue
        if any(iri.start == token.start + len(token.text) for _, iri, _ in query.declared):
            continue
        seen.add(prefix)
        found = tuple(_instead(prefix, local, query, schema))[:3]
        yield problem_at(
            query.text, token, "undeclared-prefix", f"The prefix {prefix}: is not declared.", found, pattern=""
        )


def _instead(prefix: str, local: str, query: Query, schema: Schema) -> Iterator[Suggestion]:
    """What the name may mean: a prefix with a like name, or any term of ours with that last name."""
    known = synonyms().get(prefix)
    declared = list(query.prefixes)
    near = [known] if known else [
        name for name, _, _ in process.extract(prefix[:LONGEST], declared, scorer=_alike, limit=3, score_cutoff=75)
    ]  # fmt: skip
    with_term = [name for name in near if query.prefixes.get(name, PREFIXES.get(name, "")) + local in schema.terms]
    others = [iri for iri in schema.terms if local and local_name(iri) == local]
    named = [(name, (query.prefixes.get(name) or PREFIXES[name]) + local) for name in with_term or near[:1]]
    shown = set[str]()
    for iri in (*(iri for _, iri in named if with_term), *sorted(others), *(iri for _, iri in named)):
        fits = [(len(space), name) for name, space in query.prefixes.items() if space and iri.startswith(space)]
        if not fits or iri in shown:
            continue
        shown.add(iri)
        _, name = max(fits)
        text = f"{name}:{iri.removeprefix(query.prefixes[name])}"
        yield Suggestion(text, iri, label=schema.label(iri), count=(schema.predicates or {}).get(iri))


def _alike(one: str, other: str, **_: object) -> float:
    """How alike two prefixes are; a swap of neighbours (`dfe:`) is one change."""
    same = sorted(one) == sorted(other) and len(one) > 1
    return 90.0 if same else fuzz.ratio(one.lower(), other.lower())


def misbound(query: Query, schema: Schema, prober: Prober) -> Iterator[tuple[str, Problem]]:
    """Each declared prefix that is used in the pattern and whose IRI nothing in the data starts with, with that IRI."""
    used = _used(query)
    for prefix, token, iri in query.declared:
        if prefix not in used or not iri or iri in LANGUAGES or iri.startswith(FUNCTIONS):
            continue
        spaces = {*PREFIXES.values(), *schema.namespaces}
        if iri in spaces and any(term.startswith(iri) for term in schema.terms):
            continue
        alike = sorted((space for space in spaces - {iri} if _bare(space) == _bare(iri)), key=lambda space: (
            not any(term.startswith(space) for term in schema.terms), space))  # fmt: skip
        known = PREFIXES.get(prefix) or PREFIXES.get(synonyms().get(prefix, ""))
        if iri not in spaces and not alike and _occurs(iri, schema, prober) is not False:
            continue
        if iri in spaces and not alike and _occurs(iri, schema, prober) is not False:
            continue
        better = _with_names(query, prefix, schema) or alike
        better = better or [space for space in (known,) if space and space != iri] or _near(iri, schema)
        found = tuple(Suggestion(f"<{space}>", space, note=_holds(space, schema)) for space in better[:3])
        message = f"Nothing in the graph starts with the IRI of the prefix {prefix}:."
        if better and better[0] in alike:
            message += f" It is written <{better[0]}>."
        yield iri, problem_at(query.text, token, "wrong-prefix", message, found)


def _used(query: Query) -> set[str]:
    """The prefixes of the terms in the pattern, functions and datatypes aside."""
    found = set[str]()
    tokens = query.where.tokens if query.where else query.select.head
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        is_datatype = before is not None and before.text == "^^"
        is_call = after is not None and after.text == "(" and after.start == token.start + len(token.text)
        if token.kind == "name" and not is_datatype and not is_call:
            found.add(token.text.partition(":")[0])
    return found


def _with_names(query: Query, prefix: str, schema: Schema) -> list[str]:
    """The namespaces that have the last names which the query writes with the prefix, those that have most first."""
    locals = {token.text.partition(":")[2] for token in query.tokens if token.text.startswith(f"{prefix}:")} - {""}
    found = Counter(iri.removesuffix(local_name(iri)) for iri in schema.terms if local_name(iri) in locals)
    return [space for space, _ in found.most_common(3)]


def _bare(iri: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", iri.lower()).rstrip("/#")


def _occurs(iri: str, schema: Schema, prober: Prober) -> bool | None:
    """Whether any term of the data starts with it; None when that was not told in time."""
    if any(term.startswith(iri) for term in schema.terms):
        return True
    start = Token("string", iri, 0).text.replace("\\", "\\\\").replace('"', '\\"')
    for variable in ("?s", "?o"):
        starts = f'FILTER(isIRI({variable}) && STRSTARTS(STR({variable}), "{start}"))'
        found = prober.ask(f"{schema.anywhere('?s ?p ?o')} {starts}", dataset=False)
        if found is not False:
            return found
    return False


def _near(iri: str, schema: Schema) -> list[str]:
    spaces = sorted({*schema.namespaces, *PREFIXES.values()} - {iri})
    hits = process.extract(iri[:LONGEST], spaces, scorer=fuzz.ratio, limit=2, score_cutoff=85)
    return [space for space, _, _ in hits]


def _holds(space: str, schema: Schema) -> str:
    return "the graph uses it" if any(term.startswith(space) for term in schema.terms) else ""
