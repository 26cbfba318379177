"""`pmkg validate`: files and slugs flow in, reports and exit statuses flow out."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from graph.catalogue.report import RENDERINGS
from graph.catalogue.validate.profiles import PROFILES
from graph.check.shapes import as_ntriples
from graph.cli import main
from graph.commands import validate as command
from graph.names import CATALOGUE, PREFIXES, RECORD
from graph.store.generations import Generations
from tests.catalogue.report.records import DATASET, bare, triples_of
from tests.catalogue.report.test_examples import whole
from tests.catalogue.score.test_reach import site


def pmkg(*arguments: str, home: Path, stdin: str | None = None, **settings: str) -> Result:
    environment = {"PMKG_HOME": str(home), **settings}
    return CliRunner().invoke(main, ["validate", *arguments], env=environment, input=stdin)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.nt"
    path.write_text(as_ntriples(bare("PUBLIC")), encoding="utf-8")
    return str(path)


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.nt"
    temporal = PREFIXES["dcterms"] + "temporal"
    triples = frozenset(it for it in whole("PUBLIC") if it.predicate.value != temporal)
    path.write_text(as_ntriples(triples), encoding="utf-8")
    return str(path)


def test_the_command_names_every_profile_and_form() -> None:
    assert tuple(PROFILES) == command.PROFILES and set(command.FORMATS) == set(RENDERINGS)


def test_the_exit_status_is_1_on_a_violation_and_0_on_warnings_alone(bad: str, good: str, tmp_path: Path) -> None:
    failed = pmkg(bad, home=tmp_path)
    assert failed.exit_code == 1 and "The health data access body is missing." in failed.stdout
    passed = pmkg(good, home=tmp_path)
    assert passed.exit_code == 0 and "Conforms: 1 dataset, 0 violations, 1 warning." in passed.stdout


@pytest.mark.parametrize("profile", list(PROFILES))
def test_a_profile_that_is_asked_for_is_taken(bad: str, profile: str, tmp_path: Path) -> None:
    result = pmkg(bad, "--profile", profile, "--format", "json", home=tmp_path)
    assert json.loads(result.stdout)["records"][0]["profile"] == profile and result.exit_code == 1


@pytest.mark.parametrize("form", command.FORMATS)
def test_each_format_is_printed(bad: str, form: str, tmp_path: Path) -> None:
    result = pmkg(bad, "--format", form, home=tmp_path)
    assert result.exit_code == 1 and len(result.stdout) > 500


def test_standard_input_is_read(tmp_path: Path) -> None:
    assert pmkg("-", home=tmp_path, stdin=as_ntriples(whole("PUBLIC"))).exit_code == 0


def test_a_malformed_file_is_named_with_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "bad.ttl"
    path.write_text(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n<urn:x> a dcat:Dataset ;; <a b> .\n", encoding="utf-8"
    )
    result = pmkg(str(path), home=tmp_path)
    assert result.exit_code == 2 and "bad.ttl:2:" in result.stderr and not result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nothing was harvested yet"),
        (["."], "folder"),
        ([], "Usage"),
        (["x", "--profile", "excel"], "excel"),
        (["x", "--format", "excel"], "excel"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = pmkg(*arguments, home=tmp_path)
    assert result.exit_code == 2 and said in result.stderr


def test_a_document_without_a_dataset_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "empty.ttl"
    path.write_text("<urn:x> <urn:y> <urn:z> .", encoding="utf-8")
    for profile in ([], ["--profile", "dcat-ap-3.0.1"]):
        result = pmkg(str(path), *profile, home=tmp_path)
        assert result.exit_code == 1 and "there is no dataset in it" in result.stdout


def test_a_harvested_catalogue_is_read_without_what_is_gone(tmp_path: Path) -> None:
    graph = ox.NamedNode(CATALOGUE + "a-slug")
    notes = ox.NamedNode(CATALOGUE + "a-slug/record")
    gone = triples_of(
        f"<{RECORD}a-slug/1> foaf:primaryTopic <{DATASET}> ; "
        "prov:invalidatedAtTime '2026-01-01T00:00:00Z'^^xsd:dateTime ."
    )
    other = "http://example.org/other"
    with Generations(tmp_path).write(note="a test") as draft:
        draft.store.extend(ox.Quad(it.subject, it.predicate, it.object, graph) for it in bare("PUBLIC"))
        draft.store.extend(
            ox.Quad(it.subject, it.predicate, it.object, graph) for it in triples_of(f"<{other}> a dcat:Dataset .")
        )
        draft.store.extend(ox.Quad(it.subject, it.predicate, it.object, notes) for it in gone)
    result = pmkg("a-slug", "--format", "json", home=tmp_path)
    assert [it["dataset"] for it in json.loads(result.stdout)["records"]] == [other]
    assert result.exit_code == 1 and "1 that the source has no more" in result.stderr
    missing = pmkg("another", home=tmp_path)
    assert missing.exit_code == 2 and "Harvested are: a-slug." in missing.stderr


def test_the_score_is_told_where_it_is_asked_for(bad: str, tmp_path: Path) -> None:
    assert "405" not in pmkg(bad, home=tmp_path).stdout
    scored = pmkg(bad, "--score", home=tmp_path).stdout
    assert "15 of 405 points, bad" in scored and "325 points can be had without" in scored


def test_reachability_asks_the_addresses_of_the_data(tmp_path: Path) -> None:
    with site() as (base, asked):
        turtle = f"<{DATASET}> a dcat:Dataset ; dcat:distribution <urn:d> . <urn:d> dcat:accessURL <{base}/good> ."
        path = tmp_path / "a.nt"
        path.write_text(as_ntriples(triples_of(turtle)), encoding="utf-8")
        settings = {"PMKG_HARVEST_REACH": "127.0.0.1/32"}
        result = pmkg(str(path), "--reachability", "--format", "json", home=tmp_path, **settings)
    assert asked == {"/good": 1}
    metrics = json.loads(result.stdout)["score"]["metrics"]
    assert metrics["access-url-reachable"] == 50 and metrics["download-url-reachable"] == 0
    assert PREFIXES["dcat"] in path.read_text()
