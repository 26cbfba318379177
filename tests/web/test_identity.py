"""Who a request comes from: its Authorization header, checked on every address, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from graph.access.roles import ANYONE, Action, Role
from graph.access.tokens import Tokens
from graph.settings import Settings
from server import create_app
from tests.web.conftest import Server
from web.identity import principal, require


@pytest.fixture(scope="module")
def tokens(home: Path) -> Tokens:
    return Tokens(home)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The application with addresses that say who asks, and that only some may ask."""
    app = create_app(Settings(home=tmp_path))
    app.add_url_rule("/who", "who", lambda: f"{principal().name} {principal().role.value}")
    for action in Action:
        app.add_url_rule(f"/{action.name}", action.name, lambda action=action: require(action).name, methods=["POST"])
    yield app
    app.extensions["pmkg"].close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_request_without_credentials_is_anyones(app: Flask) -> None:
    assert app.test_client().get("/who").text == f"{ANYONE.name} reader"


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_a_token_says_who_asks(app: Flask, tmp_path: Path, scheme: str) -> None:
    text, _ = Tokens(tmp_path).new(Role.CURATOR, "Ana", days=1)
    assert app.test_client().get("/who", headers={"Authorization": scheme + text}).text == "Ana curator"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x y", "Basic YTpi", "Bearer x, Bearer y", "Bearer é", "Bearer a.b.c", "Digest x"],
)
def test_malformed_credentials_are_refused_also_for_what_anybody_may_read(server: Server, header: str) -> None:
    response = server.get("/about", headers={"Authorization": header.encode()})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="pmkg", error="invalid_token"'
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "no-store" in response.headers["Cache-Control"]


def test_a_running_server_knows_new_and_revoked_tokens_at_once(server: Server, tokens: Tokens) -> None:
    for _ in range(3):
        text, kept = tokens.new(Role.ADMIN, "x", days=1)
        assert server.get("/health", headers=bearer(text)).status_code == 200
        tokens.revoke(kept.id)
        refused = server.get("/health", headers=bearer(text))
        assert refused.status_code == 401 and "revoked" in refused.json()["detail"]


@pytest.mark.parametrize("action", Action)
def test_an_action_needs_somebody_with_the_role(app: Flask, tmp_path: Path, action: Action) -> None:
    client, tokens = app.test_client(), Tokens(tmp_path)
    nobody = client.post(f"/{action.name}")
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, 'Bearer realm="pmkg"')
    reader, _ = tokens.new(Role.READER, "r", days=1)
    refused = client.post(f"/{action.name}", headers=bearer(reader))
    assert refused.status_code == 403 and 'error="insufficient_scope", scope="' in refused.headers["WWW-Authenticate"]
    admin, _ = tokens.new(Role.ADMIN, "a", days=1)
    assert client.post(f"/{action.name}", headers=bearer(admin)).text == "a"


def test_a_token_in_an_address_is_refused_and_said_to_be_lost(server: Server, tokens: Tokens) -> None:
    text, _ = tokens.new(Role.ADMIN, "x", days=1)
    for query in (f"access_token={text}", f"token={text}", f"query=ASK%7B%7D%23{text}", "access_token=x"):
        response = server.get(f"/sparql?{query}")
        assert response.status_code == 400 and "pmkg token revoke" in response.json()["advice"]
        assert text not in response.text
    assert text not in server.output


def test_a_cookie_identifies_nobody(app: Flask, tmp_path: Path) -> None:
    text, _ = Tokens(tmp_path).new(Role.ADMIN, "x", days=1)
    client = app.test_client()
    for name in ("Authorization", "session", "token"):
        client.set_cookie(name, text)
    assert client.get("/who").text == "anyone reader"
    assert client.post("/WRITE").status_code == 401


def test_tokens_that_cannot_be_read_stop_only_who_sends_one(app: Flask, tmp_path: Path) -> None:
    text, _ = Tokens(tmp_path).new(Role.ADMIN, "x", days=1)
    (tmp_path / "tokens.json").write_text("{", encoding="utf-8")
    client = app.test_client()
    assert client.get("/who").status_code == 200
    assert client.get("/who", headers=bearer(text)).status_code == 503


def test_a_page_of_another_site_may_send_a_token(server: Server) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Headers": "authorization"}
    response = requests.options(server.url + "/sparql", headers=headers, timeout=60)
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"].split(", ")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
