"""The sign-in page, without JavaScript."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest

from authenticate_app.accounts import pending
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from tests.login.conftest import AUTHORIZE, LOGIN, NAME, PASSWORD, Browser, sign_in

WRONG = "The user name or the password is not right. Please try again."


def field(page: str, name: str) -> str:
    (found,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>|<input[^>]*name="{name}"[^>]*>', page)
    return str(found)


def is_signed_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


@pytest.mark.django_db
def test_browsers_know_what_to_fill_in(browser: Browser) -> None:
    page = browser.get(LOGIN).content.decode()
    name, password = field(page, "username"), field(page, "password")
    assert page.index(name) < page.index(password)
    for attribute in ('autocapitalize="none"', 'autocorrect="off"', 'spellcheck="false"', "required"):
        assert attribute in name
    assert 'autocomplete="username webauthn"' in name
    assert 'autocomplete="current-password"' in password
    assert 'type="password"' in password
    assert 'autocomplete="off"' not in page
    assert "onpaste" not in page
    assert len(re.findall(r"<form(?![^>]*\bhidden>)", page)) == 1  # the other one is for passkeys, where a script runs
    assert '<label for="id_username">' in page
    assert '<label for="id_password">' in page


def test_the_right_password_signs_in_under_a_new_session_key(john: User, browser: Browser) -> None:
    browser.get(LOGIN)
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    response = sign_in(browser, NAME.upper())
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/account/")
    assert is_signed_in(browser)
    assert browser.session.session_key != planted
    assert browser.session[pending.AMR] == ["pwd"]
    assert abs(browser.session[pending.AUTH_TIME] - john.date_joined.timestamp()) < 60
    event = AuditEvent.objects.get(event="signed_in")
    assert (event.actor_id, event.reason) == (john.pk, "pwd")


def test_administrators_come_to_the_admin(john: User, browser: Browser) -> None:
    User.objects.update(is_staff=True)
    assert sign_in(browser)["Location"] == "/admin/"
    assert AuditEvent.objects.filter(event="admin_signed_in").exists()


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), ("nobody", PASSWORD), ("disabled", PASSWORD)])
def test_whatever_is_wrong_reads_the_same(john: User, browser: Browser, name: str, password: str) -> None:
    User.objects.create_user("disabled", PASSWORD, is_active=False)
    response = sign_in(browser, name, password)
    page = response.content.decode()
    assert response.status_code == HTTPStatus.OK
    assert re.search(rf'<div class="message is-fault" role="alert" tabindex="-1" autofocus>\s*<p>{WRONG}</p>', page)
    assert f'value="{name}"' in field(page, "username")
    assert "value=" not in field(page, "password")
    assert page.count("autofocus") == 1
    assert not is_signed_in(browser)
    neutral = page.replace(name, "").replace(browser.cookies["__Host-csrf"].value, "")
    other = sign_in(Browser(), "somebody else", "x").content.decode().replace("somebody else", "")
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    assert token.sub("", neutral) == token.sub("", other)


@pytest.mark.parametrize(("name", "password"), [("", ""), (NAME, ""), ("", PASSWORD), ("a\0b", "c"), ("x" * 400, "y")])
def test_what_no_account_can_have_is_said_on_the_page(john: User, browser: Browser, name: str, password: str) -> None:
    response = sign_in(browser, name, password)
    assert response.status_code == HTTPStatus.OK
    assert 'role="alert"' in response.content.decode()
    assert not is_signed_in(browser)


def test_too_many_failures_are_429_and_say_when_to_come_back(john: User, browser: Browser, settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 2
    for _attempt in range(2):
        sign_in(browser, password="wrong")
    response = sign_in(browser)
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 840 < int(response["Retry-After"]) <= 900
    assert "Please try again in 15 minutes." in response.content.decode()
    assert not is_signed_in(browser)


def test_a_busy_moment_is_503_and_keeps_the_name(john: User, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from authenticate_app.accounts import passwords
    from authenticate_app.accounts.errors import SignInBusy

    def busy(*_given: str, **_options: bool) -> None:
        raise SignInBusy(1)

    monkeypatch.setattr(passwords, "compare", busy)
    response = sign_in(browser)
    assert (response.status_code, response["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")
    page = response.content.decode()
    assert "Too many people are signing in at this moment." in page
    assert f'value="{NAME}"' in page


OWN = ["/account/password/", "/admin/?a=b", AUTHORIZE, AUTHORIZE + "&state=" + "x" * 3000, "/täglich"]
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    " //evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "https://chat.example.com/account/",
    "/\0",
    "/" + "x" * 9000,
]


@pytest.mark.parametrize("path", OWN)
def test_next_leads_to_own_paths(john: User, browser: Browser, path: str) -> None:
    location = sign_in(browser, address=f"{LOGIN}?next={quote(path)}")["Location"]
    assert location == quote(path, safe="/?&=%")


@pytest.mark.parametrize("url", FOREIGN)
def test_next_leads_nowhere_else(john: User, browser: Browser, url: str) -> None:
    address = f"{LOGIN}?next={quote(url)}"
    assert sign_in(browser, address=address)["Location"] == "/account/"
    assert browser.get(address)["Location"] == "/account/"


def test_who_is_signed_in_already_goes_on(signed_in: Browser) -> None:
    assert signed_in.get(f"{LOGIN}?next={quote(AUTHORIZE)}")["Location"] == AUTHORIZE


def test_unless_they_are_asked_again(signed_in: Browser) -> None:
    assert signed_in.get(f"{LOGIN}?again&next={quote(AUTHORIZE)}").status_code == HTTPStatus.OK


def test_somebody_else_takes_nothing_over_from_the_session(signed_in: Browser) -> None:
    User.objects.create_user("jane", PASSWORD)
    session = signed_in.session
    session["johns"] = "secret"
    session.save()
    sign_in(signed_in, "jane", address=f"{LOGIN}?again")
    assert "johns" not in signed_in.session


def test_sending_the_form_twice_does_no_harm(john: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', browser.get(LOGIN).content.decode())
    assert token
    form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    headers = {"referer": "https://testserver/login/"}
    first, second = (browser.post(f"{LOGIN}?next=/account/password/", form, headers=headers) for _ in range(2))
    assert first["Location"] == second["Location"] == "/account/password/"
    assert AuditEvent.objects.filter(event="signed_in").count() == 1


@pytest.mark.django_db
def test_an_expired_page_leads_back_to_a_fresh_one() -> None:
    browser = Browser(enforce_csrf_checks=True, headers={"accept-language": "de"})
    response = browser.post(f"{LOGIN}?next={quote(AUTHORIZE)}", {"username": NAME, "password": PASSWORD})
    assert response.status_code == HTTPStatus.FORBIDDEN
    page = response.content.decode()
    assert '<html lang="de">' in page
    assert f'href="{LOGIN}?next={quote(AUTHORIZE)}"'.replace("&", "&amp;") in page


@pytest.mark.django_db
def test_a_page_of_somebody_elses_cannot_send_the_form(john: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get(LOGIN)
    token = browser.cookies["__Host-csrf"].value
    form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token}
    response = browser.post(LOGIN, form, headers={"origin": "https://evil.example"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert not is_signed_in(browser)


@pytest.mark.parametrize("address", [LOGIN, f"{LOGIN}?next=/admin/", "/logout/", "/logged-out/", "/account/"])
def test_no_page_is_kept_or_framed(signed_in: Browser, address: str) -> None:
    response = signed_in.get(address)
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_nothing_on_the_page_is_inline_or_from_elsewhere(browser: Browser) -> None:
    page = browser.get(LOGIN).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r'(?:src|href)="(?!/|data:,")', page)
