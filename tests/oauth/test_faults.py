"""What the endpoints answer when something fails, or goes away, at the wrong moment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from authenticate_app.accounts.models import User
from authenticate_app.oauth import services
from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.models import Grant
from tests.oauth.flow import (
    Registered,
    ask_token,
    asking,
    code_for,
    decide,
    error_of,
    exchange,
    signed_in,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("address", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_without_a_database_machines_are_told_to_come_again(
    web: Registered, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(clients, "current", failing(OperationalError("away")))
    form = {"grant_type": "client_credentials", "token": "x"}
    response = ask_token(form, headers=web.authorization, address=address)
    assert error_of(response, 503) == "temporarily_unavailable"
    assert int(response["Retry-After"]) > 0


def test_a_client_that_is_deleted_while_it_is_answered_gets_nothing(
    web: Registered, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_for(web, person)
    monkeypatch.setattr(services, "store_access_token", failing(IntegrityError("gone")))
    assert error_of(exchange(web, code), 401) == "invalid_client"
    assert Grant.objects.get().used_at is None


def test_a_person_who_is_deleted_while_they_agree_is_an_error_for_the_client(
    web: Registered, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "store_code", failing(IntegrityError("gone")))
    answer = told(decide(signed_in(person), asking(web)))
    assert answer["error"] == "server_error"
    assert "code" not in answer


def test_of_two_who_hold_one_code_the_second_claim_is_none(web: Registered, person: User) -> None:
    code_for(web, person)
    grant = Grant.objects.get()
    services.use_grant(grant, now=grant.expires)
    with pytest.raises(services.GrantRefused, match="code-reused"):
        services.use_grant(grant, now=grant.expires)
