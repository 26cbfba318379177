"""Names that are compared are cut first: their likeness takes time by the product of their lengths."""

from __future__ import annotations

import pytest
from rapidfuzz import process

from graph.advise.nearest import LONGEST, nearest

SPACE = "http://example.org/"


def test_a_long_name_is_compared_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[int]()
    extract = process.extract

    def noted(sought: str, *others: object, **options: object) -> object:
        compared.append(len(sought))
        return extract(sought, *others, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(process, "extract", noted)
    nearest(SPACE + "treats" * 100_000, [SPACE + "treats"], {})
    assert nearest(SPACE + "treat", [SPACE + "treats"], {}) == [SPACE + "treats"]
    assert compared and max(compared) <= LONGEST
