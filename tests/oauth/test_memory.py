"""Clients are remembered, and nothing is given or refused on a memory that is out of date."""

from typing import Any

import pytest

from authenticate_app.accounts.models import User
from authenticate_app.oauth import clients
from authenticate_app.oauth.clients import find_client
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.services import set_new_secret
from authenticate_app.revisions.memory import Recollection
from tests.oauth.flow import (
    Registered,
    ask_token,
    body_of,
    code_for,
    error_of,
    exchange,
    refresh,
    tokens_for,
)
from tests.tokens import store_integration
from tests.world import store_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
CREDENTIALS = {"grant_type": "client_credentials"}


@pytest.fixture
def told_of_nothing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Once called, this process goes on believing what it knows, as behind a connection that fell silent."""

    def fall_silent() -> None:
        known: Recollection[Any] = clients.clients.check()
        monkeypatch.setattr(clients.clients, "current", lambda: known)

    return fall_silent


def test_a_client_that_is_new_is_found(told_of_nothing: Any) -> None:
    told_of_nothing()
    client = store_integration(store_user("service"))
    assert find_client(client.client_id) == client
    assert find_client("unknown") is None


def test_a_new_secret_is_good_at_once(integration: Registered, told_of_nothing: Any) -> None:
    told_of_nothing()
    secret = set_new_secret(integration.row)
    integration.row.save()
    body_of(ask_token(CREDENTIALS, headers=Registered(integration.row, secret).authorization))


@pytest.mark.parametrize("change", ["disabled", "deleted", "another secret"])
def test_a_client_that_was_changed_gets_nothing_more(
    integration: Registered, told_of_nothing: Any, change: str
) -> None:
    body_of(ask_token(CREDENTIALS, headers=integration.authorization))
    told_of_nothing()
    _change(change)
    before = AccessToken.objects.count()
    assert error_of(ask_token(CREDENTIALS, headers=integration.authorization), 401) == "invalid_client"
    assert AccessToken.objects.count() == before


@pytest.mark.parametrize("change", ["disabled", "another secret"])
def test_nor_does_it_for_a_person(web: Registered, person: User, told_of_nothing: Any, change: str) -> None:
    token = tokens_for(web, person)["refresh_token"]
    code = code_for(web, person, prompt="consent")
    told_of_nothing()
    _change(change)
    assert error_of(exchange(web, code)) == "invalid_grant"
    assert error_of(refresh(web, token)) == "invalid_grant"


def _change(change: str) -> None:
    if change == "deleted":
        Client.objects.all().delete()
    elif change == "disabled":
        Client.objects.update(is_active=False)
    else:
        Client.objects.update(client_secret="0" * 64)
