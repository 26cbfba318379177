"""People log in with an OpenID issuer, and whoever cannot prove who they are does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.access.people import person_of, read_rules
from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.errors import SettingError
from graph.settings import Settings
from server import create_app
from tests.web.conftest import Server, make_generation, running
from tests.web.issuer import CLIENT, SECRET, LocalIssuer, local_issuer
from web.login import MOST_TOKENS

CURATORS = "urn:example:group:curators#aai.example.org"
RULES = f"curator eduperson_entitlement {CURATORS}; admin sub root@example.org"
SUBJECT = {"sub": "ana@example.org", "name": "Ana Silva"}


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[LocalIssuer]:
    with local_issuer() as found:
        yield found


@pytest.fixture
def issuer(running_issuer: LocalIssuer) -> Iterator[LocalIssuer]:
    """The issuer, telling the truth again after each test."""
    yield running_issuer
    running_issuer.person, running_issuer.more = dict(SUBJECT), {}
    running_issuer.lie, running_issuer.answer, running_issuer.sign = {}, {}, running_issuer.signed


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people")
    make_generation(path)
    return path


@pytest.fixture(scope="module")
def people(running_issuer: LocalIssuer, where: Path) -> Iterator[Server]:
    """A server that people log in to."""
    with running(
        where, oidc_issuer=running_issuer.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_roles=RULES
    ) as found:
        yield found


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as found:
        found.headers["Accept"] = "text/html"
        yield found


def log_in(browser: requests.Session, people: Server) -> requests.Response:
    return browser.get(people.url + "/login", timeout=60)


def form_of(page: requests.Response, **fields: str) -> dict[str, str]:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return {"csrf": found[1], **fields}


def test_a_person_logs_in_and_has_the_role_of_their_group(
    browser: requests.Session, people: Server, issuer: LocalIssuer
) -> None:
    issuer.more = {"eduperson_entitlement": ["urn:example:other", CURATORS]}
    page = log_in(browser, people)
    assert page.status_code == 200 and page.url == people.url + "/account"
    assert "Ana Silva" in page.text and "curator, which writes" in page.text and ">Account</a>" in page.text
    assert "<option>curator</option>" in page.text and "<option>admin</option>" not in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_whoever_fits_no_rule_reads(browser: requests.Session, people: Server, issuer: LocalIssuer) -> None:
    assert "reader, which writes no graph" in log_in(browser, people).text


def test_what_the_issuer_is_sent_holds_a_challenge_and_no_secret(browser: requests.Session, people: Server) -> None:
    response = browser.get(people.url + "/login", allow_redirects=False, timeout=60)
    asked = parse_qs(urlsplit(response.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    assert len(asked["state"][0]) >= 43 and len(asked["nonce"][0]) >= 43
    assert "code_verifier" not in asked and "client_secret" not in asked


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(people: Server) -> None:
    cookie = requests.get(people.url + "/login", allow_redirects=False, timeout=60).headers["Set-Cookie"]
    assert cookie.startswith("pmkg=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie


def at(**fault: object) -> Callable[[LocalIssuer], None]:
    return lambda issuer: issuer.lie.update(fault)


def signing(name: str) -> Callable[[LocalIssuer], None]:
    return lambda issuer: setattr(issuer, "sign", getattr(issuer, name))


def answering(**fault: str) -> Callable[[LocalIssuer], None]:
    return lambda issuer: issuer.answer.update(fault)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (answering(state="another"), "not to this browser"),
        (answering(iss="https://elsewhere.example"), "another issuer"),
        (answering(error="access_denied"), "access_denied"),
        (answering(code=""), "no code"),
        (answering(code="made-up"), "invalid_grant"),
        (at(nonce="another"), "nonce"),
        (at(nonce=None), "nonce"),
        (at(aud="another client"), "aud"),
        (at(aud=["another client"], azp=CLIENT), "aud"),
        (at(aud=[CLIENT, "another"], azp="another"), "azp"),
        (at(iss="https://elsewhere.example"), "iss"),
        (at(exp=1_000_000_000), "expired"),
        (at(exp=None), "exp"),
        (at(nbf=4_000_000_000), "not valid"),
        (at(sub=None), "sub"),
        (at(sub=""), "not valid"),
        (at(sub="ben@example.org"), "somebody else"),
        (signing("unsigned"), "not valid"),
        (signing("signed_with_public_key"), "not valid"),
        (signing("signed_with_another_key"), "not valid"),
        (lambda issuer: setattr(issuer, "sign", lambda claims: "x"), "not valid"),
    ],
)
def test_who_does_not_prove_who_they_are_is_not_let_in(
    browser: requests.Session,
    people: Server,
    issuer: LocalIssuer,
    fault: Callable[[LocalIssuer], None],
    said: str,
) -> None:
    fault(issuer)
    page = log_in(browser, people)
    assert page.status_code == 403 and said in page.text and "Traceback" not in people.output
    assert browser.get(people.url + "/account", allow_redirects=False, timeout=60).status_code == 303


def test_an_answer_is_taken_once_and_from_the_browser_that_asked(
    browser: requests.Session, people: Server, issuer: LocalIssuer
) -> None:
    begun = browser.get(people.url + "/login", allow_redirects=False, timeout=60)
    back = requests.get(begun.headers["Location"], allow_redirects=False, timeout=60).headers["Location"]
    assert requests.get(back, timeout=60).status_code == 403, "another browser"
    assert browser.get(back, timeout=60).status_code == 200
    assert browser.get(back, timeout=60).status_code == 403, "again"


def test_after_a_wrong_answer_the_right_one_is_too_late(
    browser: requests.Session, people: Server, issuer: LocalIssuer
) -> None:
    begun = browser.get(people.url + "/login", allow_redirects=False, timeout=60)
    back = requests.get(begun.headers["Location"], allow_redirects=False, timeout=60).headers["Location"]
    assert browser.get(people.url + "/login/callback?state=guessed&code=x", timeout=60).status_code == 403
    assert browser.get(back, timeout=60).status_code == 403


def test_a_new_key_of_the_issuer_is_found_and_the_old_one_is_worthless(
    browser: requests.Session, people: Server, issuer: LocalIssuer
) -> None:
    assert log_in(browser, people).status_code == 200
    old = issuer.access_token()
    issuer.rotate()
    assert log_in(browser, people).status_code == 200
    assert people.get("/health", headers={"Authorization": f"Bearer {old}"}).status_code == 401


def test_made_up_key_names_neither_make_us_ask_without_end_nor_keep_people_out(
    browser: requests.Session, people: Server, issuer: LocalIssuer
) -> None:
    before = issuer.fetches.count("/jwks")
    for number in range(12):
        token = issuer.signed(issuer.claims(), typ="at+jwt", kid=f"made-up-{number}")
        assert people.get("/health", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert issuer.fetches.count("/jwks") - before <= 5
    issuer.rotate()
    assert log_in(browser, people).status_code == 200


def test_a_person_makes_uses_and_revokes_a_token(
    browser: requests.Session, people: Server, issuer: LocalIssuer, where: Path
) -> None:
    issuer.more = {"eduperson_entitlement": CURATORS}
    page = log_in(browser, people)
    form = form_of(page, name="my script", role="curator", days="7")
    made = browser.post(people.url + "/account/tokens", data=form, timeout=60)
    found = re.search(r"<pre>(pmkg_\w+)</pre>", made.text)
    assert found and "no-store" in made.headers["Cache-Control"]
    assert found[1] not in browser.get(people.url + "/account", timeout=60).text
    who = Tokens(where).identify(found[1])
    assert (who.name, who.role) == ("Ana Silva (ana@example.org), my script", Role.CURATOR)
    bearer = {"Authorization": f"Bearer {found[1]}"}
    assert people.get("/health", headers=bearer).status_code == 200
    browser.post(f"{people.url}/account/tokens/{who.token}/revoke", data=form, timeout=60)
    assert people.get("/health", headers=bearer).status_code == 401
    assert found[1] not in people.output


def test_a_person_makes_no_token_above_their_role_and_ends_none_of_others(
    browser: requests.Session, people: Server, issuer: LocalIssuer, where: Path
) -> None:
    page = log_in(browser, people)
    for fields in ({"role": "curator"}, {"role": "admin"}):
        form = form_of(page, name="x", days="7", **fields)
        assert browser.post(people.url + "/account/tokens", data=form, timeout=60).status_code == 403
    for fields in (
        {"role": "king"},
        {"role": "reader", "days": "91"},
        {"role": "reader", "days": "many"},
        {"days": "nan"},
    ):
        form = form_of(page, **{"name": "x", "role": "reader", **fields})
        assert browser.post(people.url + "/account/tokens", data=form, timeout=60).status_code == 400
    _, others = Tokens(where).new(Role.ADMIN, "another's", days=1)
    answer = browser.post(f"{people.url}/account/tokens/{others.id}/revoke", data=form_of(page), timeout=60)
    assert answer.status_code == 403 and Tokens(where).all()[-1].state() == "valid"


@pytest.mark.parametrize("csrf", [None, "", "another"])
@pytest.mark.parametrize("path", ["/account/tokens", "/account/tokens/x/revoke", "/logout"])
def test_a_form_of_another_site_does_nothing(
    browser: requests.Session, people: Server, issuer: LocalIssuer, where: Path, path: str, csrf: str | None
) -> None:
    log_in(browser, people)
    before = len(Tokens(where).all())
    form = {"name": "x", "role": "reader", **({} if csrf is None else {"csrf": csrf})}
    assert browser.post(people.url + path, data=form, timeout=60).status_code == 403
    assert len(Tokens(where).all()) == before
    assert "Ana Silva" in browser.get(people.url + "/account", timeout=60).text


def test_logging_out_ends_the_session(browser: requests.Session, people: Server, issuer: LocalIssuer) -> None:
    form = form_of(log_in(browser, people))
    browser.post(people.url + "/logout", data=form, timeout=60)
    assert browser.get(people.url + "/account", allow_redirects=False, timeout=60).status_code == 303


def test_a_person_who_lost_a_role_loses_the_tokens_of_that_role(
    browser: requests.Session, people: Server, issuer: LocalIssuer, where: Path
) -> None:
    issuer.person = {"sub": "ben@example.org"}
    issuer.more = {"eduperson_entitlement": [CURATORS]}
    form = form_of(log_in(browser, people), name="x", role="curator", days="7")
    browser.post(people.url + "/account/tokens", data=form, timeout=60)
    issuer.more = {}
    log_in(browser, people)
    kept = [token for token in Tokens(where).all() if token.owner.endswith("ben@example.org")]
    assert [token.state() for token in kept] == ["revoked"]


def test_a_changed_cookie_is_nobodys(browser: requests.Session, people: Server, issuer: LocalIssuer) -> None:
    log_in(browser, people)
    value = browser.cookies["pmkg"]
    for changed in (value[:-2] + "xx", value[2:], "", "x"):
        found = requests.get(people.url + "/account", cookies={"pmkg": changed}, allow_redirects=False, timeout=60)
        assert found.status_code == 303


def test_an_access_token_of_the_issuer_says_who_asks(people_app: Flask, issuer: LocalIssuer) -> None:
    found = who(people_app, issuer.access_token(sub="root@example.org", name="Root"))
    assert found.text == "Root (root@example.org) admin"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": "another client"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_000_000_000},
        {"nbf": 4_000_000_000},
        {"exp": None},
        {"aud": None},
        {"sub": None},
        {"sub": ["root@example.org"]},
        {"exp": "soon"},
    ],
)
def test_an_access_token_for_others_or_of_others_is_refused(
    people_app: Flask, issuer: LocalIssuer, more: dict[str, object]
) -> None:
    assert who(people_app, issuer.access_token(**more)).status_code == 401


@pytest.mark.parametrize("name", ["unsigned", "signed_with_public_key", "signed_with_another_key"])
def test_an_access_token_that_the_issuer_did_not_sign_is_refused(
    people_app: Flask, issuer: LocalIssuer, name: str
) -> None:
    forged = getattr(issuer, name)(issuer.claims(sub="root@example.org"), typ="at+jwt")
    assert who(people_app, forged).status_code == 401


@pytest.mark.parametrize("token", ["a.b.c", "e30.e30.", "...", "e30", "W10.W10.x", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_what_is_no_jwt_is_refused_before_anything_is_fetched(
    people_app: Flask, issuer: LocalIssuer, token: str
) -> None:
    before = len(issuer.fetches)
    assert who(people_app, token).status_code == 401 and len(issuer.fetches) == before


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.fixed_dictionaries({}, optional=dict.fromkeys(("alg", "kid", "crit", "b64", "jwk", "x5c", "zip"), JSONS))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60))
def test_no_header_at_all_breaks_the_server(people_app: Flask, text: str) -> None:
    client = people_app.test_client()
    for header in (text, f"Bearer {text}"):
        assert client.get("/who", headers={"Authorization": header}).status_code == 401


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HEADERS, st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "azp"]), JSONS))
def test_no_forged_token_breaks_the_server(
    people_app: Flask, issuer: LocalIssuer, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    forged = issuer.unsigned({**issuer.claims(), **claims}, **{"alg": "RS256", "typ": "at+jwt", **header})
    assert who(people_app, forged + "AAAA").status_code == 401


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["name", "preferred_username", "email", "aud", "exp", "nbf", "iat"]), JSONS))
def test_no_claim_that_the_issuer_signs_breaks_the_server(
    people_app: Flask, issuer: LocalIssuer, claims: dict[str, Any]
) -> None:
    assert who(people_app, issuer.access_token(**claims)).status_code in (200, 401)


def test_an_id_token_is_no_access_token(people_app: Flask, issuer: LocalIssuer) -> None:
    assert who(people_app, issuer.signed(issuer.claims(nonce="x"))).status_code == 401


def settings_of(issuer: LocalIssuer, home: Path, rules: str = RULES) -> Settings:
    return Settings(
        home=home, oidc_issuer=issuer.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_roles=rules
    )


@pytest.fixture
def people_app(issuer: LocalIssuer, tmp_path: Path) -> Iterator[Flask]:
    from web.identity import principal

    app = create_app(settings_of(issuer, tmp_path))
    app.add_url_rule("/who", "who", lambda: f"{principal().name} {principal().role.value}")
    yield app
    app.extensions["pmkg"].close()


def who(app: Flask, token: str) -> Any:
    return app.test_client().get("/who", headers={"Authorization": f"Bearer {token}"})


def test_a_session_does_not_identify_who_asks_the_endpoint(people_app: Flask) -> None:
    client = people_app.test_client()
    with client.session_transaction() as session:
        session["person"] = {"issuer": "x", "subject": "root@example.org", "name": "Root", "role": "admin"}
    assert client.get("/who").text == "anyone reader"


def logged_in(app: Flask) -> FlaskClient:
    """A client of the application whose person has logged in."""
    client = app.test_client()
    to = client.get("/login").headers["Location"]
    back = urlsplit(requests.get(to, allow_redirects=False, timeout=60).headers["Location"])
    assert client.get(f"{back.path}?{back.query}").status_code == 303
    return client


def test_where_the_rules_have_changed_people_log_in_again(
    people_app: Flask, issuer: LocalIssuer, tmp_path: Path
) -> None:
    cookie = logged_in(people_app).get_cookie("pmkg")
    assert cookie
    for rules, status in ((RULES, 200), ("admin sub somebody@example.org", 303)):
        app = create_app(settings_of(issuer, tmp_path, rules))
        client = app.test_client()
        client.set_cookie("pmkg", cookie.value)
        assert client.get("/account").status_code == status
        app.extensions["pmkg"].close()


def test_a_person_has_a_bounded_number_of_valid_tokens(people_app: Flask, issuer: LocalIssuer, tmp_path: Path) -> None:
    client = logged_in(people_app)
    with client.session_transaction() as session:
        form = {"csrf": session["csrf"], "role": "reader"}
    answers = [
        client.post("/account/tokens", data={**form, "name": f"{n}"}).status_code for n in range(MOST_TOKENS + 1)
    ]
    assert answers == [200] * MOST_TOKENS + [400]
    client.post(f"/account/tokens/{Tokens(tmp_path).all()[0].id}/revoke", data=form)
    assert client.post("/account/tokens", data={**form, "name": "x"}).status_code == 200


def test_over_https_the_cookie_is_for_this_host_and_https_alone(people_app: Flask) -> None:
    response = people_app.test_client().get("/login", base_url="https://pmkg.example")
    assert response.headers["Set-Cookie"].startswith("__Host-pmkg=")
    assert "; Secure" in response.headers["Set-Cookie"] and "Path=/" in response.headers["Set-Cookie"]


def test_the_key_of_the_cookies_is_kept_and_its_owners_alone(people_app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_text("ascii")) == 64
    assert people_app.secret_key == path.read_text("ascii")


def test_an_issuer_that_does_not_answer_is_named_and_not_asked_again_at_once(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT))
    client = app.test_client()
    details = [client.get("/login").get_json()["detail"] for _ in range(2)]
    assert client.get("/login").status_code == 502
    assert "does not answer" in details[0] and "did not answer a moment ago" in details[1]
    assert client.get("/about").status_code == 200, "everything else works"


def test_what_another_issuer_publishes_is_not_believed(issuer: LocalIssuer, tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path, oidc_issuer=issuer.url + "/", oidc_client_id=CLIENT))
    response = app.test_client().get("/login")
    assert response.status_code == 502 and "PMKG_OIDC_ISSUER" in response.get_json()["advice"]


def test_without_an_issuer_nothing_of_it_is_there(server: Server, home: Path) -> None:
    assert {server.get(path).status_code for path in ("/login", "/account", "/login/callback")} == {404}
    assert "Account" not in server.get("/about", headers={"Accept": "text/html"}).text
    assert not (home / "session.key").exists()
    assert "Set-Cookie" not in server.get("/").headers


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "https://aai.example.org"},
        {"oidc_issuer": "http://aai.example.org", "oidc_client_id": "x"},
        {"oidc_issuer": "ftp://localhost", "oidc_client_id": "x"},
        {"oidc_issuer": "https://aai.example.org?x", "oidc_client_id": "x"},
        {"oidc_issuer": "https://aai.example.org", "oidc_client_id": "x", "oidc_roles": "king sub x"},
        {"oidc_issuer": "https://aai.example.org", "oidc_client_id": "x", "oidc_roles": "admin sub"},
    ],
)
def test_settings_that_would_be_unsafe_stop_the_start(tmp_path: Path, settings: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="PMKG_OIDC_"):
        create_app(Settings(home=tmp_path, **settings))  # type: ignore[arg-type]


def test_the_client_secret_is_shown_nowhere() -> None:
    assert "hush" not in repr(Settings(oidc_client_secret="hush"))


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({}, Role.READER),
        ({"groups": ["a", "b"]}, Role.CURATOR),
        ({"groups": "b"}, Role.CURATOR),
        ({"groups": "a b"}, Role.READER),
        ({"groups": None}, Role.READER),
        ({"groups": {"b": 1}}, Role.READER),
        ({"groups": ["b"], "email": "a@x.org", "email_verified": True}, Role.ADMIN),
        ({"email": "a@x.org"}, Role.READER),
        ({"email": "a@x.org", "email_verified": "true"}, Role.READER),
    ],
)
def test_the_highest_role_of_the_rules_that_fit_counts(claims: dict[str, object], role: Role) -> None:
    rules = read_rules(" curator groups b ;admin email a@x.org;; harvester groups c")
    assert person_of("i", {"sub": "s", **claims}, rules).role is role


def test_a_name_can_be_anything_and_the_subject_stands_beside_it() -> None:
    person = person_of("i", {"sub": "s\n1", "name": "admin\n\x1b[2J\u202e" + "x" * 500}, ())
    assert person.shown.startswith("admin [2J x") and person.shown.endswith("(s 1)") and len(person.shown) < 200
    assert person.shown.isprintable()
