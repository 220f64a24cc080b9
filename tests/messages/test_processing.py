"""What becomes of a message that a customer sent."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import large_replies, legacy_tokens, processing, sign_ins
from authenticate_app.messages.models import (
    Conversation,
    InboundMessage,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from authenticate_app.messages.reasons import CallbackError, Reason
from tests.messages.apple import text
from tests.messages.inbound import failure, process, received, reply, sealed
from tests.messages.world import business, conversation, identity, sign_in, state_of

pytestmark = pytest.mark.django_db

State = SignInRequest.State
ASKED = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
WEBHOOK = "https://crm.example.com/hooks"
AUTHENTICATION = "com.apple.icloud.messages.business.authentication.error"
QUERIES_OF_A_TEXT = 10
QUERIES_OF_A_REPLY = 19


def after(seconds: float) -> datetime:
    return ASKED + timedelta(seconds=seconds)


@pytest.fixture
def at() -> Conversation:
    return conversation(business(webhook_url=WEBHOOK, allows_legacy_flow=True), now=ASKED)


@pytest.fixture
def legacy(at: Conversation) -> SignInRequest:
    Conversation.objects.update(capabilities=["AUTH"])
    return sign_in(at, now=ASKED)


def outcome(request: SignInRequest) -> tuple[str, str]:
    request.refresh_from_db()
    return request.state, request.reason


def handed_on() -> list[dict[str, Any]]:
    found = WebhookDelivery.objects.filter(event="message.received").order_by("created_at")
    return [payload["data"] for payload in found.values_list("payload", flat=True)]


def come_back(request: SignInRequest, seconds: float) -> None:
    claimed = sign_ins.consume_state(unverified_state=state_of(request), now=after(seconds))
    sign_ins.store_identity(sign_in=claimed, identity=identity(), now=after(seconds))


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


class TestReplies:
    """New flow: ``success``, ``failure``, ``cancel``."""

    def test_success_after_the_callback(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        process(at, reply(request, "success"), now=after(21))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_success_before_the_callback(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "success"), now=after(20))
        assert outcome(request) == (State.CREATED, "")
        come_back(request, 21)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_it_counts_from_when_it_was_received(self, at: Conversation) -> None:
        """A worker that was away for an hour changes nothing."""
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        stored = received(at, reply(request, "SUCCESS"), now=after(179))
        assert sign_ins.settle(sign_in_id=request.pk, now=after(1000)) is not None
        processing.process(inbound_id=stored.pk, now=after(1000))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    @pytest.mark.parametrize("error", CallbackError)
    def test_failure_with_a_number_of_our_callback(self, at: Conversation, error: CallbackError) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "failure", error_code=int(error)), now=after(20))
        state = State.CANCELLED if error is CallbackError.CONSENT_REFUSED else State.FAILED
        assert outcome(request) == (state, error.reason)

    @pytest.mark.parametrize("number", [None, 0, 999, "not a number", True, 10**30])
    def test_failure_with_any_other_number(self, at: Conversation, number: object) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "failure", error_code=number), now=after(20))
        assert outcome(request) == (State.FAILED, Reason.PHONE_FAILED)

    @pytest.mark.parametrize(
        ("number", "reason"),
        [(None, Reason.PHONE_CANCELLED), (99, Reason.PHONE_CANCELLED), (4, Reason.CONSENT_REFUSED)],
    )
    def test_cancel(self, at: Conversation, number: int | None, reason: Reason) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, "cancel", error_code=number), now=after(20))
        assert outcome(request) == (State.CANCELLED, reason)

    @pytest.mark.parametrize("status", ["failure", "cancel"])
    def test_whoever_signed_in_is_forgotten_when_the_phone_says_no(self, at: Conversation, status: str) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        process(at, reply(request, status), now=after(21))
        assert outcome(request)[0] in {State.FAILED, State.CANCELLED}
        assert not SignInResult.objects.exists()

    @pytest.mark.parametrize("status", ["authenticated", "maybe", "", None, 5])
    def test_anything_else(self, at: Conversation, status: Any) -> None:
        request = sign_in(at, now=ASKED)
        process(at, reply(request, status, token="AAAA"), now=after(20))
        assert outcome(request) == (State.FAILED, Reason.REPLY_UNEXPECTED)

    def test_the_same_reply_under_another_id(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        for seconds in (21, 22):
            process(at, reply(request, "success"), now=after(seconds))
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert handed_on() == []

    @pytest.mark.parametrize(("first", "then"), [("cancel", "success"), ("success", "cancel"), ("failure", "cancel")])
    def test_the_first_final_answer_counts(self, at: Conversation, first: str, then: str) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        process(at, reply(request, first), now=after(21))
        ended = outcome(request)
        process(at, reply(request, then), now=after(22))
        assert outcome(request) == ended
        assert WebhookDelivery.objects.filter(event="sign_in.ended").count() == 1

    def test_a_reply_to_an_older_request(self, at: Conversation) -> None:
        older, newer = sign_in(at, now=ASKED), sign_in(at, now=after(1))
        come_back(newer, 20)
        process(at, reply(older, "success"), now=after(21))
        assert outcome(newer) == (State.OPENED, "")
        process(at, reply(newer, "success"), now=after(22))
        assert outcome(newer) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert outcome(older) == (State.CREATED, "")

    def test_a_reply_to_somebody_else_s_request_does_nothing_and_is_audited(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        stranger = conversation(at.business, customer_id="urn:mbid:stranger")
        for status in ("success", "cancel", "failure"):
            process(stranger, reply(request, status), now=after(21))
        assert outcome(request) == (State.OPENED, "")
        events = AuditEvent.objects.filter(event="messages_reply_refused", object_id=str(request.pk))
        assert events.count() == 3
        assert handed_on() == []

    def test_nor_does_one_at_another_business(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        elsewhere = conversation(business(business_id="other", client=at.business.client), customer_id=at.customer_id)
        process(elsewhere, reply(request, "cancel"), now=after(21))
        assert outcome(request) == (State.CREATED, "")

    def test_after_the_business_cancelled(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        cancelled = {"state": State.CANCELLED, "reason": Reason.CANCELLED_BY_ASKER, "now": after(21)}
        sign_ins.end(sign_in_id=request.pk, **cancelled)  # type: ignore[arg-type]
        process(at, reply(request, "success"), now=after(22))
        assert outcome(request) == (State.CANCELLED, Reason.CANCELLED_BY_ASKER)

    def test_after_the_customer_closed_the_conversation(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        process(at, text(type="close"), now=after(21))
        process(at, reply(request, "success"), now=after(22))
        assert outcome(request) == (State.CANCELLED, Reason.CONVERSATION_CLOSED)

    def test_after_the_time_is_over(self, at: Conversation) -> None:
        request = sign_in(at, now=ASKED)
        come_back(request, 20)
        process(at, reply(request, "success"), now=after(180))
        sign_ins.settle(sign_in_id=request.pk, now=after(181))
        assert outcome(request) == (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)

    def test_worth_is_counted(self, at: Conversation, django_capture_on_commit_callbacks: Any) -> None:
        request = sign_in(at, now=ASKED)
        name = "chatauth_messages_replies_total"
        counts = [REGISTRY.get_sample_value(name, {"worth": worth}) or 0 for worth in ("cancellation", "late")]
        with django_capture_on_commit_callbacks(execute=True):
            process(at, reply(request, "cancel"), now=after(20))
            process(at, reply(request, "cancel"), now=after(21))
        for worth, before in zip(("cancellation", "late"), counts, strict=True):
            assert REGISTRY.get_sample_value(name, {"worth": worth}) == before + 1


class TestLegacyReplies:
    @pytest.mark.parametrize(
        ("domain", "code", "reason"),
        [
            (AUTHENTICATION, 0, Reason.REDIRECT_WITHOUT_CODE),
            (AUTHENTICATION, 2, Reason.TOKEN_MISSING),
            ("com.apple.icloud.messages.business.cryptor", 4, Reason.ENCRYPTION_FAILED),
            ("NSURLErrorDomain", -1009, Reason.PHONE_OFFLINE),
            ("NSCocoaErrorDomain", 3840, Reason.TOKEN_ANSWER_NOT_JSON),
            ("com.example.new", 1, Reason.PHONE_FAILED),
        ],
    )
    def test_errors(self, legacy: SignInRequest, domain: str, code: int, reason: Reason) -> None:
        process(legacy.conversation, reply(legacy, "failed", **failure(domain, code)), now=after(20))
        assert outcome(legacy) == (State.FAILED, reason)
        last = legacy.steps.last()
        assert last is not None
        assert last.detail == f"{domain} {code}"

    def test_no_text_of_the_phone_is_kept(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "failed", **failure("john@example.com <b>", 7)), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.PHONE_FAILED)
        assert not legacy.steps.filter(detail__contains="john").exists()

    def test_failed_without_errors(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "Failed"), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.PHONE_FAILED)

    def test_success_is_no_word_of_the_legacy_flow(self, legacy: SignInRequest) -> None:
        process(legacy.conversation, reply(legacy, "success"), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.REPLY_UNEXPECTED)

    @pytest.mark.parametrize("token", ["", "AAAA", "no base64", "A" * 200, None])
    def test_what_can_not_be_decrypted(self, legacy: SignInRequest, token: str | None) -> None:
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.DECRYPTION_FAILED)

    def test_a_token_encrypted_for_another_request(self, legacy: SignInRequest) -> None:
        other = sign_in(legacy.conversation, now=ASKED)
        token = sealed(other, "an access token")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.DECRYPTION_FAILED)

    def test_a_token_that_the_provider_does_not_vouch_for(self, legacy: SignInRequest) -> None:
        token = sealed(legacy, "A-token-that-nobody-issued")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.TOKEN_INACTIVE)


class Checks:
    """A provider that is asked for tokens, and answers as a test wants."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, *, unverified_access_token: str, **_: object) -> Any:
        self.asked.append(unverified_access_token)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestTokens:
    def test_a_good_one_signs_in(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        checks = Checks(identity(token_checksum="a" * 64))
        monkeypatch.setattr(legacy_tokens, "check_token", checks)
        token = sealed(legacy, "an access token")
        process(legacy.conversation, reply(legacy, "Authenticated", token=token), now=after(20))
        assert checks.asked == ["an access token"]
        assert outcome(legacy) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert SignInResult.objects.get().token_checksum == "a" * 64
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(21))
        assert checks.asked == ["an access token"]

    def test_one_that_is_not_accepted(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = legacy_tokens.TokenNotAccepted(Reason.TOKEN_SCOPE, "missing: email")
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(refused))
        token = sealed(legacy, "an access token")
        process(legacy.conversation, reply(legacy, "authenticated", token=token), now=after(20))
        assert outcome(legacy) == (State.FAILED, Reason.TOKEN_SCOPE)

    def test_a_provider_that_is_away_is_asked_again_in_time(
        self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = legacy_tokens.TokenNotAccepted(Reason.PROVIDER_UNAVAILABLE)
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(away, away, identity(token_checksum="a" * 64)))
        message = reply(legacy, "authenticated", token=sealed(legacy, "an access token"))
        stored = received(legacy.conversation, message, now=after(20))
        for seconds in (20, 23):
            assert processing.process(inbound_id=stored.pk, now=after(seconds)) == processing.PAUSE
            assert outcome(legacy) == (State.CREATED, "")
        assert processing.process(inbound_id=stored.pk, now=after(26)) is None
        assert outcome(legacy) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_but_not_for_ever(self, legacy: SignInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        away = legacy_tokens.TokenNotAccepted(Reason.PROVIDER_UNAVAILABLE)
        monkeypatch.setattr(legacy_tokens, "check_token", Checks(away))
        message = reply(legacy, "authenticated", token=sealed(legacy, "an access token"))
        stored = received(legacy.conversation, message, now=after(20))
        assert processing.process(inbound_id=stored.pk, now=after(180)) is None
        assert outcome(legacy) == (State.FAILED, Reason.PROVIDER_UNAVAILABLE)


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
        come_back(request, 20)
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
    come_back(request, 20)
    stored = received(at, reply(request, "success"), now=after(21))
    with django_assert_num_queries(QUERIES_OF_A_REPLY):
        processing.process(inbound_id=stored.pk, now=after(21))
    assert InboundMessage.objects.get().processed_at is not None
