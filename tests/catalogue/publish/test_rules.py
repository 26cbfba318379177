"""The rules of publishing are those of the shapes, ours and the official ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.catalogue.publish.rules import NO_LIMIT, Rule, datatypes, read, rules
from graph.check.shapes import merged
from graph.names import SH
from graph.rdf.index import Index
from tests.catalogue.publish.records import XSD, iri
from tests.conftest import SHARED

OFFICIAL = SHARED / "ehds" / "shapes" / "dcat-ap-3.0.1"


def test_a_rule_takes_together_what_all_shapes_of_a_class_ask() -> None:
    size = rules()[iri("dcat:Distribution")][iri("dcat:byteSize")]
    assert size == Rule(datatypes={XSD + "nonNegativeInteger"}, most=1)
    language = rules()[iri("dcat:Dataset")][iri("dcterms:language")]
    assert language.classes == {iri("dcterms:LinguisticSystem")}
    assert language.schemes == {iri("euauth:language")}
    title = rules()[iri("dcat:Dataset")][iri("dcterms:title")]
    assert (title.least, title.most, title.wants_literal) == (1, NO_LIMIT, True)


def test_a_recommendation_is_no_rule() -> None:
    assert iri("dcterms:publisher") in rules()[iri("dcat:Dataset")]
    assert not rules()[iri("dcat:Dataset")][iri("dcterms:publisher")].schemes  # the EU's list is a warning


def test_counts_of_health_data_have_the_datatype_of_their_profile() -> None:
    assert datatypes()[iri("healthdcatap:numberOfRecords")] == XSD + "nonNegativeInteger"
    assert datatypes()[iri("dcat:spatialResolutionInMeters")] == XSD + "decimal"
    assert iri("dcterms:issued") not in datatypes()  # which may be of four


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official shapes are not here")
def test_the_rules_are_those_of_the_official_shapes() -> None:
    files = [OFFICIAL / f"{name}.ttl" for name in ("shapes", "range", "mdr-vocabularies.shape")]
    official = read(Index(merged(files)))
    for kind in official.keys() | rules().keys():
        ours, theirs = rules().get(kind, {}), official.get(kind, {})
        for name in ours.keys() | theirs.keys():
            one, other = ours.get(name, Rule()), theirs.get(name, Rule())
            literal = {SH + "Literal"} if other.datatypes else set()  # which a date need not be said to be
            assert other.patterns <= one.patterns
            one = replace(one, kinds=one.kinds - literal, patterns=set())
            assert one == replace(other, kinds=other.kinds - literal, patterns=set()), (kind, name)
