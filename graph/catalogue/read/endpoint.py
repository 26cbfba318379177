"""Read a SPARQL endpoint: its address flows in; pages of whole records, each the answer of a CONSTRUCT, flow out.

A page is a slice of the datasets in the order of their IRIs. What belongs to them comes with them in the same answer,
since a blank node means nothing in the next. Where a page cannot be read, its halves are asked for, down to the one
record that is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from graph.catalogue.read.client import Answer, Client
from graph.catalogue.read.document import read_leniently
from graph.catalogue.read.model import Page, Reading, Seen
from graph.errors import FetchError, FetchRefusedError, HarvestBoundError, InputError, Place
from graph.names import PREFIXES
from graph.settings import Settings

PAGE = 50  # datasets
DEEP = 5  # links from a dataset to the last node of its record: tables, columns and their datatypes are that far
RESULTS = "application/sparql-results+json"
GRAPHS = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.5"
# By these a record has parts that are IRIs; by any property where a part is a blank node.
PARTS = (
    "dcat:distribution", "dcat:contactPoint", "dcat:accessService", "dcat:qualifiedRelation", "dcterms:publisher",
    "dcterms:creator", "dcterms:contributor", "dcterms:rightsHolder", "dcterms:license", "dcterms:rights",
    "dcterms:provenance", "dcterms:temporal", "dcterms:spatial", "dcterms:conformsTo", "prov:qualifiedAttribution",
    "prov:wasGeneratedBy", "prov:agent", "adms:identifier", "adms:sample", "adms:contactPoint",
    "dqv:hasQualityAnnotation", "dqv:hasQualityMeasurement", "oa:hasBody", "spdx:checksum", "healthdcatap:hdab",
    "healthdcatap:hdabCoordinator", "healthdcatap:analytics", "healthdcatap:hasVariables",
    "healthdcatap:retentionPeriod", "geodcatap:custodian", "cv:contactPoint", "csvw:table", "csvw:tableSchema",
    "csvw:column", "dpv:hasLegalBasis", "dpv:hasPurpose", "vcard:hasAddress", "vcard:hasTelephone", "foaf:member",
)  # fmt: skip
KINDS = ("dcat:Dataset", "dcat:DatasetSeries", "dcat:Catalog")


@dataclass(frozen=True)
class _Slice:
    """Some of the datasets: from which on and how many."""

    start: int
    size: int

    @property
    def halves(self) -> tuple[_Slice, _Slice]:
        first = self.size // 2
        return _Slice(self.start, first), _Slice(self.start + first, self.size - first)


def read_endpoint(
    address: str,
    source: str,
    client: Client,
    settings: Settings,
    before: Mapping[str, Seen],
    progress: Callable[[str], None],
) -> Reading:
    """Every record of an endpoint.

    Raises:
        FetchError: it does not answer.
    """
    return _Endpoint(address, source, client, settings, before, progress).run()


class _Endpoint:
    """One harvest of an endpoint."""

    def __init__(
        self,
        address: str,
        source: str,
        client: Client,
        settings: Settings,
        before: Mapping[str, Seen],
        progress: Callable[[str], None],
    ) -> None:
        self._address, self._source, self._client = address, source, client
        self._settings, self._before, self._progress = settings, before, progress
        self._pages, self._problems, self._is_complete = list[Page](), list[InputError](), True

    def run(self) -> Reading:
        total, is_named = self._counted()
        self._pages_of(_Slice(0, total), is_named)
        self._ask(_Slice(0, self._settings.harvest_pages * PAGE), is_named, is_blank=True)
        is_unchanged = (
            self._is_complete
            and bool(self._pages)
            and set(self._before) == {page.address for page in self._pages}
            and all(self._before[page.address].sha256 == _sha256(page.content) for page in self._pages)
        )
        return Reading(self._source, tuple(self._pages), tuple(self._problems), self._is_complete, is_unchanged)

    def _counted(self) -> tuple[int, bool]:
        """How many datasets there are, and whether in named graphs, since none is in the default graph."""
        for is_named in (False, True):
            kinds = _Patterns(is_named).of_kinds
            query = f"{_prefixes()} SELECT (COUNT(DISTINCT ?d) AS ?n) {{ {kinds} FILTER(isIRI(?d)) }}"
            answer = self._client.post(self._address, {"query": query}, accept=RESULTS)
            total = _number(answer, self._address)
            if total:
                return total, is_named
        return 0, False

    def _pages_of(self, whole: _Slice, is_named: bool) -> None:
        for start in range(0, whole.size, PAGE):
            if not self._ask(_Slice(start, min(PAGE, whole.size - start)), is_named, is_blank=False):
                return

    def _ask(self, some: _Slice, is_named: bool, *, is_blank: bool) -> bool:
        """Take the records of a slice; False once the harvest's bounds are reached."""
        kind = "blank" if is_blank else "datasets"
        address = f"{self._address}#{kind}={some.start}+{some.size}"
        self._progress(address)
        try:
            fields = {"query": query_for(some.start, some.size, is_named, is_blank=is_blank)}
            answer = self._client.post(self._address, fields, accept=GRAPHS)
        except HarvestBoundError as error:
            self._miss(address, error)
            return False
        except FetchError as error:
            if some.size > 1 and not is_blank and not isinstance(error, FetchRefusedError):
                return self._halved(some, is_named)
            self._miss(address, error)
            return True
        if not answer.content.strip():  # no statement, in a format that needs no head
            return True
        page, found = read_leniently(answer.content, answer.media_type, address, self._settings)
        if not found.is_whole and some.size > 1 and not is_blank:
            return self._halved(some, is_named)
        if page.triples or found.problems:
            self._pages.append(page)
        self._problems += found.problems
        self._is_complete = self._is_complete and found.is_whole
        return True

    def _halved(self, some: _Slice, is_named: bool) -> bool:
        """Take a slice in two, to lose no more than the record that is wrong."""
        first, second = some.halves
        return self._ask(first, is_named, is_blank=False) and self._ask(second, is_named, is_blank=False)

    def _miss(self, address: str, error: FetchError) -> None:
        self._is_complete = False
        message = f"it was not read: {error.message}"
        self._problems.append(InputError(message, place=Place(file=address), advice=error.advice))


