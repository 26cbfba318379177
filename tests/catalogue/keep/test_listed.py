"""The list of sources: what it says, what is wrong with it and where, and which of it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graph.catalogue.keep.archive import Archive, Look
from graph.catalogue.keep.listed import read_list
from graph.errors import InputError
from graph.project import ROOT

ENTRY = '[[catalogue]]\naddress = "{}"\nslug = "{}"\n'


def listed(folder: Path, text: str) -> Path:
    path = folder / "catalogues.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_source_is_read_with_its_rhythm(tmp_path: Path) -> None:
    text = ENTRY.format("https://example.org/a.ttl", "a") + 'every = "6 hours"\n' + ENTRY.format("b.ttl", "b")
    first, second = read_list(listed(tmp_path, text))
    assert (first.task.source, first.task.slug, first.every) == ("https://example.org/a.ttl", "a", timedelta(hours=6))
    assert (second.task.source, second.every) == (str(tmp_path / "b.ttl"), timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[catalogue]\n", 1, "not valid TOML"),
        ("[[catalogue]]\nslug = 'a'\n", 1, "missing"),
        (ENTRY.format("a", "a") + "[[catalogue]]\naddress = 'b'\nslug = 'a'\n", 4, "slug of line 1"),
        (ENTRY.format("a", "a/b"), 1, "no name for a catalogue"),
        (ENTRY.format("a", "a") + "every = 'often'\n", 1, "no length of time"),
        (ENTRY.format("a", "a") + "every = 1\n", 1, "no text"),
        (ENTRY.format("a", "a") + "profile = 'none'\n", 1, "no profile"),
        (ENTRY.format("a", "a") + "adress = 'b'\n", 1, "no such key"),
        ("[other]\n", None, "something else"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, line: int | None, said: str) -> None:
    path = listed(tmp_path, text)
    with pytest.raises(InputError, match=said) as caught:
        read_list(path)
    assert (caught.value.place.file, caught.value.place.line) == (str(path), line)


def test_a_source_is_due_when_its_time_has_come_or_it_failed(tmp_path: Path) -> None:
    (source,) = read_list(listed(tmp_path, ENTRY.format("a", "a") + 'every = "1 hour"\n'))
    now = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    looks = [Look("a", (now - timedelta(minutes=minutes)).isoformat(), succeeded=True) for minutes in (59, 60)]
    assert [source.is_due(look, now) for look in looks] == [False, True]
    assert source.is_due(None, now) and source.is_due(Look("a", now.isoformat(), succeeded=False), now)


def test_a_look_is_remembered(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.look("a") is None
    archive.note_look("a", "source", succeeded=True)
    look = archive.look("a")
    assert look is not None and look.succeeded and look.source == "source"


def test_the_example_of_the_documentation_is_a_list() -> None:
    assert [item.task.slug for item in read_list(ROOT / "docs" / "catalogues.toml")] == [
        "national-catalogue",
        "endpoint",
        "own-records",
    ]
