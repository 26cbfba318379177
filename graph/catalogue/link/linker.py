"""Link one record: what it says of itself flows in, the concepts that it is about flow out, each with its reason.

Codes come first, then names in texts. Where a name is part of a longer one, the longer wins. A concept that only texts
name gives way to a narrower one of the same record; one that is coded stays.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from graph.catalogue.link.codes import Codes, Meaning, code_of
from graph.catalogue.link.concepts import Concepts
from graph.catalogue.link.fields import PROVENANCE, SAID_TO_BE, Fields, Said, Text, fields_of
from graph.catalogue.link.lexicon import Entry, Lexicon
from graph.catalogue.link.phrases import Span
from graph.catalogue.link.words import ALGORITHMS, Token, is_form_of, tokens

METHODS = ("code", "label", "variable", "acronym")  # the surest first
INFLECTED = 0.97
ACRONYM = 0.9
IMPLIED = 0.9
OF_VARIABLES = ("data type", "disease", "therapy")
OF_PROVENANCE = ("data type", "trial design", "infrastructure")
LONGEST_TEXT = 300  # characters of what is shown of the text
_TAG = re.compile(r"<[^<>]{1,500}>")
_PARTED = re.compile(r"[.;:!?,()\[\]{}|\n]")
_NEGATING = """
no not non without excluding except exclude excludes ohne kein keine keinen nicht sans sauf excepté zonder geen niet sin
excepto senza tranne utan ej inte uden ikke uten
"""
_NEGATIONS = frozenset(_NEGATING.split())


@dataclass(frozen=True)
class Link:
    """That a dataset is about a concept, and why."""

    dataset: str
    concept: str
    method: str
    score: float
    text: str
    property: str


class Linker:
    """Links records to the concepts of one graph."""

    def __init__(self, concepts: Concepts) -> None:
        self.concepts = concepts
        self.lexicon = Lexicon(concepts)
        self._codes = Codes()

    def link(self, index: Said, dataset: str) -> tuple[Link, ...]:
        """The links of one dataset, one for each concept, by concept."""
        fields = fields_of(index, dataset)
        best = dict[str, Link]()
        for link in (*self._by_code(dataset, fields), *self._by_text(dataset, fields)):
            for one in (link, *self._implied(link)):
                known = best.get(one.concept)
                if known is None or _order(one) < _order(known):
                    best[one.concept] = one
        wider = {iri for concept in best for iri in self.concepts.broader(concept)}
        kept = (link for concept, link in sorted(best.items()) if link.method == "code" or concept not in wider)
        return tuple(kept)

    def _implied(self, link: Link) -> Iterator[Link]:
        """A dataset on RNA sequencing holds what that yields."""
        if kind := self.concepts.yields.get(link.concept):
            yield replace(link, concept=kind, score=round(link.score * IMPLIED, 2))

    def _by_code(self, dataset: str, fields: Fields) -> Iterator[Link]:
        for code in fields.codes:
            for meaning in self._meanings(code.value, is_icd=code.is_icd):
                yield Link(dataset, meaning.concept, "code", round(meaning.weight, 2), code.value, code.property)

    def _meanings(self, text: str, *, is_icd: bool) -> list[Meaning]:
        code = code_of(text, is_icd=is_icd)
        found = self._own_codes.get(text) or (self._own_codes.get(code) if code else None)
        if found is None:
            found = self._codes.meanings(code) if code else []
        generic = (Meaning(self.concepts.generic(meaning.concept), meaning.weight) for meaning in found)
        return [meaning for meaning in generic if meaning.concept in self.concepts.families]

    @cached_property
    def _own_codes(self) -> dict[str, list[Meaning]]:
        """What the graph's own matches say, by IRI and by code; an exact match leaves no room for others."""
        found: dict[str, list[Meaning]] = {}
        for concept in self.concepts.families:
            for iri, weight in self.concepts.codes(concept):
                for key in {iri, code_of(iri) or iri}:
                    found.setdefault(key, []).append(Meaning(concept, weight))
        for key, meanings in found.items():
            surest = max(meaning.weight for meaning in meanings)
            found[key] = self._narrowest([meaning for meaning in meanings if meaning.weight == surest])
        return found

    def _narrowest(self, meanings: list[Meaning]) -> list[Meaning]:
        wider = {iri for meaning in meanings for iri in self.concepts.broader(meaning.concept)}
        return [meaning for meaning in meanings if meaning.concept not in wider]

    def _by_text(self, dataset: str, fields: Fields) -> Iterator[Link]:
        read = [(text, tokens(plain(text.value))) for text in fields.texts]
        words = [self._stems(text, found) for text, found in read]
        heard = {part for of_text in words for parts in of_text for part in parts}
        for (text, found), stemmed in zip(read, words, strict=True):
            spans = (
                span for span in self.lexicon.phrases.find(stemmed) if self._holds(span, text, found, fields, heard)
            )
            for span, concept in self._chosen(list(spans), text):
                yield _link(dataset, concept, span, text, found)

    def _stems(self, text: Text, found: list[Token]) -> list[tuple[str, ...]]:
        """What each word may be, in the language of the text and in English, or in any where none is given."""
        language = text.language.partition("-")[0].lower()
        known = (language, "en") if language in ALGORITHMS and language != "en" else ("en",)
        spoken = known if language else self.lexicon.languages
        return [self.lexicon.stems(token.text, spoken) for token in found]

    def _holds(self, span: Span[Entry], text: Text, found: list[Token], fields: Fields, heard: set[str]) -> bool:
        """Whether a name that was found is meant."""
        entry = span.found
        surface = tuple(token.text for token in found[span.first : span.last])
        if entry.is_acronym and surface != entry.surface:
            return False
        if len(surface) == 1 and not entry.is_acronym and not is_form_of(surface[0], entry.surface[0]):
            return False
        if _is_parted(plain(text.value), found[span.first : span.last]) or _is_negated(found, span.first):
            return False
        if not entry.in_context:
            return True
        return not entry.context.isdisjoint(heard) or (fields.is_health and not entry.is_acronym)

    def _chosen(self, spans: list[Span[Entry]], text: Text) -> Iterator[tuple[Span[Entry], str]]:
        """The concepts of the longest names, as far as such a text may tell of them."""
        for span in spans:
            if not any(_is_within(span, other) for other in spans):
                yield from ((span, concept) for concept in span.found.concepts if self._may_come_from(text, concept))

    def _may_come_from(self, text: Text, concept: str) -> bool:
        """Prose names patients and clinics in passing, and a variable is no trial."""
        family = self.concepts.families[concept]
        if text.is_variable:
            return family in OF_VARIABLES
        if text.property == PROVENANCE:
            return family in OF_PROVENANCE
        return family != "stakeholder" or text.property in SAID_TO_BE


