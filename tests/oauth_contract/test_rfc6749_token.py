"""RFC 6749, The OAuth 2.0 Authorization Framework: the token endpoint."""

from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.oauth_contract.installation import Installation, store_application
from tests.oauth_contract.relying_party import FORM, TOKEN, Person, RelyingParty

METHODS_REFUSED = ("GET", "PUT", "PATCH", "DELETE")


def error_of(response: httpx.Response, status: int = 400) -> str:
    """The error of an answer, which has the form of section 5.2."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    assert "no-store" in response.headers["Cache-Control"]
    body: dict[str, Any] = response.json()
    assert body.keys() <= {"error", "error_description", "error_uri"}
    return str(body["error"])


@pytest.mark.rfc("6749", "4.1.4", "a code is exchanged for tokens")
@pytest.mark.rfc("6749", "5.1", "tokens come as JSON that nobody stores, with their kind and lifetime")
def test_tokens(person: Person, application: RelyingParty) -> None:
    response = application.exchange(person.code_for(application))
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert "no-store" in response.headers["Cache-Control"]
    body = response.json()
    assert body["token_type"].lower() == "bearer"
    assert body["expires_in"] == settings.ACCESS_TOKEN_LIFETIME.total_seconds()
    assert body["access_token"] != body["refresh_token"]


@pytest.mark.rfc("6749", "3.3", "the answer says which scopes were granted, by default all that the client may have")
def test_default_scopes(person: Person, application: RelyingParty) -> None:
    body = person.tokens_for(application, scope=None)
    assert set(body["scope"].split()) == {"openid", "profile", "email", "chat"}


@pytest.mark.rfc("6749", "3.2", "the token endpoint takes POST only")
@pytest.mark.parametrize("method", METHODS_REFUSED)
def test_another_method(application: RelyingParty, method: str) -> None:
    assert application.http.request(method, TOKEN).status_code == 405


@pytest.mark.rfc("6749", "3.2", "parameters come once, in the body, as a form")
@pytest.mark.parametrize(
    ("content", "content_type", "query"),
    [
        ("grant_type=client_credentials&grant_type=client_credentials", FORM, ""),
        ("grant_type=client_credentials", "text/plain", ""),
        ('{"grant_type": "client_credentials"}', "application/json", ""),
        ("", FORM, "grant_type=client_credentials"),
        ("grant_type=%ff", FORM, ""),
        ("grant_type=client%00credentials", FORM, ""),
    ],
)
def test_parameters_in_another_way(integration: RelyingParty, content: str, content_type: str, query: str) -> None:
    response = integration.http.post(
        TOKEN, params=query, content=content, headers={"Content-Type": content_type}, auth=integration.basic
    )
    assert error_of(response) in {"invalid_request", "unsupported_grant_type"}


@pytest.mark.rfc("6749", "3.2.1", "a confidential client proves who it is")
@pytest.mark.rfc("6749", "5.2", "a client that does not is told invalid_client, with a challenge if it used a header")
def test_a_client_that_does_not_prove_itself(person: Person, application: RelyingParty) -> None:
    code = person.code_for(application)
    unproven = application.unproven().exchange(code, client_id=application.client_id)
    assert error_of(unproven, 401) == "invalid_client"
    application.secret = "wrong"
    wrong = application.exchange(code)
    assert error_of(wrong, 401) == "invalid_client"
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.rfc("6749", "2.3.1", "the secret may come in the body")
def test_a_secret_in_the_body(person: Person, application: RelyingParty) -> None:
    code = person.code_for(application)
    proof = {"client_id": application.client_id, "client_secret": application.secret}
    assert application.unproven().exchange(code, **proof).status_code == 200


@pytest.mark.rfc("6749", "2.3", "a client proves itself in one way, not in two")
def test_two_proofs(person: Person, application: RelyingParty) -> None:
    response = application.exchange(person.code_for(application), client_secret=application.secret)
    assert error_of(response) == "invalid_request"


@pytest.mark.rfc("6749", "5.2", "an unknown client and a wrong secret are told the same")
def test_an_unknown_client(integration: RelyingParty) -> None:
    wrong_secret = RelyingParty(integration.http, integration.client_id, "wrong")
    unknown = RelyingParty(integration.http, "nobody", "wrong")
    asked = {"grant_type": "client_credentials"}
    answers = [party.post(TOKEN, **asked) for party in (wrong_secret, unknown)]
    assert [error_of(answer, 401) for answer in answers] == ["invalid_client", "invalid_client"]
    assert answers[0].content == answers[1].content


@pytest.mark.rfc("6749", "4.1.2", "an authorization code is good once; a second use ends what came of the first")
def test_a_code_is_good_once(person: Person, application: RelyingParty) -> None:
    code = person.code_for(application)
    tokens = application.exchange(code).json()
    assert error_of(application.exchange(code)) == "invalid_grant"
    assert application.introspect(tokens["access_token"]) == {"active": False}
    assert error_of(application.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.rfc("6749", "4.1.3", "the code was issued to this client, for this redirect URI")
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://www.example.com/other"},
        {"redirect_uri": None},
        {"code": "nonsense"},
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
    ],
    ids=str,
)
def test_a_grant_that_does_not_fit(person: Person, application: RelyingParty, changes: dict[str, str | None]) -> None:
    code = person.code_for(application)
    error = error_of(application.exchange(**{"code": code, **changes}))  # type: ignore[arg-type]
    assert error == "invalid_grant" or (error == "invalid_request" and None in changes.values())


@pytest.mark.rfc("6749", "4.1.3", "the code of another client is refused")
def test_a_code_of_another_client(person: Person, application: RelyingParty, other_application: RelyingParty) -> None:
    code = person.code_for(application)
    stolen = other_application.exchange(code, code_verifier=application.verifier)
    assert error_of(stolen) == "invalid_grant"


@pytest.mark.rfc("6749", "5.2", "an unknown or missing grant type has its own error")
@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("nonsense", "unsupported_grant_type"),
        (None, "invalid_request"),
        ("", "invalid_request"),
    ],
)
def test_grant_types(application: RelyingParty, grant_type: str | None, error: str) -> None:
    assert error_of(application.post(TOKEN, grant_type=grant_type, username="x", password="x")) in {
        error,
        "unsupported_grant_type",
    }


@pytest.mark.rfc("6749", "5.2", "a client that may not use a grant type is told unauthorized_client")
def test_an_unauthorized_client(application: RelyingParty) -> None:
    assert error_of(application.post(TOKEN, grant_type="client_credentials")) == "unauthorized_client"


@pytest.mark.rfc("6749", "4.4.2", "client credentials give an access token")
@pytest.mark.rfc("6749", "4.4.3", "and no refresh token")
def test_client_credentials(integration: RelyingParty) -> None:
    response = integration.post(TOKEN, grant_type="client_credentials")
    assert response.status_code == 200
    assert response.json().keys() == {"access_token", "expires_in", "token_type", "scope"}
    assert response.json()["scope"] == "chat.authenticate"


@pytest.mark.rfc("6749", "3.3", "client credentials get no scope that the client may not have")
def test_a_scope_beyond_the_clients(integration: RelyingParty) -> None:
    asked = integration.post(TOKEN, grant_type="client_credentials", scope="openid")
    assert error_of(asked) == "invalid_scope"


@pytest.mark.rfc("6749", "6", "a refresh token gives a new access token, with at most the scopes that there were")
def test_refreshing(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application, scope="openid profile")
    fresh = application.refresh(tokens["refresh_token"], scope="openid").json()
    assert fresh["scope"] == "openid"
    assert fresh["access_token"] != tokens["access_token"]
    wider = application.refresh(fresh["refresh_token"], scope="openid profile email")
    assert error_of(wider) == "invalid_scope"


@pytest.mark.rfc("6749", "6", "a refresh token is bound to its client")
def test_a_refresh_token_of_another_client(
    person: Person, application: RelyingParty, other_application: RelyingParty
) -> None:
    tokens = person.tokens_for(application)
    assert error_of(other_application.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.rfc("6749", "2.1", "a public client exchanges codes with PKCE and without a secret")
def test_a_public_client(installation: Installation, person: Person) -> None:
    client = store_application(client_type="public", client_secret="")
    party = installation.party(client, secret="")
    code = person.code_for(party)
    assert party.exchange(code, client_id=party.client_id).status_code == 200


@pytest.mark.rfc("6749", "3.2.1", "a public client says who it is")
def test_a_public_client_without_a_name(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(client_type="public", client_secret=""), secret="")
    assert error_of(party.exchange(person.code_for(party)), 401) == "invalid_client"
