"""A large document is validated record by record: what is found is what validating it at once finds."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graph.catalogue.read.document import read_document
from graph.catalogue.validate import verdict
from graph.check.shapes import Result
from tests.conftest import SHARED

EXAMPLES = SHARED / "ehds" / "examples"
FILES = (
    "ckanext-dcat/catalog.rdf",
    "fdk-no/harvest_response_2.ttl",
    "health-ri-img2catalog/xnat_integration_test_include_private.ttl",
    "udata/udata.xml",
    "w3c-dcat/series-releases.ttl",
)


# What a catalogue and a series lead to stands in the records of datasets too, and is of a list.
SHARED_NODES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <http://example.org/> .
ex:one a dcat:Dataset ; dcterms:language ex:tongue ; dcterms:spatial ex:place .
ex:two a dcat:Dataset ; dcterms:spatial ex:place ; dcat:inSeries ex:series .
ex:series a dcat:DatasetSeries ; dcterms:spatial ex:place .
ex:catalogue a dcat:Catalog ; dcat:dataset ex:one , ex:two ; dcterms:language ex:tongue ; dcterms:spatial ex:place .
ex:place a dcterms:Location , skos:Concept ; skos:prefLabel "place" ;
  skos:inScheme <http://publications.europa.eu/resource/authority/place> .
ex:tongue a dcterms:LinguisticSystem , skos:Concept ; skos:prefLabel "tongue" ;
  skos:inScheme <http://publications.europa.eu/resource/authority/language> .
<http://publications.europa.eu/resource/authority/place> a skos:ConceptScheme ; dcterms:title "places" .
"""


def key(result: Result) -> tuple[str, ...]:
    return (result.severity, result.focus, result.path or "", result.component, result.value or "", result.shape)


@pytest.mark.parametrize("profile", ["dcat-ap-3.0.1", "healthdcat-ap-r8-non-public"])
@pytest.mark.parametrize("name", FILES)
def test_validating_by_parts_finds_what_validating_at_once_finds(
    name: str, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip("the example records are not here")
    triples = read_document(path.read_bytes(), "", name).triples
    at_once = verdict.validate(triples, profile)
    assert at_once.results and len(at_once.datasets) > 1
    monkeypatch.setattr(verdict, "BATCH", 1)
    by_parts = verdict.validate(triples, profile)
    assert sorted(map(key, by_parts.results)) == sorted(map(key, at_once.results))


@pytest.mark.parametrize("profile", ["dcat-ap-3.0.1", "healthdcat-ap-r8-public"])
def test_a_node_that_a_catalogue_shares_with_a_record_is_known_by_all_that_is_said_of_it(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    triples = [quad.triple for quad in ox.parse(SHARED_NODES, format=ox.RdfFormat.TURTLE)]
    at_once = verdict.validate(triples, profile)
    monkeypatch.setattr(verdict, "BATCH", 1)
    by_parts = verdict.validate(triples, profile)
    assert sorted(map(key, by_parts.results)) == sorted(map(key, at_once.results))
