"""From being asked for to the end: every order in which things arrive."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import (
    Business,
    InboundMessage,
    OutboundMessage,
    SignInRequest,
    SignInResult,
    WebhookDelivery,
)
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.seldom import seldom
from tests.messages.world import business, conversation, identity, sign_in, state_of

pytestmark = pytest.mark.django_db

State = SignInRequest.State
ASKED = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
WEBHOOK = "https://crm.example.com/hooks"
UNSUCCESSFUL = (State.FAILED, State.CANCELLED, State.TIMED_OUT, State.UNSUPPORTED)
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_written_lately() -> None:
    seldom.clear()


def after(seconds: float) -> datetime:
    return ASKED + timedelta(seconds=seconds)


def asked(**fields: Any) -> SignInRequest:
    """Ask in the new flow, at a business with a webhook."""
    return sign_in(conversation(business(webhook_url=WEBHOOK, **fields), now=ASKED), now=ASKED)


def asked_in_legacy_flow(**fields: Any) -> SignInRequest:
    at = conversation(
        business(webhook_url=WEBHOOK, allows_legacy_flow=True, **fields), now=ASKED, capabilities=["AUTH"]
    )
    return sign_in(at, now=ASKED)


def stored(request: SignInRequest) -> Row:
    return dict(SignInRequest.objects.filter(pk=request.pk).values().get())


def outcome(request: SignInRequest) -> tuple[str, str]:
    row = stored(request)
    return row["state"], row["reason"]


def steps(request: SignInRequest) -> list[str]:
    return list(request.steps.values_list("step", flat=True))


def come_back(request: SignInRequest, seconds: float) -> SignInRequest:
    """The customer's browser comes to our callback."""
    return sign_ins.consume_state(unverified_state=state_of(request), now=after(seconds))


def identify(request: SignInRequest, seconds: float, **fields: Any) -> bool:
    return sign_ins.store_identity(sign_in=request, identity=identity(**fields), now=after(seconds))


def confirm(request: SignInRequest, seconds: float) -> None:
    sign_ins.confirm(sign_in_id=request.pk, now=after(seconds))


def settle(request: SignInRequest, seconds: float) -> timedelta | None:
    return sign_ins.settle(sign_in_id=request.pk, now=after(seconds))


def end(request: SignInRequest, seconds: float, state: State = State.FAILED) -> bool:
    return sign_ins.end(sign_in_id=request.pk, state=state, reason=Reason.PHONE_FAILED, now=after(seconds))


def succeed(request: SignInRequest) -> None:
    come_back(request, 20)
    identify(request, 21)
    confirm(request, 22)


def announcements(request: SignInRequest) -> list[dict[str, Any]]:
    found = WebhookDelivery.objects.filter(event="sign_in.ended").values_list("payload", flat=True)
    return [payload["data"] for payload in found if payload["data"]["id"] == str(request.pk)]


