"""The step from a sign-in in Apple Messages into a chat."""

import json
import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import Business, SignInRequest, SignInResult
from authenticate_app.oauth.models import AccessToken, Client
from chat_app.apple_chat import views
from chat_app.chat_authenticate.services import issue_chat_token
from chat_app.routing.models import Interface
from chat_app.sessions.models import ChatSession, ChatToken
from chat_app.sessions.services import BasisChanged
from tests.messages.world import business, conversation, identity, sign_in
from tests.tokens import store_integration, store_token
from tests.world import (
    CONTACT_ID,
    CUSTOMER,
    CUSTOMERS_EMAIL,
    INTERFACE,
    ORGANIZATION_ID,
    ask,
    nothing_remembered,
    segments_of,
    set_option,
    store_user,
    world,
)
from tests.world import body_of as chat_authenticate_body

__all__ = ["nothing_remembered", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
State = SignInRequest.State
BOTH = "messages chat.authenticate"


@pytest.fixture
def shop(world: None) -> Business:
    return business()


@pytest.fixture
def customer(world: None) -> User:
    return User.objects.get(username=CUSTOMER)


@pytest.fixture
def integration(shop: Business) -> Client:
    """A system of the business, which may not speak for others."""
    client = store_integration(store_user("bot", SELF_SERVICE_USER), allowed_scopes=BOTH)
    shop.api_clients.add(client)
    return client


@pytest.fixture
def token(integration: Client) -> str:
    return store_token(integration, scope=BOTH)


def signed_in(shop: Business, user: User | None, **fields: Any) -> SignInRequest:
    """A request that succeeded."""
    asked = sign_in(conversation(shop))
    now = timezone.now()
    SignInRequest.objects.filter(pk=asked.pk).update(state_used_at=now)
    sign_ins.store_identity(sign_in=asked, identity=identity(user=user, **fields), now=now)
    sign_ins.confirm(sign_in_id=asked.pk, now=now)
    asked.refresh_from_db()
    assert asked.state == State.SUCCEEDED
    return asked


def step(token: str, asked: SignInRequest | uuid.UUID, body: bytes | None = None, **attributes: object) -> HttpResponse:
    sign_in_id = asked.pk if isinstance(asked, SignInRequest) else asked
    raw_body = json.dumps(attributes).encode() if body is None else body
    return Browser().post(  # type: ignore[return-value]
        f"/api/messages/v1/sign-in-requests/{sign_in_id}/chat",
        raw_body,
        content_type="application/json",
        secure=True,
        headers={"Authorization": f"Bearer {token}"},
    )


def body_of(response: HttpResponse) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    body: dict[str, Any] = json.loads(response.content)
    return body


def code_of(response: HttpResponse, status: int) -> str:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["detail"]
    assert Browser().get(problem["type"], secure=True).json()["code"] == problem["code"]
    return str(problem["code"])


def test_the_customer_gets_what_chat_authenticate_gives(shop: Business, customer: User, token: str) -> None:
    response = step(token, signed_in(shop, customer))
    body = body_of(response)
    _header, payload = segments_of(body["jwt"])
    assert json.loads(payload)["sub"] == CUSTOMER
    asked_there = chat_authenticate_body(
        ask(
            attributes={
                "authUserName": CUSTOMER,
                "contactId": CONTACT_ID,
                "organizationId": ORGANIZATION_ID,
                "emailAddress": CUSTOMERS_EMAIL,
                "firstName": "John",
                "lastName": "Smith",
            }
        )
    )
    assert list(body) == list(asked_there)
    assert {**body, "jwt": ""} == {**asked_there, "jwt": ""}
    assert response["Location"] == body["links"][0]["href"]
    assert response["Cache-Control"] == "no-store"


def test_the_session_is_the_customers(shop: Business, customer: User, token: str, integration: Client) -> None:
    body_of(step(token, signed_in(shop, customer), question="Where is my parcel?"))
    session = ChatSession.objects.get()
    assert (session.auth_user_name, session.end_user, session.interface_id) == (CUSTOMER, customer, INTERFACE)
    assert session.caller == integration.acting_user
    assert session.request["question"] == "Where is my parcel?"
    assert session.request["signedInBy"] == "APPLE_MESSAGES"
    assert ChatToken.objects.count() == 1


def test_an_empty_body_will_do(shop: Business, customer: User, token: str) -> None:
    assert body_of(step(token, signed_in(shop, customer), b""))["authUserName"] == CUSTOMER


def test_the_chat_can_be_gone_on_with(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    body_of(step(token, asked))
    body_of(step(token, asked, resumeType="RESUME"))
    assert ChatSession.objects.count() == 1


@pytest.mark.parametrize("name", [CUSTOMER, "somebody.else", "", None])
def test_nobody_says_who_the_customer_is(shop: Business, customer: User, token: str, name: object) -> None:
    response = step(token, signed_in(shop, customer), authUserName=name)
    assert code_of(response, 400) == "invalid-request"
    assert json.loads(response.content)["errors"][0]["where"] == "/authUserName"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contactId", 7),
        ("organizationId", 7),
        ("emailAddress", "else@example.com"),
        ("firstName", "Eve"),
        ("lastName", "Eve"),
    ],
)
def test_nobody_makes_the_customer_look_like_somebody_else(
    shop: Business, customer: User, token: str, name: str, value: object
) -> None:
    response = step(token, signed_in(shop, customer), json.dumps({name: value}).encode())
    assert code_of(response, 403) == "chat-refused"
    assert json.loads(response.content)["errors"][0]["where"] == f"/{name}"
    assert AuditEvent.objects.get(event="token_refused").reason == "CHAT-40305"


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{", b"\xff", b'{"question": 7}', b'{"a": 1, "a": 2}', b'{"question": "\\u0000"}', b'{"quest": "x"}'],
)
def test_bad_attributes_are_refused_in_words(shop: Business, customer: User, token: str, body: bytes) -> None:
    response = step(token, signed_in(shop, customer), body)
    assert code_of(response, 400) == "invalid-request"
    assert json.loads(response.content)["errors"][0]["detail"]


