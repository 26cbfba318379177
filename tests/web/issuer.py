"""A small OpenID provider on loopback, over real HTTP with real keys: it approves everybody, and lies where told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT, SECRET = "pmkg-test", "the client's secret"


def make_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": secrets.token_hex(4)})


class LocalIssuer:
    """The provider; `person` is who logs in, `more` what its user information adds, and the rest are its faults."""

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, object] = {"sub": "ana@example.org", "name": "Ana Silva"}
        self.more: dict[str, object] = {}
        self.key = make_key()
        self.keys = [self.key]
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.lie: dict[str, object] = {}
        self.answer: dict[str, str] = {}
        self.fetches: list[str] = []
        self.codes: dict[str, Mapping[str, str]] = {}
        self.app = Flask("issuer")
        self.app.before_request(lambda: self.fetches.append(request.path))
        self.app.add_url_rule("/.well-known/openid-configuration", view_func=self.about)
        self.app.add_url_rule("/jwks", view_func=self.jwks)
        self.app.add_url_rule("/authorize", view_func=self.authorize)
        self.app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        self.app.add_url_rule("/userinfo", view_func=self.userinfo)

    def about(self) -> dict[str, object]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        addresses = {name: f"{self.url}/{path}" for name, path in {**names, "userinfo_endpoint": "userinfo"}.items()}
        # As some real ones do, it says that it signs with algorithms that must never be believed.
        return {"issuer": self.url, **addresses, "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}

    def jwks(self) -> dict[str, object]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def authorize(self) -> Any:
        asked = request.args
        assert asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256" and asked["nonce"]
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked.to_dict()
        answer = {"code": code, "state": asked["state"], "iss": self.url, **self.answer}
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}")

    def token(self) -> Response | tuple[Response, int]:
        asked = self.codes.pop(request.form["code"], None)
        challenge = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proven = request.authorization and (request.authorization.username, request.authorization.password)
        if (
            asked is None
            or proven != (CLIENT, SECRET)
            or asked["redirect_uri"] != request.form["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return jsonify(error="invalid_grant"), 400
        id_token = self.sign(self.claims(nonce=asked["nonce"]))
        return jsonify(access_token="opaque", token_type="Bearer", expires_in=60, id_token=id_token)

    def userinfo(self) -> dict[str, object]:
        assert request.headers["Authorization"] == "Bearer opaque"
        return {**self.person, **self.more}

    def claims(self, **more: object) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, **self.person, **more, **self.lie}
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        return jwt.encode({"alg": "RS256", "kid": str(self.key.kid), **header}, claims, self.key)

    def unsigned(self, claims: dict[str, Any], **header: str) -> str:
        return f"{_packed({'alg': 'none', **header})}.{_packed(claims)}."

    def signed_with_public_key(self, claims: dict[str, Any], **header: str) -> str:
        """What an attacker makes who takes the published key for a shared secret."""
        text = f"{_packed({'alg': 'HS256', 'kid': self.key.kid, **header})}.{_packed(claims)}"
        made = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"

    def signed_with_another_key(self, claims: dict[str, Any], **header: str) -> str:
        key = RSAKey.generate_key(2048, {"kid": str(self.key.kid)})
        return jwt.encode({"alg": "RS256", "kid": str(key.kid), **header}, claims, key)

    def access_token(self, **more: object) -> str:
        return self.signed(self.claims(**{"client_id": "a program", **more}), typ="at+jwt")

    def rotate(self) -> None:
        """A new key, and the old one is gone."""
        self.key = make_key()
        self.keys = [self.key]


def _packed(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def local_issuer() -> Iterator[LocalIssuer]:
    """The provider on a free port until the block ends."""
    issuer = LocalIssuer()
    server = make_server("127.0.0.1", 0, issuer.app, threaded=True, request_handler=_Quiet)
    issuer.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
