"""Tokens as the OAuth server gives them out, at ``chatAuthenticate``."""

from collections.abc import Iterator
from typing import Any

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth.bearer_sign_in import forget_everything
from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose
from tests.oauth import flow
from tests.tokens import bearer
from tests.world import CALLER, CUSTOMER, ask, refused

pytestmark = pytest.mark.usefixtures("world", "nothing_remembered_of_clients")

NOT_VALID = [("CHAT-40102", "")]
OWN = {"authUserName": CUSTOMER}
INTEGRATION: dict[str, Any] = {
    "client_id": "integration-1",
    "name": "Warehouse",
    "display_name": "Warehouse",
    "purpose": Purpose.INTEGRATION,
    "client_type": Client.CLIENT_CONFIDENTIAL,
    "authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS,
    "allowed_scopes": "chat.authenticate",
}


@pytest.fixture
def nothing_remembered_of_clients() -> Iterator[None]:
    forget_everything()
    clients.forget()
    yield
    clients.forget()


@pytest.fixture(params=["opaque", "signed"])
def integration(request: pytest.FixtureRequest) -> flow.Registered:
    is_signed = request.param == "signed"
    return flow.register(
        INTEGRATION,
        acting_user=User.objects.get(username=CALLER),
        signed_access_tokens=is_signed,
        signed_because="A warehouse verifies it by itself." if is_signed else "",
    )


def token_of(integration: flow.Registered) -> str:
    form = {"grant_type": "client_credentials", "scope": "chat.authenticate"}
    return str(flow.body_of(flow.ask_token(form, headers=integration.authorization))["access_token"])


def tokens_of_customer(application: flow.Registered, scope: str = "openid chat.authenticate") -> dict[str, Any]:
    return flow.tokens_for(application, User.objects.get(username=CUSTOMER), scope=scope)


def status(token: str, **attributes: object) -> int:
    return ask(headers=bearer(token), attributes=attributes).status_code


def test_an_integration_by_client_credentials(integration: flow.Registered) -> None:
    assert status(token_of(integration), authUserName="Jane Roe") == 201


def test_what_an_integration_gives_back_is_good_for_nothing(integration: flow.Registered) -> None:
    kept, given_back = token_of(integration), token_of(integration)
    assert (status(kept), status(given_back)) == (201, 201)
    assert flow.revoke(integration, given_back).status_code == 200
    assert refused(headers=bearer(given_back)) == NOT_VALID
    assert status(kept) == 201


def test_a_signed_token_is_not_taken_for_its_signature(integration: flow.Registered) -> None:
    """Whoever changes one letter of it has another token, which nobody gave out."""
    token = token_of(integration)
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert (status(token), status(changed)) == (201, 401)


def test_a_new_client_secret_leaves_tokens_as_they_are(integration: flow.Registered) -> None:
    from authenticate_app.oauth.services import set_new_secret

    token = token_of(integration)
    set_new_secret(integration.row)
    integration.row.save()
    assert status(token) == 201


def test_a_customer_by_the_code_flow() -> None:
    token = tokens_of_customer(flow.register())["access_token"]
    assert status(token, **OWN) == 201
    assert refused(headers=bearer(token), attributes={"authUserName": CALLER}) == [("CHAT-40304", "/authUserName")]


def test_a_customer_who_did_not_let_the_application_open_chats() -> None:
    token = tokens_of_customer(flow.register(), scope="openid profile")["access_token"]
    assert refused(headers=bearer(token), attributes=OWN) == [("CHAT-40307", "")]


@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
def test_the_other_tokens_of_a_sign_in_are_no_access_tokens(kind: str) -> None:
    tokens = tokens_of_customer(flow.register())
    assert refused(headers=bearer(tokens[kind]), attributes=OWN) == NOT_VALID


def test_a_code_that_comes_twice_ends_what_came_of_it() -> None:
    application, customer = flow.register(), User.objects.get(username=CUSTOMER)
    code = flow.code_for(application, customer, scope="openid chat.authenticate")
    token = flow.body_of(flow.exchange(application, code))["access_token"]
    assert status(token, **OWN) == 201
    assert flow.error_of(flow.exchange(application, code)) == "invalid_grant"
    assert refused(headers=bearer(token), attributes=OWN) == NOT_VALID
