"""Requests to sign in, in every order in which things arrive."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import SignInRequest, SignInResult
from authenticate_app.messages.reasons import Reason
from tests.messages.story import (
    ASKED,
    after,
    asked,
    asked_in_legacy_flow,
    come_back,
    confirm,
    end,
    identify,
    outcome,
    received,
    settle,
    steps,
    stored,
    succeed,
)
from tests.messages.world import identity, sign_in

pytestmark = pytest.mark.django_db

State = SignInRequest.State


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
