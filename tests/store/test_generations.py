"""A write makes a whole new generation or nothing, and what is whole is found again."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.errors import CorruptGenerationError, NoGenerationError, StoreBusyError, StoreError
from graph.store.generations import Generations
from tests.store.conftest import node, quads


def add_one(generations: Generations, name: str = "x") -> None:
    with generations.write(note=f"add {name}") as draft:
        draft.store.add(ox.Quad(node(name), node("p"), ox.Literal(1), node("g0")))


def test_a_generation_says_what_it_holds(generations: Generations) -> None:
    first = generations.current()
    assert (first.number, first.parent, first.note, first.union) == (1, None, "the first", True)
    assert (first.triples, first.quads, first.graphs) == (80, 160, 3)
    assert first.created.endswith("+00:00")
    assert len(first.open()) == first.triples + first.quads


def test_a_write_adds_to_a_copy_and_the_old_generation_stays_as_it_was(generations: Generations) -> None:
    add_one(generations)
    second = generations.current()
    assert (second.number, second.parent, second.triples, second.quads) == (2, 1, 81, 161)
    assert len(generations.get(1).open()) == 240
    assert [generation.number for generation in generations.all()] == [1, 2]


def test_what_the_writer_notes_is_kept(generations: Generations) -> None:
    with generations.write(note="noted") as draft:
        draft.metadata.update(fingerprint="abc", modules=["core"])
    assert generations.current().fingerprint == "abc"
    assert generations.current().metadata["modules"] == ["core"]


def test_a_fresh_write_starts_empty(generations: Generations) -> None:
    with generations.write(note="anew", fresh=True) as draft:
        assert len(draft.store) == 0
        draft.publish(quads(2))
    assert generations.current().quads == 8


def test_a_write_that_fails_leaves_nothing_behind(generations: Generations) -> None:
    with pytest.raises(ZeroDivisionError), generations.write(note="fails") as draft:
        draft.store.clear()
        raise ZeroDivisionError
    assert generations.current().number == 1
    assert sorted(path.name for path in generations.folder.iterdir()) == ["000001"]


def test_without_the_union_the_default_graph_is_what_was_put_there(tmp_path: Path) -> None:
    plain = Generations(tmp_path, union=False)
    with plain.write(note="plain") as draft:
        draft.publish([*quads(), ox.Quad(node("a"), node("p"), node("b"))])
    assert (plain.current().triples, plain.current().union) == (1, False)


def test_an_empty_data_directory_has_no_generation(tmp_path: Path) -> None:
    with pytest.raises(NoGenerationError, match="pmkg build"):
        Generations(tmp_path / "new").current()
    with pytest.raises(NoGenerationError, match="no generation 7"):
        Generations(tmp_path / "new").get(7)


@pytest.mark.parametrize("damage", ["lost", "garbage", "dangling", "half deleted"])
def test_a_lost_or_broken_current_leads_to_the_newest_whole_generation(
    generations: Generations, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    add_one(generations)
    current = generations.home / "CURRENT"
    if damage == "half deleted":
        add_one(generations, "y")
        (generations.current().path / "generation.json").unlink()
    else:
        current.unlink()
    if damage == "garbage":
        current.write_text("what?")
    if damage == "dangling":
        current.symlink_to("generations/000099")
    with caplog.at_level(logging.WARNING):
        assert generations.current().number == 2
    assert "newest whole generation, 2" in caplog.text
    add_one(generations, "z")
    assert generations.current_name() == generations.current().path.name
    assert generations.current().parent == 2


def test_a_generation_that_does_not_open_is_passed_over(generations: Generations) -> None:
    add_one(generations)
    shutil.rmtree(generations.get(2).store)
    (generations.home / "CURRENT").unlink()
    assert generations.current().number == 1
    with pytest.raises(CorruptGenerationError):
        generations.get(2).open()


def test_what_a_killed_writer_left_is_cleaned_by_the_next(generations: Generations) -> None:
    for name in ("draft-old", "000009"):
        (generations.folder / name / "store").mkdir(parents=True)
    add_one(generations)
    left = sorted(path.name for path in generations.folder.iterdir())
    assert left == ["000001", "000010"], "a number is never used again"


def test_old_generations_are_pruned_but_releases_and_held_ones_stay(tmp_path: Path) -> None:
    generations = Generations(tmp_path, keep=2)
    with generations.write(note="release") as draft:
        draft.metadata["release"] = "1.0"
    add_one(generations, "a")
    held = generations.current()
    with os.fdopen(held.hold(), "rb"):
        for name in "bcde":
            add_one(generations, name)
        assert [generation.number for generation in generations.all()] == [1, 2, 5, 6]
    add_one(generations, "f")
    assert [generation.number for generation in generations.all()] == [1, 6, 7]


def test_a_rollback_selects_an_older_generation_and_the_next_write_goes_on_from_it(generations: Generations) -> None:
    add_one(generations)
    generations.select(1)
    assert generations.current().number == 1
    add_one(generations, "y")
    assert (generations.current().number, generations.current().parent, generations.current().quads) == (3, 1, 161)


def test_a_second_writer_waits_and_then_says_that_the_store_is_busy(generations: Generations) -> None:
    with (
        generations.write(note="slow"),
        pytest.raises(StoreBusyError, match="writing"),
        generations.write(note="impatient", wait=0.05),
    ):
        raise AssertionError


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("in the way")
    with pytest.raises(StoreError, match=r"file: .* Set PMKG_HOME"), Generations(home).write(note="nowhere"):
        raise AssertionError


def test_writers_in_several_threads_lose_nothing(generations: Generations) -> None:
    threads = [threading.Thread(target=add_one, args=(generations, f"t{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert generations.current().number == 5
    assert generations.current().quads == 164


def test_the_description_is_plain_json(generations: Generations) -> None:
    description = json.loads((generations.current().path / "generation.json").read_text())
    assert description["triples"] == 80
    assert "path" not in description
