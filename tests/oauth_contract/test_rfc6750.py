"""RFC 6750, Bearer Token Usage."""

import pytest

from authenticate_app.accounts.models import User
from tests.oauth_contract.relying_party import FORM, USERINFO, Person, RelyingParty
from tests.world import ADDRESS, CUSTOMER, minimal


@pytest.mark.rfc("6750", "2.1", "a token is sent in the header Authorization")
def test_a_token_in_the_header(person: Person, application: RelyingParty) -> None:
    assert application.userinfo(person.tokens_for(application)["access_token"]).status_code == 200


@pytest.mark.rfc("6750", "2.1", "the name of the scheme is read in any letter case")
def test_the_scheme_in_other_letters(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    response = application.http.get(USERINFO, headers={"Authorization": f"bearer {token}"})
    assert response.status_code == 200


@pytest.mark.rfc("6750", "2.3", "a token in the address is refused (RFC 9700, section 4.3.2)")
def test_a_token_in_the_address(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    assert application.http.get(USERINFO, params={"access_token": token}).status_code in {400, 401}


@pytest.mark.rfc("6750", "2", "a token comes in one way, not in two")
def test_a_token_in_two_ways(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": FORM}
    response = application.http.post(USERINFO, headers=headers, content=f"access_token={token}")
    assert response.status_code in {200, 400}  # refused, or the body not looked at
    alone = application.http.post(USERINFO, headers={"Content-Type": FORM}, content=f"access_token={token}")
    assert response.status_code == 400 or alone.status_code == 401


@pytest.mark.rfc("6750", "3", "a request without a token is challenged, without an error code")
def test_no_token(application: RelyingParty) -> None:
    response = application.http.get(USERINFO)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error" not in response.headers["WWW-Authenticate"]


@pytest.mark.rfc("6750", "3.1", "a token that is expired, revoked, malformed or unknown is an invalid_token")
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 5000, "%00", "=", "a b"])
def test_a_token_at_fault(application: RelyingParty, token: str) -> None:
    response = application.http.get(USERINFO, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code in {400, 401}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error=" in response.headers["WWW-Authenticate"]


@pytest.mark.rfc("6750", "3.1", "a revoked token is an invalid_token")
def test_a_revoked_token(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    application.revoke(token)
    response = application.userinfo(token)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.rfc("6750", "3.1", "a token without the scope that is needed is an insufficient_scope")
def test_another_scope(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application, scope="profile")["access_token"]
    response = application.userinfo(token)
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


@pytest.mark.rfc("6750", "3.1", "the REST API answers the same for the scope that it needs")
def test_the_rest_api(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    response = application.http.post(ADDRESS, json=minimal(), headers={"Authorization": f"Bearer {token}"})
    assert response.status_code in {401, 403}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.rfc("6750", "5.2", "a token stops counting when its owner is disabled")
def test_a_disabled_owner(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    User.objects.filter(username=CUSTOMER).update(is_active=False)
    assert application.userinfo(token).status_code == 401


@pytest.mark.rfc("6750", "5.3", "an answer to a token is not kept by caches")
def test_no_cache(person: Person, application: RelyingParty) -> None:
    response = application.userinfo(person.tokens_for(application)["access_token"])
    assert any(word in response.headers["Cache-Control"] for word in ("no-store", "private"))
