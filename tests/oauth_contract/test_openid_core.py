"""OpenID Connect Core 1.0."""

import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import KeySet

from authenticate_app.accounts.models import User
from tests.oauth_contract.installation import ISSUER, Installation, store_application
from tests.oauth_contract.relying_party import USERINFO, Person, RelyingParty, parameters_of
from tests.world import CONTACT_ID, CUSTOMER, CUSTOMERS_EMAIL, ORGANIZATION_ID


def claims_of(id_token: str, party: RelyingParty) -> dict[str, Any]:
    """The claims of an ID token that verifies against the published key set, by another library than signed it."""
    keys = KeySet.import_key_set(party.http.get("/.well-known/jwks.json").json())
    token = jwt.decode(id_token, keys, algorithms=["RS256"])
    assert token.header["kid"] in {key.kid for key in keys.keys}
    return dict(token.claims)


@pytest.mark.rfc("OpenID Core", "2", "an ID token says who issued it, about whom, for whom, when and until when")
@pytest.mark.rfc("OpenID Core", "3.1.3.7", "it is signed with RS256 by a key of the key set")
def test_an_id_token(person: Person, application: RelyingParty) -> None:
    claims = claims_of(person.tokens_for(application)["id_token"], application)
    assert claims["iss"] == ISSUER
    assert claims["sub"] == str(User.objects.get(username=CUSTOMER).subject)
    assert claims["aud"] in (application.client_id, [application.client_id])
    assert claims["exp"] - claims["iat"] == settings.ID_TOKEN_LIFETIME.total_seconds()
    assert abs(claims["iat"] - time.time()) < 60


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "the nonce comes back in the ID token")
def test_the_nonce(person: Person, application: RelyingParty) -> None:
    assert claims_of(person.tokens_for(application, nonce="n-0S6_WzA2Mj")["id_token"], application)["nonce"] == (
        "n-0S6_WzA2Mj"
    )
    assert "nonce" not in claims_of(person.tokens_for(application)["id_token"], application)


@pytest.mark.rfc("OpenID Core", "3.1.3.6", "at_hash binds the ID token to the access token")
def test_at_hash(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    half = sha256(tokens["access_token"].encode()).digest()[:16]
    expected = urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims_of(tokens["id_token"], application)["at_hash"] == expected


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "without the scope openid there is no ID token")
def test_no_openid(person: Person, application: RelyingParty) -> None:
    assert "id_token" not in person.tokens_for(application, scope="profile")


@pytest.mark.rfc("OpenID Core", "5.1", "claims bear the standard's names")
@pytest.mark.rfc("OpenID Core", "5.4", "each scope gives its claims, and no others")
@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", {}),
        (
            "openid profile",
            {
                "name": "John Smith",
                "given_name": "John",
                "family_name": "Smith",
                "preferred_username": CUSTOMER,
            },
        ),
        ("openid email", {"email": CUSTOMERS_EMAIL, "email_verified": True}),
        ("openid chat", {"contact_party_id": str(CONTACT_ID), "organization_party_id": str(ORGANIZATION_ID)}),
    ],
)
def test_claims(person: Person, application: RelyingParty, scope: str, expected: dict[str, object]) -> None:
    tokens = person.tokens_for(application, scope=scope)
    said = application.userinfo(tokens["access_token"]).json()
    assert said.pop("sub") == str(User.objects.get(username=CUSTOMER).subject)
    said = {name: value for name, value in said.items() if name not in {"locale", "zoneinfo", "updated_at"}}
    assert said.keys() == expected.keys()
    assert {name: str(value).lower() for name, value in said.items()} == {
        name: str(value).lower() for name, value in expected.items()
    }


@pytest.mark.rfc("OpenID Core", "5.3", "userinfo takes GET and POST, with the token in the header")
def test_userinfo_by_post(person: Person, application: RelyingParty) -> None:
    headers = {"Authorization": f"Bearer {person.tokens_for(application)['access_token']}"}
    assert (
        application.http.post(USERINFO, headers=headers).json()
        == application.http.get(USERINFO, headers=headers).json()
    )


