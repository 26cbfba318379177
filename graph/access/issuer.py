"""An OpenID provider: a person's login or a JWT of theirs flows in, a `Person` flows out, or an error.

OpenID Connect Core 1.0 (authorization code flow) and Discovery 1.0, PKCE with S256 (RFC 7636), `iss` in the answer
(RFC 9207), JWT access tokens (RFC 9068). Nothing that the issuer publishes widens what is accepted here: its metadata
may well list `none` and `HS256` among the algorithms, and name keys for them.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from graph.access.people import Person, person_of, read_rules
from graph.errors import InvalidTokenError, IssuerError, LoginError, PmkgError, SettingError
from graph.settings import Settings, variable

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ACCESS_TOKEN_TYPES = ("at+jwt", "application/at+jwt")
SECONDS = 10.0  # for one request to the issuer
LEEWAY = 60  # seconds that clocks may differ
METADATA_SECONDS = 3600.0
RETRY_SECONDS = 10.0  # for which a failure is remembered, so that a silent issuer does not hold every thread
MOST_KEY_FETCHES = 5  # a minute, whatever key IDs strangers make up
MOST_BYTES = 1 << 20
LOGIN_SECONDS = 600
Refusal = type[PmkgError]
_UNUSABLE = (JoseError, ValueError, TypeError, KeyError)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Beginning:
    """A login under way: where the person goes, and what only their browser's cookie and we know."""

    url: str
    state: str
    nonce: str
    verifier: str
    begun: float


