"""The way of a code, step by step, as a client and a browser go it; what a test does not care about is filled in."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpResponse
from django.test import Client as Browser

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, Purpose
from authenticate_app.oauth.services import set_new_secret
from tests.world import CONTACT_ID, ORGANIZATION_ID, PASSWORD, basic

CALLBACK = "https://www.example.com/callback"
SIGNED_OUT = "https://www.example.com/signed-out"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The example of RFC 7636, appendix B."""
STATE = "af0ifjsldkj"
NONCE = "n-0S6_WzA2Mj"
ISSUER = "https://chat.example.com"
ALL_SCOPES = "openid profile email chat chat.authenticate"

WEB = {
    "client_id": "web-1",
    "purpose": Purpose.WEB,
    "client_type": Client.CLIENT_CONFIDENTIAL,
    "authorization_grant_type": Client.GRANT_AUTHORIZATION_CODE,
    "name": "Web shop",
    "display_name": "Vision Shop",
    "redirect_uris": CALLBACK,
    "post_logout_redirect_uris": SIGNED_OUT,
    "allowed_scopes": ALL_SCOPES,
}
APPLE_NEW = {**WEB, "client_id": "apple-new", "purpose": Purpose.APPLE_NEW, "pkce_required": False}
APPLE_LEGACY = {
    **APPLE_NEW,
    "client_id": "apple-legacy",
    "purpose": Purpose.APPLE_LEGACY,
    "redirect_uris": APPLE_REDIRECT_URI,
    "allowed_scopes": "openid email",
}


@dataclass(frozen=True)
class Registered:
    """A client with its secret, as its developers know it."""

    row: Client
    secret: str

    @property
    def client_id(self) -> str:
        return str(self.row.client_id)

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": basic(self.client_id, self.secret)}


def register(given: Mapping[str, Any] = WEB, **fields: Any) -> Registered:
    row = Client(**{**given, **fields})
    secret = set_new_secret(row) if row.is_confidential else ""
    row.full_clean(exclude=["logo"])
    row.save()
    return Registered(row, secret)


def store_person(name: str = "john.smith", **fields: Any) -> User:
    given = {
        "email": "john.smith@vision.com",
        "email_verified": True,
        "first_name": "John",
        "last_name": "Smith",
        "contact_party_id": CONTACT_ID,
        "organization_party_id": ORGANIZATION_ID,
    }
    return User.objects.create_user(name, PASSWORD, **{**given, **fields})


def signed_in(person: User) -> Browser:
    browser = Browser(enforce_csrf_checks=False)
    browser.force_login(person)
    return browser


def asking(client: Registered | Client, **changes: str | None) -> dict[str, str]:
    """The parameters of an authorization request; one that is None is left out."""
    given: dict[str, str | None] = {
        "response_type": "code",
        "client_id": str(client.client_id),
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": STATE,
        "nonce": NONCE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def authorize(browser: Browser, parameters: Mapping[str, str] | str, **extra: Any) -> HttpResponse:
    query = parameters if isinstance(parameters, str) else urlencode(parameters)
    return browser.get(f"/oauth/authorize?{query}", secure=True, **extra)  # type: ignore[return-value]


def decide(
    browser: Browser, parameters: Mapping[str, str] | str, decision: str = "allow", **extra: Any
) -> HttpResponse:
    query = parameters if isinstance(parameters, str) else urlencode(parameters)
    body = urlencode({decision: "true"})
    kind = "application/x-www-form-urlencoded"
    return browser.post(f"/oauth/authorize?{query}", body, content_type=kind, secure=True, **extra)  # type: ignore[return-value]


def told(response: HttpResponse) -> dict[str, str]:
    """What a redirect tells the client."""
    assert response.status_code == 302, (response.status_code, response.content)
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def code_for(client: Registered, person: User, **changes: str | None) -> str:
    return told(decide(signed_in(person), asking(client, **changes)))["code"]


def ask_token(
    form: Mapping[str, str] | str,
    *,
    headers: Mapping[str, str] | None = None,
    address: str = "/oauth/token",
    **extra: Any,
) -> HttpResponse:
    body = form if isinstance(form, str) else urlencode(form)
    kind = {"content_type": "application/x-www-form-urlencoded", **extra}
    return Browser().post(address, body, secure=True, headers=dict(headers or {}), **kind)  # type: ignore[return-value]


def exchange(client: Registered, code: str, **changes: str | None) -> HttpResponse:
    given: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    form = {name: value for name, value in {**given, **changes}.items() if value is not None}
    return ask_token(form, headers=client.authorization)


def refresh(client: Registered, refresh_token: str, **more: str) -> HttpResponse:
    return ask_token(
        {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}, headers=client.authorization
    )


def introspect(client: Registered, token: str, **more: str) -> dict[str, Any]:
    response = ask_token({"token": token, **more}, headers=client.authorization, address="/oauth/introspect")
    return body_of(response)


def revoke(client: Registered, token: str, **more: str) -> HttpResponse:
    return ask_token({"token": token, **more}, headers=client.authorization, address="/oauth/revoke")


def userinfo(token: str) -> HttpResponse:
    return Browser().get("/oauth/userinfo", secure=True, headers={"Authorization": f"Bearer {token}"})  # type: ignore[return-value]


def body_of(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, (response.status_code, response.content)
    body: dict[str, Any] = json.loads(response.content)
    return body


def error_of(response: HttpResponse, status: int = 400) -> str:
    return str(body_of(response, status)["error"])


def tokens_for(client: Registered, person: User, **changes: str | None) -> dict[str, Any]:
    return body_of(exchange(client, code_for(client, person, **changes)))


def claims_of(signed_token: str) -> dict[str, Any]:
    """The claims of a signed token, which are not verified here."""
    claims: dict[str, Any] = json.loads(_decoded(signed_token.split(".")[1]))
    return claims


def header_of(signed_token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_decoded(signed_token.split(".", maxsplit=1)[0]))
    return header


def left_half(token: str) -> str:
    return base64.urlsafe_b64encode(sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
