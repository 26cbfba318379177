"""A backup gives back what was there, whole and checked, or nothing at all."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.errors import InputError, NoGenerationError, StoreError
from graph.store.backup import back_up, back_up_to, restore
from graph.store.generation import Generation
from graph.store.generations import Generations

GRAPH = ox.NamedNode("urn:g")
Members = list[tuple[tarfile.TarInfo, bytes]]


def write(generations: Generations, *values: str, note: str = "test") -> None:
    with generations.write(note=note) as draft:
        draft.metadata.update(who="Ana", added=len(values), fingerprint="abc")
        draft.store.extend(
            ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(value), GRAPH) for value in values
        )


def quads(generation: Generation) -> set[ox.Quad]:
    return set(generation.open())


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    found = Generations(tmp_path / "home")
    write(found, "a", "b")
    return found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Generations:
    return Generations(tmp_path / "elsewhere")


def packed(generations: Generations) -> bytes:
    output = io.BytesIO()
    back_up(generations, output)
    return output.getvalue()


def unpacked(content: bytes) -> Members:
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        found = []
        for member in archive:
            file = archive.extractfile(member)
            found.append((member, file.read() if file else b""))
        return found


def repacked(members: Members) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return zstandard.ZstdCompressor().compress(output.getvalue())


def given_back(generations: Generations, content: bytes) -> Generation:
    return restore(generations, io.BytesIO(content), "the.backup", {})


def assert_untouched(generations: Generations) -> None:
    names = {path.name for path in generations.home.iterdir()} if generations.home.exists() else set()
    assert names <= {"generations", "write.lock"} and not list(generations.home.glob("generations/*"))


def test_what_was_backed_up_comes_back_elsewhere(generations: Generations, elsewhere: Generations) -> None:
    made, original = given_back(elsewhere, packed(generations)), generations.current()
    assert quads(made) == quads(original) and elsewhere.current() == made
    assert (made.number, made.parent, made.triples, made.quads, made.graphs) == (1, None, 2, 2, 1)
    assert made.note == f"restored from generation 1 of {original.created}"
    assert made.metadata == {"fingerprint": "abc"}, "what was noted of the write was not noted of the restore"
    assert not list(elsewhere.home.glob("restore-*"))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5), st.integers(0, 2**32))
def test_any_content_comes_back(tmp_path: Path, values: list[str], seed: int) -> None:
    here, there = Generations(tmp_path / "here"), Generations(tmp_path / f"there-{seed}")
    write(here, *values)
    assert quads(given_back(there, packed(here))) == quads(here.current())


def test_a_restored_generation_follows_those_that_are_there(generations: Generations) -> None:
    content = packed(generations)
    write(generations, "c")
    made = given_back(generations, content)
    assert (made.number, made.parent, made.triples) == (3, 2, 2)
    assert generations.get(2).triples == 3, "what was there is kept"
    write(generations, "d")
    assert generations.current().triples == 3, "and the next write goes on from it"


def test_the_audit_log_comes_along_and_never_replaces_one(generations: Generations, elsewhere: Generations) -> None:
    (generations.home / "audit.log").write_text("one\n", encoding="utf-8")
    content = packed(generations)
    given_back(elsewhere, content)
    assert (elsewhere.home / "audit.log").read_text("utf-8") == "one\n"
    (elsewhere.home / "audit.log").write_text("other\n", encoding="utf-8")
    given_back(elsewhere, content)
    assert (elsewhere.home / "audit.log").read_text("utf-8") == "other\n"


def test_no_secret_is_in_a_backup(generations: Generations) -> None:
    Tokens(generations.home).new(Role.ADMIN, "x", days=1)
    (generations.home / "session.key").write_text("hush", encoding="utf-8")
    names = {member.name for member, _ in unpacked(packed(generations))}
    assert {name.split("/")[0] for name in names} == {"generation", "manifest.json"}


def test_the_file_is_there_only_when_it_is_whole(generations: Generations, tmp_path: Path) -> None:
    path = tmp_path / "graph.backup"
    with pytest.raises(NoGenerationError):
        back_up_to(Generations(tmp_path / "empty"), path)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == []
    back_up_to(generations, path)
    assert path.stat().st_mode & 0o777 == 0o600 and path.read_bytes()
    with pytest.raises(StoreError, match="nowhere"):
        back_up_to(generations, tmp_path / "nowhere" / "graph.backup")


def test_an_archive_that_was_cut_off_anywhere_changes_nothing(generations: Generations, elsewhere: Generations) -> None:
    content = packed(generations)
    for length in [*range(0, len(content), max(1, len(content) // 40)), len(content) - 1]:
        with pytest.raises(InputError, match=r"the\.backup: not a whole backup.* Nothing has changed"):
            given_back(elsewhere, content[:length])
    assert_untouched(elsewhere)


def test_an_archive_with_a_damaged_byte_changes_nothing(generations: Generations, elsewhere: Generations) -> None:
    content = packed(generations)
    for at in range(4, len(content), max(1, len(content) // 40)):
        damaged = content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]
        with pytest.raises(InputError):
            given_back(elsewhere, damaged)
    assert_untouched(elsewhere)


def changed(members: Members) -> Members:
    return [(m, c.replace(b'"triples": 2', b'"triples": 9')) for m, c in members]


def plus(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[Members], Members]:
    """An archive with one more member, which its manifest knows."""

    def change(members: Members) -> Members:
        extra = tarfile.TarInfo(name)
        extra.type, extra.linkname = kind, link
        described = json.loads(members[-1][1])
        described["files"][name] = {"sha256": hashlib.sha256(b"").hexdigest(), "size": 0}
        return [(extra, b""), *members[:-1], (members[-1][0], json.dumps(described).encode())]

    return change


def saying(**values: object) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        return [*members[:-1], (members[-1][0], json.dumps({**json.loads(members[-1][1]), **values}).encode())]

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed,
        lambda members: members[1:],
        lambda members: members[:-1],
        lambda members: [*members, members[0]],
        lambda members: [members[0], *members],
        lambda members: [*members, members[-1]],
        lambda members: [],
        plus("../outside"),
        plus("/tmp/outside"),
        plus("generation/../../outside"),
        plus("generation/store/../../../outside"),
        plus("generation/store/sub/file"),
        plus("generation/store/..file"),
        plus("tokens.json"),
        plus("generation/store/link", tarfile.SYMTYPE, "/etc/passwd"),
        plus("generation/store/hard", tarfile.LNKTYPE, "generation/generation.json"),
        plus("generation/store/pipe", tarfile.FIFOTYPE),
        plus("generation/store/null", tarfile.CHRTYPE),
        plus("generation/store", tarfile.DIRTYPE),
        saying(format="something else"),
        saying(version=2),
        saying(files=[]),
        saying(files={}),
    ],
)
def test_an_archive_that_was_tampered_with_changes_nothing(
    generations: Generations, elsewhere: Generations, tmp_path: Path, change: Callable[[Members], Members]
) -> None:
    with pytest.raises(InputError, match=r"the\.backup"):
        given_back(elsewhere, repacked(change(unpacked(packed(generations)))))
    assert_untouched(elsewhere)
    assert not list(tmp_path.rglob("outside"))


def test_repacking_alone_is_no_tampering(generations: Generations, elsewhere: Generations) -> None:
    assert given_back(elsewhere, repacked(unpacked(packed(generations)))).triples == 2


def test_a_store_that_does_not_open_is_not_adopted(generations: Generations, elsewhere: Generations) -> None:
    members = [(m, c) for m, c in unpacked(packed(generations)) if not m.name.startswith("generation/store/MANIFEST")]
    described = json.loads(members[-1][1])
    described["files"] = {m.name: described["files"][m.name] for m, _ in members[:-1]}
    members[-1] = (members[-1][0], json.dumps(described).encode())
    with pytest.raises(InputError, match=r"MANIFEST-.* cannot be read"):
        given_back(elsewhere, repacked(members))
    assert_untouched(elsewhere)


def test_a_backup_of_the_other_kind_of_default_graph_is_refused(generations: Generations, tmp_path: Path) -> None:
    plain = Generations(tmp_path / "plain", union=False)
    with pytest.raises(StoreError, match="PMKG_UNION_DEFAULT_GRAPH"):
        given_back(plain, packed(generations))
    assert_untouched(plain)


def test_what_a_killed_restore_left_is_deleted_by_the_next(generations: Generations, elsewhere: Generations) -> None:
    left = elsewhere.home / "restore-left"
    (left / "generation").mkdir(parents=True)
    given_back(elsewhere, packed(generations))
    assert not left.exists()
