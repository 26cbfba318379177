"""Who asks: the request's `Authorization` header flows in, a `Principal` flows out, once for each request.

RFC 6750 (bearer tokens), of which only the header is taken: a token in an address stands in every log on its way. No
cookie ever identifies a request to the endpoint, so that no other site's page can write with a visitor's login.
"""

from __future__ import annotations

import re

from flask import Flask, current_app, g, request

from graph.access.roles import ANYONE, Action, Principal, lowest, may
from graph.access.tokens import Tokens, found_in
from graph.errors import ForbiddenError, InvalidTokenError, MisplacedTokenError, NotIdentifiedError, PmkgError
from web.service import service

ISSUER = "pmkg-issuer"  # the application's extension that knows people, where the settings name an issuer
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)  # RFC 6750, section 2.1
_HOW = "Send 'Authorization: Bearer TOKEN', with a token from 'pmkg token new'."


def register(app: Flask) -> None:
    """Refuse every request whose credentials are wrong, also where it asks for what anybody may have."""
    app.before_request(_check)


def principal() -> Principal:
    """Who makes the current request: `ANYONE` where it has no credentials.

    Raises:
        InvalidTokenError: it has some, and they are not valid (any more).
        IssuerError: they are of an OpenID issuer that does not answer.
        StoreError: the tokens cannot be read.
    """
    if "principal" not in g:
        try:
            g.principal = _identify(request.headers.get("Authorization"))
        except PmkgError as error:  # kept too: others ask again, and would have the credentials checked again
            g.principal = error
    found = g.principal
    if isinstance(found, PmkgError):
        raise found
    assert isinstance(found, Principal)
    return found


def require(action: Action) -> Principal:
    """Who makes the current request, where their role may do something.

    Raises:
        NotIdentifiedError: nothing says who asks.
        InvalidTokenError: the credentials are not valid (any more).
        ForbiddenError: their role may not.
    """
    who, needed = principal(), lowest(action)
    if may(who.role, action):
        return who
    advice = f"It takes the role {needed.value}, or one above it."
    if who.is_anyone:
        raise NotIdentifiedError(f"only who is identified may {action.value}.", advice=f"{_HOW} {advice}")
    raise ForbiddenError(f"the role {who.role.value} may not {action.value}.", scope=needed.value, advice=advice)


def tokens() -> Tokens:
    """The tokens of the application that answers now."""
    known = current_app.extensions.get("pmkg-tokens")
    if known is None:
        known = current_app.extensions["pmkg-tokens"] = Tokens(service().settings.home)
    assert isinstance(known, Tokens)
    return known


def _check() -> None:
    """Before every request."""
    if "access_token" in request.args or found_in(request.query_string.decode("ascii", "replace")):
        message = "the address holds a token, and addresses stand in logs."
        raise MisplacedTokenError(message, advice=f"Revoke it with 'pmkg token revoke ID', and make another. {_HOW}")
    principal()


def _identify(header: str | None) -> Principal:
    if header is None:
        return ANYONE
    found = _BEARER.fullmatch(header)
    if found is None:
        raise InvalidTokenError("the Authorization header is not 'Bearer' and one token.", advice=_HOW)
    issuer = current_app.extensions.get(ISSUER)
    if issuer is not None and not found[1].startswith("pmkg_"):
        who = issuer.identify(found[1]).principal
        assert isinstance(who, Principal)
        return who
    return tokens().identify(found[1])