@pytest.mark.rfc("OpenID Core", "5.3.2", "the sub of userinfo is that of the ID token")
def test_the_same_sub(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    said = application.userinfo(tokens["access_token"]).json()
    assert said["sub"] == claims_of(tokens["id_token"], application)["sub"]


@pytest.mark.rfc("OpenID Core", "8", "sub never changes and is no name")
def test_sub_stays(person: Person, application: RelyingParty) -> None:
    first = claims_of(person.tokens_for(application)["id_token"], application)["sub"]
    User.objects.filter(username=CUSTOMER).update(email="new@vision.com", last_name="Roe")
    second = claims_of(person.tokens_for(application)["id_token"], application)["sub"]
    assert first == second
    assert CUSTOMER not in first


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "prompt=none never shows a page")
def test_prompt_none(person: Person, application: RelyingParty) -> None:
    request = application.authorization_request(prompt="none")
    assert parameters_of(person.browser.open(request))["error"] == "login_required"
    person.signs_in(application.authorization_request())
    assert parameters_of(person.browser.open(request))["error"] in {"consent_required", "interaction_required"}


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "prompt=none gives a code when nothing has to be asked")
def test_prompt_none_when_nothing_is_asked(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(is_trusted=True))
    person.agrees(party.authorization_request())
    assert "code" in parameters_of(person.browser.open(party.authorization_request(prompt="none")))


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "prompt=none goes with nothing else")
def test_prompt_none_with_another(person: Person, application: RelyingParty) -> None:
    response = person.browser.open(application.authorization_request(prompt="none login"))
    assert parameters_of(response)["error"] == "invalid_request"


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "prompt=login asks for the password again")
def test_prompt_login(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(is_trusted=True))
    person.agrees(party.authorization_request())
    page = person.browser.open(party.authorization_request(prompt="login"))
    assert 'autocomplete="current-password"' in page.text
    assert "code" in parameters_of(person.browser.submit(page, username=person.name, password=person.password))


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "prompt=consent asks again, also where a client is trusted")
def test_prompt_consent(person: Person, application: RelyingParty) -> None:
    person.agrees(application.authorization_request())
    page = person.browser.open(application.authorization_request(prompt="consent"))
    assert "code" in parameters_of(person.browser.submit(page, press="allow"))


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "max_age asks for the password again when the sign-in is too old")
def test_max_age(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(is_trusted=True))
    person.agrees(party.authorization_request())
    again = person.browser.open(party.authorization_request(max_age="0"))
    assert 'autocomplete="current-password"' in again.text
    assert "code" in parameters_of(person.browser.open(party.authorization_request(max_age="10000")))


@pytest.mark.rfc("OpenID Core", "2", "auth_time is when the password was given, and stays with refreshed tokens")
@pytest.mark.rfc(
    "OpenID Core", "12.2", "a refreshed ID token has the same iss, sub, aud and auth_time, and no new nonce"
)
def test_a_refreshed_id_token(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application, max_age="1000")
    before = claims_of(tokens["id_token"], application)
    assert abs(before["auth_time"] - time.time()) < 60
    fresh = application.refresh(tokens["refresh_token"]).json()
    if "id_token" in fresh:
        after = claims_of(fresh["id_token"], application)
        same = ("iss", "sub", "aud", "auth_time")
        assert [after[name] for name in same] == [before[name] for name in same]
        assert "nonce" not in after


@pytest.mark.rfc("OpenID Core", "3.1.2.6", "request objects are not supported, and say so")
@pytest.mark.parametrize(
    ("name", "error"), [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")]
)
def test_request_objects(person: Person, application: RelyingParty, name: str, error: str) -> None:
    request = application.authorization_request(**{name: "https://attacker.example/request"})
    assert parameters_of(person.browser.open(request))["error"] == error


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "the authorization endpoint takes POST as well")
def test_an_authorization_request_by_post(application: RelyingParty, person: Person) -> None:
    query = application.authorization_request().partition("?")[2]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://www.example.com"}
    response = person.browser.client.post("/oauth/authorize", content=query, headers=form)
    assert response.is_redirect
    assert "code" in parameters_of(person.agrees(response.headers["Location"]))


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "login_hint fills in the user name")
def test_login_hint(person: Person, application: RelyingParty) -> None:
    page = person.browser.open(application.authorization_request(login_hint="jane@vision.com"))
    assert 'value="jane@vision.com"' in page.text


@pytest.mark.rfc("OpenID Core", "3.1.2.1", "ui_locales chooses the language of the pages")
@pytest.mark.parametrize(("asked", "language"), [("de", "de"), ("xx fr-CA en", "fr"), ("ja es", "ja"), ("xx", "en")])
def test_ui_locales(person: Person, application: RelyingParty, asked: str, language: str) -> None:
    page = person.browser.open(application.authorization_request(ui_locales=asked))
    assert f'<html lang="{language}"' in page.text
