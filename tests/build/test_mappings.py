"""Mappings come out as triples; a row that cannot be right is named by file and line."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.build.mappings import mapping_triples, read_mappings
from graph.errors import MappingError
from graph.names import DEF, SKOS

HEADER = """\
# mapping_set_id: https://w3id.org/pmkg/ontology/mappings
# license: https://creativecommons.org/publicdomain/zero/1.0/
# curie_map:
#   def: https://w3id.org/pmkg/def/
#   NCIT: http://purl.obolibrary.org/obo/NCIT_
#   semapv: https://w3id.org/semapv/vocab/
#   skos: http://www.w3.org/2004/02/skos/core#
subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification
"""
GOOD = "def:Gene\tgene\tskos:exactMatch\tNCIT:C16612\tGene\tsemapv:ManualMappingCuration\n"
GENE = "http://purl.obolibrary.org/obo/NCIT_C16612"


def table(folder: Path, rows: str, header: str = HEADER) -> Path:
    path = folder / "mappings.sssom.tsv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def test_a_row_becomes_a_match_and_a_label(tmp_path: Path) -> None:
    mappings = read_mappings(table(tmp_path, GOOD))
    assert [(m.object_curie, m.object_label, m.line) for m in mappings] == [("NCIT:C16612", "Gene", 9)]
    found = set(mapping_triples(mappings, ()))
    assert ox.Triple(ox.NamedNode(DEF + "Gene"), ox.NamedNode(SKOS + "exactMatch"), ox.NamedNode(GENE)) in found
    assert ox.Literal("Gene", language="en") in {triple.object for triple in found}


def test_a_label_that_the_ontology_declares_is_not_given_again(tmp_path: Path) -> None:
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    declared = [ox.Triple(ox.NamedNode(GENE), label, ox.Literal("gene", language="en"))]
    found = mapping_triples(read_mappings(table(tmp_path, GOOD)), declared)
    assert label not in {triple.predicate for triple in found}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (GOOD.replace("NCIT:", "NOPE:"), "'NOPE:C16612' has a prefix that curie_map lacks"),
        (GOOD.replace("exactMatch", "exactlyMatch"), "predicate 'skos:exactlyMatch' is not one"),
        (GOOD.replace("def:Gene", "NCIT:C1"), "subject 'NCIT:C1' is not a term of ours"),
        (GOOD.replace("semapv:ManualMappingCuration", ""), "mapping_justification is empty"),
        (GOOD.replace("\tgene\t", '\t"gene"s\t'), "not a table"),
        (GOOD.replace("skos:exactMatch", "skos:closeMatch"), "line 9 matches the same two terms"),
        (GOOD.replace("def:Gene", "def:Other").replace("\tGene\t", "\tgenes\t"), "NCIT:C16612 is 'Gene' on line 9"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(MappingError, match=words) as raised:
        read_mappings(table(tmp_path, GOOD + row))
    assert raised.value.place.line == 10
    assert str(raised.value.place.file).endswith("mappings.sssom.tsv")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER.replace("curie_map", "cury_map"), "no curie_map"),
        (HEADER.replace("obo/NCIT_", "obo/ncit_"), "says that NCIT is"),
        (HEADER.replace("\tpredicate_id", "\tpredicate"), "lacks predicate_id"),
        ("", "no curie_map"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, words: str) -> None:
    with pytest.raises(MappingError, match=words):
        read_mappings(table(tmp_path, GOOD, header))


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        read_mappings(tmp_path / "none.tsv")
