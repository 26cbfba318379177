"""One record as people read it: its statements flow in; sections of rows, each with words and safe links, flow out.

Records are strangers' text. A literal is shown without its markup, and an address is a link only where it is of the web
or of mail: templates escape all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from graph.catalogue.keep.places import Places
from graph.catalogue.keep.views import HEADS, Stored, record
from graph.catalogue.records import DCAT, Level
from graph.catalogue.validate import lists
from graph.names import DCTERMS, RDFS, XSD, shorten
from graph.rdf.index import TYPE, Index, Term, str_of
from web.texts import best, link, plain
from web.vocabulary import (
    ACCESS,
    ADMS,
    CONTACTS,
    CSVW,
    ELSEWHERE,
    FORMS,
    HEALTH,
    HOLDS,
    NAMES,
    PERIOD,
    POINTS,
    SENTENCES,
    VCARD,
)

_MAIL = re.compile(r"[^\s@<>:/]+@[^\s@<>:/]+\.[^\s@<>:/]+")
_LAW = re.compile(r"https?://data\.europa\.eu/eli/(reg|dir)/(\d{4})/(\d+)(?:/oj)?/?")
_NUMBERS = frozenset(
    XSD + name for name in ("integer", "nonNegativeInteger", "positiveInteger", "int", "long", "decimal")
)
MOST_LINKED = 80  # characters of what is a name; more is a sentence
MOST = 60  # values of one property that are shown


@dataclass(frozen=True)
class Value:
    """One thing that is said: its words, their language, where they lead, and what is known of it besides."""

    text: str
    language: str = ""
    href: str = ""
    more: tuple[Value, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A property in words, and its values; `rest` counts those that are left out."""

    label: str
    values: tuple[Value, ...]
    property: str
    rest: int = 0


@dataclass(frozen=True)
class Distribution:
    """A form in which the data can be had."""

    title: Value
    kind: str
    description: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Variable:
    """A column of the data."""

    name: str
    title: str
    description: str
    datatype: str
    table: str


def statements(store: ox.Store, slug: str, dataset: str) -> list[ox.Triple]:
    """What a catalogue says of a dataset, and of what this leads to, as far as the next record."""
    return [triple for _, triple in record(Stored(store, Places(slug).statements), ox.NamedNode(dataset))]


