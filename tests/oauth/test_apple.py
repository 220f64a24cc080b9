"""The two flows of Apple Messages for Business, byte for byte as the device asks."""

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client as Browser

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import Grant, RefreshToken
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI
from authenticate_app.oauth.secrets import UNRESERVED
from tests.oauth.flow import (
    APPLE_LEGACY,
    APPLE_NEW,
    CALLBACK,
    ISSUER,
    ask_token,
    asking,
    authorize,
    body_of,
    decide,
    error_of,
    introspect,
    register,
    signed_in,
    told,
)
from tests.oauth_contract.apple_device import TOKEN_BODY, authorization_query

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]

LEGACY, NEW = authorization_query("legacy"), authorization_query("new")
OUR_CALLBACK = "https://msp.example/amb/oauth/callback"


def as_the_phone_escapes(form: str, **values: str) -> str:
    """The token request of the sample with other values, which go out as they are."""
    given = [(name, values.get(name, value)) for name, value in (item.split("=", 1) for item in form.split("&"))]
    return "&".join(f"{name}={value}" for name, value in given)


def test_the_legacy_flow_gets_its_code_and_token(person: User) -> None:
    client = register(APPLE_LEGACY, client_id="web-1")
    browser = signed_in(person)
    assert authorize(browser, LEGACY).status_code == 200
    redirect = decide(browser, LEGACY)
    assert redirect["Location"].startswith(APPLE_REDIRECT_URI + "?")
    answer = told(redirect)
    assert answer == {"code": answer["code"], "state": "k3Yt0oQb1y7mP2Zr8sUvWxA5", "iss": ISSUER}
    body = as_the_phone_escapes(TOKEN_BODY, code=answer["code"], client_secret=client.secret)
    tokens = body_of(ask_token(body))
    assert tokens.keys() == {"access_token", "expires_in", "token_type", "scope", "id_token"}
    assert not RefreshToken.objects.exists()
    assert introspect(client, tokens["access_token"])["sub"] == str(person.subject)


def test_the_new_flow_gets_its_code_and_token(person: User) -> None:
    client = register(APPLE_NEW, client_id="web-1", redirect_uris=OUR_CALLBACK)
    browser = signed_in(person)
    answer = told(decide(browser, NEW + "&brand=shop"))
    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": OUR_CALLBACK}
    tokens = body_of(ask_token(form, headers=client.authorization))
    assert tokens["scope"] == "openid email"


def test_secrets_and_codes_need_no_escape(person: User) -> None:
    client = register(APPLE_LEGACY, client_id="web-1")
    code = told(decide(signed_in(person), LEGACY))["code"]
    assert set(client.secret + code) <= set(UNRESERVED)
    assert len(client.secret) == 128


@pytest.mark.parametrize("grant_type", ["client_credentials", "refresh_token"])
def test_a_secret_that_reaches_phones_is_good_for_codes_alone(grant_type: str) -> None:
    client = register(APPLE_LEGACY)
    form = {"grant_type": grant_type, "refresh_token": "x", "client_id": client.client_id}
    assert error_of(ask_token({**form, "client_secret": client.secret})) == "unauthorized_client"


def test_a_person_who_refuses_is_told_to_the_phone(person: User) -> None:
    register(APPLE_LEGACY, client_id="web-1")
    answer = told(decide(signed_in(person), LEGACY, "refuse"))
    assert answer["error"] == "access_denied"
    assert "code" not in answer


def test_other_clients_cannot_ask_as_the_phone_does(person: User) -> None:
    from tests.oauth.flow import WEB

    register(WEB, redirect_uris=OUR_CALLBACK)
    assert told(decide(signed_in(person), NEW))["error"] == "invalid_request"


def test_the_key_that_the_phone_sends_is_kept_nowhere(person: User) -> None:
    register(APPLE_LEGACY, client_id="web-1")
    response = authorize(signed_in(person), LEGACY)
    decide(signed_in(person), LEGACY)
    key = dict(parse_qsl(LEGACY))["response_encryption_key"]
    assert key not in repr(list(Grant.objects.values()))
    assert urlencode({"k": key})[2:] not in response.content.decode()


@pytest.mark.parametrize(("purpose", "redirect_uri"), [(APPLE_NEW, CALLBACK), (APPLE_LEGACY, APPLE_REDIRECT_URI)])
def test_who_was_signed_in_before_follows_no_link_of_apple_unasked(
    purpose: Any, redirect_uri: str, person: User
) -> None:
    apple = register(purpose, is_trusted=True)
    changes = {"scope": "openid email", "redirect_uri": redirect_uri}
    link = asking(apple, **changes, code_challenge=None, code_challenge_method=None)
    browser = signed_in(person)
    page = authorize(browser, link)
    assert page.status_code == 200
    assert "so that it knows who it is chatting with" in page.content.decode()
    assert told(authorize(browser, {**link, "prompt": "none"}))["error"] == "consent_required"
    assert "code" in told(decide(browser, link))


def test_a_trusted_client_of_apple_does_not_ask_who_signed_in_on_the_way(person: User) -> None:
    link = asking(register(APPLE_NEW, is_trusted=True), code_challenge=None, code_challenge_method=None)
    browser = Browser()
    sign_in = authorize(browser, link)
    back = parse_qs(urlsplit(sign_in["Location"]).query)["next"][0]
    browser.force_login(person)
    assert "code" in told(browser.get(back, secure=True))  # type: ignore[arg-type]


def test_who_signed_in_elsewhere_meanwhile_is_asked_all_the_same(person: User) -> None:
    """Somebody went the way beforehand and sends the address, proof and all, to their victim."""
    link = asking(register(APPLE_NEW, is_trusted=True), code_challenge=None, code_challenge_method=None)
    back = parse_qs(urlsplit(authorize(Browser(), link)["Location"]).query)["next"][0]
    victim = signed_in(person)
    page = victim.get(back, secure=True)
    assert page.status_code == 200
    assert "so that it knows who it is chatting with" in page.content.decode()
