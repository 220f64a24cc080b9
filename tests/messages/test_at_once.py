"""What happens when things arrive at the same moment, each over a connection of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from authenticate_app.messages import processing, sign_ins
from authenticate_app.messages.models import (
    Conversation,
    InboundMessage,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from authenticate_app.messages.reasons import Reason
from tests.messages.apple import text
from tests.messages.inbound import received, reply
from tests.messages.invariants import check
from tests.messages.story import (
    ASKED,
    WEBHOOK,
    after,
    asked,
    asked_in_legacy_flow,
    come_back,
    confirm,
    end,
    identify,
    outcome,
    settle,
)
from tests.messages.world import business, conversation, sign_in
from tests.tokens import store_integration

pytestmark = pytest.mark.django_db(transaction=True)

State = SignInRequest.State
AT_ONCE = 6
ROUNDS = 4
"""Two that race do not meet each time."""


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Do all of it at the same moment; answers what each returned or raised."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return act()
        except (sign_ins.StateRefused, sign_ins.ConversationClosed) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def several(first: SignInRequest) -> Iterator[SignInRequest]:
    """The request, and more of its kind, one after the other."""
    yield first
    for _ in range(ROUNDS - 1):
        yield sign_in(first.conversation, now=ASKED)


def told(event: str) -> int:
    return WebhookDelivery.objects.filter(event=event).count()


def processing_of(message: InboundMessage, now: datetime) -> Callable[[], object]:
    return partial(processing.process, inbound_id=message.pk, now=now)


def test_of_many_with_one_state_exactly_one_gets_past() -> None:
    for request in several(asked()):
        answers = at_once([partial(come_back, request, 20)] * AT_ONCE)
        refused = [answer for answer in answers if isinstance(answer, sign_ins.StateRefused)]
        assert [refusal.reason for refusal in refused] == [Reason.STATE_USED] * (AT_ONCE - 1)
        check(request)


def test_the_same_message_processed_by_many_workers() -> None:
    request = asked()
    come_back(request, 20)
    identify(request, 21)
    stored_reply = received(request.conversation, reply(request, "success"), now=after(22))
    stored_text = received(request.conversation, text(), now=after(22))
    for message in (stored_reply, stored_text):
        at_once([processing_of(message, after(23))] * AT_ONCE)
    assert check(request)["state"] == State.SUCCEEDED
    assert told("message.received") == 1


def test_the_same_reply_under_many_ids() -> None:
    request = asked()
    come_back(request, 20)
    identify(request, 21)
    inbound = [received(request.conversation, reply(request, "success"), now=after(22)) for _ in range(AT_ONCE)]
    at_once([processing_of(message, after(23)) for message in inbound])
    assert check(request)["state"] == State.SUCCEEDED
    assert not InboundMessage.objects.filter(processed_at=None).exists()
    assert told("message.received") == 0


def test_the_first_messages_of_a_conversation() -> None:
    unsaved = Conversation(business=business(webhook_url=WEBHOOK), customer_id="urn:mbid:new")
    inbound = [received(unsaved, text(), now=after(number)) for number in range(AT_ONCE)]
    at_once([processing_of(message, after(9)) for message in inbound])
    assert Conversation.objects.get().last_message_at == after(AT_ONCE - 1)
    assert told("message.received") == AT_ONCE


def test_reply_and_exchange_at_the_same_moment() -> None:
    """Neither waits for the other, and whichever is second finds the first."""
    for request in several(asked()):
        come_back(request, 20)
        at_once([partial(identify, request, 21), partial(confirm, request, 21)] * 2)
        row = check(request)
        assert (row["state"], row["reason"]) == (State.SUCCEEDED, Reason.SIGNED_IN)


ENDINGS: dict[str, Callable[[SignInRequest], object]] = {
    "cancelled": lambda request: end(request, 22, State.CANCELLED),
    "closed": lambda request: sign_ins.cancel_open(
        conversation=request.conversation, reason=Reason.CONVERSATION_CLOSED, now=after(22)
    ),
    "timed out": lambda request: settle(request, 180),
    "failed": lambda request: end(request, 22),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_success_and_another_end_at_the_same_moment(ending: str) -> None:
    for request in several(asked()):
        come_back(request, 20)
        identify(request, 21)
        at_once([partial(confirm, request, 22), partial(ENDINGS[ending], request)] * 2)
        assert check(request)["ended_at"] is not None


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_exchange_and_another_end_at_the_same_moment(ending: str) -> None:
    for request in several(asked()):
        come_back(request, 20)
        confirm(request, 21)
        at_once([partial(identify, request, 22), partial(ENDINGS[ending], request)] * 2)
        assert check(request)["ended_at"] is not None


def test_many_ends_at_the_same_moment() -> None:
    for request in several(asked_in_legacy_flow()):
        at_once([partial(act, request) for act in ENDINGS.values()])
        assert check(request)["state"] in {State.CANCELLED, State.FAILED, State.TIMED_OUT}


def test_one_token_for_two_requests() -> None:
    first = asked_in_legacy_flow()
    second = sign_in(first.conversation, now=ASKED)
    pair = (first, second)
    at_once([partial(identify, request, 20, token_checksum="a" * 64) for request in pair])
    for request in pair:
        check(request)
    assert sorted(outcome(request) for request in pair) == [
        (State.FAILED, Reason.TOKEN_REPLAYED),
        (State.SUCCEEDED, Reason.SIGNED_IN),
    ]
    assert SignInResult.objects.count() == 1


def test_one_idempotency_key_used_by_many() -> None:
    at_business = business(webhook_url=WEBHOOK)
    asker = store_integration(None)
    key: dict[str, Any] = {"asked_by": asker, "idempotency_key": "k", "idempotency_checksum": "a" * 64, "now": ASKED}
    places = [conversation(at_business, now=ASKED, customer_id=f"urn:mbid:{number % 2}") for number in range(2)]
    answers = at_once([partial(sign_in, place, **key) for place in places * 3])
    assert len({answer.pk for answer in answers if isinstance(answer, SignInRequest)}) == 1
    check(SignInRequest.objects.get())


def test_asking_while_the_customer_closes_the_conversation() -> None:
    at = conversation(business(webhook_url=WEBHOOK), now=ASKED)
    close = received(at, text(type="close"), now=after(1))
    answers = at_once([processing_of(close, after(2)), *[partial(sign_in, at, now=after(1))] * 3])
    assert Conversation.objects.get().closed_at == after(1)
    begun = [answer for answer in answers if isinstance(answer, SignInRequest)]
    assert len(begun) + sum(isinstance(answer, sign_ins.ConversationClosed) for answer in answers) == 3
    for request in begun:
        assert check(request)["reason"] == Reason.CONVERSATION_CLOSED


def test_two_requests_in_one_conversation_answered_crosswise() -> None:
    first = asked()
    second = sign_in(first.conversation, now=ASKED)
    for request in (first, second):
        come_back(request, 20)
    replies = [
        received(request.conversation, reply(request, status), now=after(21))
        for request, status in ((first, "success"), (second, "cancel"))
    ]
    at_once(
        [
            *[processing_of(message, after(21)) for message in replies],
            *[partial(identify, request, 21) for request in (first, second)],
        ]
    )
    assert check(first)["reason"] == Reason.SIGNED_IN
    assert check(second)["reason"] == Reason.PHONE_CANCELLED
