"""Bearer tokens: made once, found in no file, ended by time and by hand, and kept whole whoever writes."""

from __future__ import annotations

import json
import stat
import string
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.access.roles import Principal, Role
from graph.access.tokens import LONGEST_NAME, SHAPE, Tokens, found_in, is_whole
from graph.errors import InputError, InvalidTokenError, StoreError
from graph.project import ROOT


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path)


def rewrite(tokens: Tokens, **values: object) -> None:
    """Change the one token of the file by hand."""
    kept = json.loads(tokens.path.read_text("utf-8"))
    kept["tokens"][0].update(values)
    tokens.path.write_text(json.dumps(kept), encoding="utf-8")


def test_a_token_says_who_holds_it(tokens: Tokens) -> None:
    text, kept = tokens.new(Role.HARVESTER, "Sciensano's harvester", days=1)
    assert tokens.identify(text) == Principal("Sciensano's harvester", Role.HARVESTER, kept.id)
    assert kept.id in text and kept.state() == "valid"


def test_no_file_holds_the_token_and_only_its_owner_reads_the_file(tokens: Tokens, tmp_path: Path) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    secret = text.rsplit("_", 1)[1]
    assert all(secret[:20] not in path.read_text("utf-8") for path in tmp_path.iterdir())
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.lock"]


def test_two_tokens_are_never_alike(tokens: Tokens) -> None:
    made = [tokens.new(Role.READER, "x", days=1)[0] for _ in range(20)]
    assert len({text.rsplit("_", 1)[1] for text in made}) == len({SHAPE.fullmatch(text)[1] for text in made}) == 20  # type: ignore[index]


@given(st.integers(0, 61), st.sampled_from(string.ascii_letters + string.digits + "_- "))
def test_a_token_with_one_letter_changed_is_noticed_without_a_look_into_the_file(at: int, letter: str) -> None:
    whole = "pmkg_p62z35ha_6mFcdjIEgj39j7lJOh9AcWRNawbDebllNNj6kJPlPwa1YEHSP"
    assert is_whole(whole) and found_in(f"query=ASK&x={whole}.")
    changed = whole[:at] + letter + whole[at + 1 :]
    assert changed == whole or SHAPE.fullmatch(changed) is None or not is_whole(changed)


@pytest.mark.parametrize(
    "text", ["", "pmkg_", "x" * 100_000, "pmkg_p62z35ha_6mFcdjIEgj39j7lJOh9AcWRNawbDebllNNj6kJPlPwa1YEHSP"]
)
def test_what_is_no_token_of_ours_is_refused_without_being_repeated(tokens: Tokens, text: str) -> None:
    tokens.new(Role.ADMIN, "x", days=1)
    with pytest.raises(InvalidTokenError) as caught:
        tokens.identify(text)
    assert len(text) < 6 or text[-40:] not in str(caught.value)


def test_a_mistyped_token_is_told_from_an_unknown_one(tokens: Tokens) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    mistyped = text[:-1] + ("A" if text[-1] != "A" else "B")
    with pytest.raises(InvalidTokenError, match="not a whole one"):
        tokens.identify(mistyped)


def test_the_id_of_a_token_with_another_secret_is_refused(tokens: Tokens, tmp_path: Path) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    rewrite(tokens, digest="0" * 64)
    with pytest.raises(InvalidTokenError, match="knows no such token"):
        tokens.identify(text)


def test_a_token_ends_when_it_expires(tokens: Tokens) -> None:
    text, kept = tokens.new(Role.CURATOR, "x", days=30)
    assert kept.expires - kept.created == timedelta(days=30)
    rewrite(tokens, expires=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())
    with pytest.raises(InvalidTokenError, match="is expired since"):
        tokens.identify(text)
    assert [token.state() for token in tokens.all()] == ["expired"]


def test_a_revoked_token_is_worthless_at_once_also_elsewhere(tokens: Tokens, tmp_path: Path) -> None:
    text, kept = tokens.new(Role.ADMIN, "x", days=1)
    other = Tokens(tmp_path)
    assert other.identify(text) == kept.principal
    first = tokens.revoke(kept.id).revoked
    with pytest.raises(InvalidTokenError, match="is revoked since"):
        other.identify(text)
    assert tokens.revoke(kept.id).revoked == first, "when it was revoked is kept"


def test_revoking_what_is_not_there_says_so_and_repeats_no_secret(tokens: Tokens) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    with pytest.raises(InputError, match="pmkg token list") as caught:
        tokens.revoke(text)
    assert text.rsplit("_", 1)[1] not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", " x", "a\nb", "a\x1bb", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "Anyone", "x" * (LONGEST_NAME + 1)]
)
def test_a_name_that_would_mislead_in_a_log_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(InputError):
        tokens.new(Role.READER, name, days=1)
    assert tokens.all() == []


@pytest.mark.parametrize("days", [0, -1, 1e9, float("nan")])
def test_a_token_has_an_end(tokens: Tokens, days: float) -> None:
    with pytest.raises(InputError, match="days"):
        tokens.new(Role.READER, "x", days=days)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"tokens": [{}]}', '{"tokens": [{"id": "x", "role": "king"}]}', "\xff"]
)
def test_a_broken_file_lets_nobody_in_and_is_not_overwritten(tokens: Tokens, content: str) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    tokens.path.write_text(content, encoding="latin-1")
    for act in (lambda: tokens.identify(text), lambda: tokens.new(Role.ADMIN, "y", days=1), tokens.all):
        with pytest.raises(StoreError, match=r"tokens\.json"):
            act()
    assert tokens.path.read_text("latin-1") == content


def test_without_the_file_no_token_is_valid(tokens: Tokens) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    tokens.path.unlink()
    with pytest.raises(InvalidTokenError):
        tokens.identify(text)


def test_a_demoted_person_loses_the_tokens_above_their_role(tokens: Tokens) -> None:
    for role, owner in ((Role.ADMIN, "ana"), (Role.READER, "ana"), (Role.ADMIN, "ben")):
        tokens.new(role, "x", days=1, owner=owner)
    assert [token.owner for token in tokens.demote("ana", Role.CURATOR)] == ["ana"]
    assert [token.state() for token in tokens.all()] == ["revoked", "valid", "valid"]


def test_many_writers_lose_no_token(tmp_path: Path) -> None:
    def make(name: str) -> None:
        for number in range(10):
            Tokens(tmp_path).new(Role.READER, f"{name} {number}", days=1)

    script = f"from pathlib import Path; from graph.access.tokens import *\nfor n in range(10): Tokens(Path({str(tmp_path)!r})).new(Role.READER, f'process {{n}}', days=1)"  # noqa: E501
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    threads = [threading.Thread(target=make, args=(f"thread {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process.wait() == 0
    assert len({token.name for token in Tokens(tmp_path).all()}) == 40
