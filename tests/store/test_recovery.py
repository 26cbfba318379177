"""Whatever was lost or damaged: a start finds the newest whole generation, says what was wrong, and deletes nothing."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.errors import CorruptGenerationError, NoGenerationError
from graph.store.generation import Generation
from graph.store.generations import Generations
from graph.store.recovery import recover
from tests.store.conftest import OpenEngine, ask, node, quads


@pytest.fixture
def three(generations: Generations) -> Generations:
    """Generations that share no file with each other, so that damage to one is not damage to all."""
    for number in (2, 3):
        with generations.write(note=f"number {number}", fresh=True) as draft:
            draft.publish(quads(number))
    return generations


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def file(pattern: str) -> Callable[[Generation], Path]:
    return lambda generation: max(generation.path.glob(pattern), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("damage", [truncate, garble, empty, Path.unlink])
@pytest.mark.parametrize("pattern", ["store/*.sst", "store/MANIFEST-*", "store/CURRENT"])
def test_a_damaged_store_is_set_aside_and_the_one_before_it_is_used(
    three: Generations, damage: Callable[[Path], None], pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = file(pattern)(three.current())
    damage(path)
    assert [generation.number for generation in recover(three)] == [3]
    assert three.current_name() == "000002"
    assert len(three.current().open()) > 0
    assert path.name in caplog.text and "newest whole one" in caplog.text and "damaged-000003" in caplog.text
    assert (three.folder / "damaged-000003").is_dir()


@pytest.mark.parametrize("damage", [truncate, empty, Path.unlink, lambda path: path.write_bytes(b"\xff{}")])
def test_a_damaged_description_leads_to_the_one_before_it(
    three: Generations, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(three.current().path / "generation.json")
    recover(three)
    assert three.current().number == 2
    assert three.current_name() == "000002"
    assert "generation.json cannot be read" in caplog.text


@pytest.mark.parametrize("target", [None, "generations/000099", "../elsewhere/000003", "/etc/000001", "what", "000001"])
def test_a_lost_current_is_put_back(three: Generations, target: str | None, caplog: pytest.LogCaptureFixture) -> None:
    link = three.home / "CURRENT"
    link.unlink()
    if target:
        link.symlink_to(target)
    assert three.current().number == 3
    assert recover(three) == []
    assert three.current_name() == "000003"
    assert "CURRENT is lost or broken" in caplog.text


def test_what_is_whole_is_left_alone(three: Generations, caplog: pytest.LogCaptureFixture) -> None:
    three.select(1)
    assert recover(three) == []
    assert (three.current().number, caplog.text) == (1, "")


def test_where_none_is_whole_nothing_is_touched_and_nobody_starts_from_nothing(three: Generations) -> None:
    for generation in three.all():
        truncate(file("store/MANIFEST-*")(generation))
    with pytest.raises(CorruptGenerationError, match=r"none of the generations is whole.*pmkg restore"):
        recover(three)
    with pytest.raises(CorruptGenerationError), three.write(note="on top of nothing"):
        raise AssertionError
    assert [generation.number for generation in three.all()] == [1, 2, 3]
    with three.write(note="build", fresh=True) as draft:
        draft.publish(quads(1))
    assert (three.current().number, three.current().parent) == (4, None)


def test_where_there_is_nothing_there_is_nothing_to_recover(tmp_path: Path) -> None:
    with pytest.raises(NoGenerationError):
        recover(Generations(tmp_path))


def test_a_write_goes_on_from_the_newest_generation_that_opens(
    three: Generations, caplog: pytest.LogCaptureFixture
) -> None:
    truncate(file("store/*.sst")(three.current()))
    with three.write(note="goes on") as draft:
        draft.store.add(ox.Quad(node("x"), node("p"), node("y"), node("g0")))
    assert (three.current().number, three.current().parent) == (4, 2)
    assert "generation 3 is passed over" in caplog.text


def test_the_number_of_what_was_set_aside_or_lost_is_not_used_again(three: Generations) -> None:
    truncate(file("store/MANIFEST-*")(three.current()))
    recover(three)
    with three.write(note="next"):
        pass
    assert three.current().number == 4
    (three.current().path / "generation.json").unlink()
    with three.write(note="after"):
        pass
    assert (three.current().number, three.current().parent) == (5, 2)


def test_generations_of_before_checksums_were_noted_are_whole(three: Generations) -> None:
    description = three.current().path / "generation.json"
    stated = json.loads(description.read_text())
    del stated["files"]
    description.write_text(json.dumps(stated))
    assert recover(three) == []


def test_a_description_tells_of_every_file_that_holds_data(generations: Generations) -> None:
    with generations.write(note="shares") as draft:
        draft.store.add(ox.Quad(node("x"), node("p"), node("y"), node("g0")))
    current = generations.current()
    alone = shutil.copytree(current.store, generations.home / "alone")
    for path in alone.iterdir():
        if path.name not in current.files:
            path.unlink()
    assert set(ox.Store.read_only(str(alone))) == set(current.open())
    current.check_content()


def test_a_start_waits_for_nobody_where_all_is_well(three: Generations) -> None:
    with three.write(note="slow"):
        assert recover(three, wait=0) == []


def test_damage_that_shows_only_when_it_is_read_is_told_without_places_of_this_machine(
    tmp_path: Path, open_engine: OpenEngine
) -> None:
    generations = Generations(tmp_path / "large")
    with generations.write(note="large") as draft:
        draft.publish(quads(2000))
    for path in generations.current().store.glob("*.sst"):
        if path.stat().st_size > 20_000:
            garble(path)
    engine = open_engine(home=generations.home, memory_store_megabytes=0)
    with pytest.raises(CorruptGenerationError, match=r"\?generation=N") as told:
        ask(engine, "SELECT * { ?s ?p ?o }")
    assert str(tmp_path) not in str(told.value)
    with pytest.raises(CorruptGenerationError, match="damaged"), generations.write(note="reads it") as draft:
        list(draft.store)
    assert generations.current().number == 1


@pytest.fixture(autouse=True)
def _see_warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
