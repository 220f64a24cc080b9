"""Two OAuth libraries that know nothing of this server go the whole way with it, over HTTP.

They learn its addresses from its metadata, as any application would.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session as OauthlibSession

from tests.journeys.applications import Registered, new_person, register_in_admin
from tests.oauth_contract.relying_party import Person
from tests.serving import ADDRESS, Installation, own_installation

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("libraries")]

SCOPE = ["openid", "profile", "email"]
WAIT = 30


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server as in a demonstration: without TLS, where applications on the same machine may do without as well."""
    with own_installation(tmp_path_factory.mktemp("oauth"), ENVIRONMENT="demonstration", TRUSTED_PROXIES="") as found:
        yield found


@pytest.fixture(scope="module")
def registered(installed: Installation) -> Registered:
    """One application for all of them, made in the admin and used as it is."""
    with new_person(installed, browser(installed), is_staff=True, is_superuser=True) as administrator:
        return register_in_admin(installed, administrator)


@pytest.fixture
def person(installed: Installation) -> Iterator[Person]:
    with new_person(installed, browser(installed)) as found:
        yield found


def browser(installed: Installation) -> httpx.Client:
    return httpx.Client(base_url=installed.server.url, timeout=WAIT, trust_env=False)


@pytest.fixture
def metadata(installed: Installation) -> dict[str, Any]:
    """What OpenID Connect Discovery says, from the issuer alone."""
    found = httpx.get(f"{installed.server.url}/.well-known/openid-configuration", trust_env=False).json()
    assert found["issuer"] == installed.server.url
    return dict(found)


def verified(id_token: str, metadata: dict[str, Any], client_id: str, nonce: str | None) -> dict[str, Any]:
    """The claims of an ID token, after every check that an application has to make (OpenID Connect Core, 3.1.3.7)."""
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], trust_env=False).json())
    token = jwt.decode(id_token, keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    expected: dict[str, Any] = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }
    if nonce is not None:
        expected["nonce"] = {"essential": True, "value": nonce}
    JWTClaimsRegistry(**expected).validate(token.claims)
    return dict(token.claims)


def authlib_session(registered: Registered, *, scope: list[str]) -> Any:
    session = AuthlibSession(
        registered.client_id,
        registered.secret,
        scope=scope,
        redirect_uri=registered.redirect_uri,
        code_challenge_method="S256",
    )
    session.trust_env = False
    return session


def signs_out(person: Person, metadata: dict[str, Any], registered: Registered, id_token: str) -> None:
    query = {"id_token_hint": id_token, "post_logout_redirect_uri": registered.after_logout, "state": "bye"}
    response = person.browser.client.get(metadata["end_session_endpoint"], params=query)
    assert response.headers["Location"] == f"{registered.after_logout}?state=bye"
    again = person.browser.open("/account/")
    assert "/login/" in str(again.url)


def test_authlib(person: Person, registered: Registered, metadata: dict[str, Any]) -> None:
    session = authlib_session(registered, scope=SCOPE)
    verifier, nonce = generate_token(48), generate_token()
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    location = person.agrees(address).headers["Location"]
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=location, state=state, code_verifier=verifier
    )
    claims = verified(tokens["id_token"], metadata, registered.client_id, nonce)

    said = session.get(metadata["userinfo_endpoint"]).json()
    assert (said["sub"], said["name"], said["email_verified"]) == (claims["sub"], "Jane Roe", True)

    fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert session.get(metadata["userinfo_endpoint"]).json() == said

    asked = session.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"])
    assert (asked.json()["active"], asked.json()["sub"]) == (True, claims["sub"])

    assert session.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
    asked = session.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"])
    assert asked.json() == {"active": False}
    signs_out(person, metadata, registered, tokens["id_token"])


def test_requests_oauthlib(
    person: Person, registered: Registered, metadata: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it takes no http otherwise, not even on one machine
    session = OauthlibSession(registered.client_id, redirect_uri=registered.redirect_uri, scope=SCOPE, pkce="S256")
    session.trust_env = False
    address, _state = session.authorization_url(metadata["authorization_endpoint"])
    location = person.agrees(address).headers["Location"]
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=location, client_secret=registered.secret, timeout=WAIT
    )
    claims = verified(tokens["id_token"], metadata, registered.client_id, None)

    said = session.get(metadata["userinfo_endpoint"], timeout=WAIT).json()
    assert (said["sub"], said["name"], said["email_verified"]) == (claims["sub"], "Jane Roe", True)

    proof = HTTPBasicAuth(registered.client_id, registered.secret)
    fresh = session.refresh_token(metadata["token_endpoint"], auth=proof, timeout=WAIT)
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert session.get(metadata["userinfo_endpoint"], timeout=WAIT).json() == said

    def post(address: str, token: str) -> requests.Response:
        return requests.post(address, data={"token": token}, auth=proof, timeout=WAIT)

    assert post(metadata["introspection_endpoint"], fresh["access_token"]).json()["active"] is True
    assert post(metadata["revocation_endpoint"], fresh["refresh_token"]).status_code == 200
    assert post(metadata["introspection_endpoint"], fresh["access_token"]).json() == {"active": False}
    signs_out(person, metadata, registered, tokens["id_token"])


def test_a_customers_token_opens_a_chat_for_them(
    installed: Installation, person: Person, registered: Registered, metadata: dict[str, Any]
) -> None:
    session = authlib_session(registered, scope=["openid", "chat.authenticate"])
    verifier = generate_token(48)
    address, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    location = person.agrees(address).headers["Location"]
    session.fetch_token(
        metadata["token_endpoint"], authorization_response=location, state=state, code_verifier=verifier
    )
    body = {"authUserName": person.name, "interfaceId": "1"}
    answered = session.post(f"{installed.server.url}{ADDRESS}", json=body)
    assert answered.status_code == 201, answered.text
    assert installed.server.verified(answered.json()["jwt"])["sub"] == person.name
    another = session.post(f"{installed.server.url}{ADDRESS}", json={**body, "authUserName": "somebody else"})
    assert another.status_code == 403
