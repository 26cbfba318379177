"""On a damaged data directory or a full disk, a server goes on from the newest whole generation and says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.project import ROOT
from graph.store.generations import Generations
from tests.conftest import small_disk
from tests.store.conftest import quads
from tests.test_cli import pmkg
from tests.web.conftest import Server, eventually, running

COUNT = "SELECT (COUNT(*) AS ?n) { ?s <http://example.org/number> ?o }"


@pytest.fixture(scope="module")
def two_builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generations that share no file: one with 10 numbers, and one with 20."""
    generations = Generations(tmp_path_factory.mktemp("damage") / "home")
    for number in (10, 20):
        with generations.write(note="build", fresh=True) as draft:
            draft.publish(quads(number))
    return generations.home


@pytest.fixture
def generations(two_builds: Path, tmp_path: Path) -> Generations:
    return Generations(Path(shutil.copytree(two_builds, tmp_path / "home", symlinks=True)))


def seen(server: Server, **parameters: str) -> int:
    answer = server.query(COUNT, "text/csv", **parameters)
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def update(server: Server, token: str, text: str, headers: dict[str, str] | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", **(headers or {})}
    return requests.post(server.url + "/sparql", data={"update": text}, headers=headers, timeout=60)


def token_for(home: Path) -> str:
    return Tokens(home).new(Role.ADMIN, "admin", days=1)[0]


@pytest.mark.parametrize("damage", ["truncated", "garbled", "no manifest", "no description", "lost CURRENT"])
def test_a_start_leads_to_the_newest_whole_generation_and_says_so(generations: Generations, damage: str) -> None:
    current = generations.current()
    table = max(current.store.glob("*.sst"), key=lambda path: path.stat().st_size)
    content = table.read_bytes()
    match damage:
        case "truncated":
            table.write_bytes(content[:-1])
        case "garbled":
            table.write_bytes(content[:100] + bytes(20) + content[120:])
        case "no manifest":
            next(current.store.glob("MANIFEST-*")).unlink()
        case "no description":
            (current.path / "generation.json").unlink()
        case "lost CURRENT":
            (generations.home / "CURRENT").unlink()
    expected = 2 if damage == "lost CURRENT" else 1
    token = token_for(generations.home)
    with running(generations.home) as server:
        assert seen(server) == expected * 10
        assert f"Generation {expected} is the newest whole one" in server.output
        assert generations.current_name() == f"{expected:06d}"
        answer = update(server, token, "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> 1000 } }")
        assert answer.status_code == 200, answer.text
        assert seen(server) == expected * 10 + 1
        assert "Traceback" not in server.output
    newest = generations.current()
    assert (newest.number, newest.parent) == (3, expected)


def test_where_none_is_whole_a_start_without_a_build_ends_and_says_why(generations: Generations) -> None:
    for generation in generations.all():
        next(generation.store.glob("MANIFEST-*")).unlink()
    environment = {**os.environ, "PMKG_HOME": str(generations.home), "PMKG_PORT": "0"}
    command = [sys.executable, "-m", "web.serve", "--no-build"]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2
    assert "none of the generations is whole, of which there are 2. Restore a backup" in found.stderr
    assert "Traceback" not in found.stderr
    assert len(generations.all()) == 2


def test_what_is_damaged_while_it_is_served_does_not_stop_reading_or_writing(generations: Generations) -> None:
    token = token_for(generations.home)
    with running(generations.home) as server:
        assert seen(server) == 20
        (generations.home / "CURRENT").unlink()
        assert seen(server) == 20
        next(generations.current().store.glob("MANIFEST-*")).unlink()
        assert seen(server) == 20, "it is held in memory"
        answer = update(server, token, "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> 1000 } }")
        assert answer.status_code == 200, answer.text
        assert seen(server) == 11, "the copy is made of the newest one that opens"
        eventually(lambda: "000002: its file MANIFEST" in server.output)


@pytest.fixture
def on_small_disk(two_builds: Path, tmp_path: Path) -> Iterator[Generations]:
    with small_disk(tmp_path / "disk", megabytes=16) as folder:
        yield Generations(Path(shutil.copytree(two_builds, folder / "home", symlinks=True)))


def test_on_a_full_disk_a_write_is_refused_reading_goes_on_and_with_room_again_so_does_writing(
    on_small_disk: Generations,
) -> None:
    home, token = on_small_disk.home, token_for(on_small_disk.home)
    insert = "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> 1000 } }"
    with running(home) as server:
        assert seen(server) == 20
        status = os.statvfs(home)
        with (home / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, (status.f_bavail - 20) * status.f_frsize)
        for _ in range(3):
            answer = update(server, token, insert)
            assert answer.status_code == 507, answer.text
            assert answer.json()["type"].endswith("disk-full")
            assert "no room left" in answer.json()["detail"] and answer.json()["advice"]
            assert seen(server) == 20
        assert sorted(path.name for path in on_small_disk.folder.iterdir()) == ["000001", "000002"]
        (home / "filler").unlink()
        assert update(server, token, insert).status_code == 200
        assert seen(server) == 21
        assert "Traceback" not in server.output
    with running(home) as server:
        assert seen(server) == 21


def test_a_write_that_is_done_is_acknowledged_though_the_audit_log_is_full(generations: Generations) -> None:
    token = token_for(generations.home)
    log = generations.home / "audit.log"
    log.symlink_to("/dev/full")  # whatever is written there finds no room
    with running(generations.home) as server:
        first = update(server, token, "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> 1000 } }")
        assert first.status_code == 200, first.text
        assert seen(server) == 21
        eventually(lambda: "the audit log cannot be written: No space left on device" in server.output)
        log.unlink()
        log.write_text('{"outcome": "writ')  # half a line, as a full disk leaves it
        second = update(server, token, "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> 1001 } }")
        assert second.status_code == 200, second.text
    half, *lines = log.read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert half == '{"outcome": "writ'
    assert [(line["generation"], line["outcome"], line.get("made_up")) for line in told] == [
        (3, "written", True),
        (4, "written", None),
    ]
    assert {line["who"] for line in told} == {"admin"}


def test_after_a_rollback_a_write_follows_the_older_generation_and_no_number_or_answer_is_mixed_up(
    generations: Generations,
) -> None:
    home, token = generations.home, token_for(generations.home)

    def asked(server: Server, **headers: str) -> requests.Response:
        return server.get("/sparql", params={"query": COUNT}, headers={"Accept": "text/csv", **headers})

    with running(home) as server:
        before = asked(server)
        assert pmkg("rollback", "1", home=home).returncode == 0
        back = asked(server, **{"If-None-Match": before.headers["ETag"]})
        assert (back.status_code, back.text.split()[1]) == (200, "10")
        insert = "INSERT DATA { GRAPH <x:g> { <x:s> <http://example.org/number> %d } }"
        for wrong in ("2", "3"):
            assert update(server, token, insert % 1, {"If-Match": f'"{wrong}"'}).status_code == 412
        first = update(server, token, insert % 1000, {"If-Match": '"1"'})
        assert (first.status_code, first.headers["ETag"]) == (200, '"3"')
        after = asked(server, **{"If-None-Match": back.headers["ETag"]})
        assert (after.status_code, after.text.split()[1], after.headers["PMKG-Generation"]) == (200, "11", "3")
        assert len({answer.headers["ETag"] for answer in (before, back, after)}) == 3
        assert asked(server, **{"If-None-Match": after.headers["ETag"]}).status_code == 304
        assert pmkg("rollback", "2", home=home).returncode == 0
        again = asked(server)
        assert (again.text, again.headers["ETag"]) == (before.text, before.headers["ETag"])
        assert [seen(server, generation=str(number)) for number in (1, 2, 3)] == [10, 20, 11]
    shown = json.loads(pmkg("history", "--format", "json", home=home).stdout)["generations"]
    assert [(row["generation"], row["parent"], row["current"]) for row in shown] == [
        (3, 1, False),
        (2, 1, True),
        (1, None, False),
    ]


def test_two_servers_and_the_command_write_to_one_data_directory_and_lose_nothing(generations: Generations) -> None:
    home, token = generations.home, token_for(generations.home)
    settings = {"write_queue_seconds": 120, "keep_generations": 100}

    def insert(asked: tuple[Server, int]) -> int:
        server, number = asked
        text = f"INSERT DATA {{ GRAPH <x:g> {{ <x:s> <http://example.org/number> {1000 + number} }} }}"
        answer = update(server, token, text)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["generation"])

    backup = home.parent / "backup"
    assert pmkg("backup", str(backup), home=home).returncode == 0
    with running(home, **settings) as one, running(home, **settings) as other:
        assert pmkg("restore", str(backup), home=home).returncode == 0  # generation 3, which is like 2
        with ThreadPoolExecutor(7) as pool:
            written = pool.map(insert, [((one, other)[number % 2], number) for number in range(8)])
            made = pool.submit(write_beside, home)
            numbers = list(written)
            made.result()
        assert len(set(numbers)) == 8
        assert (seen(one), seen(other)) == (20 + 8 + 3, 20 + 8 + 3)
    history = {generation.number: generation.parent for generation in generations.all()}
    assert history == {number: number - 1 or None for number in range(1, 3 + 8 + 3 + 1)}
    told = [json.loads(line) for line in (home / "audit.log").read_text().splitlines()]
    assert sorted(line["generation"] for line in told if line["outcome"] == "written") == sorted(numbers)


def write_beside(home: Path) -> None:
    """Three writes by a process that is no server, as a build's is."""
    for number in range(3):
        with Generations(home, keep=100).write(note="beside") as draft:
            subject = ox.NamedNode("http://example.org/beside")
            draft.store.add(ox.Quad(subject, ox.NamedNode("http://example.org/number"), ox.Literal(number), subject))
