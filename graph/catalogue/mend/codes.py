"""What a code, a name or an older IRI stands for: text flows in; the concept of a list, or None, flows out."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from graph.catalogue.validate import lists
from graph.names import PREFIXES

_HERE = Path(__file__).parent

# The folder names that the lists go by, on the right hosts and on the others (older, acceptance and test hosts).
_FOLDERS: Mapping[str, str] = {
    "accessright": lists.ACCESS_RIGHT,
    "accessrights": lists.ACCESS_RIGHT,
    "continent": lists.CONTINENT,
    "country": lists.COUNTRY,
    "countries": lists.COUNTRY,
    "datatheme": lists.DATA_THEME,
    "datathemes": lists.DATA_THEME,
    "datasettype": lists.DATASET_TYPE,
    "distributionstatus": lists.DISTRIBUTION_STATUS,
    "filetype": lists.FILE_TYPE,
    "filetypes": lists.FILE_TYPE,
    "frequency": lists.FREQUENCY,
    "frequencies": lists.FREQUENCY,
    "language": lists.LANGUAGE,
    "languages": lists.LANGUAGE,
    "plannedavailability": lists.PLANNED_AVAILABILITY,
    "codingsystem": lists.CODING_SYSTEM,
    "codingsystems": lists.CODING_SYSTEM,
    "healthactivity": lists.HEALTH_ACTIVITY,
    "healthcategory": lists.HEALTH_CATEGORY,
    "healthcategories": lists.HEALTH_CATEGORY,
    "healththeme": lists.HEALTH_THEME,
    "healththemes": lists.HEALTH_THEME,
    "publishertype": lists.PUBLISHER_TYPE,
    "standard": lists.STANDARD,
    "standards": lists.STANDARD,
}
_IN_LIST = re.compile(r"^https?://[^/]+/(?:[^?#]*/)?authority/([A-Za-z_-]+)(?:[/#]([^/#?]+))?/?$")
_EU_HOST = re.compile(r"^https?://publications\.europa\.eu/(?:resource|mdr)/authority/")
_HEALTH_HOST = re.compile(r"^https?://hdeu-dcat\.data\.health\.europa\.eu/resource/authority/")

# Codes that some catalogues invented for the health categories, where only one category can be meant.
_INVENTED_CATEGORIES = {
    "EHR": "EHRS",
    "CLINICAL_TRIAL": "EHCT",
    "GENOMIC": "HGPD",
    "MEDICAL_REG": "MRMR",
    "PUBLIC_HEALTH_REG": "PHDR",
    "PATHOGEN": "RPDG",
}
_FREQUENCIES = {
    "annually": "ANNUAL",
    "yearly": "ANNUAL",
    "every year": "ANNUAL",
    "once a year": "ANNUAL",
    "biannually": "ANNUAL_2",
    "twice a year": "ANNUAL_2",
    "fortnightly": "BIWEEKLY",
    "every day": "DAILY",
    "every week": "WEEKLY",
    "every month": "MONTHLY",
    "irregularly": "IRREG",
    "R/P10Y": "DECENNIAL",
    "R/P5Y": "QUINQUENNIAL",
    "R/P4Y": "QUADRENNIAL",
    "R/P3Y": "TRIENNIAL",
    "R/P2Y": "BIENNIAL",
    "R/P1Y": "ANNUAL",
    "R/P6M": "ANNUAL_2",
    "R/P4M": "ANNUAL_3",
    "R/P3M": "QUARTERLY",
    "R/P2M": "BIMONTHLY",
    "R/P1M": "MONTHLY",
    "R/P0.5M": "MONTHLY_2",
    "R/P0.33M": "MONTHLY_3",
    "R/P2W": "BIWEEKLY",
    "R/P1W": "WEEKLY",
    "R/P0.33W": "WEEKLY_3",
    "R/P1D": "DAILY",
    "R/PT1H": "HOURLY",
}
_TWO_MEANINGS = frozenset({"bimonthly", "biweekly", "biannual"})  # as words: twice in that time, or every second
_LANGUAGE_HOST = re.compile(r"^https?://id\.loc\.gov/vocabulary/iso639-[12]/([A-Za-z]{2,3})/?$")
_TWO_PLACES = frozenset({"georgia"})


def in_list(scheme: str, text: str) -> str | None:
    """The concept of a list that has this code or name, whatever its case and the marks between its words.

    >>> in_list(lists.ACCESS_RIGHT, "Non public")
    'http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC'
    """
    return _by_word(scheme).get(_bare(text))


@lru_cache(maxsize=65536)
def authority_iri(iri: str) -> str | None:
    """The IRI that a list or one of its concepts has today, for one that it had, or has on another host.

    >>> authority_iri("http://203.0.113.7/resource/authority/healthcategories/EHRS")
    'https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories/EHRS'
    """
    found = _IN_LIST.match(iri)
    scheme = _FOLDERS.get(_bare(found[1])) if found else None
    if found and scheme:
        code = found[2]
        if code is None:
            return scheme
        if known := _known_code(scheme, code):
            return known
    if host := _EU_HOST.match(iri):
        return PREFIXES["euauth"] + iri[host.end() :]
    if host := _HEALTH_HOST.match(iri):
        return PREFIXES["hdeu"] + iri[host.end() :]
    return None


def _known_code(scheme: str, code: str) -> str | None:
    if scheme == lists.HEALTH_CATEGORY:
        code = _INVENTED_CATEGORIES.get(code, code)
    known = lists.concepts(scheme)
    for spelling in (code, code.upper(), code.lower(), code.replace("-", "_"), code.replace("_", "-")):
        if f"{scheme}/{spelling}" in known:
            return f"{scheme}/{spelling}"
    if scheme in (lists.LANGUAGE, lists.COUNTRY):
        return _iso(scheme).get(code.lower())
    return None


def language(text: str) -> str | None:
    """The language that an ISO 639 code, a tag, an English name or an IRI of another list stands for.

    >>> language("en-US") == language("http://id.loc.gov/vocabulary/iso639-2/eng") == lists.LANGUAGE + "/ENG"
    True
    """
    elsewhere = _LANGUAGE_HOST.match(text)
    code = elsewhere[1] if elsewhere else text.strip()
    if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", code):
        code = re.split("[-_]", code)[0].lower()
        return _iso(lists.LANGUAGE).get(code)
    return None if "/" in text else in_list(lists.LANGUAGE, text)


def country(text: str) -> str | None:
    """The country that an ISO 3166 code in capitals or an English name stands for."""
    code = text.strip()
    if re.fullmatch("[A-Z]{2,3}", code):
        return _iso(lists.COUNTRY).get(code.lower())
    if "/" in text or len(code) < 4 or code.lower() in _TWO_PLACES:
        return None
    return in_list(lists.COUNTRY, code) or in_list(lists.CONTINENT, code)


def frequency(text: str) -> str | None:
    """How often, from a word, a repeating period of ISO 8601, or an IRI of an older list."""
    if older := _same_as(lists.FREQUENCY).get(re.sub("^https:", "http:", text)):
        return older
    word = text.strip()
    known = _FREQUENCIES.get(word) or _FREQUENCIES.get(word.lower())
    if known or word.lower() in _TWO_MEANINGS:
        return concept_of(lists.FREQUENCY, known)
    return None if "/" in word else in_list(lists.FREQUENCY, word)


def status(text: str) -> str | None:
    """The status of a distribution, also from ADMS's older list."""
    return _same_as(lists.DISTRIBUTION_STATUS).get(re.sub("^https:", "http:", text)) or _word_in(
        lists.DISTRIBUTION_STATUS, text
    )


