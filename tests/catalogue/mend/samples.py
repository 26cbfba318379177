"""Graphs for the laws of mending: small enough to search, and with the habits that are mended."""

import random
from collections.abc import Iterable

import pyoxigraph as ox
from hypothesis import strategies as st

from graph.names import DCTERMS, PREFIXES, RDF, XSD

NAMESPACE = "https://w3id.org/pmkg/catalogue/test/"
DCAT, FOAF, VCARD = PREFIXES["dcat"], PREFIXES["foaf"], PREFIXES["vcard"]
HEALTH, CSVW, LDP = PREFIXES["healthdcatap"], PREFIXES["csvw"], PREFIXES["ldp"]

_CLASSES = [
    DCAT + "Dataset",
    DCAT + "Catalog",
    DCAT + "Distribution",
    DCAT + "DatasetSeries",
    "https://www.w3.org/ns/dcat#Dataset",
    FOAF + "Organization",
    FOAF + "Organisation",
    VCARD + "Individual",
    DCTERMS + "PeriodOfTime",
    LDP + "DirectContainer",
    PREFIXES["hydra"] + "PagedCollection",
    "https://w3id.org/ejp-rd/vocabulary#Biobank",
]
_PROPERTIES = [
    *(
        DCTERMS + name
        for name in ("title", "identifier", "publisher", "language", "issued", "type", "isPartOf", "format")
    ),
    *(
        DCTERMS + name
        for name in ("spatial", "temporal", "license", "accessRights", "accrualPeriodicity", "hasVersion")
    ),
    *(DCTERMS + name for name in ("provenance", "rights", "conformsTo", "creator")),
    *(DCAT + name for name in ("dataset", "distribution", "accessURL", "mediaType", "theme", "byteSize", "startDate")),
    *(DCAT + name for name in ("contactPoint", "landingPage", "inSeries")),
    *(HEALTH + name for name in ("healthCategory", "hasCodeValue", "hasCodeValues", "publisherNote", "publisherType")),
    *(FOAF + name for name in ("name", "homepage", "page")),
    *(LDP + name for name in ("contains", "membershipResource", "hasMemberRelation")),
    "http://schema.org/startDate",
    "http://purl.org/dc/terms/#license",
    VCARD + "email",
    VCARD + "hasEmail",
    CSVW + "titles",
    PREFIXES["adms"] + "identifier",
    PREFIXES["adms"] + "status",
    PREFIXES["hydra"] + "next",
    PREFIXES["owl"] + "versionInfo",
    "https://example.org/own",
]
_TEXTS = [
    "Sant&eacute; &amp;amp; soins",
    "<http://example.org/a&amp;b>",
    " http://example.org/with space ",
    "http://publications.europa.eu/resource/authority/language/FRE",
    "https://healthdataportal.eu/resource/authority/healthcategories/EHRS",
    "http://203.0.113.9/authority/access-rights/public",
    "en-US",
    "Health",
    "2024-02",
    "2024-02-30",
    "2012-05-10 21:04+0200",
    "text/csv; charset=utf-8",
    ".xlsx",
    "R/P1Y",
    "info@example.org",
    "mailto: info@example.org",
    "https:/example.org/one",
    "CC BY 4.0",
    "public",
    "FHIR",
    "12.0",
    "",
]
_IRIS = [
    "http://example.org/a",
    "http://example.org/b",
    "http://example.org/a&amp;b",
    "http://example.org/base/info@example.org",
    "https://publications.europa.eu/resource/authority/language/GER",
    "http://healthdataportal.eu/resource/authority/healthcategories/EHRS",
    "http://www.geonames.org/2673730/stockholm.html",
    "https://www.wikidata.org/wiki/Q12131",
    "http://creativecommons.org/licenses/by/4.0",
    "http://www.iana.org/assignments/media-types/text/csv",
    "http://purl.org/cld/freq/daily",
    "http://id.loc.gov/vocabulary/iso639-1/de",
    "http://data.europa.eu/eli/reg/2025/327/oj",
]
_DATATYPES = [XSD + name for name in ("string", "date", "dateTime", "anyURI", "integer", "decimal")]

named = st.sampled_from(_IRIS).map(ox.NamedNode)
blank = st.sampled_from("vwxyz").map(ox.BlankNode)
texts = st.one_of(
    st.builds(
        lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(kind)),
        st.sampled_from(_TEXTS),
        st.sampled_from(_DATATYPES),
    ),
    st.builds(lambda text: ox.Literal(text, language="en"), st.sampled_from(_TEXTS)),
)
_types = st.sampled_from(_CLASSES).map(ox.NamedNode)
_A = ox.NamedNode(RDF + "type")


def _triples(nodes: st.SearchStrategy[ox.NamedNode | ox.BlankNode]) -> st.SearchStrategy[list[ox.Triple]]:
    typed = st.builds(lambda node, kind: ox.Triple(node, _A, kind), nodes, _types)
    other = st.builds(ox.Triple, nodes, st.sampled_from(_PROPERTIES).map(ox.NamedNode), st.one_of(nodes, named, texts))
    return st.lists(st.one_of(typed, other, other), max_size=16, unique=True)


graphs = _triples(st.one_of(named, blank, blank))
named_graphs = _triples(named)
# Nothing but blank nodes and two properties: circles, twins and knots.
knots = st.lists(
    st.builds(ox.Triple, blank, st.sampled_from(["urn:p", "urn:q"]).map(ox.NamedNode), blank), max_size=9, unique=True
)


def relabelled(triples: Iterable[ox.Triple], seed: int) -> list[ox.Triple]:
    """The same triples in another order, with other labels for their blank nodes."""
    chance = random.Random(seed)
    labels: dict[ox.BlankNode, ox.BlankNode] = {}

    def of(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return labels.setdefault(term, ox.BlankNode(f"r{chance.randrange(10**9)}x{len(labels)}"))
        return term

    mixed = [ox.Triple(of(it.subject), it.predicate, of(it.object)) for it in triples]  # type: ignore[arg-type]
    chance.shuffle(mixed)
    return mixed


def turtle(text: str) -> list[ox.Triple]:
    """Triples in Turtle, with the project's prefixes."""
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
    start = f"{prefixes}@prefix dct: <{DCTERMS}> .\n@prefix ex: <http://example.org/> .\n"
    return [quad.triple for quad in ox.parse((start + text).encode(), format=ox.RdfFormat.TURTLE, lenient=True)]
