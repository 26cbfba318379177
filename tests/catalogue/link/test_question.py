"""The question that linking is for: transcriptomic data on breast cancer, its access level, and whom to ask."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pyoxigraph as ox

from graph.catalogue.keep.places import Places
from graph.catalogue.link.keeping import relink
from graph.check.examples import read_example, results_csv
from graph.names import PREFIXES
from graph.project import ROOT
from graph.rdf.reading import Dataset
from graph.store.draft import count
from graph.write.change import Change

QUESTION = ROOT / "queries" / "061-transcriptomic-data-on-breast-cancer.ttl"
CATALOGUE = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX health: <http://healthdataportal.eu/ns/health#>
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX right: <http://publications.europa.eu/resource/authority/access-right/>
PREFIX ex: <https://example.org/>

ex:bulk a dcat:Dataset ; dct:title "Transcriptomic profiles of breast cancer"@en ;
    dct:accessRights right:RESTRICTED ; health:hdab ex:hdab .
ex:subtype a dcat:Dataset ; dct:title "Familial breast cancer families"@en ; dcat:keyword "RNA-seq" ;
    dct:accessRights right:NON_PUBLIC ; health:hdab ex:hdab .
ex:cells a dcat:Dataset ; dct:title "Zellen"@de ; dcat:keyword "Brustkrebs"@de , "single-cell transcriptomics" .
ex:other-data a dcat:Dataset ; dct:title "Mammography in breast cancer"@en .
ex:other-disease a dcat:Dataset ; dct:title "Transcriptomic data on Usher syndrome"@en .
ex:wider a dcat:Dataset ; dct:title "Transcriptomics of cancer"@en .
ex:gone a dcat:Dataset ; dct:title "Transcriptomic data on breast cancer, of old"@en .
ex:hdab a foaf:Agent ; foaf:name "Health Data Access Body"@en ; cv:contactPoint [ cv:email "ask@example.org" ] .
"""


def statements() -> Iterable[ox.Quad]:
    places = Places("a")
    primary, gone = (
        ox.NamedNode(PREFIXES["foaf"] + "primaryTopic"),
        ox.NamedNode(PREFIXES["prov"] + "invalidatedAtTime"),
    )
    for quad in ox.parse(CATALOGUE, format=ox.RdfFormat.TURTLE):
        yield ox.Quad(quad.subject, quad.predicate, quad.object, places.statements)
        if quad.object == ox.NamedNode(PREFIXES["dcat"] + "Dataset"):
            assert isinstance(quad.subject, ox.NamedNode)
            record = ox.NamedNode(places.record_of(quad.subject.value))
            yield ox.Quad(record, primary, quad.subject, places.record)
            if quad.subject.value.endswith("/gone"):
                yield ox.Quad(record, gone, ox.Literal("2026-01-02"), places.record)


def answer(project: Dataset, quads: Iterable[ox.Quad]) -> list[dict[str, str]]:
    store = ox.Store()
    change = Change(store, union=True)
    change.add(project.quads)
    change.add(quads)
    relink(change)
    assert count(store)[0] > 0
    text = results_csv(store.query(read_example(QUESTION).text))
    return list(csv.DictReader(io.StringIO(text)))


def test_it_finds_the_disease_and_its_subtypes_with_level_and_access_body(project: Dataset) -> None:
    rows = answer(project, statements())
    found = {row["dataset"].rpartition("/")[2]: row for row in rows if row["dataset"]}
    assert set(found) == {"bulk", "subtype", "cells"}, (
        "nothing of other data, other or wider diseases, and what is gone"
    )
    assert found["subtype"] == {
        "disease": "hereditary breast carcinoma",
        "dataset": "https://example.org/subtype",
        "title": "Familial breast cancer families",
        "holds": "RNA sequencing data",
        "access": "NON_PUBLIC",
        "accessBody": "Health Data Access Body",
        "contact": "ask@example.org",
    }
    assert (found["bulk"]["access"], found["bulk"]["holds"]) == ("RESTRICTED", "transcriptomic data")
    assert found["cells"]["holds"] == "single-cell transcriptomic data"
    assert found["cells"]["accessBody"] == "", "its record names none"


def test_without_a_catalogue_it_names_the_diseases_that_it_looked_for(project: Dataset) -> None:
    rows = answer(project, [])
    assert [row["disease"] for row in rows] == ["breast cancer", "breast carcinoma", "hereditary breast carcinoma"]
    assert not any(row["dataset"] for row in rows)
