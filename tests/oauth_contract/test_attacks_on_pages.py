"""Attacks on the pages of signing in and consent, each as somebody would try it."""

import re
from urllib.parse import quote, urlencode

import httpx
import pytest

from authenticate_app.oauth.models import Client
from tests.oauth_contract.browser import forms_of
from tests.oauth_contract.installation import ISSUER, Installation
from tests.oauth_contract.relying_party import (
    AUTHORIZE,
    REDIRECT_URI,
    Person,
    RelyingParty,
    given,
    parameters_of,
)
from tests.oauth_contract.test_rfc6749_authorization import is_told_without_a_redirect
from tests.oauth_contract.test_rfc6749_token import error_of
from tests.world import CALLER

# Consent


def consent_page(person: Person, party: RelyingParty) -> httpx.Response:
    page = person.browser.open(party.authorization_request())
    return page if "/login/" not in str(page.url) else person.signs_in(party.authorization_request())


@pytest.mark.rfc("6749", "10.12", "consent cannot be given by another site")
def test_csrf_on_consent(person: Person, application: RelyingParty) -> None:
    page = consent_page(person, application)
    attempts = (
        {"data": {"allow": "true"}, "headers": {"Referer": str(page.url), "Origin": ISSUER}},
        {"data": {"allow": "true", "csrfmiddlewaretoken": "x" * 64}, "headers": {"Origin": "https://attacker.example"}},
    )
    for attempt in attempts:
        response = person.browser.client.post(str(page.url), **attempt)  # type: ignore[arg-type]
        assert response.status_code == 403
        assert "code=" not in response.headers.get("Location", "")


@pytest.mark.rfc("6749", "10.12", "consent cannot be given by a link")
def test_consent_by_a_link(person: Person, application: RelyingParty) -> None:
    page = consent_page(person, application)
    response = person.browser.client.get(f"{page.url}&allow=true")
    assert response.status_code == 200


@pytest.mark.rfc("6749", "10.14", "what was agreed to on the page is what the code is for, whatever the form says")
@pytest.mark.parametrize(
    "typed",
    [
        {"scope": "openid profile email chat"},
        {"redirect_uri": "https://attacker.example/"},
        {"client_id": "another"},
        {"code_challenge": "x" * 43},
        {"state": "another"},
    ],
    ids=str,
)
def test_a_consent_form_that_was_tampered_with(
    person: Person, application: RelyingParty, typed: dict[str, str]
) -> None:

    page = consent_page(person, application)
    (form,) = (form for form in forms_of(page) if form.has("allow"))
    data = {**form.fields, "allow": "true", **typed}
    response = person.browser.client.post(
        str(page.url), data=data, headers={"Referer": str(page.url), "Origin": ISSUER}
    )
    if response.is_redirect and "code" in parameters_of(response):
        assert response.headers["Location"].startswith(f"{REDIRECT_URI}?")
        assert parameters_of(response)["state"] == application.state
        tokens = application.exchange(parameters_of(response)["code"]).json()
        assert set(tokens["scope"].split()) == {"openid", "profile", "email"}
    else:
        assert "attacker.example" not in response.headers.get("Location", "")


# Signing in


@pytest.mark.rfc("6749", "10.12", "nobody is signed in by another site")
def test_csrf_on_login(person: Person) -> None:
    typed = {"username": person.name, "password": person.password}
    for headers in ({}, {"Origin": "https://attacker.example"}, {"Origin": ISSUER, "Referer": f"{ISSUER}/login/"}):
        response = person.browser.client.post("/login/", data=typed, headers=headers)
        assert response.status_code == 403
        assert "__Host-session" not in response.headers.get("Set-Cookie", "")


@pytest.mark.rfc("9700", "4.11.2", "signing in leads to no other site")
@pytest.mark.parametrize(
    "target",
    [
        "https://attacker.example/",
        "//attacker.example/",
        "///attacker.example/",
        "/\\attacker.example/",
        "\\\\attacker.example",
        "https:attacker.example",
        "http:///attacker.example",
        "javascript:alert(1)",
        "https://chat.example.com@attacker.example/",
        "https://chat.example.com.attacker.example/",
        "/%0d%0aLocation:%20https://attacker.example/",
        "\t//attacker.example/",
        "/\t/attacker.example/",
        "http://chat.example.com/",
    ],
)
def test_an_open_redirect_by_next(person: Person, target: str) -> None:
    page = person.browser.open(f"/login/?next={quote(target, safe='')}")
    response = person.browser.send(page, username=person.name, password=person.password)
    assert response.is_redirect
    location = httpx.URL(ISSUER).join(response.headers["Location"])
    assert (location.scheme, location.host) == ("https", "chat.example.com")
    assert "attacker" not in location.path.split("/")[1:2]