class TestOrders:
    """The end of section 6: whatever the order, one end, and the right one."""

    def test_callback_before_reply(self) -> None:
        request = asked()
        come_back(request, 20)
        assert identify(request, 21)
        assert outcome(request) == (State.OPENED, "")
        confirm(request, 22)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert steps(request) == ["created", "returned", "identified", "confirmed", "succeeded"]

    def test_reply_before_the_exchange_has_ended(self) -> None:
        request = asked()
        come_back(request, 20)
        confirm(request, 21)
        assert outcome(request) == (State.OPENED, "")
        assert identify(request, 25)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_reply_before_the_callback(self) -> None:
        request = asked()
        confirm(request, 20)
        come_back(request, 21)
        assert identify(request, 22)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_reply_without_callback(self) -> None:
        request = asked()
        confirm(request, 20)
        assert settle(request, 29) == timedelta(seconds=1)
        assert outcome(request) == (State.CREATED, "")
        assert settle(request, 30) is None
        assert outcome(request) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)

    def test_patience_with_the_callback_is_scheduled(self) -> None:
        request = asked()
        ProcrastinateJob.objects.all().delete()
        confirm(request, 20)
        (job,) = ProcrastinateJob.objects.all()
        assert (job.task_name, job.args) == ("settle_sign_in", {"sign_in_id": str(request.pk)})
        assert job.scheduled_at == after(30)

    def test_patience_ends_with_the_time_to_sign_in(self) -> None:
        request = asked()
        confirm(request, 175)
        assert settle(request, 179) == timedelta(seconds=1)
        settle(request, 180)
        assert outcome(request) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)

    def test_a_business_without_patience(self) -> None:
        request = asked(reply_grace=timedelta(0))
        confirm(request, 20)
        assert outcome(request) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)

    def test_a_callback_after_patience_has_ended_is_too_late(self) -> None:
        request = asked()
        come_back(request, 20)
        confirm(request, 21)
        settle(request, 31)
        assert not identify(request, 32)
        assert outcome(request) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)
        assert not SignInResult.objects.exists()

    def test_callback_without_reply_does_not_sign_anybody_in(self) -> None:
        request = asked()
        come_back(request, 20)
        identify(request, 21)
        assert settle(request, 179) == timedelta(seconds=1)
        settle(request, 180)
        assert outcome(request) == (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)
        assert not SignInResult.objects.exists()

    def test_callback_without_reply_at_a_business_that_trusts_it(self) -> None:
        request = asked(trusts_callback_alone=True)
        come_back(request, 20)
        assert identify(request, 21)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN_UNCONFIRMED)

    def test_neither(self) -> None:
        request = asked()
        sign_ins.mark_sent(sign_in_id=request.pk, now=after(1))
        settle(request, 180)
        assert outcome(request) == (State.TIMED_OUT, Reason.NO_REPLY)

    def test_a_message_that_was_never_sent(self) -> None:
        request = asked()
        settle(request, 180)
        assert outcome(request) == (State.FAILED, Reason.GATEWAY_UNAVAILABLE)

    def test_a_reply_after_the_time_is_over_confirms_nothing(self) -> None:
        request = asked()
        come_back(request, 20)
        identify(request, 21)
        confirm(request, 180)
        settle(request, 181)
        assert outcome(request) == (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)

    def test_an_exchange_that_ends_after_the_time_is_over_tells_nothing(self) -> None:
        request = asked()
        come_back(request, 20)
        confirm(request, 175)
        assert not identify(request, 180)
        settle(request, 180)
        assert outcome(request) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)

    def test_two_requests_in_one_conversation_do_not_meet(self) -> None:
        older = asked()
        newer = sign_in(older.conversation, now=after(5))
        come_back(older, 20)
        identify(older, 21)
        confirm(newer, 22)
        assert outcome(older) == (State.OPENED, "")
        assert outcome(newer) == (State.CREATED, "")
        confirm(older, 23)
        assert outcome(older) == (State.SUCCEEDED, Reason.SIGNED_IN)
        settle(newer, 40)
        assert outcome(newer) == (State.FAILED, Reason.SUCCESS_WITHOUT_CALLBACK)

    def test_the_same_reply_twice(self) -> None:
        request = asked()
        confirm(request, 20)
        confirm(request, 25)
        assert stored(request)["confirmed_at"] == after(20)
        assert steps(request).count("confirmed") == 1

    def test_ending_is_counted_from_the_later_half(self) -> None:
        """A reply is processed with the time at which it was received."""
        request = asked()
        come_back(request, 20)
        identify(request, 24)
        confirm(request, 22)
        assert stored(request)["ended_at"] == after(24)


class TestState:
    """The OAuth parameter that comes back to our callback."""

    def test_it_opens_the_request_and_is_good_once(self) -> None:
        request = asked()
        claimed = come_back(request, 20)
        assert (claimed.pk, claimed.state, claimed.opened_at) == (request.pk, State.OPENED, after(20))
        assert claimed.business.webhook_url == WEBHOOK
        assert refusal(lambda: come_back(request, 21)) is Reason.STATE_USED
        assert stored(request)["state_used_at"] == after(20)

    def test_being_used_twice_ends_nothing(self) -> None:
        request = asked()
        come_back(request, 20)
        refusal(lambda: come_back(request, 21))
        refusal(lambda: come_back(request, 22))
        assert steps(request) == ["created", "returned", "state-refused"]
        identify(request, 23)
        confirm(request, 24)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    @pytest.mark.parametrize("unknown", ["", "short", "A" * 32, "A" * 33, "ä" * 32, "A" * 31 + "\n", "\ud800" * 32])
    def test_unknown(self, unknown: str) -> None:
        asked()
        assert refusal(lambda: sign_ins.consume_state(unverified_state=unknown, now=after(1))) is Reason.STATE_UNKNOWN

    def test_expired(self) -> None:
        request = asked()
        assert refusal(lambda: come_back(request, 180)) is Reason.STATE_EXPIRED
        assert stored(request)["state_used_at"] is None

    def test_of_a_request_that_has_ended(self) -> None:
        request = asked()
        state = state_of(request)
        end(request, 10, State.CANCELLED)
        assert refusal(lambda: sign_ins.consume_state(unverified_state=state, now=after(11))) is Reason.STATE_EXPIRED

    def test_of_the_legacy_flow_which_has_no_callback(self) -> None:
        request = asked_in_legacy_flow()
        assert refusal(lambda: come_back(request, 20)) is Reason.STATE_UNKNOWN

    def test_without_it_no_identity_is_taken(self) -> None:
        request = asked()
        assert not identify(request, 21)
        assert not SignInResult.objects.exists()

    def test_refusals_are_counted_each_and_audited_seldom(self) -> None:
        request = asked()
        come_back(request, 20)
        name, labels = "chatauth_messages_states_refused_total", {"reason": "state-used"}
        before = REGISTRY.get_sample_value(name, labels) or 0
        for seconds in (21, 22, 23):
            refusal(lambda at=seconds: come_back(request, at))  # type: ignore[misc]
        assert REGISTRY.get_sample_value(name, labels) == before + 3
        event = AuditEvent.objects.get(event="messages_state_refused")
        assert (event.reason, event.object_id) == ("state-used", str(request.pk))


