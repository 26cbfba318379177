"""Mending of real records: the examples of the EHDS material, as they were found."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.catalogue.mend import MEND_RULES, Mended, mend
from graph.catalogue.read.document import read_leniently
from graph.catalogue.records import Catalogue
from graph.catalogue.validate.verdict import profile_of, validate
from graph.errors import CheckFailedError
from graph.names import PREFIXES, RDF
from tests.catalogue.mend.samples import NAMESPACE, relabelled
from tests.conftest import SHARED

_FOLDER = SHARED / "ehds" / "examples"
_SYNTAXES = (".ttl", ".rdf", ".xml", ".jsonld", ".nt")
_HAVE_TO_OCCUR = frozenset(MEND_RULES) - {
    # Nobody writes these in the examples; test_rules has them.
    *("availability-list", "coding-system-list", "decimals", "durations", "health-category-list", "health-theme-list"),
    *("members", "publisher-type-list", "standard-list", "theme-list", "truth-values", "type-list"),
}
# The container of this data point says that a series is in the catalogue, which the profile takes for no dataset.
_ONE_MORE = frozenset({"root_fdp_response.ttl"})


@cache
def _read() -> Mapping[Path, tuple[ox.Triple, ...]]:
    found = {}
    for path in sorted(_FOLDER.glob("*/*")):
        if path.suffix in _SYNTAXES:
            page, _ = read_leniently(path.read_bytes(), "", path.name, base="http://example.org/base/")
            found[path] = page.triples
    return found


@cache
def _mended() -> Mapping[Path, Mended]:
    return {path: mend(triples, NAMESPACE) for path, triples in _read().items()}


@pytest.fixture(autouse=True)
def examples() -> None:
    if not _FOLDER.is_dir():
        pytest.skip(f"the example records are not at {_FOLDER}")


def test_no_blank_node_is_left_and_no_dataset_is_lost() -> None:
    for path, mended in _mended().items():
        terms = {term for it in mended.triples for term in (it.subject, it.object)}
        assert not any(isinstance(term, ox.BlankNode) for term in terms), path.name
        assert len(Catalogue(mended.triples).datasets) >= len(Catalogue(_read()[path]).datasets), path.name


def test_mending_the_examples_again_mends_nothing() -> None:
    for path, mended in _mended().items():
        assert mend(mended.triples, NAMESPACE) == Mended(mended.triples, ()), path.name


def test_the_examples_get_the_same_names_whatever_their_labels_and_order() -> None:
    for path, mended in _mended().items():
        if len(mended.triples) < 2000:
            assert mend(relabelled(_read()[path], 7), NAMESPACE) == mended, path.name


def test_each_habit_of_real_catalogues_is_mended_in_some_example() -> None:
    assert {it.rule for mended in _mended().values() for it in mended.mends} >= _HAVE_TO_OCCUR


def test_no_class_outside_scaffolding_is_lost() -> None:
    scaffolding = (PREFIXES["hydra"], PREFIXES["ldp"], "https://w3id.org/fdp/fdp-o#", "http://purl.org/spar/datacite/")
    for path, triples in _read().items():
        before = {it.object for it in triples if it.predicate.value == RDF + "type"}
        after = {it.object for it in _mended()[path].triples if it.predicate.value == RDF + "type"}
        said = {it.before for it in _mended()[path].mends}
        lost = {str(kind) for kind in before - after}
        assert all(
            kind in said and (kind[1:].startswith(scaffolding) or "foaf" in kind or "vcard" in kind) for kind in lost
        )


def test_mended_records_break_no_more_obligations_than_before() -> None:
    before = after = 0
    for path, triples in _read().items():
        profile = profile_of(Catalogue(triples))
        try:
            found = len(validate(triples, profile).violations)
        except CheckFailedError:
            continue  # an IRI with a space, which no validator takes
        left = len(validate(_mended()[path].triples, profile).violations)
        assert left <= found + (path.name in _ONE_MORE), path.name
        before, after = before + found, after + left
    assert after < 0.65 * before
