"""Words as they are compared: a text flows in, its tokens and their stems in the languages of our labels flow out.

The stems are Snowball's. Two spellings of one word (tumour and tumor, β and beta) meet before they are stemmed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

import snowballstemmer

ALGORITHMS = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "nl": "dutch",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "sv": "swedish",
    "da": "danish",
    "nb": "norwegian",
    "nn": "norwegian",
    "no": "norwegian",
    "fi": "finnish",
}
COMPOUNDING = frozenset({"de", "nl", "sv", "da", "nb", "nn", "no", "fi"})  # languages that write compounds as one word
SHORTEST_PART = 4
_TOKEN = re.compile(r"[^\W_]+")
_GREEK = str.maketrans(
    {"\N{GREEK SMALL LETTER ALPHA}": "alpha", "β": "beta", "\N{GREEK SMALL LETTER GAMMA}": "gamma", "δ": "delta"}
)
_SPELLINGS = (
    (re.compile(r"(?<=h)ae(?=m|s)|(?<=n)ae(?=m|st)|(?<=p)ae(?=d)|(?<=gyn)ae|(?<=f)ae(?=ca|ce)|(?<=[dt])oe(?=ma)"), "e"),
    (re.compile(r"(?<=tum)our|(?<=behavi)our|(?<=col)our"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)"), "iz"),
    (re.compile(r"(?<=[a-z])tre(?=s?$)"), "ter"),
)


class Token(NamedTuple):
    """A word of a text and where it stands."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text; what joins words (hyphens, underscores, slashes) parts them here.

    >>> [token.text for token in tokens("RNA-seq_data, β-thalassaemia")]
    ['RNA', 'seq', 'data', 'β', 'thalassaemia']
    """
    return [Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """The stem of a word in one language; as it is spelt where we have no stemmer for that.

    >>> stem("Tumours", "en") == stem("tumor", "en"), stem("Patientinnen", "de")
    (True, 'patientinn')
    """
    spelt = unicodedata.normalize("NFKC", word).casefold().translate(_GREEK)
    if language == "en":
        for pattern, replacement in _SPELLINGS:
            spelt = pattern.sub(replacement, spelt)
    algorithm = ALGORITHMS.get(language)
    return str(_stemmer(algorithm).stemWord(spelt)) if algorithm and not spelt.isdigit() else spelt


@lru_cache(maxsize=200_000)
def stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The stems of a word in several languages, each once; a final s may be the plural's where a stemmer leaves it.

    >>> stem("cancer", "fr") in stems("cancers", ("fr",))
    True
    """
    forms = (word, word[:-1]) if len(word) > SHORTEST_PART and word.endswith("s") else (word,)
    return tuple(dict.fromkeys(stem(form, language) for form in forms for language in languages))


@lru_cache
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(algorithm)


def is_acronym(name: str) -> bool:
    """Whether a name is one word of few letters, most of them capitals: its case tells it from other words.

    >>> is_acronym("GWAS"), is_acronym("cfDNA"), is_acronym("Cancer"), is_acronym("SNP array")
    (True, True, False, False)
    """
    capitals = sum(letter.isupper() for letter in name)
    return 2 <= len(name) <= 8 and capitals >= 2 and " " not in name and capitals * 2 > len(name.strip("0123456789"))


def is_form_of(word: str, name: str) -> bool:
    """Whether a word is a name in another case or number, or a compound with it.

    A stem alone also joins a field and who works in it.

    >>> is_form_of("Carcinomas", "carcinoma"), is_form_of("oncology", "oncologist")
    (True, False)
    >>> is_form_of("Rehabilitationskliniken", "Klinik")
    True
    """
    pairs = zip(word.casefold(), name.casefold(), strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return shared >= max(len(word), len(name)) - 2 or len(word) >= len(name) + SHORTEST_PART
