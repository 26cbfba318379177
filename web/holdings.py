"""The datasets that a generation holds, for the list of them: its store flows in, an `Index` flows out.

The store is read by predicate, catalogue by catalogue, and not dataset by dataset. It is opened here, and not asked
through the engine, so that all that an index says is of one generation; no query runs in this process.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property

import pyoxigraph as ox

from graph.catalogue.records import ACCESS_RIGHTS, CATALOG, DATASET, DCAT, Level
from graph.catalogue.validate import lists
from graph.names import CATALOGUE, DCTERMS, DEF, ID, METRIC, RDFS
from graph.rdf.index import str_of
from web.concepts import Concepts
from web.facets import Holding, Index
from web.slices import Slice
from web.texts import Texts, best, folded
from web.vocabulary import DQV, FOAF, GEODCAT, HEALTH, NAMES, PROV

AGENTS = (HEALTH + "hdab", DCTERMS + "publisher", GEODCAT + "custodian")
MOST_SUMMARY = 320  # characters of a description that the list shows

_COUNTRY_CODE = re.compile(r"https?://publications\.europa\.eu/resource/authority/country/(\w+)")


def key_of(iri: str) -> str:
    """The short name of a dataset: the first 16 hex digits of the SHA-256 of its IRI.

    >>> key_of("https://example.org/d")
    'e0c6d514da99912c'
    """
    return hashlib.sha256(iri.encode()).hexdigest()[:16]


def index_of(store: ox.Store, *others: ox.Store) -> Index:
    """Everything that a list of datasets shows, of all catalogues of a generation and of other stores."""
    concepts, names = Concepts(store), _Called()
    shelves = [_Shelf(one, slug, concepts, names) for one in (store, *others) for slug in slugs(one)]
    found = [item for shelf in shelves for item in shelf.holdings()]
    return Index(found, names.labels, names.iris)


def slugs(store: ox.Store) -> list[str]:
    """The catalogues, by the graphs that there are."""
    names = (graph.value.removeprefix(CATALOGUE) for graph in store.named_graphs() if isinstance(graph, ox.NamedNode))
    return sorted({name.partition("/")[0] for name in names if not name.startswith("https://")})


class _Called:
    """What the values of facets are called, as they are met: each facet's keys with their labels and their IRIs."""

    def __init__(self) -> None:
        self.labels: dict[str, dict[str, Texts]] = defaultdict(dict)
        self.iris: dict[str, dict[str, str]] = defaultdict(dict)

    def key(self, facet: str, iri: str, labels: Texts = ()) -> str:
        """The key of an IRI; its labels are those of the EU's lists, or those that are given."""
        key = _short(iri)
        if key not in self.labels[facet]:
            concept = lists.concept(iri)
            self.labels[facet][key] = (("en", concept.label),) if concept else labels or (("", key),)
            self.iris[facet][key] = iri
        return key