def word_in(scheme: str) -> Callable[[str], str | None]:
    """A look-up of codes and labels in one list; an IRI is no word."""
    return lambda text: _word_in(scheme, text)


def _word_in(scheme: str, text: str) -> str | None:
    return None if "://" in text else in_list(scheme, text)


def concept_of(scheme: str, code: str | None) -> str | None:
    """The concept of a list with exactly this code."""
    return f"{scheme}/{code}" if code and f"{scheme}/{code}" in lists.concepts(scheme) else None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


@cache
def _by_word(scheme: str) -> Mapping[str, str]:
    """Concepts by code and by name; a word of two concepts is none of them, but for a code."""
    current = [iri for iri in lists.concepts(scheme) if not _is_deprecated(iri)]
    words = [(_bare(name), iri) for iri in current for name in (lists.concepts(scheme)[iri], *_names(scheme, iri))]
    codes = {_bare(iri.rsplit("/", 1)[-1]): iri for iri in current}
    return {**alone((word, iri) for word, iri in words if word), **codes}


def _is_deprecated(iri: str) -> bool:
    concept = lists.concept(iri)
    return concept is not None and "deprecated" in concept.features


def _names(scheme: str, iri: str) -> tuple[str, ...]:
    """The names in other languages."""
    row = _rows().get((scheme.rsplit("/", 1)[-1], iri.rsplit("/", 1)[-1]))
    return tuple(filter(None, row["names"].split("|"))) if row else ()


@cache
def _rows() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """ISO codes, and names in French, German, Spanish, Italian and Dutch as the Publications Office has them."""
    with (_HERE / "names.tsv").open(encoding="utf-8", newline="") as file:
        return {(row["list"], row["code"]): row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


@cache
def _same_as(scheme: str) -> Mapping[str, str]:
    found = {}
    for iri in lists.concepts(scheme):
        concept = lists.concept(iri)
        found.update(dict.fromkeys(concept.same_as if concept else (), iri))
    return found


@cache
def _iso(scheme: str) -> Mapping[str, str]:
    """Concepts by their ISO codes, in small letters: of two and three letters, and the bibliographic ones."""
    found = {iri.rsplit("/", 1)[-1].lower(): iri for iri in lists.concepts(scheme)}
    for (name, code), row in _rows().items():
        if scheme.endswith("/" + name) and (iri := concept_of(scheme, code)):
            found.update({iso.lower(): iri for iso in row["iso"].split()})
    return found


def alone(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The pairs whose key has one value alone."""
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: next(iter(values)) for key, values in found.items() if len(values) == 1}
