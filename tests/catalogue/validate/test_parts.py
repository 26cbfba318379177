"""A large document is validated record by record: what is found is what validating it at once finds."""

from __future__ import annotations

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
