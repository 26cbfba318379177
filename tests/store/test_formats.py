"""The table of result formats is found by name and by media type."""

from __future__ import annotations

import pytest

from graph.errors import UnknownFormatError
from graph.store.formats import FORMATS, Format, Kind, by_media_type, by_name, formats


@pytest.mark.parametrize("found", FORMATS, ids=lambda found: found.name)
def test_each_format_is_found_by_its_name_and_by_its_media_types(found: Format) -> None:
    assert by_name(found.name.upper(), found.kind) is found
    for media_type in found.media_types:
        assert by_media_type(f"{media_type}; charset=utf-8", found.kind) is found


def test_names_are_unique_and_a_media_type_means_one_format_of_a_kind() -> None:
    assert len({found.name for found in FORMATS}) == len(FORMATS)
    for kind in Kind:
        types = [media_type for found in formats(kind) for media_type in found.media_types]
        assert len(set(types)) == len(types)


def test_media_type_and_extension_are_those_of_the_engine() -> None:
    for found in FORMATS:
        if found.engine is not None:
            assert found.content_type == found.engine.media_type
            assert found.extension == found.engine.file_extension


def test_an_unknown_name_or_media_type_lists_what_there_is() -> None:
    with pytest.raises(UnknownFormatError, match=r"'excel'.*json, xml, csv, tsv, arrow, parquet, turtle"):
        by_name("excel")
    with pytest.raises(UnknownFormatError, match=r"'turtle' for solutions.*json, xml, csv, tsv, arrow, parquet\.$"):
        by_name("turtle", Kind.SOLUTIONS)
    with pytest.raises(UnknownFormatError, match=r"image/png.*text/turtle"):
        by_media_type("image/png")
