"""What becomes of a message that a customer sent."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from authenticate_app.messages import large_replies, processing
from authenticate_app.messages.models import Conversation, InboundMessage, SignInRequest, WebhookDelivery
from authenticate_app.messages.places import Places
from authenticate_app.messages.reasons import Reason
from tests.messages.apple import text
from tests.messages.inbound import at, handed_on, process, received, reply
from tests.messages.story import ASKED, after, outcome, signed_in
from tests.messages.world import business, conversation, sign_in

__all__ = ["at"]

pytestmark = pytest.mark.django_db

State = SignInRequest.State
QUERIES_OF_A_TEXT = 10
QUERIES_OF_A_REPLY = 19


class TestHandingOn:
    """Customers' messages are never swallowed."""

    @pytest.mark.parametrize("kind", ["text", "typing_start", "typing_end", "close", "interactive", "somethingNew"])
    def test_whatever_is_not_ours(self, at: Conversation, kind: str) -> None:
        message = text(type=kind, body="Hello \U0001f44b")
        stored = process(at, message, now=after(1))
        assert stored.processed_at == after(1)
        (told,) = handed_on()
        assert told["conversation"] == str(at.pk)
        assert told["customer"] == at.customer_id
        assert told["business"] == "vision-business"
        assert told["message"] == json.loads(bytes(stored.body))
        assert datetime.fromisoformat(told["received_at"]) == after(1)

    def test_once(self, at: Conversation) -> None:
        stored = process(at, text(), now=after(1))
        processing.process(inbound_id=stored.pk, now=after(2))
        assert len(handed_on()) == 1
        stored.refresh_from_db()
        assert stored.processed_at == after(1)

    def test_a_reply_to_a_request_that_is_not_ours(self, at: Conversation) -> None:
        process(at, reply(uuid.uuid4(), "success"), now=after(1))
        assert len(handed_on()) == 1

    def test_not_a_reply_to_ours(self, at: Conversation) -> None:
        process(at, reply(sign_in(at, now=ASKED), "success"), now=after(1))
        assert handed_on() == []

    def test_nothing_where_nobody_wants_it(self) -> None:
        at = conversation(business())
        stored = process(at, text(), now=after(1))
        assert stored.processed_at is not None
        assert not WebhookDelivery.objects.exists()

    def test_what_json_may_hold_and_the_database_may_not(self, at: Conversation) -> None:
        process(at, text(body="a\0b"), now=after(1))
        assert handed_on()[0]["message"]["body"] == "a\N{SYMBOL FOR NULL}b"

    def test_what_can_not_be_read_holds_up_nobody(self, at: Conversation) -> None:
        stored = process(at, text(), now=after(1), body=b"{")
        assert stored.processed_at == after(1)

    def test_a_message_that_is_gone(self) -> None:
        assert processing.process(inbound_id=1, now=ASKED) is None


class TestConversation:
    def test_the_first_message_begins_it(self) -> None:
        at_business = business()
        unsaved = Conversation(business=at_business, customer_id="urn:mbid:new")
        process(unsaved, text(), now=after(1), capabilities="auth2, List,,AUTH2")
        begun = Conversation.objects.get(customer_id="urn:mbid:new")
        assert begun.capabilities == ["AUTH2", "LIST"]
        assert (begun.capabilities_at, begun.last_message_at, begun.created_at) == (after(1),) * 3

    def test_the_newest_capabilities_count_in_whatever_order_they_come(self, at: Conversation) -> None:
        process(at, text(), now=after(10), capabilities="AUTH")
        process(at, text(), now=after(5), capabilities="AUTH,AUTH2")
        at.refresh_from_db()
        assert (at.capabilities, at.capabilities_at, at.last_message_at) == (["AUTH"], after(10), after(10))

    def test_no_capabilities_say_nothing(self, at: Conversation) -> None:
        process(at, text(), now=after(10), capabilities="")
        at.refresh_from_db()
        assert (at.capabilities, at.capabilities_at) == (["AUTH", "AUTH2", "LIST"], after(-60))

    def test_closing_cancels_what_is_open(self, at: Conversation) -> None:
        first, second = sign_in(at, now=ASKED), sign_in(at, now=ASKED)
        process(at, text(type="close"), now=after(10))
        at.refresh_from_db()
        assert at.closed_at == after(10)
        assert outcome(first) == outcome(second) == (State.CANCELLED, Reason.CONVERSATION_CLOSED)

    @pytest.mark.parametrize("kind", ["text", "typing_start"])
    def test_a_later_message_opens_it_again(self, at: Conversation, kind: str) -> None:
        process(at, text(type="close"), now=after(10))
        process(at, text(type=kind), now=after(11))
        at.refresh_from_db()
        assert at.closed_at is None

    def test_an_earlier_one_that_is_processed_later_does_not(self, at: Conversation) -> None:
        process(at, text(type="close"), now=after(10))
        process(at, text(), now=after(9))
        at.refresh_from_db()
        assert at.closed_at == after(10)

    def test_a_close_before_the_latest_message_closes_nothing(self, at: Conversation) -> None:
        """It ends what was asked for before it."""
        before = sign_in(at, now=ASKED)
        process(at, text(), now=after(20))
        since = sign_in(at, now=after(21))
        process(at, text(type="close"), now=after(10))
        at.refresh_from_db()
        assert at.closed_at is None
        assert outcome(before) == (State.CANCELLED, Reason.CONVERSATION_CLOSED)
        assert outcome(since) == (State.CREATED, "")

    def test_a_close_that_comes_twice(self, at: Conversation) -> None:
        process(at, text(type="close"), now=after(10))
        process(at, text(type="close"), now=after(11))
        at.refresh_from_db()
        assert at.closed_at is not None


