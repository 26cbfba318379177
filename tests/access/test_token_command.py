"""`pmkg token`: the token alone on standard output, everything else elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from graph.access.roles import Principal, Role
from graph.access.tokens import SHAPE, Tokens
from tests.test_cli import pmkg


def test_a_new_token_stands_alone_on_standard_output(tmp_path: Path) -> None:
    result = pmkg("token", "new", "--role", "admin", home=tmp_path)
    text = result.stdout.removesuffix("\n")
    assert (result.returncode, SHAPE.fullmatch(text) is not None) == (0, True)
    assert "valid until" in result.stderr and text not in result.stderr
    assert Tokens(tmp_path).identify(text).role is Role.ADMIN


def test_the_list_shows_who_but_never_the_token(tmp_path: Path) -> None:
    made = pmkg(
        "token", "new", "--role", "curator", "--name", "Ana [bold]", "--days", "7", home=tmp_path
    ).stdout.strip()
    table, listed = (pmkg("token", "list", "--format", form, home=tmp_path).stdout for form in ("table", "json"))
    [row] = json.loads(listed)["tokens"]
    assert (row["name"], row["role"], row["state"]) == ("Ana [bold]", "curator", "valid")
    assert "Ana [bold]" in table and row["id"] in table
    assert made[-20:] not in table + listed and "digest" not in listed


def test_revoking_ends_it_and_the_list_says_so(tmp_path: Path) -> None:
    pmkg("token", "new", "--role", "reader", "--name", "x", home=tmp_path)
    [token] = Tokens(tmp_path).all()
    assert token.principal == Principal("x", Role.READER, token.id)
    assert pmkg("token", "revoke", token.id, home=tmp_path).returncode == 0
    assert "revoked" in pmkg("token", "list", home=tmp_path).stdout


def test_what_cannot_be_done_is_said_with_status_2(tmp_path: Path) -> None:
    for arguments in (
        ["new", "--role", "king"],
        ["new"],
        ["revoke", "nobody"],
        ["new", "--role", "reader", "--days", "0"],
    ):
        result = pmkg("token", *arguments, home=tmp_path)
        assert (result.returncode, result.stdout, "Traceback" in result.stderr) == (2, "", False), arguments


def test_an_empty_list_says_how_to_make_one(tmp_path: Path) -> None:
    assert "pmkg token new" in pmkg("token", "list", home=tmp_path).stdout