class _Shelf:
    """One catalogue's datasets as they are read; what facet values are called is noted on the way."""

    def __init__(self, store: ox.Store, slug: str, concepts: Concepts, names: _Called) -> None:
        self.slug, self.concepts, self.known = slug, concepts, names
        self.said = Slice(store, CATALOGUE + slug)
        self.record = Slice(store, f"{CATALOGUE}{slug}/record")
        self.quality = Slice(store, f"{CATALOGUE}{slug}/quality")

    def holdings(self) -> Iterator[Holding]:
        topics = {topic: record for record, topic in self.record.values(FOAF + "primaryTopic").items()}
        datasets = self.said.instances(DATASET) | topics.keys()
        titles, descriptions, keywords, identifiers = (
            self.said.texts(name, datasets)
            for name in (DCTERMS + "title", DCTERMS + "description", DCAT + "keyword", DCTERMS + "identifier")
        )
        publishers = self.said.nodes(DCTERMS + "publisher")
        seen, changed, gone = (
            self.record.values(name)
            for name in (DCTERMS + "issued", DCTERMS + "modified", PROV + "invalidatedAtTime")
        )  # fmt: skip
        scores, readiness, violations = (self._measured(name) for name in ("mqa", "ehds-readiness", "violations"))
        catalogue = self._own_name()
        for iri in sorted(datasets):
            if iri.startswith("_:"):
                continue
            record, title = topics.get(iri, ""), titles.get(iri, ())
            rest = [text for texts in (descriptions, keywords, identifiers) for _, text in texts.get(iri, ())]
            values = {"catalogue": (catalogue,), **self._values(iri)}
            yield Holding(
                iri=iri,
                slug=self.slug,
                key=key_of(iri),
                titles=title,
                summaries=tuple((language, _cut(text)) for language, text in descriptions.get(iri, ())),
                words=(folded(" \n ".join(text for _, text in title)), folded(" \n ".join([*rest, iri]))),
                values={facet: keys for facet, keys in values.items() if keys},
                wider=self._wider(iri),
                publishers=self._names.get(next(iter(publishers.get(iri, ())), ""), ()),
                seen=seen.get(record, ""),
                changed=changed.get(record, ""),
                gone=gone.get(record, ""),
                score=scores.get(iri),
                readiness=readiness.get(iri),
                violations=None if iri not in violations else int(violations[iri]),
            )

    def _own_name(self) -> str:
        titles = self.record.texts(RDFS + "label").get(CATALOGUE + self.slug, ())
        self.known.labels["catalogue"][self.slug] = titles or (("", self.slug),)
        return self.slug

    def _values(self, iri: str) -> dict[str, tuple[str, ...]]:
        return {
            "type": self._keys("type", self._about(iri)["type"]),
            "disease": self._keys("disease", self._about(iri)["disease"]),
            "category": self._keys("category", self._categories.get(iri, ())),
            "country": self._keys("country", self._countries(iri)),
            "access": self._access(iri),
            "hdab": self._hdabs(iri),
        }

    def _about(self, iri: str) -> dict[str, list[str]]:
        stated = (node for node in self._subjects.get(iri, ()) if self.concepts.is_ours(node))
        about = tuple(dict.fromkeys((*self.concepts.about.get(iri, ()), *stated)))
        return {
            "type": [item for item in about if self.concepts.is_data_type(item)],
            "disease": [item for item in about if self.concepts.is_disease(item)],
        }

    def _wider(self, iri: str) -> dict[str, tuple[str, ...]]:
        """What the dataset's data types and diseases are kinds of."""
        found = {
            facet: self._keys(facet, sorted({wider for item in items for wider in self.concepts.wider(item)}))
            for facet, items in self._about(iri).items()
        }
        return {facet: keys for facet, keys in found.items() if keys}

    def _keys(self, facet: str, iris: Iterable[str]) -> tuple[str, ...]:
        iris = list(iris)
        labels = {iri: self.concepts.name(iri) for iri in iris} if facet in ("type", "disease") else {}
        return tuple(dict.fromkeys(self.known.key(facet, it, labels.get(it) or self._names.get(it, ())) for it in iris))

    def _countries(self, iri: str) -> Iterator[str]:
        """Where a dataset is about; where it does not say so, where who gives access to it is, or its catalogue."""
        own = [country for node in self._places.get(iri, ()) for country in self._country(node)]
        if not own:
            agents = [agent for nodes in self._agents for agent in nodes.get(iri, ())]
            own = [
                country for node in agents for place in self._places.get(node, ()) for country in self._country(place)
            ]
        yield from own or self._catalogue_countries

    def _country(self, node: str) -> Iterator[str]:
        code = _COUNTRY_CODE.fullmatch(node)
        if code and (iri := lists.COUNTRY + "/" + code[1]) in lists.concepts(lists.COUNTRY):
            yield iri
            return
        for _, name in self._names.get(node, ()):
            if country := _countries_by_name().get(folded(name)):
                yield country
                return

    def _access(self, iri: str) -> tuple[str, ...]:
        named = {node.rpartition("/")[2] for node in self._rights.get(iri, ())}
        level = next((level for level in Level if level.value in named), None)
        key = level.slug if level else "unsaid"
        self.known.labels["access"][key] = (("en", key if level else "not said"),)
        return (key,)

    def _hdabs(self, iri: str) -> tuple[str, ...]:
        found = []
        for node in self._agents[0].get(iri, ()):
            name = best(self._names.get(node, ()))[1] or ("" if node.startswith("_:") else node)
            if name:
                self.known.labels["hdab"].setdefault(name, self._names.get(node) or (("", name),))
                found.append(name)
        return tuple(dict.fromkeys(found))

    def _measured(self, metric: str) -> dict[str, float]:
        kinds, values = self._measurements
        found = {}
        for node, dataset in self._computed_on:
            if kinds.get(node) == METRIC + metric and node in values:
                found[dataset] = float(values[node])
        return found

    @cached_property
    def _measurements(self) -> tuple[dict[str, str], dict[str, str]]:
        values = {
            subject: term.value
            for subject, term in self.quality.pairs(DQV + "value")
            if isinstance(term, ox.Literal) and re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", term.value)
        }
        return self.quality.values(DQV + "isMeasurementOf"), values

    @cached_property
    def _computed_on(self) -> list[tuple[str, str]]:
        return [(node, str_of(term)) for node, term in self.quality.pairs(DQV + "computedOn")]

    @cached_property
    def _names(self) -> dict[str, Texts]:
        """What agents, places and categories are called that datasets lead to."""
        leading = (*self._agents, self._places, self._categories)
        asked = {node for nodes in leading for found in nodes.values() for node in found}
        found: dict[str, Texts] = {}
        for name in reversed(NAMES):
            found.update(self.said.texts(name, asked))
        return found

    @cached_property
    def _agents(self) -> list[dict[str, list[str]]]:
        return [self.said.nodes(name) for name in AGENTS]

    @cached_property
    def _places(self) -> dict[str, list[str]]:
        return self.said.nodes(DCTERMS + "spatial")

    @cached_property
    def _catalogue_countries(self) -> list[str]:
        catalogues = self.said.instances(CATALOG)
        return [found for node in catalogues for place in self._places.get(node, ()) for found in self._country(place)]

    @cached_property
    def _rights(self) -> dict[str, list[str]]:
        return self.said.nodes(ACCESS_RIGHTS)

    @cached_property
    def _subjects(self) -> dict[str, list[str]]:
        return self.said.nodes(DCTERMS + "subject")

    @cached_property
    def _categories(self) -> dict[str, list[str]]:
        return self.said.nodes(HEALTH + "healthCategory")


@cache
def _countries_by_name() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for iri, label in lists.concepts(lists.COUNTRY).items():
        concept = lists.concept(iri)
        for name in (label, *(concept.other_labels if concept else ())):
            found.setdefault(folded(name), iri)
    return found


def _short(iri: str) -> str:
    """What a value is called in an address: one of ours by its own name, of an EU list by its code."""
    for space in (DEF, ID):
        if iri.startswith(space):
            return iri.removeprefix(space)
    return re.split("[/#]", iri.rstrip("/#"))[-1] or iri


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_SUMMARY else text[:MOST_SUMMARY].rsplit(" ", 1)[0] + " …"
