from typing import Any

import pytest
from django.http import QueryDict

from authenticate_app.accounts.models import User
from authenticate_app.login import branding
from tests.pages import Browser

__all__ = ["Browser"]

NAME, PASSWORD = "john.smith@vision.com", "correct horse battery"
LOGIN = "/login/"
AUTHORIZE = "/oauth/authorize?client_id=acme&scope=openid%20chat"


@pytest.fixture
def john(db: None) -> User:
    return User.objects.create_user(NAME, PASSWORD, email="John@Vision.com", email_verified=True, first_name="John")


@pytest.fixture
def browser() -> Browser:
    return Browser(headers={"accept-language": "en"})


@pytest.fixture
def signed_in(john: User, browser: Browser) -> Browser:
    sign_in(browser)
    return browser


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> branding.Branding:
    """A client that asks people to sign in."""
    known = branding.Branding(
        name="ACME Bank",
        logo_url="/logos/acme.png",
        accent_color="#FFCC00",
        redirects_to=("https://www.example.com", "messages-auth:"),
    )

    def find(parameters: QueryDict) -> branding.Branding | None:
        return known if parameters.get("client_id") == "acme" else None

    monkeypatch.setattr(branding, "_finders", [find])
    return known


def sign_in(browser: Browser, name: str = NAME, password: str = PASSWORD, address: str = LOGIN) -> Any:
    return browser.post(address, {"username": name, "password": password})
