"""RFC 7662, Token Introspection."""

import pytest
from django.conf import settings
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import AccessToken
from tests.oauth_contract.installation import ISSUER
from tests.oauth_contract.relying_party import INTROSPECT, TOKEN, Person, RelyingParty
from tests.oauth_contract.test_rfc6749_token import error_of
from tests.world import CUSTOMER


@pytest.mark.rfc("7662", "2.2", "a live token is active, with what it is good for and whose it is")
def test_an_active_token(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    said = application.introspect(tokens["access_token"])
    assert said["active"] is True
    assert set(said["scope"].split()) == set(tokens["scope"].split())
    assert said["client_id"] == application.client_id
    assert said["sub"] == str(User.objects.get(username=CUSTOMER).subject)
    assert 0 < said["exp"] - timezone.now().timestamp() <= settings.ACCESS_TOKEN_LIFETIME.total_seconds()
    assert said.get("iss", ISSUER) == ISSUER


@pytest.mark.rfc("7662", "2.2", "a token of client credentials names the client and nobody else")
def test_a_token_of_client_credentials(integration: RelyingParty) -> None:
    token = integration.post(TOKEN, grant_type="client_credentials").json()["access_token"]
    said = integration.introspect(token)
    assert (said["active"], said["client_id"]) == (True, integration.client_id)


@pytest.mark.rfc("7662", "2.2", "of a token that does not count, nothing is said but that")
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 4000, "é"])
def test_an_unknown_token(application: RelyingParty, token: str) -> None:
    assert application.introspect(token) == {"active": False}


@pytest.mark.rfc("7662", "2.2", "an expired token is not active")
def test_an_expired_token(person: Person, application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    AccessToken.objects.update(expires=timezone.now())
    assert application.introspect(token) == {"active": False}


@pytest.mark.rfc("7662", "2.2", "a token whose owner is disabled or has a new password is not active")
@pytest.mark.parametrize("change", ["disabled", "new password"])
def test_an_owner_who_changed(person: Person, application: RelyingParty, change: str) -> None:
    token = person.tokens_for(application)["access_token"]
    owner = User.objects.get(username=CUSTOMER)
    if change == "disabled":
        owner.is_active = False
    else:
        owner.set_password("another horse")
    owner.save()
    assert application.introspect(token) == {"active": False}


@pytest.mark.rfc("7662", "4", "a client learns nothing of tokens that were issued to another")
def test_a_token_of_another_client(person: Person, application: RelyingParty, other_application: RelyingParty) -> None:
    token = person.tokens_for(application)["access_token"]
    assert other_application.introspect(token) == {"active": False}


@pytest.mark.rfc("7662", "2.1", "who asks proves who it is")
def test_a_client_that_does_not_prove_itself(application: RelyingParty) -> None:
    refused = application.unproven().post(INTROSPECT, token="x", client_id=application.client_id)
    assert error_of(refused, 401) == "invalid_client"
    assert application.unproven().post(INTROSPECT, token="x").status_code == 401


@pytest.mark.rfc("7662", "2.1", "introspection takes POST only, and one token")
def test_requests_at_fault(application: RelyingParty) -> None:
    assert application.http.get(INTROSPECT, params={"token": "x"}, auth=application.basic).status_code == 405
    assert error_of(application.post(INTROSPECT)) == "invalid_request"


@pytest.mark.rfc("7662", "2.2", "an answer is not kept by caches")
def test_no_cache(application: RelyingParty) -> None:
    assert "no-store" in application.post(INTROSPECT, token="x").headers["Cache-Control"]
