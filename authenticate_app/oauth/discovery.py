"""What this server can do, for clients that ask (OpenID Connect Discovery 1.0, RFC 8414); nothing more is announced."""

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from authenticate_app.oauth import claims, scopes
from authenticate_app.oauth.addresses import issuer, public_url

HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
"""Public data, the same for everybody; no cookie counts here."""
CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]


@require_safe
def openid_configuration(request: HttpRequest) -> HttpResponse:
    """Answer the metadata of an OpenID provider (OpenID Connect Discovery, section 3); costs no query."""
    return HttpResponse(_openid(settings.PUBLIC_BASE_URL), content_type="application/json", headers=HEADERS)


@require_safe
def authorization_server(request: HttpRequest) -> HttpResponse:
    """Answer the metadata of an authorization server (RFC 8414, section 2); costs no query."""
    return HttpResponse(_oauth(settings.PUBLIC_BASE_URL), content_type="application/json", headers=HEADERS)


@lru_cache(maxsize=4)
def _oauth(_public_base_url: str) -> bytes:
    return json.dumps(authorization_server_metadata()).encode()


@lru_cache(maxsize=4)
def _openid(_public_base_url: str) -> bytes:
    return json.dumps({**authorization_server_metadata(), **openid_metadata()}).encode()


def authorization_server_metadata() -> dict[str, Any]:
    """The members of RFC 8414, RFC 9207 and RFC 7636 that apply."""
    return {
        "issuer": issuer(),
        "authorization_endpoint": public_url("oauth-authorize"),
        "token_endpoint": public_url("oauth-token"),
        "introspection_endpoint": public_url("oauth-introspect"),
        "revocation_endpoint": public_url("oauth-revoke"),
        "jwks_uri": public_url("jwks"),
        "scopes_supported": list(scopes.SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*CLIENT_AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": [*CLIENT_AUTHENTICATION, "none"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
    }


def openid_metadata() -> dict[str, Any]:
    """What OpenID Connect Discovery and RP-Initiated Logout add."""
    return {
        "userinfo_endpoint": public_url("oauth-userinfo"),
        "end_session_endpoint": public_url("oauth-logout"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["iss", "aud", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", *claims.ALL],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
