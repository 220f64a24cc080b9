"""Token requests that get nothing: each is counted, and the first of its kind stands in the audit log."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from prometheus_client import REGISTRY

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import refusals
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import invalid_request
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.refusals import Reason
from tests.oauth.flow import (
    APPLE_NEW,
    CALLBACK,
    VERIFIER,
    WEB,
    Registered,
    ask_token,
    code_for,
    error_of,
    exchange,
    refresh,
    register,
    tokens_for,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def counted(reason: str) -> float:
    return REGISTRY.get_sample_value("chatauth_oauth_refusals_total", {"reason": reason}) or 0.0


def audited() -> list[tuple[str, int | None, str]]:
    events = AuditEvent.objects.filter(event=Event.OAUTH_TOKEN_REFUSED).order_by("id")
    return list(events.values_list("reason", "actor", "object_id"))


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant", Reason.WRONG_CODE_VERIFIER),
        ({"code_verifier": "too short"}, "invalid_grant", Reason.WRONG_CODE_VERIFIER),
        ({"code_verifier": None}, "invalid_request", Reason.NO_CODE_VERIFIER),
        ({"redirect_uri": f"{CALLBACK}/"}, "invalid_grant", Reason.ANOTHER_REDIRECT_URI),
        ({"redirect_uri": None}, "invalid_request", "invalid_request"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_code(
    web: Registered, person: User, changes: dict[str, str | None], error: str, reason: str
) -> None:
    before = counted(reason)
    assert error_of(exchange(web, code_for(web, person), **changes)) == error
    assert audited() == [(reason, person.pk, str(web.row.pk))]
    assert counted(reason) == before + 1


def test_a_verifier_whose_challenge_was_taken_out_on_the_way(person: User) -> None:
    apple = register(APPLE_NEW)
    code = code_for(apple, person, code_challenge=None, code_challenge_method=None)
    assert error_of(exchange(apple, code, code_verifier=VERIFIER)) == "invalid_request"
    assert audited() == [(Reason.NO_CODE_CHALLENGE, person.pk, str(apple.row.pk))]


def test_a_code_that_nobody_was_given(web: Registered) -> None:
    assert error_of(exchange(web, "x")) == "invalid_grant"
    assert audited() == [(Reason.UNKNOWN_CODE, None, str(web.row.pk))]


def test_a_client_that_may_have_nothing_any_more_of_what_was_agreed_to(web: Registered, person: User) -> None:
    code = code_for(web, person, scope="openid")
    Client.objects.update(allowed_scopes="email")
    assert error_of(exchange(web, code)) == "invalid_grant"
    assert audited() == [(Reason.NO_SCOPE_LEFT, person.pk, str(web.row.pk))]


def test_a_wider_scope_at_the_refresh(web: Registered, person: User) -> None:
    tokens = tokens_for(web, person, scope="openid")
    assert error_of(refresh(web, tokens["refresh_token"], scope="openid email")) == "invalid_scope"
    assert audited() == [("invalid_scope", person.pk, str(web.row.pk))]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", "scope": "openid"}, "invalid_scope"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}, "unauthorized_client"),
        ({"grant_type": "password", "scope": "openid"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_what_an_integration_may_not_ask_for(integration: Registered, form: dict[str, str], error: str) -> None:
    before = counted(error)
    assert error_of(ask_token(form, headers=integration.authorization)) == error
    assert audited() == [(error, None, str(integration.row.pk))]
    assert counted(error) == before + 1


def test_a_web_application_is_no_integration(web: Registered) -> None:
    assert error_of(ask_token({"grant_type": "client_credentials"}, headers=web.authorization)) == "unauthorized_client"
    assert audited() == [("unauthorized_client", None, str(web.row.pk))]


def test_what_comes_again_and_again_is_counted_and_not_audited_each_time(web: Registered, person: User) -> None:
    code, before = code_for(web, person), counted(Reason.WRONG_CODE_VERIFIER)
    for _ in range(5):
        error_of(exchange(web, code, code_verifier="x" * 43))
    error_of(exchange(web, "x"))
    assert [reason for reason, _actor, _client in audited()] == [Reason.WRONG_CODE_VERIFIER, Reason.UNKNOWN_CODE]
    assert counted(Reason.WRONG_CODE_VERIFIER) == before + 5


def test_after_a_while_it_is_audited_once_more(web: Registered) -> None:
    now = timezone.now()
    for moment in (now, now + settings.THROTTLE_WINDOW - timedelta(seconds=1), now + settings.THROTTLE_WINDOW):
        refusals.note(invalid_request("x"), Context(Origin("192.0.2.1"), moment, client=web.row))
    assert len(audited()) == 2


def test_other_addresses_and_other_clients_are_audited_each(web: Registered) -> None:
    now, other = timezone.now(), register(WEB, client_id="web-2")
    for address, client in (("192.0.2.1", web.row), ("192.0.2.2", web.row), ("192.0.2.1", other.row)):
        refusals.note(invalid_request("x"), Context(Origin(address), now, client=client))
    assert len(audited()) == 3


def test_a_request_that_no_client_stands_behind_is_not_audited() -> None:
    """Anybody can send it; an unknown client or a wrong secret has an event of its own."""
    assert error_of(ask_token({"scope": "openid"})) == "invalid_request"
    assert not AuditEvent.objects.exists()