def refusal(act: Callable[[], object]) -> Reason:
    with pytest.raises(sign_ins.StateRefused) as refused:
        act()
    return refused.value.reason


class TestOpened:
    """The authorization request was seen."""

    def test_by_the_client_of_the_business(self) -> None:
        request = asked()
        sign_ins.mark_sent(sign_in_id=request.pk, now=after(1))
        for seconds in (10, 11):
            sign_ins.mark_opened(unverified_state=state_of(request), client_id="apple-new", now=after(seconds))
        assert stored(request)["opened_at"] is None
        client = request.business.client
        assert client is not None
        for seconds in (12, 13):
            sign_ins.mark_opened(
                unverified_state=state_of(request), client_id=str(client.client_id), now=after(seconds)
            )
        assert stored(request)["opened_at"] == after(12)
        assert outcome(request) == (State.OPENED, "")
        assert steps(request) == ["created", "sent", "opened"]

    def test_too_late(self) -> None:
        request = asked()
        assert request.business.client is not None
        client_id = str(request.business.client.client_id)
        sign_ins.mark_opened(unverified_state=state_of(request), client_id=client_id, now=after(180))
        assert stored(request)["opened_at"] is None

    def test_a_state_of_another_application_costs_no_query(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            sign_ins.mark_opened(unverified_state="af0ifjsldkj", client_id="web-1", now=ASKED)

    def test_one_that_looks_like_ours_costs_one(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            sign_ins.mark_opened(unverified_state="A" * 32, client_id="web-1", now=ASKED)


class TestSent:
    def test_once(self) -> None:
        request = asked()
        for seconds in (1, 2):
            sign_ins.mark_sent(sign_in_id=request.pk, now=after(seconds))
        assert stored(request)["sent_at"] == after(1)
        assert outcome(request) == (State.SENT, "")
        assert steps(request) == ["created", "sent"]

    def test_known_only_after_the_form_was_opened(self) -> None:
        request = asked()
        come_back(request, 1)
        sign_ins.mark_sent(sign_in_id=request.pk, now=after(2))
        assert outcome(request) == (State.OPENED, "")
        assert stored(request)["sent_at"] == after(2)


class TestResult:
    def test_what_is_kept(self) -> None:
        request = asked(validity=timedelta(hours=2))
        succeed(request)
        result = SignInResult.objects.get()
        assert (result.sign_in_id, result.subject) == (request.pk, identity().subject)
        assert result.claims == {"email": "john.smith@vision.com", "email_verified": True}
        assert result.valid_until == after(21) + timedelta(hours=2)
        assert result.is_verified

    def test_only_the_first_identity_counts(self) -> None:
        request = asked()
        come_back(request, 20)
        assert identify(request, 21)
        assert not identify(request, 22, subject="another")
        assert SignInResult.objects.get().subject == identity().subject

    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.TIMED_OUT])
    def test_it_goes_with_a_request_that_does_not_succeed(self, state: State) -> None:
        request = asked()
        come_back(request, 20)
        identify(request, 21)
        assert end(request, 22, state)
        assert not SignInResult.objects.exists()


