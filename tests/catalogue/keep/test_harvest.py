"""A source is taken in once; what changes in it is told exactly, and what it loses is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.keep.archive import Archive, checksum
from graph.catalogue.keep.harvest import Task, harvest
from graph.catalogue.keep.places import Places
from graph.errors import InputError
from graph.names import PREFIXES, PROVENANCE_GRAPH
from graph.settings import Settings
from graph.store.backup import back_up_to, restore
from graph.store.generations import Generations
from tests.catalogue.keep.conftest import Harvest, ask, current, dataset, document
from tests.conftest import SHARED

FDK = SHARED / "ehds" / "examples" / "fdk-no"


def test_the_first_harvest_holds_what_the_source_says_and_its_bytes(take_in: Harvest, home: Path) -> None:
    text = document(dataset(1), dataset(2))
    outcome = take_in(text)
    assert (outcome.generation, outcome.datasets, len(outcome.changes.added)) == (1, 2, 2)
    assert ask(home, 'GRAPH <https://w3id.org/pmkg/catalogue/example> { ex:d1 dct:title "Dataset 1"@en }')
    assert ask(home, "?r a dcat:CatalogRecord ; foaf:primaryTopic ex:d1 ; dct:issued ?i ; dct:modified ?m")
    assert Archive(home).read(checksum(text.encode())) == text.encode()


def test_an_unchanged_source_writes_no_generation(take_in: Harvest, home: Path) -> None:
    text = document(dataset(1), dataset(2))
    take_in(text)
    assert not take_in(text).changed
    assert not take_in(text, anew=True).changed
    assert not take_in(text.replace(" ; ", " ;\n    ") + "# the same, written otherwise\n").changed
    assert Generations(home).current().number == 1


def test_what_changed_is_told_by_dataset_and_property(take_in: Harvest, home: Path) -> None:
    form = '; dcat:distribution [ a dcat:Distribution ; dct:title "{}" ] '
    take_in(document(dataset(1), dataset(2, form.format("old"))))
    outcome = take_in(document(dataset(1), dataset(2, form.format("new")), dataset(3)))
    assert outcome.changes.changed == {"http://example.org/d2": ("dcat:distribution / dcterms:title",)}
    assert outcome.changes.added == ("http://example.org/d3",)
    assert ask(home, 'ex:d2 dcat:distribution/dct:title "new"') and not ask(
        home, 'ex:d2 dcat:distribution/dct:title "old"'
    )
    assert ask(home, '?e prov:specializationOf ex:d2 ; def:changedProperty "dcat:distribution / dcterms:title"')


def test_a_shared_node_changes_each_record_that_it_belongs_to(take_in: Harvest) -> None:
    text = document(dataset(1), dataset(2))
    take_in(text)
    changed = take_in(text.replace('"Agent"', '"Another"')).changes.changed
    assert changed == {f"http://example.org/d{n}": ("dcterms:publisher / foaf:name",) for n in (1, 2)}


def test_a_dataset_that_is_gone_is_kept_and_marked_until_it_is_back(take_in: Harvest, home: Path) -> None:
    both = document(dataset(1), dataset(2))
    take_in(both)
    assert take_in(document(dataset(1))).changes.gone == ("http://example.org/d2",)
    assert ask(home, 'ex:d2 dct:title "Dataset 2"@en . ?r foaf:primaryTopic ex:d2 ; prov:invalidatedAtTime ?t')
    assert take_in(document(dataset(1), dataset(3))).changes.gone == ()
    assert ask(home, "?r foaf:primaryTopic ex:d2 ; prov:invalidatedAtTime ?t")
    assert take_in(both).changes.back == ("http://example.org/d2",)
    assert not ask(home, "?r foaf:primaryTopic ex:d2 ; prov:invalidatedAtTime ?t")


def test_what_the_source_says_of_a_shared_node_counts_for_a_dataset_that_is_gone_too(
    take_in: Harvest, home: Path
) -> None:
    text = document(dataset(1), dataset(2))
    take_in(text)
    take_in(document(dataset(1)).replace('"Agent"', '"Another"'))
    assert ask(home, 'ex:d2 dct:publisher/foaf:name "Another"') and not ask(home, 'ex:agent foaf:name "Agent"')


def test_a_broken_file_of_a_folder_casts_doubt_on_what_stood_in_it_alone(home: Path, tmp_path: Path) -> None:
    folder, settings = tmp_path / "folder", replace(Settings(), home=home)
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"{number}.ttl").write_text(document(dataset(number)), encoding="utf-8")
    harvest(Task(str(folder), "example"), settings)
    (folder / "1.ttl").write_text(f"{document()} ex:d1 a dcat:Data", encoding="utf-8")
    (folder / "2.ttl").unlink()
    (folder / "3.ttl").write_text(document(dataset(4)), encoding="utf-8")
    changes = harvest(Task(str(folder), "example"), settings).changes
    assert (changes.gone, changes.missing) == (
        ("http://example.org/d2", "http://example.org/d3"),
        ("http://example.org/d1",),
    )
    assert changes.added == ("http://example.org/d4",)


def test_nothing_is_gone_where_not_all_was_read(take_in: Harvest, home: Path) -> None:
    take_in(document(dataset(1), dataset(2)))
    outcome = take_in(document(dataset(1), 'ex:d2 a dcat:Dataset ; dct:title "cut off'))
    assert outcome.problems and not outcome.complete
    assert (outcome.changes.gone, ask(home, "?r prov:invalidatedAtTime ?t")) == ((), False)
    assert ask(home, 'ex:d2 dct:title "Dataset 2"@en')


def test_a_source_that_suddenly_has_no_dataset_loses_none(take_in: Harvest, home: Path) -> None:
    take_in(document(dataset(1)))
    outcome = take_in(document())
    assert not outcome.changes.gone and "no dataset any more" in str(outcome.problems[0])
    assert ask(home, "ex:d1 a dcat:Dataset")


def test_a_dry_run_tells_and_writes_nothing(take_in: Harvest, home: Path) -> None:
    outcome = take_in(document(dataset(1)), dry_run=True)
    assert len(outcome.changes.added) == 1 and outcome.generation is None
    assert not (home / "CURRENT").exists()


def test_literals_keep_their_forms(take_in: Harvest, home: Path) -> None:
    text = document(dataset(1, '; dcat:byteSize "007"^^xsd:nonNegativeInteger '))
    take_in(text)
    assert not take_in(text, anew=True).changed
    stored = {quad.object.value[1:] for quad in current(home) if "007" in str(quad.object)}
    assert stored == {"007"}


def test_the_same_dataset_of_another_catalogue_is_linked_from_both_sides(take_in: Harvest, home: Path) -> None:
    take_in(document(dataset(1, '; dct:identifier "https://doi.org/10.5281/zenodo.12345" ')), "one")
    other = document(dataset(2, '; adms:identifier [ skos:notation "doi:10.5281/ZENODO.12345" ] '))
    outcome = take_in(other, "two")
    assert [(t.dataset, t.other) for t in outcome.twins] == [("http://example.org/d2", "http://example.org/d1")]
    assert "doi:10.5281/zenodo.12345" in outcome.twins[0].reason
    both = "ex:d1 def:sameDatasetAs ex:d2"
    assert ask(home, f"GRAPH <https://w3id.org/pmkg/catalogue/one/record> {{ {both} }}")
    assert ask(home, "GRAPH <https://w3id.org/pmkg/catalogue/two/record> { ex:d2 def:sameDatasetAs ex:d1 }")
    take_in(document(dataset(2)), "two")
    assert not ask(home, "?a def:sameDatasetAs ?b"), "the identifier was withdrawn, and so are both links"


@pytest.mark.parametrize("identifier", ["1", "dataset-1", "12345", "n/a", "https://example.org/"])
def test_an_identifier_that_tells_nothing_apart_links_nothing(take_in: Harvest, identifier: str) -> None:
    take_in(document(dataset(1, f'; dct:identifier "{identifier}" ')), "one")
    assert not take_in(document(dataset(2, f'; dct:identifier "{identifier}" ')), "two").twins


def test_a_landing_page_that_several_datasets_have_links_none(take_in: Harvest) -> None:
    page = "; dcat:landingPage <http://example.org/portal/start> "
    take_in(document(dataset(1, page), dataset(2, page)), "one")
    assert not take_in(document(dataset(3, page)), "two").twins


def test_a_name_that_another_source_has_is_refused_unless_it_is_given(home: Path, tmp_path: Path) -> None:
    settings = replace(Settings(), home=home)
    paths = [tmp_path / name / "catalogue.ttl" for name in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(document(dataset(1)), encoding="utf-8")
    harvest(Task(str(paths[0])), settings)
    with pytest.raises(InputError, match="another source has"):
        harvest(Task(str(paths[1])), settings)
    assert not harvest(Task(str(paths[1]), "catalogue"), settings).changes.added


def test_a_node_of_provenance_stands_for_each_page_and_each_is_kept(take_in: Harvest, home: Path) -> None:
    take_in(document(dataset(1)))
    graph, prov = ox.NamedNode(PROVENANCE_GRAPH), PREFIXES["prov"]
    store = current(home)
    influenced = store.quads_for_pattern(
        Places("example").statements, ox.NamedNode(prov + "wasInfluencedBy"), None, graph
    )
    activity = next(influenced).object
    assert isinstance(activity, ox.NamedNode)
    used = [q.object for q in store.quads_for_pattern(activity, ox.NamedNode(prov + "used"), None, graph)]
    digest = ox.NamedNode(PREFIXES["spdx"] + "checksumValue")
    values = [q.object.value for node in used for q in store.quads_for_pattern(node, digest, None, graph)]  # type: ignore
    assert values == [path.name for path in Archive(home).files()]
    assert not [q for q in store if str(home.parent) in str(q)], "no place of this machine is told"


@pytest.mark.skipif(not FDK.is_dir(), reason=f"the examples are not at {FDK}")
def test_the_norwegian_harvesters_changed_files_are_told_exactly(take_in: Harvest) -> None:
    take_in((FDK / "harvest_response_2.ttl").read_text("utf-8"))
    changes = take_in((FDK / "harvest_response_2_dataset_diff.ttl").read_text("utf-8")).changes
    path = "dcat:distribution / http://dcat.no/dcatapi/accessService / dcterms:description"
    assert changes.changed == {"https://testdirektoratet.no/model/dataset/0": (path,)}
    assert not (changes.added or changes.gone or changes.others)
    take_in((FDK / "harvest_response_0.ttl").read_text("utf-8"), "zero")
    changes = take_in((FDK / "harvest_response_0_catalog_diff.ttl").read_text("utf-8"), "zero").changes
    catalogue = "https://testdirektoratet.no/model/dataset-catalog/0"
    assert changes.others[catalogue] == ("dcat:dataset", "dcterms:title")
    assert len(changes.gone) == 1, "the one without a name"


def test_a_backup_holds_the_harvested_bytes(take_in: Harvest, home: Path, tmp_path: Path) -> None:
    text = document(dataset(1))
    take_in(text)
    back_up_to(Generations(home), tmp_path / "backup")
    other = tmp_path / "other"
    with (tmp_path / "backup").open("rb") as backup:
        restore(Generations(other), backup, "backup", {})
    assert Archive(other).read(checksum(text.encode())) == text.encode()
    assert not harvest(Task(str(tmp_path / "source.ttl"), "example"), replace(Settings(), home=other)).changed


def test_an_iri_without_end_is_left_out_and_reported_and_the_rest_is_kept(take_in: Harvest, home: Path) -> None:
    endless = f"<http://example.org/{'a' * 100_000}>"
    outcome = take_in(document(dataset(1, f"; dct:relation {endless}")) + f"{endless} a dcat:Dataset .")
    assert (outcome.datasets, outcome.complete, outcome.generation) == (1, False, 1)
    (problem,) = outcome.problems
    assert "100,019 characters" in str(problem) and len(str(problem)) < 1000
    assert ask(home, "GRAPH ?g { ex:d1 dct:title ?t }")
