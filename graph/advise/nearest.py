"""The terms that are most like one that was not found: candidates with their names flow in, suggestions flow out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz import fuzz, process

from graph.advise.problem import Suggestion
from graph.advise.schema import Schema
from graph.names import shorten

MOST = 3
LONGEST = 200  # characters that are compared: who likens two names of 400,000 keeps everybody waiting
LEAST = 74.0  # of 100: below that, a name is another name
_LOCAL = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")
_FILLERS = frozenset({"has", "is", "of", "by", "in", "the", "a", "to"})
_FILLER = re.compile(r"^(?:has|is) ")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")


def local_name(iri: str) -> str:
    """What stands after the last slash or number sign.

    >>> local_name("https://w3id.org/pmkg/def/treats")
    'treats'
    """
    return re.split(r"[/#]", iri.rstrip("/#"))[-1]


def words(name: str) -> str:
    """A name as lower-case words.

    >>> words("hasCausalGene"), words("breast-cancer")
    ('has causal gene', 'breast cancer')
    """
    return " ".join(_WORDS.findall(name)).lower()


def written(iri: str, prefixes: Mapping[str, str]) -> str:
    """An IRI as a query with these prefixes would write it.

    >>> written("http://example.org/a", {"ex": "http://example.org/"}), written("http://example.org/a b", {})
    ('ex:a', '<http://example.org/a b>')
    """
    fits = [(space, prefix) for prefix, space in prefixes.items() if space and iri.startswith(space)]
    space, prefix = max(fits, key=lambda pair: len(pair[0]), default=("", ""))
    local = iri.removeprefix(space)
    return f"{prefix}:{local}" if space and (_LOCAL.fullmatch(local) or local.isdigit()) else f"<{iri}>"


def nearest(
    iri: str, candidates: Iterable[str], names: Mapping[str, tuple[str, ...]], *, least: float = LEAST, most: int = MOST
) -> list[str]:
    """The candidates whose last name or label is most like the IRI's last name, the likest first."""
    local = local_name(iri)
    space = iri.removesuffix(local)
    sought = words(local[:LONGEST]) or local[:LONGEST].lower()
    spellings: dict[str, set[str]] = {}
    for candidate in candidates:
        for name in (local_name(candidate), *names.get(candidate, ())):
            spellings.setdefault(words(name) or name.lower(), set()).add(candidate)
    scores: dict[str, float] = {}
    for name, score in _scored(sought, list(spellings)):
        if score < least:
            continue
        for candidate in spellings[name]:
            value = score + 2 * candidate.startswith(space) + (local_name(candidate).lower() == local.lower())
            scores[candidate] = max(scores.get(candidate, 0.0), value)
    scores.pop(iri, None)
    return sorted(scores, key=lambda candidate: (-scores[candidate], candidate))[:most]


def _scored(sought: str, names: list[str]) -> Iterator[tuple[str, float]]:
    """How alike names are: by their letters without "has" and "is", and by the stems of their words."""
    bare = {name: _FILLER.sub("", name) for name in names}
    for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
        for _, score, name in process.extract(_FILLER.sub("", sought), bare, scorer=scorer, limit=30):
            yield name, score
    stems = _stems(sought)
    for name in names:
        others = _stems(name)
        if shared := stems & others:
            yield name, 64 + 20 * len(shared) / len(stems | others)


def _stems(name: str) -> frozenset[str]:
    return frozenset(word[:5] for word in name.split() if word not in _FILLERS) or frozenset((name,))


def suggestions(
    iris: Iterable[str],
    schema: Schema,
    prefixes: Mapping[str, str],
    counts: Mapping[str, int] | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
    note: str = "",
) -> tuple[Suggestion, ...]:
    """IRIs as suggestions for a query with these prefixes."""

    def label(iri: str) -> str:
        return next(iter((names or {}).get(iri, ())), "") or schema.label(iri)

    return tuple(
        Suggestion(written(iri, prefixes), iri, shorten(iri), label(iri), (counts or {}).get(iri), note) for iri in iris
    )