class TestLegacyFlow:
    def test_the_token_comes_with_the_reply_and_confirms_it(self) -> None:
        request = asked_in_legacy_flow()
        assert identify(request, 20, token_checksum="a" * 64)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert stored(request)["confirmed_at"] == after(20)

    def test_a_token_is_good_for_one_request(self) -> None:
        first = asked_in_legacy_flow()
        second = sign_in(first.conversation, now=ASKED)
        assert identify(first, 20, token_checksum="a" * 64)
        assert not identify(second, 21, token_checksum="a" * 64)
        assert outcome(first) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert outcome(second) == (State.FAILED, Reason.TOKEN_REPLAYED)
        assert stored(second)["identified_at"] is None

    def test_the_same_reply_twice_is_no_replay(self) -> None:
        request = asked_in_legacy_flow()
        assert identify(request, 20, token_checksum="a" * 64)
        assert not identify(request, 21, token_checksum="a" * 64)
        assert outcome(request) == (State.SUCCEEDED, Reason.SIGNED_IN)

    def test_success_is_a_word_of_the_new_flow(self) -> None:
        request = asked_in_legacy_flow()
        confirm(request, 20)
        assert stored(request)["confirmed_at"] is None

    def test_an_unverified_identity_is_marked_as_such(self) -> None:
        request = asked_in_legacy_flow()
        identify(request, 20, token_checksum="a" * 64, is_verified=False)
        assert not SignInResult.objects.get().is_verified


class TestEnd:
    def test_the_private_key_is_wiped(self) -> None:
        request = asked_in_legacy_flow()
        assert bytes(stored(request)["encrypted_private_key"])
        end(request, 20)
        assert bytes(stored(request)["encrypted_private_key"]) == b""

    def test_the_private_key_is_wiped_on_success_too(self) -> None:
        request = asked_in_legacy_flow()
        identify(request, 20, token_checksum="a" * 64)
        assert bytes(stored(request)["encrypted_private_key"]) == b""

    def test_a_message_that_waits_is_withdrawn_with_its_secrets(self) -> None:
        request = asked_in_legacy_flow()
        end(request, 20)
        message = OutboundMessage.objects.get()
        assert (message.state, bytes(message.encrypted_body)) == (OutboundMessage.State.FAILED, b"")

    def test_it_is_announced_once_without_saying_who_it_was(self) -> None:
        request = asked()
        succeed(request)
        end(request, 23)
        settle(request, 999)
        (told,) = announcements(request)
        assert (told["state"], told["reason"]) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert (told["conversation"], told["business"]) == (str(request.conversation_id), "vision-business")
        assert "john.smith" not in str(WebhookDelivery.objects.get().payload)

    def test_it_is_audited_with_its_reason(self) -> None:
        failed = asked()
        succeeded = sign_in(failed.conversation, now=ASKED)
        end(failed, 20)
        succeed(succeeded)
        found = AuditEvent.objects.exclude(event="messages_sign_in_asked").order_by("id")
        assert list(found.values_list("event", "reason", "object_id")) == [
            ("messages_sign_in_ended", Reason.PHONE_FAILED, str(failed.pk)),
            ("messages_sign_in_succeeded", Reason.SIGNED_IN, str(succeeded.pk)),
        ]

    def test_it_is_counted(self, django_capture_on_commit_callbacks: Any) -> None:
        request = asked()
        ended, seconds = "chatauth_messages_sign_ins_ended_total", "chatauth_messages_sign_in_seconds_sum"
        labels = {"flow": "new", "state": "succeeded", "reason": "signed-in"}
        before = REGISTRY.get_sample_value(ended, labels) or 0
        took = REGISTRY.get_sample_value(seconds, {"flow": "new"}) or 0
        with django_capture_on_commit_callbacks(execute=True):
            succeed(request)
        assert REGISTRY.get_sample_value(ended, labels) == before + 1
        assert REGISTRY.get_sample_value(seconds, {"flow": "new"}) == took + 22

    def test_nobody_succeeds_by_word_alone(self) -> None:
        request = asked()
        for state in (State.SUCCEEDED, *SignInRequest.OPEN):
            with pytest.raises(ValueError, match="not ended so"):
                end(request, 20, state)
        assert outcome(request) == (State.CREATED, "")

    def test_a_detail_that_is_too_long_is_cut(self) -> None:
        request = asked()
        failed = {"state": State.FAILED, "reason": Reason.GATEWAY_REFUSED, "now": after(1)}
        sign_ins.end(sign_in_id=request.pk, detail="x" * 1000, **failed)  # type: ignore[arg-type]
        assert request.steps.last().detail == "x" * 300  # type: ignore[union-attr]

    def test_cancelling_a_conversation_ends_all_that_is_open(self) -> None:
        first = asked()
        second, done = sign_in(first.conversation, now=ASKED), sign_in(first.conversation, now=ASKED)
        other = sign_in(conversation(Business.objects.get(), customer_id="urn:mbid:other"), now=ASKED)
        succeed(done)
        sign_ins.cancel_open(conversation=first.conversation, reason=Reason.CONVERSATION_CLOSED, now=after(30))
        assert outcome(first) == outcome(second) == (State.CANCELLED, Reason.CONVERSATION_CLOSED)
        assert outcome(done) == (State.SUCCEEDED, Reason.SIGNED_IN)
        assert outcome(other) == (State.CREATED, "")