REFERENCE = {
    "url": "https://p01-content.icloud.com/MBAAA",
    "bid": "extension",
    "key": "00" + "ab" * 32,
    "signature": "81ff",
    "owner": "M0C0A0",
    "size": 33,
}


class TestLargeReplies:
    def fetching(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        monkeypatch.setattr(large_replies, "fetch_large_reply", lambda **_: answer())
        return text(type="interactive", interactiveDataRef=REFERENCE)

    def test_one_to_us(self, at: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        request = sign_in(at, now=ASKED)
        signed_in(request, 20)
        message = self.fetching(monkeypatch, lambda: dict(reply(request, "success")["interactiveData"]))
        process(at, message, now=after(21))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert handed_on() == []

    def test_any_other_is_handed_on_as_if_it_were_small(
        self, at: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        process(at, self.fetching(monkeypatch, lambda: {"data": {"listPicker": {}}}), now=after(21))
        (told,) = handed_on()
        assert told["message"]["interactiveData"] == {"data": {"listPicker": {}}}
        assert "interactiveDataRef" not in told["message"]

    def test_one_that_is_refused_is_handed_on_as_it_came(
        self, at: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        process(at, self.fetching(monkeypatch, refused), now=after(21))
        assert handed_on()[0]["message"]["interactiveDataRef"] == REFERENCE

    def test_the_gateway_is_asked_again_for_a_while(self, at: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        stored = received(at, self.fetching(monkeypatch, unavailable), now=after(20))
        assert processing.process(inbound_id=stored.pk, now=after(21)) == processing.PAUSE
        assert processing.process(inbound_id=stored.pk, now=after(79)) == processing.PAUSE
        assert handed_on() == []
        assert processing.process(inbound_id=stored.pk, now=after(80)) is None
        assert len(handed_on()) == 1

    def test_one_waits_while_the_business_has_no_place_left(
        self, at: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = self.fetching(monkeypatch, lambda: {"data": {}})
        stored, places = received(at, message, now=after(20)), Places(each=1)
        monkeypatch.setattr(processing, "large_replies_at_once", places)
        with places.taken_for(at.business_id):
            assert processing.process(inbound_id=stored.pk, now=after(120)) == processing.PAUSE
        assert handed_on() == []
        assert processing.process(inbound_id=stored.pk, now=after(123)) is None
        assert len(handed_on()) == 1


def refused() -> dict[str, Any]:
    raise large_replies.LargeReplyRefused(large_replies.Refusal.TOO_LARGE)


def unavailable() -> dict[str, Any]:
    raise large_replies.GatewayUnavailable


def test_queries_of_a_text(at: Conversation, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Conversation.objects.filter(pk=at.pk).update(capabilities_at=after(0))
    stored = received(at, text(), now=after(1))
    with django_assert_num_queries(QUERIES_OF_A_TEXT):
        processing.process(inbound_id=stored.pk, now=after(1))


def test_queries_of_a_reply(at: Conversation, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = sign_in(at, now=ASKED)
    signed_in(request, 20)
    stored = received(at, reply(request, "success"), now=after(21))
    with django_assert_num_queries(QUERIES_OF_A_REPLY):
        processing.process(inbound_id=stored.pk, now=after(21))
    assert InboundMessage.objects.get().processed_at is not None
