"""The files of a project become one dataset, and every fact in it has a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.build.merge import merge
from graph.errors import InputError
from graph.names import ONTOLOGY_GRAPH, SKOS
from graph.project import Project
from tests.build.test_mappings import GOOD, HEADER, table
from tests.build.triples import HEADER as PREFIXES


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "facts").mkdir()
    (tmp_path / "ontology" / "gene.ttl").write_text(PREFIXES + ":Gene a owl:Class ; rdfs:subClassOf [ a owl:Class ] .")
    (tmp_path / "facts" / "a.trig").write_text(PREFIXES + "icpermed:a-1 { id:hbb a :Gene }")
    return Project(tmp_path)


def test_terms_are_in_the_ontology_graph_and_facts_in_their_own(project: Project) -> None:
    graphs = {str(quad.graph_name) for quad in merge(project).quads}
    assert graphs == {f"<{ONTOLOGY_GRAPH}>", "<https://w3id.org/pmkg/source/icpermed-2022/a-1>"}


def test_mappings_are_in_the_ontology_graph(project: Project) -> None:
    table(project.root / "ontology", GOOD, HEADER)
    matches = [quad for quad in merge(project).quads if quad.predicate.value == SKOS + "exactMatch"]
    assert [str(quad.graph_name) for quad in matches] == [f"<{ONTOLOGY_GRAPH}>"]


def test_every_file_that_cannot_be_read_is_told_of_at_once(project: Project) -> None:
    (project.root / "ontology" / "therapy.ttl").write_text(PREFIXES + ":Therapy a owl:")
    (project.root / "facts" / "b.trig").write_text(PREFIXES + "icpermed:a-2 { id:x a }")
    table(project.root / "ontology", GOOD.replace("NCIT:", "NOPE:"), HEADER)
    with pytest.raises(InputError) as raised:
        merge(project)
    files = [Path(problem.place.file or "").name for problem in raised.value.problems]
    assert files == ["therapy.ttl", "mappings.sssom.tsv", "b.trig"]
    assert len(str(raised.value).splitlines()) == 3


def test_an_added_file_is_read_first_and_once(project: Project) -> None:
    (gene,) = project.modules
    assert [file.path for file in merge(project, [gene]).files] == [gene, *project.facts]
    assert len(merge(project, [gene]).quads) == len(merge(project).quads)