class TestSettling:
    def test_a_reply_that_came_in_time_and_waits_is_waited_for(self) -> None:
        request = asked()
        come_back(request, 20)
        identify(request, 21)
        waiting = received(request, 179)
        assert settle(request, 200) == sign_ins.REPLY_WAITS
        assert outcome(request) == (State.OPENED, "")
        waiting.processed_at = after(201)
        waiting.save()
        settle(request, 202)
        assert outcome(request) == (State.TIMED_OUT, Reason.PHONE_DID_NOT_CONFIRM)

    @pytest.mark.parametrize("seconds", [180, 181])
    def test_one_that_came_too_late_is_not(self, seconds: int) -> None:
        request = asked()
        received(request, seconds)
        settle(request, 200)
        assert outcome(request) == (State.FAILED, Reason.GATEWAY_UNAVAILABLE)

    def test_nor_one_of_another_customer(self) -> None:
        request = asked()
        received(request, 20, customer_id="urn:mbid:other")
        settle(request, 180)
        assert stored(request)["ended_at"] == after(180)

    def test_nor_for_ever(self) -> None:
        request = asked()
        received(request, 20)
        settle(request, 20 + 30 * 60)
        assert stored(request)["ended_at"] is not None

    def test_what_has_ended_or_is_gone_is_left_alone(self) -> None:
        request = asked()
        end(request, 20)
        before = stored(request)
        assert settle(request, 999) is None
        assert stored(request) == before
        request.delete()
        assert settle(request, 999) is None

    def test_too_early_it_says_when_to_come_again(self) -> None:
        assert settle(asked(), 100) == timedelta(seconds=80)


def received(request: SignInRequest, seconds: float, **fields: Any) -> InboundMessage:
    given = {
        "business_id": request.business_id,
        "customer_id": request.conversation.customer_id,
        "message_id": f"m{seconds}",
        "received_at": after(seconds),
        "body": b"{}",
        **fields,
    }
    return InboundMessage.objects.create(**given)


def everything(request: SignInRequest, state: str) -> list[Callable[[], object]]:
    """All that can happen to a request."""
    return [
        lambda: sign_ins.mark_sent(sign_in_id=request.pk, now=after(50)),
        lambda: sign_ins.mark_opened(
            unverified_state=state,
            client_id=str(request.business.client.client_id),  # type: ignore[union-attr]
            now=after(50),
        ),
        lambda: refusal(lambda: sign_ins.consume_state(unverified_state=state, now=after(50))),
        lambda: identify(request, 50, subject="another"),
        lambda: identify(request, 50, token_checksum="f" * 64),
        lambda: confirm(request, 50),
        *[lambda state=state: end(request, 50, state) for state in UNSUCCESSFUL],
        lambda: settle(request, 50),
        lambda: settle(request, 9999),
        lambda: sign_ins.cancel_open(
            conversation=request.conversation, reason=Reason.CONVERSATION_CLOSED, now=after(50)
        ),
    ]


@pytest.mark.parametrize("state", [*UNSUCCESSFUL, State.SUCCEEDED])
@pytest.mark.parametrize("legacy", [False, True], ids=["new", "legacy"])
def test_final_states_never_change(state: State, legacy: bool) -> None:
    request = asked_in_legacy_flow() if legacy else asked()
    parameter = state_of(request)
    if state != State.SUCCEEDED:
        end(request, 30, state)
    elif legacy:
        identify(request, 30, token_checksum="a" * 64)
    else:
        succeed(request)
    row, result = stored(request), list(SignInResult.objects.values())
    assert row["state"] == state
    for act in everything(request, parameter):
        act()
        assert stored(request) == row
    assert list(SignInResult.objects.values()) == result
    assert len(announcements(request)) == 1
