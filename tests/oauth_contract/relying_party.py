"""A client of the OAuth server that writes every parameter by hand, so that a test can change or leave out each."""

import base64
import secrets
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.oauth_contract.browser import Browser

AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/token"
INTROSPECT = "/oauth/introspect"
REVOKE = "/oauth/revoke"
USERINFO = "/oauth/userinfo"
LOGOUT = "/oauth/logout"
REDIRECT_URI = "https://www.example.com/callback"
FORM = "application/x-www-form-urlencoded"


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def given(parameters: dict[str, str | None]) -> dict[str, str]:
    """Those that are not left out."""
    return {name: value for name, value in parameters.items() if value is not None}


def parameters_of(response: httpx.Response) -> dict[str, str]:
    """The parameters that a redirect carries in its query; each once, and none in the fragment."""
    assert response.is_redirect, f"{response.status_code} {response.text[:1000]}"
    parts = urlsplit(response.headers["Location"])
    assert not parts.fragment
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@dataclass
class RelyingParty:
    """An application that was registered. ``http`` speaks for its server, not for anybody's browser."""

    http: httpx.Client
    client_id: str
    secret: str
    redirect_uri: str = REDIRECT_URI
    scope: str = "openid profile email"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    proves_itself: bool = True
    """With HTTP Basic, in every form that it posts."""

    def unproven(self) -> "RelyingParty":
        """The same application, which forgets to prove that it is."""
        return replace(self, proves_itself=False)

    @property
    def basic(self) -> tuple[str, str]:
        return (self.client_id, self.secret)

    def authorization_request(self, **changes: str | None) -> str:
        """The address to send somebody to; a parameter that is None is left out."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{AUTHORIZE}?{urlencode(given(parameters))}"

    def post(self, address: str, **parameters: str | None) -> httpx.Response:
        """Post a form."""
        auth = httpx.BasicAuth(*self.basic) if self.proves_itself and self.secret else httpx.Auth()
        return self.http.post(address, data=given(parameters), auth=auth)

    def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """Ask for tokens with a code."""
        parameters: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.post(TOKEN, **parameters)

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        return self.post(TOKEN, **{"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    def introspect(self, token: str, **changes: str | None) -> dict[str, Any]:
        response = self.post(INTROSPECT, **{"token": token, **changes})
        assert response.status_code == 200, response.text
        return dict(response.json())

    def revoke(self, token: str, **changes: str | None) -> httpx.Response:
        return self.post(REVOKE, **{"token": token, **changes})

    def userinfo(self, token: str) -> httpx.Response:
        return self.http.get(USERINFO, headers={"Authorization": f"Bearer {token}"})


@dataclass
class Person:
    """Somebody with an account and a browser."""

    browser: Browser
    name: str
    password: str

    def signs_in(self, address: str) -> httpx.Response:
        """Go to an address that asks to sign in, do so, and return where that leads."""
        page = self.browser.open(address)
        return self.browser.submit(page, username=self.name, password=self.password)

    def agrees(self, address: str) -> httpx.Response:
        """Go the whole way of an authorization request; return the redirect to the application."""
        page = self.browser.open(address)
        if "username" in page.text and "/login/" in str(page.url):
            page = self.browser.submit(page, username=self.name, password=self.password)
        return page if page.is_redirect else self.browser.submit(page, press="allow")

    def code_for(self, party: RelyingParty, **changes: str | None) -> str:
        """Sign in to an application and agree; return the code that it gets."""
        return parameters_of(self.agrees(party.authorization_request(**changes)))["code"]

    def tokens_for(self, party: RelyingParty, **changes: str | None) -> dict[str, Any]:
        """As ``code_for``, and exchange the code."""
        response = party.exchange(self.code_for(party, **changes))
        assert response.status_code == 200, response.text
        return dict(response.json())