class Record:
    """The statements about one dataset, ready to be shown to readers of some languages."""

    def __init__(self, dataset: str, triples: Iterable[ox.Triple], languages: Sequence[str] = ("en",)) -> None:
        self.dataset, self.languages = dataset, languages
        self.index = Index(triples)

    @property
    def title(self) -> Value:
        return self._text(DCTERMS + "title") or Value(self.dataset)

    @property
    def descriptions(self) -> Value | None:
        return self._text(DCTERMS + "description")

    @property
    def level(self) -> Level | None:
        """How open it says that it is; None where it does not say."""
        named = {iri.rpartition("/")[2] for iri in self.index.iris(self.dataset, DCTERMS + "accessRights")}
        return next((level for level in Level if level.value in named), None)

    @property
    def holds(self) -> list[Row]:
        return list(self._rows(self.dataset, HOLDS))

    @property
    def access(self) -> list[Row]:
        return list(self._rows(self.dataset, ACCESS))

    @property
    def others(self) -> list[Row]:
        """What else the record says of its dataset."""
        known = HOLDS.keys() | ACCESS.keys() | ELSEWHERE
        names = sorted(set(self.index.predicates(self.dataset)) - known)
        return list(self._rows(self.dataset, {name: shorten(name) for name in names}))

    @property
    def distributions(self) -> list[Distribution]:
        kinds = ((DCAT + "distribution", ""), (ADMS + "sample", "sample"), (HEALTH + "analytics", "analysis"))
        return [
            self._distribution(node, kind) for name, kind in kinds for node in self.index.objects(self.dataset, name)
        ]

    @cached_property
    def variables(self) -> list[Variable]:
        """The columns of the tables that it says it has, in their order."""
        found: dict[str, Variable] = {}
        for group in self.index.objects(self.dataset, HEALTH + "hasVariables"):
            for table in self.index.objects(str_of(group), CSVW + "table") or [group]:
                schemas = self.index.objects(str_of(table), CSVW + "tableSchema")
                columns = [
                    column for node in (table, *schemas) for column in self.index.objects(str_of(node), CSVW + "column")
                ]
                name = self.words(str_of(table), (DCTERMS + "title", RDFS + "label"))
                for column in sorted(columns, key=self._place):
                    found.setdefault(str_of(column), self._variable(str_of(column), name))
        return list(found.values())

    def words(self, node: str, properties: Sequence[str]) -> str:
        """The first text that one of the properties has, in the reader's language where there is one."""
        for name in properties:
            if texts := self._texts(node, name):
                return best(texts, self.languages)[1]
        return ""

    def value(self, term: Term) -> Value:
        """A term in words: a literal, a member of a list, something that the record describes, or an address."""
        if isinstance(term, ox.Literal):
            return _literal(term)
        node = str_of(term)
        if law := _LAW.fullmatch(node):
            kind = "Regulation" if law[1] == "reg" else "Directive"
            return Value(f"{kind} (EU) {law[2]}/{law[3]}", href=link(node))
        if concept := lists.concept(node):
            return Value(concept.label, href=link(node), note=concept.code if concept.code != concept.label else "")
        if any(self.index.predicates(node)) and not self._is_apart(node):
            return self._described(node)
        if node.startswith("_:"):
            return Value("something without a name")
        name = self.words(node, NAMES) if node != self.dataset else ""
        return Value(name or _address(node), href=link(node))

    def _is_apart(self, node: str) -> bool:
        return any(ox.NamedNode(kind) in HEADS for kind in self.index.iris(node, TYPE))

    def _described(self, node: str) -> Value:
        """Something that the record describes: an agent with how to reach it, a period, a place, a statement."""
        begin, end = (self.words(node, names) for names in PERIOD)
        name, more = self.words(node, NAMES), tuple(self._contacts(node))
        note = self.words(node, (DCTERMS + "description",)) if name else ""
        words = name or (f"{begin or '…'} to {end or '…'}" if begin or end else self.words(node, SENTENCES))
        if not words and more:
            return Value(more[0].text, href=more[0].href, more=more[1:])
        words = words or ("something without a name" if node.startswith("_:") else _address(node))
        is_address = not more and not begin and not end and len(words) <= MOST_LINKED
        return Value(words, href=link(node) if is_address else "", more=more, note=note)

    def _contacts(self, node: str) -> Iterator[Value]:
        """How to reach an agent, by what is said of it and of its contact points."""
        points = [str_of(term) for name in POINTS for term in self.index.objects(node, name)]
        seen = set[str]()
        for place in (node, *points):
            for name in CONTACTS:
                for term in self.index.objects(place, name):
                    value = self._contact(term)
                    if value.text and value.text not in seen:
                        seen.add(value.text)
                        yield value

    def _contact(self, term: Term) -> Value:
        text = term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
        if isinstance(term, ox.BlankNode):  # a vcard:Telephone with its number as vcard:hasValue
            text = next((str_of(it) for it in self.index.objects(str_of(term), VCARD + "hasValue")), "")
        text = plain(text)
        if text.lower().startswith(("mailto:", "tel:")):
            return Value(text.partition(":")[2], href=link(text))
        return Value(text, href=f"mailto:{text}" if _MAIL.fullmatch(text) else link(text))

    def _rows(self, node: str, labels: Mapping[str, str]) -> Iterator[Row]:
        for name, label in labels.items():
            terms = self.index.objects(node, name)
            values = self._chosen([self.value(term) for term in terms])
            if values:
                yield Row(label, tuple(values[:MOST]), name, max(0, len(values) - MOST))

    def _chosen(self, values: list[Value]) -> list[Value]:
        """Each value once, those in the reader's language before those in others."""

        def place(value: Value) -> tuple[int, str]:
            wanted = [language.partition("-")[0].lower() for language in (*self.languages, "en")]
            given = value.language.partition("-")[0].lower()
            return (0 if not given else 1 + wanted.index(given) if given in wanted else 99), value.text.lower()

        return sorted(dict.fromkeys(value for value in values if value.text), key=place)

    def _text(self, name: str) -> Value | None:
        language, text = best(self._texts(self.dataset, name), self.languages)
        return Value(text, language) if text else None

    def _texts(self, node: str, name: str) -> tuple[tuple[str, str], ...]:
        texts = ((term.language or "", plain(term.value)) for term in self.index.literals(node, name))
        return tuple(sorted(text for text in texts if text[1]))

    def _distribution(self, term: Term, kind: str) -> Distribution:
        node = str_of(term)
        title = self.words(node, (DCTERMS + "title",)) or ("" if node.startswith("_:") else _address(node))
        rows = tuple(_sized(row) for row in self._rows(node, FORMS))
        about = self.words(node, (DCTERMS + "description",))
        return Distribution(Value(title or "Without a title"), kind, about, rows)

    def _variable(self, node: str, table: str) -> Variable:
        kinds = [self.value(term).text for term in self.index.objects(node, CSVW + "datatype")]
        return Variable(
            name=self.words(node, (CSVW + "name",)) or ("" if node.startswith("_:") else _address(node)),
            title=self.words(node, (CSVW + "title", CSVW + "titles", DCTERMS + "title")),
            description=self.words(node, (DCTERMS + "description", RDFS + "comment")),
            datatype=", ".join(kinds),
            table=table,
        )

    def _place(self, column: Term) -> tuple[int, str]:
        number = next((term.value for term in self.index.literals(str_of(column), CSVW + "number")), "")
        return int(number) if number.isdigit() else 10**9, self.words(str_of(column), (CSVW + "name", CSVW + "title"))


def _literal(term: ox.Literal) -> Value:
    text = plain(term.value)
    if term.datatype.value in _NUMBERS and re.fullmatch(r"-?\d{5,}", text):
        text = f"{int(text):,}"
    if term.datatype.value == XSD + "boolean":
        text = {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(text, text)
    address = term.value.strip()
    return Value(text, term.language or "", href=link(address) if address == text else "")


def _address(iri: str) -> str:
    """An IRI as people read it: a media type by its name, other terms that we have a prefix for by their CURIE."""
    media_type = re.fullmatch(r"https?://www\.iana\.org/assignments/media-types/(.+)", iri)
    return media_type[1] if media_type else shorten(iri)


def _sized(row: Row) -> Row:
    """A size in bytes in the units that people use."""
    if row.property != DCAT + "byteSize":
        return row
    return Row(row.label, tuple(map(_in_units, row.values)), row.property, row.rest)


def _in_units(value: Value) -> Value:
    digits = re.sub(r",|\.0*$", "", value.text)
    if not digits.isdigit() or len(digits) > 18:
        return value
    size = float(digits)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return Value(f"{size:.3g} {unit}" if size < 1000 else f"{size:,.0f} {unit}")
        size /= 1000
    return value
