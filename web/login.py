"""People's logins: an OpenID issuer's answer flows in, a session cookie and the account page flow out.

Nothing of this is there where no issuer is set. The session serves the account page alone, where a person makes and
revokes tokens for programs; the endpoint and the graph store never look at it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from graph.access.people import Person
from graph.access.roles import Role, graphs_in_words
from graph.access.tokens import Token
from graph.errors import ForbiddenError, InputError, LoginError, NotIdentifiedError
from graph.settings import Settings
from web.identity import ISSUER, tokens
from web.service import service

if TYPE_CHECKING:
    from graph.access.issuer import Beginning, Issuer

blueprint = Blueprint("login", __name__)

SESSION_HOURS = 8
MOST_TOKENS = 20  # valid ones that one person may have


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie; over https one that no other host and no plain connection can set or see."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-pmkg" if request.is_secure else "pmkg"


def register(app: Flask, settings: Settings) -> None:
    """Add the login where the settings name an issuer.

    Raises:
        SettingError: the settings of the issuer cannot be used.
    """
    if not settings.oidc_issuer:
        return
    from graph.access.issuer import Issuer

    app.extensions[ISSUER] = Issuer(settings)
    app.secret_key = session_key(settings.home)
    app.session_interface = Sessions()
    app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
    app.permanent_session_lifetime = timedelta(hours=SESSION_HOURS)
    app.jinja_env.globals["has_login"] = True
    app.register_blueprint(blueprint)


def session_key(home: Path) -> str:
    """The key that cookies are signed with, made where there is none; servers that start at once get the same."""
    path = home.absolute() / "session.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="session-", dir=path.parent)  # its mode is 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            os.link(name, path)
        except FileExistsError:
            pass  # another server was faster
        finally:
            Path(name).unlink()
    return path.read_text("ascii")


@blueprint.after_request
def _not_stored(response: Any) -> Any:
    response.cache_control.no_store = True
    return response


@blueprint.get("/login")
def login() -> Response:
    """To the issuer, with a state, a nonce and a challenge that only this browser can answer."""
    beginning = _issuer().begin(_callback())
    session.clear()
    session["beginning"] = asdict(beginning)
    return redirect(beginning.url, 303)


@blueprint.get("/login/callback")
def callback() -> Response:
    """Back from the issuer: a new session for whoever it says this is."""
    begun = session.pop("beginning", None)  # also where it fails: each answer is looked at once
    if begun is None:
        raise LoginError("this browser has begun no login, or takes no cookies.", advice="Log in again.")
    person = _issuer().finish(_beginning(begun), request.args.to_dict(), _callback())
    tokens().demote(person.owner, person.role)
    session.clear()
    session["person"] = {**asdict(person), "role": person.role.value}
    session["rules"] = _rules()
    session["csrf"] = secrets.token_urlsafe(32)
    return redirect(url_for("login.account"), 303)


@blueprint.post("/logout")
def logout() -> Response:
    """End the session of this browser."""
    _check_form()
    session.clear()
    return redirect(url_for("pages.home"), 303)


@blueprint.get("/account")
def account() -> Response | str:
    """Who is logged in, and their tokens."""
    try:
        return _page(_person())
    except NotIdentifiedError:
        return redirect(url_for("login.login"), 303)


@blueprint.post("/account/tokens")
def make_token() -> str:
    """A new token for the person who is logged in, shown this once."""
    person = _person()
    _check_form()
    role = _role(request.form.get("role", ""))
    if role.rank > person.role.rank:
        raise ForbiddenError(f"you are a {person.role.value}, and may not make a token of role {role.value}.")
    if sum(token.state() == "valid" for token in _own(person)) >= MOST_TOKENS:
        raise InputError(f"you have {MOST_TOKENS} valid tokens.", advice="Revoke one that nothing uses any more.")
    text, _ = tokens().new(
        role, request.form.get("name", "").strip(), days=_days(), owner=person.owner, owner_name=person.shown
    )
    return _page(person, made=text)


@blueprint.post("/account/tokens/<ident>/revoke")
def revoke_token(ident: str) -> Response:
    """End a token of the person who is logged in."""
    person = _person()
    _check_form()
    if ident not in {token.id for token in _own(person)}:
        raise ForbiddenError("that is no token of yours.")
    tokens().revoke(ident)
    return redirect(url_for("login.account"), 303)


def _issuer() -> Issuer:
    found: Issuer = current_app.extensions[ISSUER]
    return found


def _callback() -> str:
    return service().settings.oidc_callback or url_for("login.callback", _external=True)


def _beginning(kept: dict[str, Any]) -> Beginning:
    from graph.access.issuer import Beginning

    return Beginning(**kept)


def _rules() -> str:
    """What a session's role follows from; where the settings have changed since, people log in again."""
    settings = service().settings
    text = "\0".join((settings.oidc_issuer, settings.oidc_client_id, settings.oidc_roles))
    return hashlib.sha256(text.encode()).hexdigest()


def _person() -> Person:
    kept = session.get("person")
    if kept is None or session.get("rules") != _rules():
        raise NotIdentifiedError("you are not logged in, or not any more.", advice="Log in at /login.")
    return Person(**{**kept, "role": Role(kept["role"])})


def _check_form() -> None:
    """Refuse a form that a page of ours did not send (SameSite=Lax alone would leave the sibling hosts)."""
    sent, known = request.form.get("csrf", ""), session.get("csrf", "")
    if not known or not hmac.compare_digest(sent.encode(), known.encode()):
        raise ForbiddenError("that form is not of this session.", advice="Go back to your account and try again.")


def _own(person: Person) -> list[Token]:
    return [token for token in tokens().all() if token.owner == person.owner]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise InputError("there is no such role.") from error


def _days() -> float:
    longest, text = service().settings.token_days, request.form.get("days") or ""
    try:
        days = float(text) if text else longest
    except ValueError as error:
        raise InputError("the days are not a number.") from error
    if not days <= longest:
        raise InputError(f"a token that you make is valid for at most {longest:g} days.")
    return days


def _page(person: Person, made: str = "") -> str:
    return render_template(
        "account.html",
        person=person,
        made=made,
        tokens=sorted(_own(person), key=lambda token: token.created, reverse=True),
        roles=[role for role in Role if role.rank <= person.role.rank],
        graphs=graphs_in_words(person.role),
        days=service().settings.token_days,
        csrf=session["csrf"],
        issuer=_issuer(),
    )
