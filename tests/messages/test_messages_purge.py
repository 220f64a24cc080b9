"""What is kept, and for how long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from authenticate_app.messages import purge
from authenticate_app.messages.models import (
    Business,
    Conversation,
    InboundMessage,
    OutboundMessage,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from tests.messages import world

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MESSAGES = NOW - settings.MESSAGE_RETENTION
SIGN_INS = NOW - settings.SIGN_IN_RETENTION
SECOND = timedelta(seconds=1)


def inbound(business: Business, at: datetime, **fields: Any) -> InboundMessage:
    return InboundMessage.objects.create(
        business=business, message_id=str(at), customer_id="c", body=b"{}", received_at=at, **fields
    )


def test_messages_in() -> None:
    business = world.business()
    inbound(business, MESSAGES - 2 * SECOND)
    inbound(business, MESSAGES - SECOND, processed_at=MESSAGES)
    kept = inbound(business, MESSAGES + SECOND)
    assert purge.purge_inbound_messages(NOW) == 2
    assert list(InboundMessage.objects.all()) == [kept]
    assert purge.purge_inbound_messages(NOW) == 0


def test_messages_in_go_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    business = world.business()
    for number in range(8):
        inbound(business, MESSAGES - (8 - number) * SECOND)
    inbound(business, NOW)
    assert purge.purge_inbound_messages(NOW) == 8
    assert InboundMessage.objects.count() == 1


def test_messages_out() -> None:
    at = world.conversation()
    for number, created in enumerate((MESSAGES - SECOND, MESSAGES + SECOND)):
        OutboundMessage.objects.create(conversation=at, created_at=created, give_up_at=created, last_answer=str(number))
    assert purge.purge_outbound_messages(NOW) == 1
    assert OutboundMessage.objects.get().last_answer == "1"


def test_webhooks() -> None:
    business = world.business()
    for created in (MESSAGES - SECOND, MESSAGES + SECOND):
        WebhookDelivery.objects.create(business=business, event="x", payload={}, created_at=created)
    assert purge.purge_webhooks(NOW) == 1
    assert WebhookDelivery.objects.get().created_at == MESSAGES + SECOND


def test_sign_ins_that_have_ended() -> None:
    at = world.conversation()
    old, kept, is_open = (world.sign_in(at, now=NOW) for _ in range(3))
    ended = {"state": SignInRequest.State.FAILED, "ended_at": NOW}
    SignInRequest.objects.filter(pk__in=[old.pk, is_open.pk]).update(created_at=SIGN_INS - SECOND)
    SignInRequest.objects.filter(pk__in=[old.pk, kept.pk]).update(**ended)
    purge.purge_sign_ins(NOW)
    assert set(SignInRequest.objects.all()) == {kept, is_open}


def test_conversations_in_which_nothing_happens() -> None:
    business = world.business()

    def conversation(name: str, **fields: Any) -> Conversation:
        return world.conversation(business, customer_id=name, **{"created_at": SIGN_INS - SECOND, **fields})

    conversation("quiet")
    conversation("quiet since then", last_message_at=SIGN_INS - SECOND)
    conversation("young", created_at=SIGN_INS + SECOND)
    conversation("lively", last_message_at=SIGN_INS + SECOND)
    world.sign_in(conversation("with a sign-in"))
    assert purge.purge_conversations(NOW) == 2
    names = set(Conversation.objects.values_list("customer_id", flat=True))
    assert names == {"young", "lively", "with a sign-in"}


def test_all_of_them_are_housekeeping() -> None:
    steps: list[Callable[..., int]] = [import_string(path) for path in settings.HOUSEKEEPING]
    assert {step for name, step in vars(purge).items() if name.startswith("purge_")} <= set(steps)


def test_claims_are_forgotten_once_they_are_no_longer_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    at = world.conversation()
    for seconds in (-3, -2, -1, 1):
        SignInResult.objects.create(
            sign_in=world.sign_in(at),
            issuer="https://chat.example.com",
            subject=str(seconds),
            claims={"email": "john@example.com"},
            valid_until=NOW + seconds * SECOND,
        )
    assert purge.forget_claims(NOW) == 3
    assert {result.subject: bool(result.claims) for result in SignInResult.objects.all()} == {
        "-3": False,
        "-2": False,
        "-1": False,
        "1": True,
    }
    assert purge.forget_claims(NOW) == 0