# Who may


@pytest.mark.parametrize("scope", ["messages", "chat.authenticate"])
def test_both_scopes_are_needed(shop: Business, customer: User, integration: Client, scope: str) -> None:
    response = step(store_token(integration, scope=scope), signed_in(shop, customer))
    assert code_of(response, 403) == "forbidden"
    assert AuditEvent.objects.get(event="token_refused").reason == "insufficient_scope"


def test_the_client_acts_as_somebody_who_may_ask_for_chats(shop: Business, customer: User, token: str) -> None:
    User.objects.get(username="bot").groups.clear()
    assert code_of(step(token, signed_in(shop, customer)), 403) == "forbidden"


def test_nobody_comes_without_a_token(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    assert code_of(step("unknown", asked), 401) == "access-token-not-valid"
    AccessToken.objects.all().delete()
    assert code_of(step(token, asked), 401) == "access-token-not-valid"


def test_a_client_reaches_its_businesses_alone(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    shop.api_clients.clear()
    assert code_of(step(token, asked), 404) == "not-found"
    assert code_of(step(token, uuid.uuid4()), 404) == "not-found"
    assert not ChatSession.objects.exists()


# Of whom


def test_a_customer_who_has_not_signed_in_is_let_into_no_chat(shop: Business, token: str) -> None:
    assert code_of(step(token, sign_in(conversation(shop))), 409) == "customer-not-signed-in"


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.TIMED_OUT, State.UNSUPPORTED])
def test_nor_is_one_whose_sign_in_ended_otherwise(shop: Business, customer: User, token: str, state: str) -> None:
    asked = signed_in(shop, customer)
    SignInRequest.objects.update(state=state)
    assert code_of(step(token, asked), 409) == "customer-not-signed-in"


def test_a_sign_in_is_valid_for_a_while(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    SignInResult.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    assert code_of(step(token, asked), 409) == "sign-in-not-valid-any-more"


def test_a_sign_in_that_nobody_vouches_for_opens_no_chat(shop: Business, customer: User, token: str) -> None:
    assert code_of(step(token, signed_in(shop, customer, is_verified=False)), 409) == "sign-in-not-verified"


def test_a_customer_without_a_user_here_is_let_into_no_chat(shop: Business, token: str) -> None:
    assert code_of(step(token, signed_in(shop, None)), 409) == "customer-has-no-user"


def test_a_user_who_was_disabled_is_let_into_no_chat(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert code_of(step(token, asked), 409) == "customer-has-no-user"


def test_a_business_that_was_turned_off_lets_nobody_into_a_chat(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    Business.objects.update(is_active=False)
    assert code_of(step(token, asked), 409) == "business-inactive"


# Chats that cannot be


def test_chat_that_is_turned_off_is_refused(shop: Business, customer: User, token: str) -> None:
    set_option("SVC_ENABLE_CHAT", "No")
    assert code_of(step(token, signed_in(shop, customer)), 403) == "chat-refused"


def test_without_an_interface_nothing_begins(shop: Business, customer: User, token: str) -> None:
    Interface.objects.update(enabled=False)
    response = step(token, signed_in(shop, customer))
    assert code_of(response, 503) == "chat-unavailable"
    assert response["Retry-After"]


def test_what_changed_meanwhile_is_read_afresh(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    with patch.object(views, "issue_chat_token", side_effect=_fails_twice()) as tried:
        assert body_of(step(token, asked, question="Hello?"))["question"] == "Hello?"
    assert tried.call_count == 3


def test_what_never_stops_changing_is_given_up(shop: Business, customer: User, token: str) -> None:
    asked = signed_in(shop, customer)
    with patch.object(views, "issue_chat_token", side_effect=BasisChanged) as tried:
        assert code_of(step(token, asked), 503) == "chat-unavailable"
    assert tried.call_count == views.ATTEMPTS


def _fails_twice() -> Any:
    failures = iter([BasisChanged(), BasisChanged()])

    def attempt(**given: Any) -> Any:
        if (failure := next(failures, None)) is not None:
            raise failure
        return issue_chat_token(**given)

    return attempt
