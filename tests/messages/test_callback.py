"""The callback of the new flow: what comes back, what becomes of it, and what the phone is told."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import sign_ins
from authenticate_app.messages.callback import location_of
from authenticate_app.messages.models import Business, SignInRequest, SignInResult
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.models import AccessToken, Client, Grant
from authenticate_app.oauth.purposes import Purpose, messages_callback
from tests.messages.callbacks import asking, code_for, come_back, now_of, number_in, own
from tests.messages.provider import ISSUER as ELSEWHERE
from tests.messages.provider import Provider, running_provider
from tests.messages.world import apple_client, business, conversation, sign_in, state_of
from tests.oauth.flow import ISSUER, authorize, decide, signed_in, store_person, told
from tests.world import nothing_remembered, store_signing_key

__all__ = ["nothing_remembered"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
State = SignInRequest.State
SUCCESS = "messages-auth://?status=success"


@pytest.fixture
def ready(db: None, nothing_remembered: None) -> Iterator[None]:
    clients.forget()
    store_signing_key()
    yield
    clients.forget()


@pytest.fixture
def person(ready: None) -> User:
    return store_person()


@pytest.fixture
def asked(ready: None) -> SignInRequest:
    return sign_in()


# The answer


@pytest.mark.parametrize("error", [None, *CallbackError])
def test_the_phone_understands_every_location(error: CallbackError | None) -> None:
    location = location_of(error)
    assert re.fullmatch(r"messages-auth://\?status=(success|(failure|cancel)&error_code=[1-9][0-9]*)", location)


def test_every_number_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "apple-messages.md").read_text()
    documented = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", page, re.MULTILINE)
    assert documented == [(str(int(number)), number.reason.value) for number in CallbackError]


def test_every_answer_is_a_redirect_with_a_page_that_nobody_keeps(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    response = come_back(parameters)
    assert (response.status_code, response["Location"]) == (302, SUCCESS)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    page = response.content.decode()
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert f'href="{SUCCESS}"' in page
    for secret in (parameters["code"], parameters["state"], person.username, person.email, person.last_name):
        assert secret not in page
    assert not response.cookies


@pytest.mark.parametrize("query", ["", "state=", "state=x&code=y", "state=x&state=y", "state=%ff", "state=%00", "&&&="])
def test_a_forged_return_is_a_redirect_as_well(query: str) -> None:
    response = come_back(query)
    assert number_in(response) is CallbackError.STATE_UNKNOWN
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert 'href="messages-auth://?status=failure&amp;error_code=1"' in response.content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Back to Messages"),
        ("de", "Zurück zu Nachrichten"),
        ("fr", "Revenir à Messages"),
        ("es", "Volver a Mensajes"),
        ("ja", "メッセージに戻る"),
    ],
)
def test_the_page_speaks_the_browsers_language(language: str, words: str) -> None:
    page = come_back("state=x", headers={"Accept-Language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert words in page


@pytest.mark.parametrize("method", ["head", "post", "put", "options"])
def test_only_a_get_uses_up_anything(asked: SignInRequest, person: User, method: str) -> None:
    address = f"/amb/oauth/callback?{urlencode(own(asked, person))}"
    assert getattr(Browser(), method)(address, secure=True).status_code == 405
    assert now_of(asked).state_used_at is None


# The usual way


def test_the_customer_who_came_back_is_the_one_who_signed_in(asked: SignInRequest, person: User) -> None:
    assert come_back(own(asked, person))["Location"] == SUCCESS
    result = SignInResult.objects.get(sign_in=asked)
    assert (result.issuer, result.subject, result.user) == (ISSUER, str(person.subject), person)
    assert result.claims["email"] == "john.smith@vision.com"
    assert (result.is_verified, result.token_checksum) == (True, None)
    sign_ins.confirm(sign_in_id=asked.pk, now=timezone.now())
    assert now_of(asked).state == State.SUCCEEDED
    assert not AccessToken.objects.exists()


def test_opening_the_form_is_noted(asked: SignInRequest) -> None:
    client = asked.business.client
    assert client is not None
    authorize(Browser(), asking(client, state_of(asked)))
    assert now_of(asked).state == State.OPENED
    assert now_of(asked).opened_at is not None


def test_another_applications_form_is_not_this_customers(asked: SignInRequest) -> None:
    other = apple_client()
    authorize(Browser(), asking(other, state_of(asked)))
    assert now_of(asked).opened_at is None


def test_the_client_of_the_legacy_flow_can_serve_this_one_too(person: User) -> None:
    client = apple_client(Purpose.APPLE_LEGACY)
    asked = sign_in(conversation(business(client=client, allows_legacy_flow=True)))
    assert come_back(own(asked, person))["Location"] == SUCCESS


def test_nothing_is_learned_that_was_not_asked_for(person: User) -> None:
    asked = sign_in(conversation(business(scopes="openid email")))
    assert come_back(own(asked, person))["Location"] == SUCCESS
    claims = SignInResult.objects.get().claims
    assert claims.keys() == {"sub", "email", "email_verified"}


# States


def test_a_state_is_good_once(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    assert come_back(parameters)["Location"] == SUCCESS
    again = own(asked, person)
    assert number_in(come_back(again)) is CallbackError.STATE_USED
    assert Grant.objects.filter(used_at=None).count() == 1  # nobody looked at the second code
    assert now_of(asked).ended_at is None
    assert SignInResult.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_with_one_state_at_once_one_gets_past(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    barrier = Barrier(3)

    def run(_number: int) -> str:
        try:
            barrier.wait(timeout=30)
            return str(come_back(parameters)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        locations = sorted(pool.map(run, range(3)))
    assert locations == [location_of(CallbackError.STATE_USED)] * 2 + [SUCCESS]
    assert SignInResult.objects.count() == 1


def test_a_state_that_came_too_late(person: User) -> None:
    asked = sign_in(now=timezone.now() - timedelta(minutes=4))
    assert number_in(come_back(own(asked, person))) is CallbackError.STATE_EXPIRED


def test_a_state_of_a_request_that_has_ended(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    sign_ins.end(sign_in_id=asked.pk, state=State.CANCELLED, reason=Reason.CANCELLED_BY_ASKER, now=timezone.now())
    assert number_in(come_back(parameters)) is CallbackError.STATE_EXPIRED
    assert now_of(asked).reason == Reason.CANCELLED_BY_ASKER
    assert not SignInResult.objects.exists()


def test_a_code_of_another_request_says_nothing(asked: SignInRequest, person: User) -> None:
    client = asked.business.client
    assert client is not None
    stolen = code_for(client, person, "of-somebody-elses-request")
    assert number_in(come_back({**own(asked, person), "code": stolen})) is CallbackError.EXCHANGE_FAILED
    assert now_of(asked).reason == Reason.EXCHANGE_FAILED
    assert not SignInResult.objects.exists()


def test_a_request_that_ends_during_the_exchange_stays_as_it_ended(asked: SignInRequest, person: User) -> None:
    from authenticate_app.messages import providers

    parameters = own(asked, person)
    exchange = providers.exchange

    def and_meanwhile_it_ends(**given: Any) -> Any:
        sign_ins.end(sign_in_id=asked.pk, state=State.CANCELLED, reason=Reason.CONVERSATION_CLOSED, now=timezone.now())
        return exchange(**given)

    with patch.object(providers, "exchange", and_meanwhile_it_ends):
        assert number_in(come_back(parameters)) is CallbackError.STATE_EXPIRED
    assert now_of(asked).reason == Reason.CONVERSATION_CLOSED
    assert not SignInResult.objects.exists()


# What the provider sends back


def test_a_customer_who_refuses_cancels_the_request(asked: SignInRequest, person: User) -> None:
    client = asked.business.client
    assert client is not None
    answer = told(decide(signed_in(person), asking(client, state_of(asked)), "refuse"))
    response = come_back(answer)
    assert number_in(response) is CallbackError.CONSENT_REFUSED
    assert (now_of(asked).state, now_of(asked).reason) == (State.CANCELLED, Reason.CONSENT_REFUSED)


@pytest.mark.parametrize("error", ["server_error", "login_required", "<script>", "x" * 5000])
def test_any_other_error_fails_the_request(asked: SignInRequest, error: str) -> None:
    response = come_back({"state": state_of(asked), "error": error, "code": "y", "error_description": "z"})
    assert number_in(response) is CallbackError.PROVIDER_REFUSED
    assert (now_of(asked).state, now_of(asked).reason) == (State.FAILED, Reason.PROVIDER_REFUSED)


def test_a_return_without_a_code_fails_the_request(asked: SignInRequest) -> None:
    response = come_back({"state": state_of(asked), "iss": ISSUER})
    assert number_in(response) is CallbackError.CODE_MISSING
    assert now_of(asked).reason == Reason.CODE_MISSING


@pytest.mark.parametrize("issuer", ["https://evil.example", ISSUER + "/", ""])
def test_an_answer_that_is_not_our_servers_fails_the_request(asked: SignInRequest, person: User, issuer: str) -> None:
    assert number_in(come_back(own(asked, person, iss=issuer))) is CallbackError.EXCHANGE_FAILED
    assert Grant.objects.get().used_at is None


def test_a_code_that_nobody_gave_out_fails_the_request(asked: SignInRequest) -> None:
    response = come_back({"state": state_of(asked), "code": "x" * 43, "iss": ISSUER})
    assert number_in(response) is CallbackError.EXCHANGE_FAILED
    assert now_of(asked).reason == Reason.EXCHANGE_FAILED
    assert AuditEvent.objects.get(event="oauth_token_refused").reason == "unknown-code"


def test_a_code_of_another_business_fails_the_request(asked: SignInRequest, person: User) -> None:
    other = sign_in(conversation(business(business_id="other"), customer_id="urn:mbid:other"))
    foreign = own(other, person)
    response = come_back({**foreign, "state": state_of(asked)})
    assert number_in(response) is CallbackError.EXCHANGE_FAILED
    assert AuditEvent.objects.get(event="oauth_token_refused").reason == "code-of-another-client"
    assert now_of(other).ended_at is None


def test_a_code_for_another_address_fails_the_request(asked: SignInRequest, person: User) -> None:
    client = asked.business.client
    assert client is not None
    Client.objects.update(redirect_uris=f"{messages_callback()} https://www.example.com/other")
    clients.forget()
    state = state_of(asked)
    code = code_for(client, person, state, redirect_uri="https://www.example.com/other")
    response = come_back({"code": code, "state": state, "iss": ISSUER})
    assert number_in(response) is CallbackError.EXCHANGE_FAILED


def test_a_code_that_was_used_before_fails_the_request(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    Grant.objects.update(used_at=timezone.now())
    assert number_in(come_back(parameters)) is CallbackError.EXCHANGE_FAILED
    assert AuditEvent.objects.filter(event="oauth_token_reused").count() == 1


def test_a_client_that_was_turned_off_meanwhile_fails_the_request(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    Client.objects.update(is_active=False)
    clients.forget()
    assert number_in(come_back(parameters)) is CallbackError.EXCHANGE_FAILED


def test_a_person_who_was_disabled_meanwhile_fails_the_request(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    User.objects.update(is_active=False)
    assert number_in(come_back(parameters)) is CallbackError.EXCHANGE_FAILED


# Another provider


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    settings.PRIVATE_ADDRESSES = True
    with running_provider() as running:
        yield running


def at_provider(provider: Provider, **fields: Any) -> tuple[Business, SignInRequest]:
    there = business(**{**provider.fields(), **fields})
    return there, sign_in(conversation(there))


@pytest.mark.parametrize("iss", [{}, {"iss": ELSEWHERE}])
def test_a_customer_signs_in_elsewhere(provider: Provider, iss: dict[str, str]) -> None:
    _there, asked = at_provider(provider, creates_users=True)
    assert come_back({"state": state_of(asked), "code": "a-code", **iss})["Location"] == SUCCESS
    result = SignInResult.objects.get(sign_in=asked)
    assert (result.issuer, result.claims["email"]) == (ELSEWHERE, "jane@vision.example")
    assert result.user is not None
    assert not result.user.has_usable_password()


def test_an_answer_of_another_server_reaches_no_provider(provider: Provider) -> None:
    _there, asked = at_provider(provider)
    response = come_back({"state": state_of(asked), "code": "a-code", "iss": "https://evil.example"})
    assert number_in(response) is CallbackError.EXCHANGE_FAILED
    assert provider.asked == []


@pytest.mark.parametrize(
    ("path", "answer", "number"),
    [
        ("/token", {"status": 400, "body": {"error": "invalid_grant"}}, CallbackError.EXCHANGE_FAILED),
        ("/token", {"status": 500, "body": b""}, CallbackError.PROVIDER_UNAVAILABLE),
        ("/userinfo", {"body": {}}, CallbackError.IDENTITY_MISSING),
    ],
)
def test_a_provider_that_fails_fails_the_request(
    provider: Provider, path: str, answer: dict[str, Any], number: CallbackError
) -> None:
    _there, asked = at_provider(provider)
    provider.answer(path, **answer)
    assert number_in(come_back({"state": state_of(asked), "code": "a-code"})) is number
    assert (now_of(asked).state, now_of(asked).reason) == (State.FAILED, number.reason)


# Without the database


def test_without_the_database_nothing_is_decided_and_the_same_address_works_later(
    asked: SignInRequest, person: User
) -> None:
    parameters = own(asked, person)
    with patch.object(sign_ins, "consume_state", side_effect=OperationalError):
        response = come_back(parameters)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "Try again" in response.content.decode()
    assert come_back(parameters)["Location"] == SUCCESS


def test_a_database_that_goes_away_after_the_state_is_used_leaves_it_unused(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    with patch.object(sign_ins, "store_identity", side_effect=OperationalError):
        assert come_back(parameters).status_code == 503
    assert now_of(asked).state_used_at is None
    assert Grant.objects.get().used_at is None
    assert come_back(parameters)["Location"] == SUCCESS


def test_what_a_refused_code_revokes_stays_revoked(asked: SignInRequest, person: User) -> None:
    parameters = own(asked, person)
    assert come_back(parameters)["Location"] == SUCCESS
    again = sign_in(asked.conversation)
    assert number_in(come_back({**parameters, "state": state_of(again)})) is CallbackError.EXCHANGE_FAILED
    assert now_of(again).reason == Reason.EXCHANGE_FAILED
    assert AuditEvent.objects.filter(event="oauth_token_reused").count() == 1
