"""The server without a socket: the WSGI application that a server would call, with every middleware and CSRF check."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.scopes import OF_PEOPLE
from authenticate_app.oauth.secrets import checksum
from tests.oauth_contract.browser import Browser
from tests.oauth_contract.relying_party import REDIRECT_URI, Person, RelyingParty
from tests.tokens import store_integration, store_web_application
from tests.world import CUSTOMER, PASSWORD

ISSUER = "https://chat.example.com"
AFTER_LOGOUT = "https://www.example.com/bye"
SECRET = "s" * 128
EVERYTHING = " ".join(sorted(OF_PEOPLE))


class Installation:
    """An installation to speak to. A status of 500 fails the test, wherever it comes up."""

    def __init__(self) -> None:
        self.application = WSGIHandler()

    def http(self, **options: Any) -> httpx.Client:
        """A client of its own, without cookies."""
        return httpx.Client(
            transport=httpx.WSGITransport(app=self.application),
            base_url=ISSUER,
            event_hooks={"response": [_is_no_fault_of_ours]},
            **options,
        )

    def browser(self) -> Browser:
        return Browser(self.http())

    def person(self, name: str = CUSTOMER) -> Person:
        return Person(self.browser(), name, PASSWORD)

    def party(self, client: Client, *, secret: str = SECRET, **fields: Any) -> RelyingParty:
        """The application of a client that was stored."""
        return RelyingParty(self.http(), client.client_id, secret, **fields)


def _is_no_fault_of_ours(response: httpx.Response) -> None:
    assert response.status_code != 500, f"{response.request.method} {response.request.url}"


@pytest.fixture
def directly_connected() -> Iterator[None]:
    """Keep the database connection between requests: it holds the transaction of the test."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def installation(world: None, directly_connected: None) -> Installation:
    return Installation()


@pytest.fixture
def person(installation: Installation) -> Person:
    return installation.person()


@pytest.fixture
def application(installation: Installation) -> RelyingParty:
    """A web application with a secret."""
    return installation.party(store_application())


@pytest.fixture
def other_application(installation: Installation) -> RelyingParty:
    """Another one, with the same redirect URI."""
    return installation.party(store_application())


@pytest.fixture
def integration(installation: Installation) -> RelyingParty:
    """A system without anybody at the screen."""
    from authenticate_app.accounts.models import User
    from tests.world import CALLER

    client = store_integration(User.objects.get(username=CALLER), client_secret=checksum(SECRET))
    return installation.party(client, scope="chat.authenticate")


def store_application(**fields: Any) -> Client:
    """Store a web application; its secret is ``SECRET``."""
    given = {
        "display_name": "Vision Corporation",
        "redirect_uris": REDIRECT_URI,
        "post_logout_redirect_uris": AFTER_LOGOUT,
        "client_secret": checksum(SECRET),
        "allowed_scopes": EVERYTHING,
    }
    return store_web_application(**{**given, **fields})
