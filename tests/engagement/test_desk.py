"""The agents' desk as a page, and the token that it gets; tests/browser has it in a browser."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.counting_tokens import find_access_token
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.purposes import faults
from authenticate_app.oauth.services import revoke_all
from chat_app.engagement.desk.texts import TEXTS
from chat_app.engagement.handover import CORRECTABLE
from chat_app.engagement.places import places
from chat_app.routing.models import Interface
from tests.world import CUSTOMER, store_user, world

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def anna() -> User:
    return store_user("anna.agent", CHAT_AGENT, first_name="Anna", last_name="Agnelli")


@pytest.fixture
def browser(anna: User) -> Browser:
    """Somebody signed in who is an agent."""
    return signed_in(anna)


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def show(browser: Browser) -> HttpResponse:
    response = browser.get("/desk/", secure=True)
    assert isinstance(response, HttpResponse)
    return response


def given(page: HttpResponse) -> dict[str, Any]:
    """What the page hands to its scripts."""
    found = re.search(r'<script id="given" type="application/json">(.*?)</script>', page.content.decode(), re.DOTALL)
    assert found
    fields: dict[str, Any] = json.loads(found.group(1))
    return fields


def test_what_can_be_corrected_is_what_the_agent_api_takes(browser: Browser) -> None:
    page = show(browser).content.decode()
    offered = re.findall(r'<option value="(\w+)" data-property="(\w+)">([^<]+)</option>', page)
    assert {name: attribute for name, attribute, _label in offered} == CORRECTABLE
    assert len({label for _name, _attribute, label in offered}) == len(CORRECTABLE)


def ask(browser: Browser) -> HttpResponse:
    response = browser.post("/desk/token", secure=True)
    assert isinstance(response, HttpResponse)
    return response


def token_of(browser: Browser) -> str:
    answer = ask(browser)
    assert answer.status_code == 200, answer.content
    token: str = json.loads(answer.content)["access_token"]
    return token


def counts(token: str) -> bool:
    return find_access_token(token, now=timezone.now()) is not None


def test_nobody_is_led_to_sign_in() -> None:
    response = show(Browser())
    assert response.status_code == 302
    assert response.headers["Location"] == "/login/?next=/desk/"


@pytest.mark.parametrize("is_superuser", [False, True])
def test_whoever_is_no_agent_is_told_so_kindly(is_superuser: bool) -> None:
    page = show(signed_in(store_user("somebody", is_staff=is_superuser, is_superuser=is_superuser)))
    assert page.status_code == 403
    assert "The desk is for agents" in page.content.decode()


def test_an_agent_sees_the_desk(browser: Browser) -> None:
    page = show(browser)
    assert page.status_code == 200
    assert "Anna Agnelli" in page.content.decode()
    assert page.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_its_scripts_may_call_the_chat_server_and_nobody_else(browser: Browser) -> None:
    policy = dict(part.split(" ", 1) for part in show(browser).headers["Content-Security-Policy"].split("; "))
    servers = {place.server for place in places()}
    assert set(policy["connect-src"].split()) == {"'self'", *servers}
    assert policy["script-src"] == policy["style-src"] == "'self'"


def test_its_scripts_are_told_whose_desk_it_is(browser: Browser, anna: User) -> None:
    """What another agent's desk left in the tab is forgotten by that."""
    assert given(show(browser))["user"] == str(anna.pk)


def test_its_scripts_are_given_every_text_and_where_the_chat_server_is(browser: Browser) -> None:
    fields = given(show(browser))
    assert fields["texts"].keys() == TEXTS.keys()
    assert [place["site"] for place in fields["interfaces"]] == [place.site for place in places()]
    assert fields["language"] == "en"


def test_texts_are_in_the_language_of_the_browser(browser: Browser) -> None:
    page = browser.get("/desk/", secure=True, headers={"Accept-Language": "de"})
    assert given(page)["texts"]["take"] == "Annehmen"  # type: ignore[arg-type]  # the test client's own class


def test_an_interface_with_a_domain_of_its_own_is_called_there(settings: Settings) -> None:
    first = Interface.objects.order_by("-is_default", "name")[0]
    first.domain, first.port = "chat.vision.example", 8443
    first.save()
    Interface.objects.exclude(pk=first.pk).update(domain="", port=None)
    settings.CHAT_SERVER_URL = "http://127.0.0.1:8001"
    servers = [place.server for place in places()]
    assert servers == ["https://chat.vision.example:8443", "http://127.0.0.1:8001"]


def test_a_disabled_interface_is_none_to_sign_on_at() -> None:
    Interface.objects.filter(is_default=False).update(enabled=False)
    assert len(places()) == 1


# The token


def test_it_is_a_token_like_any_other(browser: Browser, anna: User) -> None:
    answer = ask(browser)
    fields = json.loads(answer.content)
    found = find_access_token(fields.pop("access_token"), now=timezone.now())
    assert fields == {"expires_in": 600, "token_type": "Bearer", "scope": "chat.agent"}
    assert found is not None
    assert (found.client_id, found.user, found.scope) == ("desk", anna, "chat.agent")
    assert answer.headers["Cache-Control"].endswith("no-store, must-revalidate, private")
    assert AuditEvent.objects.filter(event="oauth_token_issued", reason="own-page", actor=anna.pk).count() == 1


def test_it_lives_no_longer_than_those_of_others(browser: Browser, settings: Settings) -> None:
    settings.ACCESS_TOKEN_LIFETIME = timedelta(minutes=2)
    assert json.loads(ask(browser).content)["expires_in"] == 120
    settings.ACCESS_TOKEN_LIFETIME = timedelta(days=1)
    assert json.loads(ask(browser).content)["expires_in"] == 600


def test_its_client_fits_its_purpose_and_has_no_secret(browser: Browser) -> None:
    ask(browser)
    ask(browser)
    client = Client.objects.get(client_id="desk")
    assert faults(client) == {}
    assert client.client_secret == ""
    assert AccessToken.objects.filter(application=client).count() == 2


def test_nobody_gets_none() -> None:
    assert ask(Browser()).status_code == 401


def test_whoever_is_no_agent_gets_none() -> None:
    assert ask(signed_in(User.objects.get(username=CUSTOMER))).status_code == 403
    assert not AccessToken.objects.exists()


def test_another_site_cannot_have_it_asked_for(anna: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(anna)
    assert browser.post("/desk/token", secure=True, headers={"Origin": "https://evil.example"}).status_code == 403
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"allowed_scopes": "openid"}])
def test_an_administrator_can_switch_the_desk_off(browser: Browser, change: dict[str, Any]) -> None:
    token = token_of(browser)
    Client.objects.filter(client_id="desk").update(**change)
    assert ask(browser).status_code == 403
    assert counts(token) == ("is_active" not in change)


def test_it_ends_with_the_role(browser: Browser, anna: User) -> None:
    anna.groups.clear()
    assert ask(browser).status_code == 403


def test_an_administrator_can_take_it_back(browser: Browser, anna: User) -> None:
    token = token_of(browser)
    revoke_all(user=anna, now=timezone.now())
    assert not counts(token)


def test_signing_out_takes_along_what_this_browser_got_and_nothing_else(browser: Browser, anna: User) -> None:
    elsewhere = token_of(signed_in(anna))
    here = [token_of(browser), token_of(browser)]
    browser.post("/logout/", secure=True)
    assert [counts(token) for token in here] == [False, False]
    assert counts(elsewhere)
