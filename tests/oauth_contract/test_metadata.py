"""RFC 8414, Authorization Server Metadata, and OpenID Connect Discovery."""

from typing import Any

import httpx
import pytest

from tests.oauth_contract.installation import ISSUER, Installation
from tests.oauth_contract.relying_party import Person, RelyingParty

SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
BOTH = pytest.mark.parametrize("address", [SERVER, OPENID])


def metadata(http: httpx.Client, address: str) -> dict[str, Any]:
    response = http.get(address)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    return dict(response.json())


@pytest.mark.rfc("8414", "3", "the metadata stands under the issuer, without a redirect")
@pytest.mark.rfc("8414", "3.3", "the issuer in it is the one that was asked, without a path or a slash at its end")
@BOTH
def test_the_issuer(installation: Installation, address: str) -> None:
    assert metadata(installation.http(), address)["issuer"] == ISSUER


@pytest.mark.rfc("8414", "2", "every endpoint that is announced is there, over TLS")
@BOTH
def test_endpoints(installation: Installation, address: str) -> None:
    http = installation.http()
    found = metadata(http, address)
    endpoints = {name: value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))}
    assert {"authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint"} <= set(
        endpoints
    )
    assert found["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    for name, endpoint in endpoints.items():
        assert endpoint.startswith(f"{ISSUER}/"), name
        assert http.get(endpoint).status_code != 404, name


@pytest.mark.rfc("8414", "2", "only what works is announced: code, S256, no implicit, password or device grant")
@BOTH
def test_what_is_announced(installation: Installation, address: str) -> None:
    found = metadata(installation.http(), address)
    assert found["response_types_supported"] == ["code"]
    assert set(found["grant_types_supported"]) == {"authorization_code", "refresh_token", "client_credentials"}
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert {"client_secret_basic", "client_secret_post"} <= set(found["token_endpoint_auth_methods_supported"])
    of_people = {"openid", "profile", "email", "chat"}
    assert set(found["scopes_supported"]) == of_people | {"chat.authenticate", "messages", "chat.agent"}
    assert found.get("response_modes_supported", ["query"]) == ["query"]
    for absent in ("registration_endpoint", "device_authorization_endpoint", "pushed_authorization_request_endpoint"):
        assert absent not in found


@pytest.mark.rfc("9207", "3", "the metadata says that answers carry the issuer")
@BOTH
def test_iss_is_announced(installation: Installation, address: str) -> None:
    assert metadata(installation.http(), address)["authorization_response_iss_parameter_supported"] is True


@pytest.mark.rfc("OpenID Discovery", "3", "what OpenID Connect requires is there")
def test_openid(installation: Installation) -> None:
    found = metadata(installation.http(), OPENID)
    assert found["userinfo_endpoint"] == f"{ISSUER}/oauth/userinfo"
    assert found["subject_types_supported"] == ["public"]
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert {"openid", "profile", "email", "chat"} <= set(found["scopes_supported"])
    assert {"sub", "name", "email", "email_verified", "contact_party_id"} <= set(found["claims_supported"])
    assert found.get("request_parameter_supported", False) is False
    assert found["request_uri_parameter_supported"] is False  # the default would be true
    assert found.get("claims_parameter_supported", False) is False


@pytest.mark.rfc("OpenID Discovery", "3", "claims that are announced are given, none is given that is not announced")
def test_announced_claims(installation: Installation, person: Person, application: RelyingParty) -> None:
    found = metadata(installation.http(), OPENID)
    tokens = person.tokens_for(application, scope="openid profile email chat")
    assert application.userinfo(tokens["access_token"]).json().keys() <= set(found["claims_supported"])


@pytest.mark.rfc("OpenID RP-Initiated Logout", "2.1", "the endpoint for signing out is announced")
def test_logout_is_announced(installation: Installation) -> None:
    assert metadata(installation.http(), OPENID)["end_session_endpoint"] == f"{ISSUER}/oauth/logout"


@pytest.mark.rfc("8414", "3.1", "whatever host a request names, the metadata names ours")
@BOTH
def test_another_host(installation: Installation, address: str) -> None:
    http = installation.http()
    usual = metadata(http, address)
    assert metadata(installation.http(headers={"X-Forwarded-Host": "attacker.example"}), address) == usual
    other = http.get(address, headers={"Host": "attacker.example"})
    assert other.status_code == 400 or other.json() == usual


@pytest.mark.rfc("8414", "3", "metadata may be read by pages of other sites, and takes GET and HEAD only")
@BOTH
def test_methods(installation: Installation, address: str) -> None:
    http = installation.http()
    assert http.post(address, headers={"Origin": "https://x.example"}).status_code == 405
    assert http.head(address).status_code == 200
