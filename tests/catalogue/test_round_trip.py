"""The round trip of catalogues: what one server publishes, another harvests, and both say the same of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pyoxigraph as ox
import pytest
import requests

from graph.catalogue.publish.own import GRAPH
from graph.catalogue.records import DATASET, Catalogue
from graph.catalogue.validate.official import Official
from graph.catalogue.validate.profiles import PROFILES
from graph.catalogue.validate.verdict import validate_records
from graph.names import CATALOGUE
from graph.project import ROOT
from graph.rdf.index import TYPE, str_of
from graph.store.generations import Generations
from tests.conftest import SHARED
from tests.web.conftest import Server, running

EHDS = SHARED / "ehds"
FOLDERS = ("health-ri-metadata", "mvd-health-demo", "dcat-ap-se", "fair-data-point", "w3c-dcat")
NTRIPLES = ox.RdfFormat.N_TRIPLES

pytestmark = pytest.mark.skipif(not EHDS.is_dir(), reason="the shared material is not here")


def pmkg(home: Path, *command: str, **settings: str) -> Any:
    """Run the command as a steward does; what it prints as JSON."""
    environment = {**os.environ, "PMKG_HOME": str(home), **{f"PMKG_{n.upper()}": v for n, v in settings.items()}}
    program = [sys.executable, "-X", "utf8", "-c", "from graph.cli import main; main()", *command, "--format", "json"]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


@dataclass
class Instance:
    """A server over a data directory, and what it publishes."""

    home: Path
    server: Server

    @property
    def address(self) -> str:
        return self.server.url + "/catalogue"

    @cached_property
    def published(self) -> frozenset[ox.Triple]:
        """All pages of its catalogue, one after the other."""
        found, address = set[ox.Triple](), self.address
        while address:
            answer = requests.get(address, headers={"Accept": "application/n-triples"}, timeout=60)
            answer.raise_for_status()
            found.update(q.triple for q in ox.parse(answer.content, format=NTRIPLES, rename_blank_nodes=True))
            following = answer.links.get("next")
            address = urljoin(address, following["url"]) if following else ""
        return frozenset(found)

    @cached_property
    def datasets(self) -> set[str]:
        return {str_of(t.subject) for t in self.published if t.predicate.value == TYPE and str_of(t.object) == DATASET}


def verdicts(triples: frozenset[ox.Triple]) -> dict[str, set[tuple[str, ...]]]:
    """What each dataset's own profile finds in it, without the names of blank nodes."""
    return {
        dataset: {
            (found.profile, *(_name(getattr(item, part.name)) for part in fields(item) if part.name != "message"))
            for item in found.results
        }
        for dataset, found in validate_records(Catalogue(triples)).items()
    }


def _name(term: object) -> str:
    text = str(term or "")
    return "_" if text.startswith("_:") else text


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server with a part of the examples, of which a page holds few datasets."""
    home, source = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("examples")
    for name in FOLDERS:
        shutil.copytree(EHDS / "examples" / name, source / name)
    pmkg(home, "harvest", str(source), "--as", "examples")
    pmkg(home, "link")
    with running(home, catalogue_page_datasets=8) as server:
        yield Instance(home, server)


@pytest.fixture(scope="module")
def second(first: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server that has harvested the first."""
    home = tmp_path_factory.mktemp("second")
    said = pmkg(home, "harvest", first.address, "--as", "first", harvest_reach=first.server.url + "/")
    assert said["complete"] and not said["problems"] and said["pages"] > 1, said
    with running(home, catalogue_page_datasets=8) as server:
        yield Instance(home, server)


def stored(home: Path, slug: str) -> frozenset[ox.Triple]:
    store = Generations(home).current().open()
    return frozenset(q.triple for q in store.quads_for_pattern(None, None, None, ox.NamedNode(CATALOGUE + slug)))


def test_another_instance_has_the_same_datasets_and_verdicts(first: Instance, second: Instance) -> None:
    theirs, ours = verdicts(first.published), verdicts(stored(second.home, "first"))
    assert len(ours) > len(FOLDERS)
    assert ours == theirs


def test_what_has_not_changed_is_not_written_again(first: Instance, second: Instance) -> None:
    before = Generations(second.home).current().number
    said = pmkg(second.home, "harvest", first.address, "--as", "first", harvest_reach=first.server.url + "/")
    assert (said["changed"], said["failed"], said["generation"]) == (False, False, None)
    assert Generations(second.home).current().number == before


def test_what_was_harvested_from_a_published_catalogue_is_published_as_it_was(
    first: Instance, second: Instance
) -> None:
    assert second.datasets == first.datasets

    def said(instance: Instance) -> set[str]:
        nodes = {name for name in instance.datasets if name != GRAPH and not name.startswith(instance.server.url)}
        return {str(t) for t in instance.published if str_of(t.subject) in nodes and not _is_blank(t.object)}

    assert said(second) == said(first)


def _is_blank(term: object) -> bool:
    return isinstance(term, ox.BlankNode)


@pytest.mark.parametrize("which", ["first", "second"])
def test_neither_breaks_the_official_rules_of_dcat_ap(which: str, request: pytest.FixtureRequest) -> None:
    instance: Instance = request.getfixturevalue(which)
    results = Official(EHDS).results(instance.published, PROFILES["dcat-ap-3.0.1"], fast=True)
    assert not [item for item in results if "iolation" in str(item.severity)]
