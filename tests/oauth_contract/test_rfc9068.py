"""RFC 9068, JWT Profile for OAuth 2.0 Access Tokens."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from authenticate_app.accounts.models import User
from tests.oauth_contract.installation import ISSUER, Installation, store_application
from tests.oauth_contract.relying_party import Person, RelyingParty
from tests.oauth_contract.test_openid_logout import is_signed_in, logout
from tests.world import CUSTOMER


@pytest.fixture
def signing_application(installation: Installation) -> RelyingParty:
    client = store_application(signed_access_tokens=True, signed_because="The shop verifies tokens by itself.")
    return installation.party(client)


@pytest.mark.rfc("9068", "2.1", "a signed access token has the type at+jwt, and is signed by a key of the key set")
@pytest.mark.rfc("9068", "2.2", "it carries iss, exp, aud, sub, client_id, iat and jti")
@pytest.mark.rfc("9068", "2.2.3", "and its scopes")
def test_a_signed_token(person: Person, signing_application: RelyingParty) -> None:
    token = person.tokens_for(signing_application)["access_token"]
    keys = KeySet.import_key_set(signing_application.http.get("/.well-known/jwks.json").json())
    verified = jwt.decode(token, keys, algorithms=["RS256"])
    assert verified.header["typ"] == "at+jwt"
    claims = verified.claims
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= claims.keys()
    assert (claims["iss"], claims["client_id"]) == (ISSUER, signing_application.client_id)
    assert claims["sub"] == str(User.objects.get(username=CUSTOMER).subject)
    assert set(claims["scope"].split()) == {"openid", "profile", "email"}


@pytest.mark.rfc("9068", "5", "it says nothing of the person but who it is")
def test_no_personal_data(person: Person, signing_application: RelyingParty) -> None:
    token = person.tokens_for(signing_application)["access_token"]
    keys = KeySet.import_key_set(signing_application.http.get("/.well-known/jwks.json").json())
    assert not {"email", "name", "contact_party_id"} & jwt.decode(token, keys, algorithms=["RS256"]).claims.keys()


@pytest.mark.rfc("9068", "4", "an ID token is no access token, and an access token no ID token")
def test_no_confusion(person: Person, signing_application: RelyingParty) -> None:
    tokens = person.tokens_for(signing_application)
    assert signing_application.userinfo(tokens["id_token"]).status_code == 401
    person.browser.open(logout(id_token_hint=tokens["access_token"]))
    assert is_signed_in(person, signing_application)


@pytest.mark.rfc("9068", "4", "here, a signed token counts like an opaque one: until it is revoked")
def test_revoked(person: Person, signing_application: RelyingParty) -> None:
    token = person.tokens_for(signing_application)["access_token"]
    assert signing_application.userinfo(token).status_code == 200
    signing_application.revoke(token)
    assert signing_application.userinfo(token).status_code == 401
    assert signing_application.introspect(token) == {"active": False}
