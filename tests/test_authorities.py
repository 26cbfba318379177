"""What the graph says of authorities' identifiers is what the authorities' own tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox

from graph.build.mappings import read_mappings
from graph.names import BASE
from graph.project import Project
from tests.conftest import Built


def run_checker(vocabularies: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(vocabularies / "check_identifiers.py"), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_outside_identifier_of_the_built_graph_is_verified(
    built: Built, vocabularies: Path, tmp_path: Path
) -> None:
    path = tmp_path / "graph.nt"
    built.store.dump(str(path), format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    result = run_checker(vocabularies, path)
    assert result.returncode == 0, result.stdout[-2000:]


def test_every_mapped_identifier_has_its_authoritys_label(vocabularies: Path, tmp_path: Path) -> None:
    path = tmp_path / "mappings.tsv"
    rows = read_mappings(Project().mappings)
    path.write_text("".join(f"{row.object_curie}\t{row.object_label}\n" for row in rows), encoding="utf-8")
    result = run_checker(vocabularies, path)
    assert result.returncode == 0, result.stdout[-2000:]
    assert f"{len(rows)} checked" in result.stderr


def test_the_checker_notices_an_invented_identifier(vocabularies: Path, tmp_path: Path) -> None:
    path = tmp_path / "invented.tsv"
    path.write_text("MONDO:9999999\tan invented disease\n", encoding="utf-8")
    assert run_checker(vocabularies, path).returncode == 1


def test_no_sentence_of_the_report_is_copied(vocabularies: Path) -> None:
    rows = (vocabularies.parent / "seed" / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sentences = [text for row in rows for text in [row.split("\t")[3]] if len(text) > 60 and "-0\t" not in row]
    project = Project()
    texts = [path.read_text(encoding="utf-8") for path in (*project.modules, *project.facts, *project.queries)]
    copied = [sentence for sentence in sentences if any(sentence in text for text in texts)]
    assert sentences and copied == []


def test_the_ontology_is_as_deep_as_it_should_be(built: Built) -> None:
    count = "SELECT (COUNT(?x) AS ?n) {{ ?x a owl:{} FILTER(STRSTARTS(STR(?x), '{}def/')) }}"
    numbers = {}
    for kind in ("Class", "ObjectProperty", "DatatypeProperty"):
        prefix = "PREFIX owl: <http://www.w3.org/2002/07/owl#> "
        solutions = built.store.query(prefix + count.format(kind, BASE))
        assert isinstance(solutions, ox.QuerySolutions)
        numbers[kind] = int(next(solutions)["n"].value)
    assert numbers["Class"] >= 300
    assert numbers["ObjectProperty"] + numbers["DatatypeProperty"] >= 60
