"""Where a catalogue goes on: the triples of a page flow in; its next pages, and the documents it leads to, flow out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import pyoxigraph as ox

from graph.catalogue.records import CATALOG, DATASET, DCAT, SERIES
from graph.names import DCTERMS, PREFIXES
from graph.rdf.index import TYPE, Index

HYDRA = PREFIXES["hydra"]
LDP = PREFIXES["ldp"]
FDP = "https://w3id.org/fdp/fdp-o#"
SD = "http://www.w3.org/ns/sparql-service-description#"
NEXT = (HYDRA + "next", HYDRA + "nextPage")
CONTAINERS = frozenset(LDP + kind for kind in ("Container", "BasicContainer", "DirectContainer", "IndirectContainer"))
POINTS = frozenset(FDP + kind for kind in ("FAIRDataPoint", "MetadataService"))
# What leads on from a page of a FAIR Data Point: what it contains, then from catalogue to dataset to distribution.
STEPS = (
    LDP + "contains",
    FDP + "metadataCatalog",
    "http://www.re3data.org/schema/3-0#dataCatalog",
    DCAT + "catalog",
    DCAT + "dataset",
    DCAT + "distribution",
    DCAT + "service",
    DCAT + "accessService",
)
_HEADER = re.compile(r"""<([^<>]*)>\s*((?:;\s*[\w!#$%&'*+.^`|~-]+\s*=\s*(?:"[^"]*"|[^\s",;]+)\s*)*)""")


def next_pages(index: Index, header: str, url: str) -> list[str]:
    """The addresses of the pages that follow one, as it says itself: in hydra (old or new), or in its Link header."""
    found = [term.value for subject in index.all_subjects for name in NEXT for term in index.objects(subject, name)
             if isinstance(term, ox.NamedNode | ox.Literal)]  # fmt: skip
    found += [
        link for link, parameters in _HEADER.findall(header) if re.search(r"""\brel\s*=\s*"?next\b""", parameters)
    ]
    return list(dict.fromkeys(_joined(url, text) for text in found if text.strip()))


def is_paged(index: Index) -> bool:
    """Whether a page says that it is one of several, and so that it is the last where it names no next."""
    kinds = ("PagedCollection", "PartialCollectionView", "Collection")
    return any(index.subjects(TYPE, HYDRA + kind) for kind in kinds)


def counted_next(url: str, feed: bool) -> str | None:
    """The address of the page after one that is numbered in its address, as CKAN does; None where it is not."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    numbers = [value for name, value in query if name == "page"]
    if len(numbers) == 1 and numbers[0].isdecimal():
        query = [(name, str(int(value) + 1) if name == "page" else value) for name, value in query]
    elif feed and not numbers and re.search(r"/catalog\.(rdf|xml|ttl|n3|jsonld)$", parts.path):
        query = [*query, ("page", "2")]
    else:
        return None
    return urlunsplit(parts._replace(query=urlencode(query)))


def is_data_point(index: Index) -> bool:
    """Whether a page is of a FAIR Data Point, or of another server that has a document for each thing."""
    types = {kind for subject in index.all_subjects for kind in index.iris(subject, TYPE)}
    contains = any(index.objects(subject, LDP + "contains") for subject in list(index.all_subjects))
    lists_only = any(index.objects(item, DCAT + "dataset") for item in index.subjects(TYPE, CATALOG)) and not (
        types & {DATASET, SERIES}
    )
    return contains or lists_only or not types.isdisjoint(CONTAINERS | POINTS)


def steps_of(index: Index, url: str) -> list[str]:
    """The documents that a page of a FAIR Data Point leads to: of what it does not describe itself."""
    return list(dict.fromkeys(_steps(index, url)))


def endpoint_of(index: Index, url: str) -> str | None:
    """The SPARQL endpoint that a service description describes."""
    services = index.subjects(TYPE, SD + "Service")
    if not services or index.subjects(TYPE, DATASET) or index.subjects(TYPE, CATALOG):
        return None
    return next((iri for service in services for iri in index.iris(service, SD + "endpoint")), url)


def datasets_of(triples: Iterable[ox.Triple]) -> set[str]:
    """The IRIs of what a page states to be datasets, for telling whether another page has new ones."""
    kinds = {DATASET, SERIES}
    return {
        triple.subject.value
        for triple in triples
        if triple.predicate.value == TYPE
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value in kinds
        and isinstance(triple.subject, ox.NamedNode)
    }


def _steps(index: Index, url: str) -> Iterator[str]:
    here = url.partition("#")[0]
    for step in STEPS:
        for subject in list(index.all_subjects):
            for iri in index.iris(subject, step):
                address = iri.partition("#")[0]
                described = index.objects(iri, TYPE) and index.objects(iri, DCTERMS + "title")
                if re.match(r"https?://", iri) and address != here and not described:
                    yield address


def _joined(url: str, text: str) -> str:
    try:
        return urljoin(url, text.strip()).partition("#")[0]
    except ValueError:
        return text.strip()
