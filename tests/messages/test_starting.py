"""Asking a customer to sign in."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import (
    Conversation,
    OutboundMessage,
    SignInRequest,
    SignInStep,
    WebhookDelivery,
)
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.models import Client
from tests.messages.world import (
    CLIENT_SECRET,
    apple_client,
    business,
    conversation,
    sign_in,
    state_of,
)

pytestmark = pytest.mark.django_db

State = SignInRequest.State
NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
QUERIES = 11


def body_of(asked: SignInRequest) -> dict[str, Any]:
    body = json.loads(decrypt(bytes(OutboundMessage.objects.get(sign_in=asked).encrypted_body)))
    assert isinstance(body, dict)
    return body


def oauth2_of(asked: SignInRequest) -> dict[str, Any]:
    found = body_of(asked)["interactiveData"]["data"]["authenticate"]["oauth2"]
    assert isinstance(found, dict)
    return found


def jobs() -> list[str]:
    from procrastinate.contrib.django.models import ProcrastinateJob

    return sorted(ProcrastinateJob.objects.values_list("task_name", flat=True))


def asker(name: str = "crm") -> Client:
    return Client.objects.create(client_id=name, name=name, purpose="integration", authorization_grant_type="client")


def test_the_message_is_queued_and_the_time_out_is_set() -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    asked = sign_in(now=NOW, reference="case 17")
    assert (asked.state, asked.flow, asked.reason, asked.ended_at) == (State.CREATED, "new", "", None)
    assert (asked.reference, asked.scopes) == ("case 17", "openid profile email")
    assert asked.expires_at == NOW + timedelta(minutes=3)
    message = OutboundMessage.objects.get()
    assert (message.sign_in, message.give_up_at) == (asked, asked.expires_at)
    assert jobs() == ["send_message", "settle_sign_in"]
    (timer,) = ProcrastinateJob.objects.filter(task_name="settle_sign_in")
    assert timer.scheduled_at == asked.expires_at
    assert timer.args == {"sign_in_id": str(asked.pk)}
    assert list(asked.steps.values_list("step", "at", "detail")) == [("created", NOW, "new")]
    event = AuditEvent.objects.get()
    assert (event.event, event.object_id, event.reason) == ("messages_sign_in_asked", str(asked.pk), "new")


def test_the_message_names_the_request_and_its_state_is_stored_nowhere() -> None:
    asked = sign_in()
    data = body_of(asked)["interactiveData"]["data"]
    assert UUID(data["requestIdentifier"]) == asked.pk
    state = state_of(asked)
    assert len(base64.urlsafe_b64decode(state)) == 24
    row = SignInRequest.objects.filter(pk=asked.pk).values().get()
    assert state not in str(row)
    assert len(asked.state_checksum) == 64


def test_every_request_has_a_state_of_its_own() -> None:
    at = conversation()
    assert len({state_of(sign_in(at)) for _ in range(20)}) == 20


def test_the_new_flow_lets_no_secret_out() -> None:
    asked = sign_in()
    assert CLIENT_SECRET not in json.dumps(body_of(asked))
    assert bytes(asked.encrypted_private_key) == b""
    assert set(oauth2_of(asked)) == {"responseType", "scope", "state", "redirectURI"}


def test_the_legacy_flow_brings_secret_and_key() -> None:
    asked = sign_in(conversation(business(allows_legacy_flow=True), capabilities=["AUTH"]))
    assert asked.flow == "legacy"
    sent = oauth2_of(asked)
    assert sent["clientSecret"] == CLIENT_SECRET
    assert len(base64.b64decode(sent["responseEncryptionKey"])) == 97
    assert len(decrypt(bytes(asked.encrypted_private_key))) == 48
    stored = SignInRequest.objects.get(pk=asked.pk)
    assert bytes(stored.encrypted_private_key) == bytes(asked.encrypted_private_key)


@pytest.mark.parametrize(
    ("new", "legacy", "capabilities", "flow", "reason"),
    [
        (True, True, ["AUTH", "AUTH2"], "new", ""),
        (True, False, ["AUTH", "AUTH2"], "new", ""),
        (False, True, ["AUTH", "AUTH2"], "legacy", ""),
        (True, True, ["AUTH"], "legacy", ""),
        (True, False, ["AUTH"], "", Reason.FLOW_NOT_ALLOWED),
        (False, True, ["AUTH2"], "", Reason.FLOW_NOT_ALLOWED),
        (True, True, ["LIST", "TIME"], "", Reason.DEVICE_CANNOT_SIGN_IN),
        (True, True, [], "", Reason.DEVICE_CANNOT_SIGN_IN),
    ],
)
def test_device_and_business_choose_the_flow(
    new: bool, legacy: bool, capabilities: list[str], flow: str, reason: str
) -> None:
    at = conversation(business(allows_new_flow=new, allows_legacy_flow=legacy), capabilities=capabilities)
    asked = sign_in(at)
    assert (asked.flow, asked.reason) == (flow, reason)
    assert (asked.state == State.UNSUPPORTED) is (flow == "")


def test_what_no_device_can_do_is_stored_as_ended_and_announced() -> None:
    at = conversation(business(webhook_url="https://crm.example.com/hooks"), capabilities=[])
    asked = sign_in(at, now=NOW)
    assert (asked.state, asked.ended_at) == (State.UNSUPPORTED, NOW)
    assert not OutboundMessage.objects.exists()
    assert WebhookDelivery.objects.get().event == "sign_in.ended"
    assert list(SignInStep.objects.values_list("step", flat=True)) == ["created", "unsupported"]
    assert jobs() == ["deliver_webhook"]


def test_capabilities_are_those_that_are_stored_not_those_that_were_read() -> None:
    at = conversation()
    Conversation.objects.update(capabilities=[])
    assert sign_in(at).state == State.UNSUPPORTED


def test_scopes_that_are_asked_for_replace_those_of_the_business() -> None:
    asked = sign_in(scopes="openid email")
    assert asked.scopes == "openid email"
    assert oauth2_of(asked)["scope"] == ["openid", "email"]


def test_a_closed_conversation_is_refused() -> None:
    at = conversation()
    Conversation.objects.update(closed_at=timezone.now())
    with pytest.raises(sign_ins.ConversationClosed):
        sign_in(at)
    assert not SignInRequest.objects.exists()


def test_a_business_that_is_turned_off_is_refused() -> None:
    with pytest.raises(sign_ins.BusinessInactive):
        sign_in(conversation(business(is_active=False)))


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_business_of_the_sandbox_is_there_only_with_the_sandbox(settings: Settings, sandbox: bool) -> None:
    settings.SANDBOX = sandbox
    at = conversation(business(is_sandbox=True))
    if sandbox:
        assert sign_in(at).state == State.CREATED
    else:
        with pytest.raises(sign_ins.BusinessInactive):
            sign_in(at)


def test_a_business_that_lacks_what_the_message_needs_is_refused_and_nothing_stays() -> None:
    at = conversation(
        business(allows_legacy_flow=True, encrypted_client_secret=b"", request_title=""), capabilities=["AUTH"]
    )
    with pytest.raises(sign_ins.BusinessInactive) as refused:
        sign_in(at)
    assert refused.value.__cause__ is None
    assert not SignInRequest.objects.exists()
    assert jobs() == []


class TestIdempotency:
    def test_the_same_key_gives_the_same_request(self) -> None:
        at, crm = conversation(), asker()
        given: dict[str, Any] = {"asked_by": crm, "idempotency_key": "k1", "idempotency_checksum": "a" * 64}
        first = sign_in(at, **given)
        assert sign_in(at, **given).pk == first.pk
        assert SignInRequest.objects.count() == OutboundMessage.objects.count() == 1

    def test_the_request_is_given_back_though_it_ended_and_the_conversation_was_closed(self) -> None:
        at, crm = conversation(), asker()
        given: dict[str, Any] = {"asked_by": crm, "idempotency_key": "k1", "idempotency_checksum": "a" * 64}
        first = sign_in(at, **given)
        sign_ins.end(sign_in_id=first.pk, state=State.CANCELLED, reason=Reason.CONVERSATION_CLOSED, now=timezone.now())
        Conversation.objects.update(closed_at=timezone.now())
        again = sign_in(at, **given)
        assert (again.pk, again.state) == (first.pk, State.CANCELLED)

    def test_the_same_key_with_something_else_is_a_mistake(self) -> None:
        at, crm = conversation(), asker()
        sign_in(at, asked_by=crm, idempotency_key="k1", idempotency_checksum="a" * 64)
        with pytest.raises(sign_ins.IdempotencyConflict):
            sign_in(at, asked_by=crm, idempotency_key="k1", idempotency_checksum="b" * 64)

    def test_keys_are_each_client_s_own(self) -> None:
        at = conversation()
        given: dict[str, Any] = {"idempotency_key": "k1", "idempotency_checksum": "a" * 64}
        requests = {sign_in(at, asked_by=asker(name), **given).pk for name in ("crm", "bot")}
        assert len(requests) == 2

    def test_without_a_key_every_request_is_a_new_one(self) -> None:
        at, crm = conversation(), asker()
        assert sign_in(at, asked_by=crm).pk != sign_in(at, asked_by=crm).pk

    def test_a_key_of_nobody_counts_for_nothing(self) -> None:
        at = conversation()
        given: dict[str, Any] = {"idempotency_key": "k1", "idempotency_checksum": "a" * 64}
        assert sign_in(at, **given).pk != sign_in(at, **given).pk


def test_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    at = conversation(business(client=apple_client()))
    sign_in(at)
    with django_assert_num_queries(QUERIES):
        sign_in(at)