def query_for(start: int, size: int, is_named: bool, *, is_blank: bool = False) -> str:
    """The CONSTRUCT for the records of some datasets, in named graphs or in the default graph."""
    patterns = _Patterns(is_named)
    if is_blank:
        chosen = f"SELECT DISTINCT ?d {{ {patterns.of_kinds} FILTER(isBlank(?d)) }} LIMIT {size}"
    else:
        chosen = f"SELECT DISTINCT ?d {{ {patterns.of_kinds} FILTER(isIRI(?d)) }} ORDER BY STR(?d) LIMIT {size}"
        chosen += f" OFFSET {start}"
    branches = " UNION ".join(f"{{ {branch} }}" for branch in patterns.branches())
    return f"{_prefixes()} CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {{ {chosen} }} {branches} }}"


class _Patterns:
    """Triple patterns, each in a graph of its own choice where they are in named graphs."""

    def __init__(self, is_named: bool) -> None:
        self._is_named, self._numbers = is_named, count()

    def of(self, triple: str) -> str:
        return f"GRAPH ?in{next(self._numbers)} {{ {triple} }}" if self._is_named else f"{triple} ."

    @property
    def of_kinds(self) -> str:
        return f"VALUES ?kind {{ {' '.join(KINDS)} }} {self.of('?d a ?kind')}"

    def branches(self) -> Iterator[str]:
        """The patterns of statements of a dataset itself, of its parts, of theirs, and so on."""
        own = f"FILTER NOT EXISTS {{ VALUES ?own {{ {' '.join(KINDS)} }} {self.of('?s a ?own')} }}"
        parts = ", ".join(PARTS)
        yield f"{self.of('?d ?p ?o')} BIND(?d AS ?s)"
        for depth in range(1, DEEP + 1):
            nodes = ["?d", *(f"?n{n}" for n in range(1, depth)), "?s"]
            way = " ".join(
                f"{self.of(f'{nodes[n]} ?q{n} {nodes[n + 1]}')} FILTER(isBlank({nodes[n + 1]}) || ?q{n} IN ({parts}))"
                for n in range(depth)
            )
            yield f"{way} {self.of('?s ?p ?o')} {own}"


def _prefixes() -> str:
    used = {name.partition(":")[0] for name in (*PARTS, *KINDS)}
    return " ".join(f"PREFIX {name}: <{PREFIXES[name]}>" for name in sorted(used))


def _number(answer: Answer, address: str) -> int:
    """The one number of an answer.

    Raises:
        FetchError: it is no answer to a SELECT.
    """
    try:
        return int(json.loads(answer.content)["results"]["bindings"][0]["n"]["value"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        message, advice = "it does not answer a SPARQL query in JSON.", "See that it is a SPARQL endpoint."
        raise FetchError(message, place=Place(term=address), advice=advice) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