def _order(link: Link) -> tuple[float, int, str, str]:
    """The surest first; where two are as sure, one that does not depend on the order of the triples."""
    return -link.score, METHODS.index(link.method), link.property, link.text


def plain(text: str) -> str:
    """A text without the markup that some catalogues leave in it.

    >>> plain("<p>Krebs &amp; Co</p>")
    ' Krebs & Co '
    """
    return _TAG.sub(" ", html.unescape(text)) if "<" in text or "&" in text else text


def _link(dataset: str, concept: str, span: Span[Entry], text: Text, found: list[Token]) -> Link:
    entry, words = span.found, found[span.first : span.last]
    surface = plain(text.value)[words[0].start : words[-1].end]
    is_inflected = [token.text.casefold() for token in words] != [word.casefold() for word in entry.surface]
    score = text.weight * entry.weight * (INFLECTED if is_inflected else 1) * (ACRONYM if entry.is_acronym else 1)
    method = "variable" if text.is_variable else "acronym" if entry.is_acronym else "label"
    return Link(dataset, concept, method, round(score, 2), surface[:LONGEST_TEXT], text.property)


def _is_within(span: Span[Entry], other: Span[Entry]) -> bool:
    """Whether a span is part of another that is longer."""
    longer = other.last - other.first > span.last - span.first
    return longer and other.first <= span.first and span.last <= other.last


def _is_parted(text: str, words: list[Token]) -> bool:
    """Whether a full stop, a comma or the like stands between the words."""
    pairs = pairwise(words)
    return any(_PARTED.search(text, first.end, second.start) for first, second in pairs)


def _is_negated(found: list[Token], first: int) -> bool:
    return any(token.text.casefold() in _NEGATIONS for token in found[max(0, first - 2) : first])
