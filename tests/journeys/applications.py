"""Applications that customers sign in to on a real server, and people with browsers."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from tests.environment import TEST_ENVIRONMENT
from tests.oauth_contract.browser import Browser
from tests.oauth_contract.relying_party import Person
from tests.serving import PASSWORD, TIMEOUT_SECONDS, Installation

PUBLIC = TEST_ENVIRONMENT["PUBLIC_BASE_URL"]


@dataclass(frozen=True)
class Registered:
    """What the people who run an application were told when it was registered."""

    client_id: str
    secret: str
    redirect_uri: str
    after_logout: str


def register(installed: Installation, **fields: Any) -> Registered:
    """Register an application that no other test has."""
    secret, own = uuid.uuid4().hex, f"http://127.0.0.1:9/{uuid.uuid4().hex}"
    given = {
        "display_name": "Vision Corporation",
        "redirect_uris": f"{own}/callback",
        "post_logout_redirect_uris": f"{own}/bye",
        "allowed_scopes": "openid profile email chat chat.authenticate",
    }
    client_id = installed.administrator.do("store_application", secret=secret, **{**given, **fields})
    return Registered(client_id, secret, f"{own}/callback", f"{own}/bye")


def register_in_admin(installed: Installation, administrator: Person) -> Registered:
    """Register an application as people do: in the admin, copying the secret from the page that shows it once."""
    own = f"http://127.0.0.1:9/{uuid.uuid4().hex}"
    administrator.signs_in("/admin/")
    form = administrator.browser.open("/admin/authenticate_app/client/add/?purpose=web")
    client_id = re.search(r'name="client_id" value="([^"]+)"', form.text)
    made = administrator.browser.submit(
        form,
        name="Shop",
        display_name="Vision Corporation",
        redirect_uris=f"{own}/callback",
        post_logout_redirect_uris=f"{own}/bye",
        allowed_scopes=["openid", "profile", "email", "chat", "chat.authenticate"],
    )
    secret = re.search(r"\b[A-Za-z0-9]{128}\b", made.text)
    assert client_id, form.text
    assert secret, made.text
    return Registered(client_id.group(1), secret.group(), f"{own}/callback", f"{own}/bye")


class BehindTls(httpx.BaseTransport):
    """Speaks to the server as the proxy in front of it does, which has taken TLS off; who calls sees https alone."""

    def __init__(self, installed: Installation) -> None:
        self._port = installed.server.port
        self._wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        address = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        headers = {**request.headers, "X-Forwarded-Proto": "https"}
        return self._wire.handle_request(
            httpx.Request(request.method, address, headers=headers, content=request.read())
        )

    def close(self) -> None:
        self._wire.close()


def over_tls(installed: Installation) -> httpx.Client:
    """A client that knows the server by its public address."""
    return httpx.Client(base_url=PUBLIC, transport=BehindTls(installed), timeout=TIMEOUT_SECONDS, trust_env=False)


@contextmanager
def new_person(installed: Installation, client: httpx.Client, **fields: object) -> Iterator[Person]:
    """Somebody with an account of their own, who comes with this client as their browser."""
    email = f"{uuid.uuid4().hex}@example.com"
    name = installed.new_user(
        SELF_SERVICE_USER, first_name="Jane", last_name="Roe", email=email, email_verified=True, **fields
    )
    with client:
        yield Person(Browser(client), name, PASSWORD)
