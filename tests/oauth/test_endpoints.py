"""Introspection (RFC 7662), revocation (RFC 7009), userinfo (OpenID Connect Core, 5.3), discovery (RFC 8414)."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import services
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from tests.oauth.flow import (
    ISSUER,
    WEB,
    Registered,
    ask_token,
    body_of,
    code_for,
    error_of,
    introspect,
    refresh,
    register,
    revoke,
    store_person,
    tokens_for,
    userinfo,
)
from tests.tokens import store_token

OURS = "https://www.example.com"
"""In ``CORS_ALLOWED_ORIGINS``."""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


@pytest.fixture
def resource_server(integration: Registered) -> Registered:
    """That is what an integration is, to introspection."""
    return integration


# Introspection


def test_a_token_is_described(web: Registered, person: User, resource_server: Registered) -> None:
    token = tokens_for(web, person)["access_token"]
    for asker in (web, resource_server):
        told = introspect(asker, token)
        assert told.pop("exp") - told.pop("iat") in {599, 600}
        assert told == {
            "active": True,
            "scope": "openid profile",
            "client_id": web.client_id,
            "sub": str(person.subject),
            "iss": ISSUER,
            "aud": ISSUER,
            "token_type": "Bearer",
        }


def test_a_refresh_token_is_described_to_its_client_alone(
    web: Registered, person: User, resource_server: Registered
) -> None:
    token = tokens_for(web, person)["refresh_token"]
    for hint in ({}, {"token_type_hint": "access_token"}, {"token_type_hint": "x"}):
        assert introspect(web, token, **hint)["active"]
    assert "token_type" not in introspect(web, token)
    assert introspect(resource_server, token) == {"active": False}


def test_other_clients_learn_nothing(web: Registered, person: User) -> None:
    tokens, other = tokens_for(web, person), register(WEB, client_id="web-2")
    assert introspect(other, tokens["access_token"]) == introspect(other, tokens["refresh_token"]) == {"active": False}


@pytest.mark.parametrize("token", ["x", "x" * 5000, "\u00e4", "a.b.c", "0" * 75])
def test_what_is_no_token_is_not_active(web: Registered, token: str) -> None:
    assert introspect(web, token) == {"active": False}


def test_an_expired_token_is_not_active(web: Registered, person: User) -> None:
    assert introspect(web, store_token(web.row, user=person, expires=timezone.now())) == {"active": False}


def test_a_token_is_asked_for(web: Registered) -> None:
    for address in ("/oauth/introspect", "/oauth/revoke"):
        assert error_of(ask_token({}, headers=web.authorization, address=address)) == "invalid_request"


def test_an_integrations_token_counts_as_long_as_its_user(resource_server: Registered) -> None:
    token = store_token(resource_server.row)
    assert introspect(resource_server, token)["active"]
    User.objects.update(is_active=False)
    assert not introspect(resource_server, token)["active"]
    User.objects.all().delete()
    assert not introspect(resource_server, token)["active"]


def test_a_public_client_introspects_nothing(person: User) -> None:
    app = register(WEB, client_type=Client.CLIENT_PUBLIC)
    form = {"client_id": app.client_id, "token": store_token(app.row, user=person)}
    assert body_of(ask_token(form, address="/oauth/introspect")) == {"active": False}


# Revocation


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "x", ""])
def test_a_sign_in_ends_whichever_token_is_given_back(web: Registered, person: User, which: str, hint: str) -> None:
    tokens = tokens_for(web, person)
    latest = body_of(refresh(web, tokens["refresh_token"]))
    other = tokens_for(web, person, prompt="consent")
    response = revoke(web, latest[which], token_type_hint=hint)
    assert (response.status_code, response.content) == (200, b"")
    for token in (tokens["access_token"], latest["access_token"], latest["refresh_token"]):
        assert introspect(web, token) == {"active": False}
    assert error_of(refresh(web, latest["refresh_token"])) == "invalid_grant"
    assert introspect(web, other["access_token"])["active"]
    assert AuditEvent.objects.filter(event=Event.OAUTH_TOKENS_REVOKED).count() == 1


def test_a_client_revokes_its_own_tokens_alone(web: Registered, person: User) -> None:
    tokens, other = tokens_for(web, person), register(WEB, client_id="web-2")
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert revoke(other, token).status_code == 200
        assert introspect(web, token)["active"]


@pytest.mark.parametrize("token", ["x", "0" * 80, "\u00e4"])
def test_what_is_no_token_is_revoked_already(web: Registered, token: str) -> None:
    assert revoke(web, token).status_code == 200
    assert not AuditEvent.objects.exists()


def test_an_integration_revokes_its_token(resource_server: Registered) -> None:
    token = store_token(resource_server.row)
    revoke(resource_server, token)
    assert introspect(resource_server, token) == {"active": False}


def test_everything_of_a_client_or_of_a_person_at_it_can_be_revoked(web: Registered, person: User) -> None:
    other, now = register(WEB, client_id="web-2"), timezone.now()
    kept = tokens_for(other, person)
    tokens = tokens_for(web, person)
    code_for(web, person, prompt="consent")
    assert sum(services.revoke_all(now=now, client=web.row, user=store_person("jane", email=""))) == 0
    assert sum(services.revoke_all(now=now, client=web.row, user=person)) == 3
    assert not introspect(web, tokens["access_token"])["active"]
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert Grant.objects.filter(application=web.row, used_at=None).count() == 0
    assert introspect(other, kept["access_token"])["active"]
    assert sum(services.revoke_all(now=now, user=person)) == 2
    with pytest.raises(ValueError, match="Name a client"):
        services.revoke_all(now=now)


# Userinfo


def test_userinfo_is_answered_to_get_and_post(web: Registered, person: User) -> None:
    headers = {"Authorization": f"bearer {tokens_for(web, person)['access_token']}"}
    for method in ("get", "post"):
        response = getattr(Browser(), method)("/oauth/userinfo", secure=True, headers=headers)
        assert body_of(response)["sub"] == str(person.subject)
        assert response["Cache-Control"] == "no-store"


def test_the_subject_stays_when_a_person_is_renamed(web: Registered, person: User) -> None:
    token = tokens_for(web, person)["access_token"]
    person.username, person.email = "another", "another@vision.com"
    person.save()
    assert body_of(userinfo(token))["sub"] == str(person.subject)


@pytest.mark.parametrize(
    ("header", "status", "challenge"),
    [
        ("", 401, 'Bearer realm="oauth"'),
        ("Basic eDp5", 401, 'Bearer realm="oauth"'),
        ("Bearer ", 400, 'Bearer realm="oauth", error="invalid_request"'),
        ("Bearer unknown", 401, 'Bearer realm="oauth", error="invalid_token"'),
    ],
)
def test_a_bearer_at_fault_is_told_so(header: str, status: int, challenge: str) -> None:
    headers = {"Authorization": header} if header else {}
    response = Browser().get("/oauth/userinfo", secure=True, headers=headers)
    assert response.status_code == status
    assert response["WWW-Authenticate"].startswith(challenge)
    assert (response["WWW-Authenticate"] == challenge) == ("error" not in challenge)


def test_a_token_in_an_address_is_refused(web: Registered, person: User) -> None:
    token = tokens_for(web, person)["access_token"]
    response = Browser().get(f"/oauth/userinfo?access_token={token}", secure=True)
    assert error_of(response, 400) == "invalid_request"  # type: ignore[arg-type]


def test_without_openid_nothing_is_said(web: Registered, person: User) -> None:
    token = tokens_for(web, person, scope="profile")["access_token"]
    assert error_of(userinfo(token), 403) == "insufficient_scope"


# Pages without a server: public clients


@pytest.mark.parametrize("endpoint", ["token", "revoke", "userinfo"])
def test_a_page_of_an_allowed_origin_may_ask(endpoint: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = Browser().options(f"/oauth/{endpoint}", secure=True, headers={**asked, "Origin": OURS})
    assert answer["Access-Control-Allow-Origin"] == OURS
    assert "authorization" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer
    assert (
        Browser().post(f"/oauth/{endpoint}", secure=True, headers={"Origin": OURS})["Access-Control-Allow-Origin"]
        == OURS
    )


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [("token", "https://evil.example.com"), ("authorize", OURS), ("logout", OURS), ("introspect", OURS)],
)
def test_no_other_page_and_nothing_else(endpoint: str, origin: str) -> None:
    answer = Browser().post(f"/oauth/{endpoint}", secure=True, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer


# Discovery


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_what_is_announced_is_there(name: str) -> None:
    response = Browser().get(f"/.well-known/{name}", secure=True)
    metadata = body_of(response)  # type: ignore[arg-type]
    assert metadata["issuer"] == ISSUER
    assert response["Access-Control-Allow-Origin"] == "*"
    for member, address in metadata.items():
        if member.endswith(("_endpoint", "_uri")):
            assert address.startswith(ISSUER + "/")
            assert Browser().get(address.removeprefix(ISSUER), secure=True).status_code != 404
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "registration_endpoint" not in metadata
    assert "device_authorization_endpoint" not in metadata


def test_the_host_of_a_request_is_announced_to_nobody(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for name in ("openid-configuration", "oauth-authorization-server"):
        response = Browser().get(f"/.well-known/{name}", secure=True, headers={"Host": "evil.example.com"})
        assert "evil" not in response.content.decode()


def test_openid_adds_to_what_oauth_announces() -> None:
    oauth = json.loads(Browser().get("/.well-known/oauth-authorization-server", secure=True).content)
    openid = json.loads(Browser().get("/.well-known/openid-configuration", secure=True).content)
    assert all(openid[name] == value for name, value in oauth.items())
    assert openid["id_token_signing_alg_values_supported"] == ["RS256"]
    assert openid["end_session_endpoint"] == f"{ISSUER}/oauth/logout"


@pytest.mark.parametrize(
    "address", ["/oauth/register", "/oauth/device-authorization", "/o/token/", "/oauth/applications/", "/oauth/jwks"]
)
def test_nothing_else_is_mounted(address: str) -> None:
    assert Browser().get(address, secure=True).status_code == 404


def test_lists_of_expired_rows_are_found_by_an_index() -> None:
    for model in (AccessToken, RefreshToken, Grant):
        fields = [tuple(index.fields) for index in model._meta.indexes]
        assert ("expires",) in fields
