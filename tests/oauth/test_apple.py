"""The two flows of Apple Messages for Business, byte for byte as the device asks."""

from urllib.parse import parse_qsl, urlencode

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import Grant, RefreshToken
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI
from authenticate_app.oauth.secrets import UNRESERVED
from tests.oauth.flow import (
    APPLE_LEGACY,
    APPLE_NEW,
    ISSUER,
    ask_token,
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
