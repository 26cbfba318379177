"""SPARQL endpoints: whole records come page by page, from real ones."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest

from graph.catalogue.read import endpoint
from graph.catalogue.read.harvest import Reading, read_source
from graph.catalogue.records import Catalogue
from graph.errors import FetchError, FetchStatusError
from graph.store.generations import Generations
from tests.catalogue.read.sites import Asked, Reply, serving
from tests.catalogue.read.test_web import names, seen
from tests.web.conftest import running

HEAD = """PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX vcard: <http://www.w3.org/2006/vcard/ns#> PREFIX csvw: <http://www.w3.org/ns/csvw#>
PREFIX health: <http://healthdataportal.eu/ns/health#> PREFIX : <http://x.org/>
"""
RECORDS = HEAD + "".join(
    f""":{n} a dcat:Dataset ; dct:title "Number {n}"@en ; dct:publisher :agent ; dcat:theme :theme ;
      dct:audience [ dct:title "for {n}" ] ;
      dcat:contactPoint [ a vcard:Kind ; vcard:fn "C{n}" ; vcard:hasAddress [ vcard:locality "L{n}" ] ] ;
      health:hasVariables [ csvw:table [ csvw:tableSchema [ csvw:column [ csvw:name "c{n}" ] ] ] ] ;
      dcat:distribution :distribution-{n} ; dct:relation :{(n + 1) % 7} .
    :distribution-{n} a dcat:Distribution ; dct:license [ dct:title "licence {n}" ] .
    """
    for n in range(7)
)
OTHERS = """
:agent a foaf:Agent ; foaf:name "Agent" .
[] a dcat:Dataset ; dct:title "no name" ; dct:publisher [ foaf:name "nobody" ] .
:c a dcat:Catalog ; dct:title "C" ; dcat:dataset :0 , :1 .
"""
ALONE = """:theme a skos:Concept ; skos:prefLabel "a theme" ; skos:broader :broader . :else a foaf:Person ."""


def triples_of(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def records_of(triples: list[ox.Triple] | Reading) -> list[set[str]]:
    """Each record's statements in a form that does not depend on the names of blank nodes."""
    if isinstance(triples, Reading):
        triples = [triple for page in triples.pages for triple in page.triples]
    catalogue = Catalogue(triples)
    found = []
    for dataset in catalogue.datasets:
        graph = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in catalogue.record(dataset))
        graph.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        found.append({str(quad) for quad in graph})
    return sorted(found, key=sorted)


class Engine:
    """An endpoint over the engine itself: the default graph is that alone, as SPARQL has it."""

    def __init__(self, text: str, graph: str | None = None) -> None:
        self.store, self.queries, self.poison = ox.Store(), list[str](), ""
        name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
        self.store.extend(ox.Quad(t.subject, t.predicate, t.object, name) for t in triples_of(text))

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply("give a query", "text/plain", status=400)
        query = parse_qs(asked.body.decode())["query"][0]
        self.queries.append(query)
        found = self.store.query(query)
        if isinstance(found, ox.QuerySolutions):
            return Reply(found.serialize(format=ox.QueryResultsFormat.JSON) or b"", "application/sparql-results+json")
        assert isinstance(found, ox.QueryTriples)
        body = found.serialize(format=ox.RdfFormat.N_TRIPLES) or b""
        if self.poison and self.poison.encode() in body:
            return Reply("no", status=500)
        return Reply(body, "application/n-triples")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAGE", 3)


@pytest.mark.parametrize("graph", [None, "http://x.org/graph"])
def test_all_records_come_whole_page_by_page(graph: str | None) -> None:
    engine = Engine(RECORDS + OTHERS + ALONE, graph)
    with serving({"/q": engine}) as site:
        reading = read_source(f"sparql+{site.url}/q", site.settings())
    assert records_of(reading) == records_of(triples_of(RECORDS + OTHERS))
    assert reading.is_complete and not reading.problems
    assert len([page for page in reading.pages if "#datasets" in page.address]) == 3
    text = "".join(str(triple) for page in reading.pages for triple in page.triples)
    assert "a theme" not in text and "Person" not in text  # what belongs to no record
    assert 'http://x.org/c> <http://purl.org/dc/terms/title> "C"' in text


def test_an_endpoint_is_known_by_its_description_or_by_its_address() -> None:
    description = "<> a <http://www.w3.org/ns/sparql-service-description#Service> ;"
    description += " <http://www.w3.org/ns/sparql-service-description#endpoint> <HERE/sparql> ."
    with serving({"/about": description, "/sparql": Engine(RECORDS)}) as site:
        assert names(read_source(site.url + "/about", site.settings())) == list("0123456")
        assert names(read_source(site.url + "/sparql", site.settings())) == list("0123456")


def test_one_record_that_cannot_be_had_costs_no_other() -> None:
    engine = Engine(RECORDS)
    engine.poison = '"C4"'
    with serving({"/q": engine}) as site:
        reading = read_source(f"sparql+{site.url}/q", site.settings(harvest_retries=0))
    assert [name for name in names(reading) if name != "4"] == list("012356")
    assert len(reading.problems) == 1 and "500" in reading.problems[0].message
    assert reading.problems[0].place.file is not None and reading.problems[0].place.file.endswith("=4+1")
    assert not reading.is_complete


def test_an_endpoint_that_has_not_changed_is_unchanged() -> None:
    engine = Engine(HEAD + ":1 a dcat:Dataset .")
    with serving({"/q": engine}) as site:
        first = read_source(f"sparql+{site.url}/q", site.settings())
        again = read_source(f"sparql+{site.url}/q", site.settings(), before=seen(first))
    assert again.is_unchanged and not first.is_unchanged


def test_what_is_no_endpoint_is_said_to_be_none() -> None:
    with serving({"/q": Reply("<html></html>", "text/html")}) as site:
        with pytest.raises(FetchError, match="does not answer a SPARQL query"):
            read_source(f"sparql+{site.url}/q", site.settings())
        with pytest.raises(FetchStatusError, match="404"):
            read_source(site.url + "/sparql", site.settings())


def test_our_own_endpoint_is_read(tmp_path: Path) -> None:
    with Generations(tmp_path).write(note="test", fresh=True) as draft:
        graph = ox.NamedNode("http://x.org/graph")
        draft.publish(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples_of(RECORDS + OTHERS))
    with running(tmp_path) as server, serving({}) as site:
        settings = site.settings(harvest_reach=server.url + "/")
        reading = read_source(f"sparql+{server.url}/sparql", settings)
    assert records_of(reading) == records_of(triples_of(RECORDS + OTHERS))
    assert reading.is_complete
