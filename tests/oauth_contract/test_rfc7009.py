"""RFC 7009, Token Revocation."""

import pytest

from tests.oauth_contract.relying_party import REVOKE, Person, RelyingParty
from tests.oauth_contract.test_rfc6749_token import error_of


@pytest.mark.rfc("7009", "2.1", "a revoked access token counts no more, at once")
def test_an_access_token(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    assert application.revoke(token).status_code == 200
    assert application.introspect(token) == {"active": False}


@pytest.mark.rfc("7009", "2.1", "with a refresh token, the access tokens of its grant are revoked")
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
def test_a_refresh_token(person: Person, application: RelyingParty, hint: str | None) -> None:
    tokens = person.tokens_for(application)
    assert application.revoke(tokens["refresh_token"], token_type_hint=hint).status_code == 200
    assert error_of(application.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert application.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.rfc("7009", "2.1", "a wrong hint does not keep a token from being found")
def test_a_wrong_hint(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    assert application.revoke(token, token_type_hint="refresh_token").status_code == 200
    assert application.introspect(token) == {"active": False}


@pytest.mark.rfc("7009", "2.2", "an unknown token, and one that was revoked before, is answered with 200")
def test_an_unknown_token(person: Person, application: RelyingParty) -> None:
    assert application.revoke("nonsense").status_code == 200
    token = person.tokens_for(application)["access_token"]
    assert [application.revoke(token).status_code for _ in range(2)] == [200, 200]


@pytest.mark.rfc("7009", "2.1", "only the client that it was issued to can revoke a token")
def test_a_token_of_another_client(person: Person, application: RelyingParty, other_application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert other_application.revoke(token).status_code in {200, 400}
    assert application.introspect(tokens["access_token"])["active"] is True
    assert application.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.rfc("7009", "2.1", "a client proves itself")
def test_a_client_that_does_not_prove_itself(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    refused = application.unproven().post(REVOKE, token=token, client_id=application.client_id)
    assert error_of(refused, 401) == "invalid_client"
    assert application.introspect(token)["active"] is True


@pytest.mark.rfc("7009", "2.1", "a token must be named")
def test_no_token(application: RelyingParty) -> None:
    assert error_of(application.post(REVOKE)) == "invalid_request"


@pytest.mark.rfc("7009", "2", "revocation takes POST only")
def test_another_method(application: RelyingParty) -> None:
    assert application.http.get(REVOKE, params={"token": "x", "callback": "x"}).status_code == 405
