"""RP-Initiated Logout 1.0."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import Client
from tests.oauth.flow import (
    SIGNED_OUT,
    WEB,
    Registered,
    error_of,
    introspect,
    refresh,
    register,
    signed_in,
    store_person,
    tokens_for,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
FORM = "application/x-www-form-urlencoded"


def is_signed_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


def test_the_client_of_the_person_signs_them_out(web: Registered, person: User) -> None:
    tokens, browser = tokens_for(web, person), signed_in(person)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": SIGNED_OUT, "state": "a b"}
    response = browser.get(f"/oauth/logout?{urlencode(asked)}", secure=True)
    assert (response.status_code, response["Location"]) == (302, f"{SIGNED_OUT}?state=a+b")
    assert not is_signed_in(browser)
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert not introspect(web, tokens["access_token"])["active"]
    event = AuditEvent.objects.get(event=Event.OAUTH_SIGNED_OUT)
    assert (event.actor, event.object_id) == (person, str(web.row.pk))


def test_other_clients_keep_their_tokens(web: Registered, person: User) -> None:
    hint, other = tokens_for(web, person)["id_token"], register(WEB, client_id="web-2")
    kept = tokens_for(other, person)["access_token"]
    signed_in(person).get(f"/oauth/logout?{urlencode({'id_token_hint': hint})}", secure=True)
    assert introspect(other, kept)["active"]


def test_without_an_address_there_is_a_page(web: Registered, person: User) -> None:
    asked = {"id_token_hint": tokens_for(web, person)["id_token"]}
    response = signed_in(person).get(f"/oauth/logout?{urlencode(asked)}", secure=True)
    assert response.status_code == 200
    assert "signed out" in response.content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"client_id": "web-1"},
        {"client_id": "web-1", "post_logout_redirect_uri": SIGNED_OUT},
        {"id_token_hint": "x"},
        {"id_token_hint": "jane's"},
    ],
    ids=str,
)
def test_who_is_not_named_is_asked(web: Registered, person: User, asked: dict[str, str]) -> None:
    if "id_token_hint" in asked and len(asked["id_token_hint"]) > 1:
        asked = {"id_token_hint": tokens_for(web, store_person("jane", email=""))["id_token"]}
    browser = signed_in(person)
    address = f"/oauth/logout?{urlencode({**asked, 'ui_locales': 'en'})}"
    assert browser.get(address, secure=True).status_code == 200
    assert is_signed_in(browser)
    response = browser.post(address, "", content_type=FORM, secure=True)
    assert not is_signed_in(browser)
    assert response.get("Location", "") == asked.get("post_logout_redirect_uri", "")


def test_the_page_that_asks_leads_back_to_the_client_alone(web: Registered, person: User) -> None:
    asked = {"client_id": "web-1", "post_logout_redirect_uri": SIGNED_OUT}
    page = signed_in(person).get(f"/oauth/logout?{urlencode(asked)}", secure=True)
    assert "form-action 'self' https://www.example.com;" in page["Content-Security-Policy"] + ";"


def test_a_form_of_another_site_signs_nobody_out(web: Registered, person: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    assert browser.post("/oauth/logout?client_id=web-1", "", content_type=FORM, secure=True).status_code == 403
    assert is_signed_in(browser)


def test_a_client_may_post_and_the_browser_comes_again(web: Registered, person: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    asked = {"id_token_hint": tokens_for(web, person)["id_token"], "post_logout_redirect_uri": SIGNED_OUT}
    response = browser.post("/oauth/logout", urlencode(asked), content_type=FORM, secure=True)
    assert response.status_code == 303
    assert browser.get(response["Location"], secure=True)["Location"] == SIGNED_OUT


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "web-1", "post_logout_redirect_uri": SIGNED_OUT + "/"},
        {"client_id": "web-1", "post_logout_redirect_uri": "https://evil.example.com/"},
        {"client_id": "web-1", "post_logout_redirect_uri": "//evil.example.com"},
        {"client_id": "web-1", "post_logout_redirect_uri": "https://www.example.com/callback"},
        {"post_logout_redirect_uri": SIGNED_OUT},
        {"client_id": "unknown"},
        {"client_id": "unknown", "post_logout_redirect_uri": SIGNED_OUT},
        {"state": "x\x00"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_sent_where_no_client_registered(
    web: Registered, person: User, asked: dict[str, str], method: str
) -> None:
    browser = signed_in(person)
    response = browser.generic(method, f"/oauth/logout?{urlencode(asked)}", secure=True, content_type=FORM)
    assert response.status_code == 400
    assert "Location" not in response
    assert is_signed_in(browser)


def test_a_hint_of_another_client_is_refused(web: Registered, person: User) -> None:
    register(WEB, client_id="web-2")
    asked = {"id_token_hint": tokens_for(web, person)["id_token"], "client_id": "web-2"}
    assert signed_in(person).get(f"/oauth/logout?{urlencode(asked)}", secure=True).status_code == 400


def test_who_is_signed_out_already_goes_on(web: Registered) -> None:
    asked = {"client_id": "web-1", "post_logout_redirect_uri": SIGNED_OUT}
    assert Browser().get(f"/oauth/logout?{urlencode(asked)}", secure=True)["Location"] == SIGNED_OUT
    assert not AuditEvent.objects.filter(event=Event.OAUTH_SIGNED_OUT).exists()


def test_a_disabled_client_signs_nobody_out(web: Registered, person: User) -> None:
    asked = {"id_token_hint": tokens_for(web, person)["id_token"], "post_logout_redirect_uri": SIGNED_OUT}
    Client.objects.update(is_active=False)
    assert signed_in(person).get(f"/oauth/logout?{urlencode(asked)}", secure=True).status_code == 400
