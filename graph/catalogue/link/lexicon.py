"""All names to look for in texts: the concepts' names and the tables flow in, phrases with what each means flow out.

`negative.tsv` says which names, or all names of which concepts, are too ambiguous, and which count only in context;
`names.tsv` holds names in other languages, and of narrower notions, that no source of the graph states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from graph.catalogue.link.codes import WIDER, diseases, expand, rows
from graph.catalogue.link.concepts import Concepts
from graph.catalogue.link.phrases import Phrases
from graph.catalogue.link.words import COMPOUNDING, SHORTEST_PART, is_acronym, stem, stems, tokens

_OMICS = re.compile(r"(?P<field>.*omic)s? data$", re.IGNORECASE)
_COMMON_WORDS = """
data the of and in a an for with by to from on or type use non multi other disease disorder syndrome assay technology
technique method analysis study trial test therapy treatment role record result information health medical clinical
based system human self due
"""
_COMMON = frozenset(stem(word, "en") for word in _COMMON_WORDS.split())  # context for nothing


@dataclass(frozen=True)
class Entry:
    """One name and what it stands for."""

    concepts: tuple[str, ...]
    surface: tuple[str, ...]  # its words as they are spelt
    weight: float
    is_acronym: bool
    in_context: bool  # counts only where the record gives it context
    context: frozenset[str]  # stems that are context for it


@dataclass(frozen=True)
class _Named:
    """Names that mean the same."""

    concepts: tuple[str, ...]
    names: tuple[tuple[str, str, float], ...]  # text, language, weight
    is_table: bool


class Lexicon:
    """The phrases, and the languages that they are in."""

    def __init__(self, concepts: Concepts) -> None:
        self.phrases = Phrases[Entry]()
        self._verdicts = _verdicts()
        self._heads: dict[str, set[str]] = {}  # the names of one word, by language
        self._whole = {stem(name, "de") for name, how in self._verdicts.items() if how == "whole"}
        languages = {"en"}
        for named in (*_of_graph(concepts), *_of_tables(concepts)):
            context = frozenset(
                stem(token.text, language) for name, language, _ in named.names for token in tokens(name)
            )
            for name, language, weight in named.names:
                languages.add(language)
                self._add(named, name, language, weight, context - _COMMON)
        self.languages = ("en", *sorted(languages - {"en"}))

    @lru_cache(maxsize=200_000)  # noqa: B019 - as long-lived as what it caches
    def stems(self, word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
        """What a word may be in names: its stems, and the names of one word that it is a compound with."""
        return (*stems(word, languages), *self._parts(word, languages))

    def _parts(self, word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
        """The names of one word that a compound begins or ends with: Klinik in Rehabilitationskliniken."""
        found = list[str | None]()
        for language in sorted(COMPOUNDING.intersection(languages)):
            names = self._heads.get(language, set())
            if len(word) < 2 * SHORTEST_PART or stem(word, "de") in self._whole:
                continue
            cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
            found.append(next((end for cut in cuts if (end := stem(word[cut:], language)) in names), None))
            found.append(
                next((start for cut in reversed(cuts) if (start := stem(word[:cut], language)) in names), None)
            )
        return tuple(dict.fromkeys(part for part in found if part))

    def _add(self, named: _Named, name: str, language: str, weight: float, context: frozenset[str]) -> None:
        words = tuple(token.text for token in tokens(name))
        stemmed = tuple(stem(word, language) for word in words)
        acronym = is_acronym(name)
        verdict = self._verdict(named, name)
        if not words or verdict == "never" or all(word.isdigit() or len(word) == 1 for word in words):
            return
        unsure = (named.is_table and len(words) == 1) or (acronym and len(name) == 2)
        entry = Entry(
            concepts=named.concepts,
            surface=words,
            weight=weight,
            is_acronym=acronym,
            in_context=verdict == "context" or unsure,
            context=context - set(stemmed),
        )
        self.phrases.add(stemmed, entry)
        if len(words) == 1 and len(stemmed[0]) > SHORTEST_PART and language in COMPOUNDING and not acronym:
            self._heads.setdefault(language, set()).add(stemmed[0])

    def _verdict(self, named: _Named, name: str) -> str:
        found = self._verdicts.get(name) if is_acronym(name) else self._verdicts.get(name.casefold())
        if found is None and not named.is_table:
            found = next((self._verdicts[iri] for iri in named.concepts if iri in self._verdicts), None)
        return found or ""


def _of_graph(concepts: Concepts) -> Iterator[_Named]:
    for concept, family in concepts.families.items():
        names = [(name.text, name.language, 1.0 if name.is_label else 0.98) for name in concepts.names(concept)]
        if family == "data type":
            fields = [(_OMICS.match(text), language) for text, language, _ in names]
            for found, language in fields:
                if found:
                    names.append((f"{found['field']}s", language, 0.97))
                    names.append((f"{found['field'].removesuffix('ic')}e", language, 0.97))
        yield _Named((concept,), tuple(dict.fromkeys(names)), is_table=False)


def _of_tables(concepts: Concepts) -> Iterator[_Named]:
    for disease in diseases():
        known = _known(concepts, disease.concepts)
        if known:
            yield _Named(known, tuple((name, "en", WIDER) for name in disease.names), is_table=True)
    for row in rows("names.tsv"):
        known = _known(concepts, map(expand, row["concepts"].split()))
        if known:
            weight = WIDER if row["narrower"] == "yes" else 0.95
            yield _Named(
                known, tuple((name, row["language"], weight) for name in row["names"].split("|")), is_table=False
            )


def _known(concepts: Concepts, named: Iterable[str]) -> tuple[str, ...]:
    """Those that the graph has, generic things in the place of classes."""
    found = (concepts.generic(concept) for concept in named)
    return tuple(concept for concept in found if concept in concepts.families)


def _verdicts() -> dict[str, str]:
    """What the negative list says, by a concept's IRI, by an acronym, or by another name in small letters."""
    found = dict[str, str]()
    for row in rows("negative.tsv"):
        name = row["name"]
        if name.startswith(("def:", "id:")):
            found[expand(name)] = row["how"]
        else:
            found[name if is_acronym(name) else name.casefold()] = row["how"]
    return found
