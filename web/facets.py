"""Facets and search: the datasets that we hold flow in; those that somebody asks for, and what remains, flow out.

A set of datasets is one integer with a bit for each, so that ten thousand are counted against every value of every
facet within milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from web.texts import Texts, best, folded

FACETS = ("type", "disease", "category", "country", "access", "hdab", "catalogue")
SORTS = ("best", "changed", "title", "score")
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


def words_of(text: str) -> tuple[str, ...]:
    """The words that are searched for; what stands in quotes is one.

    >>> words_of('Krebs "rare disease"')
    ('krebs', 'rare disease')
    """
    found = (folded(quoted or word).strip() for quoted, word in _WORDS.findall(text))
    return tuple(dict.fromkeys(word for word in found if word))


@dataclass(frozen=True, slots=True)
class Holding:
    """One dataset in one catalogue: what a list shows of it, and what it is found by.

    `values` are those of each facet, `wider` those that these are kinds of; `words` are folded, the title's first.
    """

    iri: str
    slug: str
    key: str
    titles: Texts
    summaries: Texts
    words: tuple[str, str]
    values: Mapping[str, tuple[str, ...]]
    wider: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    publishers: Texts = ()
    seen: str = ""
    changed: str = ""
    gone: str = ""
    score: float | None = None
    readiness: float | None = None
    violations: int | None = None


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see."""

    words: tuple[str, ...] = ()
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "best"
    with_gone: bool = False


@dataclass(frozen=True)
class Value:
    """One value of a facet, and how many datasets would remain with it."""

    key: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Found:
    """The datasets that fit, in order, and each facet's values."""

    holdings: Sequence[Holding]
    facets: Mapping[str, list[Value]]


class Index:
    """The datasets of one generation; safe to use from several threads, since nothing of it changes."""

    def __init__(
        self,
        holdings: Iterable[Holding],
        labels: Mapping[str, Mapping[str, Texts]],
        iris: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.holdings = sorted(holdings, key=lambda item: (item.iri, item.slug))
        self.labels, self.iris = labels, iris
        self._sets = {facet: self._by_value(facet) for facet in FACETS}
        self._all = (1 << len(self.holdings)) - 1
        self._gone = _bits(position for position, item in enumerate(self.holdings) if item.gone)
        self._shown = {facet: self._worth_showing(facet) for facet in FACETS}

    @cached_property
    def by_key(self) -> Mapping[str, list[Holding]]:
        found: dict[str, list[Holding]] = {}
        for item in self.holdings:
            found.setdefault(item.key, []).append(item)
        return found

    @cached_property
    def by_iri(self) -> Mapping[str, list[Holding]]:
        found: dict[str, list[Holding]] = {}
        for item in self.holdings:
            found.setdefault(item.iri, []).append(item)
        return found

    @property
    def number(self) -> int:
        """How many there are that are not gone."""
        return (self._all & ~self._gone).bit_count()

    def find(self, asked: Asked) -> Found:
        """Those that hold every word and, of each facet that something is chosen of, at least one chosen value."""
        within = self._all if asked.with_gone else self._all & ~self._gone
        for word in asked.words:
            within &= self._holding(word, within)
        masks = {facet: self._mask(facet, keys) for facet, keys in asked.chosen.items() if keys}
        fitting = within
        for mask in masks.values():
            fitting &= mask
        facets = {}
        for facet in FACETS:
            others = within
            for name, mask in masks.items():
                others &= mask if name != facet else -1
            facets[facet] = self._values(facet, others, asked.chosen.get(facet, ()))
        return Found([self.holdings[at] for at in self._ordered(fitting, asked)], facets)

    def _holding(self, word: str, within: int) -> int:
        return _bits(at for at in _positions(within) if any(word in text for text in self.holdings[at].words))

    def _mask(self, facet: str, keys: Iterable[str]) -> int:
        mask = 0
        for key in keys:
            mask |= self._sets[facet].get(key, 0)
        return mask

    def _values(self, facet: str, within: int, chosen: Sequence[str]) -> list[Value]:
        found = [
            Value(key, count, key in chosen)
            for key, bits in self._sets[facet].items()
            if ((count := (bits & within).bit_count()) and key in self._shown[facet]) or key in chosen
        ]
        known = {item.key for item in found}
        found += [Value(key, 0, True) for key in chosen if key not in known]
        return sorted(found, key=lambda item: (not item.is_chosen, -item.count, self.label(facet, item.key).lower()))

    def label(self, facet: str, key: str, languages: Sequence[str] = ("en",)) -> str:
        """What a value is called, in the first of the languages that it has a name in."""
        return best(self.labels.get(facet, {}).get(key, ()), languages)[1] or key

    def _ordered(self, fitting: int, asked: Asked) -> list[int]:
        order = self._orders[asked.sort if asked.sort in self._orders else "changed"]
        positions = [at for at in order if fitting >> at & 1] if fitting else []
        if asked.sort == "best" and asked.words:

            def missing(at: int) -> int:
                return sum(word not in self.holdings[at].words[0] for word in asked.words)

            positions.sort(key=missing)  # which keeps the order of equals
        return positions

    @cached_property
    def _orders(self) -> Mapping[str, list[int]]:
        def order(key: Callable[[Holding], object], *, backwards: bool = False) -> list[int]:
            return sorted(range(len(self.holdings)), key=lambda at: key(self.holdings[at]), reverse=backwards)  # type: ignore[arg-type,return-value]

        return {
            "changed": order(lambda item: item.changed or item.seen, backwards=True),
            "title": order(lambda item: folded(best(item.titles)[1] or item.iri)),
            "score": order(lambda item: (item.score is not None, item.score, item.readiness or 0), backwards=True),
        }

    def _by_value(self, facet: str) -> dict[str, int]:
        positions: dict[str, list[int]] = {}
        for at, item in enumerate(self.holdings):
            for key in {*item.values.get(facet, ()), *item.wider.get(facet, ())}:
                positions.setdefault(key, []).append(at)
        return {key: _bits(found) for key, found in positions.items()}

    def _worth_showing(self, facet: str) -> set[str]:
        """All values that a dataset itself has, and a wider one where it joins more datasets than any of these."""
        own = {key for item in self.holdings for key in item.values.get(facet, ())}
        sets = self._sets[facet]
        seen = {sets[key] for key in own}
        for key in sorted(sets.keys() - own, key=lambda key: (sets[key].bit_count(), key)):
            if sets[key] not in seen:
                seen.add(sets[key])
                own.add(key)
        return own


def _bits(positions: Iterable[int]) -> int:
    """A number with these bits set; bytes first, since a big number is copied at each change."""
    found = bytearray()
    for at in positions:
        if at >> 3 >= len(found):
            found.extend(bytes((at >> 3) + 1 - len(found)))
        found[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(found, "little")


def _positions(bits: int) -> Iterator[int]:
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        while byte:
            low = byte & -byte
            yield place * 8 + low.bit_length() - 1
            byte ^= low