class Issuer:
    """The provider of the settings; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is fetched before it is needed.

        Raises:
            SettingError: the settings cannot be used.
        """
        self.name = settings.oidc_issuer
        self.client, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self.scopes = settings.oidc_scopes
        self.audience = settings.oidc_audience or self.client
        self.rules = read_rules(settings.oidc_roles)
        _check(self.name, self.client)
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = self._failed_at = -1e9
        self._key_fetches: list[float] = []

    def begin(self, callback: str) -> Beginning:
        """Where to send a person who wants to log in.

        Raises:
            IssuerError: the issuer does not say.
        """
        address = self._endpoint("authorization_endpoint")
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._session(callback) as session:
            url, state = session.create_authorization_url(
                address, state=secrets.token_urlsafe(32), nonce=nonce, code_verifier=verifier
            )
        return Beginning(url, state, nonce, verifier, time.time())

    def finish(self, beginning: Beginning, answer: Mapping[str, str], callback: str) -> Person:
        """Who came back from the issuer with that answer in the address.

        Raises:
            LoginError: it is not the answer to that beginning, or does not prove who it is.
            IssuerError: the issuer does not answer as it should.
        """
        self._check_answer(beginning, answer)
        given = self._redeem(beginning, answer["code"], callback)
        token = str(given.get("id_token", ""))
        found = self._decode(token, LoginError, limited=False)
        claims = self._checked(CodeIDToken, found, self.client, LoginError, nonce=beginning.nonce)
        return person_of(self.name, {**self._userinfo(given, claims["sub"]), **claims}, self.rules)

    def identify(self, token: str) -> Person:
        """Whose JWT access token it is.

        Raises:
            InvalidTokenError: it is none of this issuer for this server, or has expired.
            IssuerError: the issuer's keys cannot be fetched.
        """
        header, claims = _peek(token)
        kind = str(header.get("typ", "")).lower()
        # Looked at before anything is fetched or computed: what strangers make up costs us nothing.
        if kind not in ACCESS_TOKEN_TYPES or header.get("alg") not in ALGORITHMS or claims.get("iss") != self.name:
            raise InvalidTokenError(f"that is not an access token of {self.name} (RFC 9068).")
        found = self._decode(token, InvalidTokenError, limited=True)
        return person_of(self.name, self._checked(JWTClaims, found, self.audience, InvalidTokenError), self.rules)

    @property
    def logout_page(self) -> str:
        """Where the issuer ends a person's session with it, '' where it does not say."""
        return str(self._metadata.get("end_session_endpoint", ""))

    def _check_answer(self, beginning: Beginning, answer: Mapping[str, str]) -> None:
        if not secrets.compare_digest(answer.get("state", "").encode(), beginning.state.encode()):
            raise LoginError("the answer is not to this browser's login.", advice="Log in again.")
        if answer.get("iss", self.name) != self.name:
            raise LoginError("the answer is another issuer's.", advice="Log in again.")
        if time.time() - beginning.begun > LOGIN_SECONDS:
            raise LoginError(f"the login took longer than {LOGIN_SECONDS // 60} minutes.", advice="Log in again.")
        if "error" in answer or not answer.get("code"):
            raise LoginError(f"the issuer refused it: {_word(answer.get('error', 'no code'))}.", advice="Log in again.")

    def _redeem(self, beginning: Beginning, code: str, callback: str) -> dict[str, Any]:
        address = self._endpoint("token_endpoint")
        try:
            with self._session(callback) as session:
                found = session.fetch_token(address, code=code, code_verifier=beginning.verifier, allow_redirects=False)
        except AuthlibBaseError as error:
            raise LoginError(f"the issuer refused the code: {_word(error.error)}.", advice="Log in again.") from error
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise IssuerError(f"{self.name} does not redeem codes as it should.") from error
        return dict(found)

    def _checked(
        self, kind: type[JWTClaims], token: jwt.Token, audience: str, refusal: Refusal, **more: str
    ) -> dict[str, Any]:
        """The claims of a JWT, where they are this issuer's, for that audience, and valid now."""
        required = {"iss": {"value": self.name}, "aud": {"value": audience}, "sub": {}, "exp": {}}
        options = {name: {"essential": True, **option} for name, option in required.items()}
        try:
            claims = kind(token.claims, token.header, options, {"client_id": self.client, **more})
            claims.validate(leeway=LEEWAY)
        except _UNUSABLE as error:
            raise self._refused(error, refusal) from error
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise refusal(f"the token of {self.name} names nobody.")
        return dict(claims)

    def _decode(self, token: str, refusal: Refusal, *, limited: bool) -> jwt.Token:
        """A JWT, its signature checked; an unknown key ID may be a new key's, so the keys are read again.

        That is `limited` where strangers send it, who can make up key IDs, and not where the issuer itself gave it.
        """
        keys = self._key_set(limited=limited)
        try:
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                return jwt.decode(token, self._key_set(other_than=keys, limited=limited), algorithms=ALGORITHMS)
        except _UNUSABLE as error:
            raise self._refused(error, refusal) from error

    def _refused(self, error: Exception, refusal: Refusal) -> PmkgError:
        why = _word(getattr(error, "description", "") or type(error).__name__)
        return refusal(f"the token of {self.name} is not valid: {why}.", advice="Get a new one.")

    def _key_set(self, other_than: KeySet | None = None, *, limited: bool) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            now = time.monotonic()
            self._key_fetches = [moment for moment in self._key_fetches if now - moment < 60]
            may_fetch = not limited or len(self._key_fetches) < MOST_KEY_FETCHES
            if self._keys is None or (self._keys is other_than and may_fetch):
                self._key_fetches.append(now)
                found = self._get(address)
                try:
                    self._keys = KeySet.import_key_set(_asymmetric(found))  # type: ignore[arg-type]
                except _UNUSABLE as error:
                    raise IssuerError(f"the keys of {self.name} cannot be read.") from error
            return self._keys

    def _userinfo(self, given: dict[str, Any], subject: str) -> dict[str, Any]:
        """What more the issuer says of the person (Core 1.0, section 5.3); it must be about the same."""
        if not self._about().get("userinfo_endpoint"):
            return {}
        headers = {"Authorization": f"Bearer {given.get('access_token', '')}"}
        found = self._get(self._endpoint("userinfo_endpoint"), headers)
        if found.get("sub") != subject:
            raise LoginError("the issuer's user information is about somebody else.", advice="Log in again.")
        return found

    def _endpoint(self, name: str) -> str:
        address = self._about().get(name)
        if not isinstance(address, str) or not _is_safe(address, self.name):
            raise IssuerError(f"{self.name} gives no address for its {name} that can be used.")
        return address

    def _about(self) -> dict[str, Any]:
        """The issuer's metadata, read once an hour."""
        with self._lock:
            if time.monotonic() - self._read_at > METADATA_SECONDS:
                found = self._get(self.name.rstrip("/") + "/.well-known/openid-configuration")
                if found.get("issuer") != self.name:
                    message = f"what {self.name} publishes is of the issuer {found.get('issuer')!r}."
                    raise IssuerError(message, advice=f"{variable('oidc_issuer')} must be the same, to the last '/'.")
                self._metadata, self._read_at = found, time.monotonic()
            return self._metadata

    def _get(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """A JSON object; while a failure is remembered, nothing is asked."""
        if time.monotonic() - self._failed_at < RETRY_SECONDS:
            raise IssuerError(f"{self.name} did not answer a moment ago.", advice="Try again in a minute.")
        try:
            response = requests.get(address, headers=headers, timeout=SECONDS, allow_redirects=False, stream=True)
            with response:
                response.raise_for_status()
                found = json.loads(response.raw.read(MOST_BYTES, decode_content=True))
            if not isinstance(found, dict):
                raise ValueError("not an object")
        except (requests.RequestException, OSError, ValueError) as error:
            if headers is None:  # not one person's failure, but everybody's
                self._failed_at = time.monotonic()
            raise IssuerError(f"{address} does not answer as it should.", advice="Try again in a minute.") from error
        return found

    def _session(self, callback: str) -> OAuth2Session:
        return OAuth2Session(
            self.client,
            self._secret or None,
            scope=self.scopes,
            redirect_uri=callback,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            code_challenge_method="S256",
            default_timeout=SECONDS,
        )


def _check(issuer: str, client: str) -> None:
    if not _is_safe(issuer, issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise SettingError(f"{variable('oidc_issuer')} is '{issuer}'.", advice="Set it to the issuer's https address.")
    if not client:
        message = f"{variable('oidc_client_id')} is empty, and {variable('oidc_issuer')} is not."
        raise SettingError(message, advice="Set it to the client ID that the issuer gave you.")


def _is_safe(address: str, issuer: str) -> bool:
    """Whether nobody on the way can read or change what is sent; plain http only where there is no way."""
    parts = urlsplit(address)
    local = parts.hostname in LOOPBACK and urlsplit(issuer).hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


def _asymmetric(found: dict[str, Any]) -> dict[str, Any]:
    """The keys that can sign and that nobody who reads them can sign with."""
    keys = [key for key in found["keys"] if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"]
    return {"keys": keys}


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a JWT, unverified."""
    try:
        parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]
    except (ValueError, RecursionError):
        parts = []
    if len(parts) != 2 or not all(isinstance(part, dict) for part in parts):
        raise InvalidTokenError("that is not a token of this server, and not a JWT.")
    return parts[0], parts[1]


def _word(text: object) -> str:
    """What an issuer or a stranger says, fit for one line of ours."""
    return "".join(letter for letter in str(text) if letter.isprintable() and letter not in '<>"\\')[:100].rstrip(".")