@pytest.mark.rfc("6265", "8.4", "the session gets a new name when somebody signs in: none can be planted")
def test_session_fixation(person: Person, application: RelyingParty) -> None:
    def session() -> str | None:
        return person.browser.client.cookies.get("__Host-session")

    person.browser.client.cookies.set("__Host-session", "planted", domain="chat.example.com", path="/")
    page = person.signs_in(application.authorization_request())
    first = session()
    assert page.status_code == 200
    assert first not in {None, "planted"}
    page = person.browser.open("/login/?again")  # somebody else, at the same browser
    person.browser.send(page, username=CALLER, password=person.password)
    assert session() not in {first, "planted"}


@pytest.mark.rfc(
    "6265", "4.1.2", "cookies are for us alone: secure, unreadable to scripts, not sent by other sites' forms"
)
def test_cookies(person: Person, application: RelyingParty) -> None:
    page = person.browser.open(application.authorization_request())
    response = person.browser.send(page, username=person.name, password=person.password)
    cookies = [each.strip() for answer in (page, response) for each in answer.headers.get_list("Set-Cookie")]
    assert any(cookie.startswith("__Host-session=") for cookie in cookies)
    for cookie in cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)


@pytest.mark.rfc("8414", "3.3", "no host that a request names reaches a page, a link or a token")
@pytest.mark.parametrize("host", ["attacker.example", "chat.example.com.attacker.example", "chat.example.com:444"])
def test_the_host_header(person: Person, application: RelyingParty, host: str) -> None:
    for headers in ({"Host": host}, {"X-Forwarded-Host": host}, {"Forwarded": f"host={host}"}):
        response = person.browser.client.get(application.authorization_request(), headers=headers)
        assert host not in response.headers.get("Location", "")
        assert host not in response.text


# Who has an account


class Hashes:
    """Counts the password hashes that are computed: the work that takes time."""

    def __init__(self) -> None:
        self.count = 0


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    counted = Hashes()
    for method in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, method)

        def counting(self: object, *arguments: object, original: object = original, **named: object) -> object:
            counted.count += 1
            return original(self, *arguments, **named)  # type: ignore[operator]

        monkeypatch.setattr(Argon2PasswordHasher, method, counting)
    return counted


def refusal(person: Person, name: str, hashes: Hashes) -> tuple[int, str, int]:
    """Status, text and work of a sign-in that fails."""
    page = person.browser.open("/login/")
    before = hashes.count
    response = person.browser.submit(page, username=name, password="wrong")
    text = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", response.text.replace(name, "NAME"))
    return response.status_code, text, hashes.count - before


@pytest.mark.rfc("6749", "10.10", "a wrong password says, and costs, the same as an unknown or disabled user")
def test_enumeration(installation: Installation, hashes: Hashes) -> None:
    from authenticate_app.accounts.models import User
    from tests.world import store_user

    store_user("disabled")
    User.objects.filter(username="disabled").update(is_active=False)
    known, unknown, disabled = (
        refusal(installation.person(), name, hashes) for name in ("john.smith", "nobody", "disabled")
    )
    assert known == unknown == disabled
    assert known[2] == 1


@pytest.mark.rfc("6749", "3.2.1", "a client that was turned off gets nothing more, at once")
def test_a_client_that_was_turned_off(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    code = person.code_for(application)
    Client.objects.filter(client_id=application.client_id).update(is_active=False)
    assert error_of(application.exchange(code), 401) == "invalid_client"
    assert error_of(application.refresh(tokens["refresh_token"]), 401) == "invalid_client"
    assert application.userinfo(tokens["access_token"]).status_code == 401
    assert is_told_without_a_redirect(person.browser.open(application.authorization_request()))


@pytest.mark.rfc("6749", "4.1.2", "parameters of a request that was signed in for do not reach another one")
def test_next_is_kept_whole(person: Person, application: RelyingParty) -> None:
    state = "a&redirect_uri=https://attacker.example/&client_id=x#y?z=%26"
    found = person.agrees(f"{AUTHORIZE}?{urlencode(given({'state': state}))}&{_without_state(application)}")
    assert parameters_of(found)["state"] == state


def _without_state(party: RelyingParty) -> str:
    return party.authorization_request(state=None).partition("?")[2]
