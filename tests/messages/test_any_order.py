"""Anything may happen to requests to sign in, in any order and at any time: what always holds, holds."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from authenticate_app.messages import processing, sign_ins
from authenticate_app.messages.models import Conversation, InboundMessage, SignInRequest
from authenticate_app.messages.reasons import CallbackError, Reason
from authenticate_app.oauth.seldom import seldom
from tests.messages.apple import text
from tests.messages.inbound import received, reply
from tests.messages.invariants import check, check_unchanged
from tests.messages.story import ASKED, WEBHOOK, Row, stored
from tests.messages.world import business, conversation, identity, sign_in, state_of

State = SignInRequest.State
MOST_REQUESTS = 3
ENDS = [State.FAILED, State.CANCELLED, State.TIMED_OUT]
STATUSES = ["success", "Success", "failure", "cancel", "failed", "authenticated", "else"]
A_WHILE = st.sampled_from([0, 1, 1, 9, 10, 11, 170])
WHICH = st.integers(0, MOST_REQUESTS - 1)


class SignIns(RuleBasedStateMachine):
    """A conversation, its requests, and a clock that somebody else moves."""

    def __init__(self) -> None:
        super().__init__()
        seldom.clear()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now = ASKED
        self.requests: list[SignInRequest] = []
        self.parameters: dict[object, str] = {}
        self.rows: dict[object, Row] = {}
        self.waiting: list[InboundMessage] = []

    def teardown(self) -> None:
        """In the end every request ends."""
        try:
            self.process_all()
            self.now += timedelta(hours=1)
            for request in self.requests:
                sign_ins.settle(sign_in_id=request.pk, now=self.now)
                assert check(request)["ended_at"] is not None
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    @initialize(
        is_legacy=st.booleans(), is_trusting=st.booleans(), is_signed_in=st.booleans(), grace=st.sampled_from([0, 10])
    )
    def begin(self, is_legacy: bool, is_trusting: bool, is_signed_in: bool, grace: int) -> None:
        at_business = business(
            webhook_url=WEBHOOK,
            allows_legacy_flow=True,
            trusts_callback_alone=is_trusting,
            reply_grace=timedelta(seconds=grace),
        )
        capabilities = ["AUTH"] if is_legacy else ["AUTH2"]
        self.at = conversation(at_business, now=ASKED, capabilities=capabilities)
        self.somebody_asks()
        if is_signed_in:
            self.somebody_signs_in(0)

    def chosen(self, which: int) -> SignInRequest:
        return self.requests[which % len(self.requests)]

    def has_requests(self) -> bool:
        return bool(self.requests)

    @rule(seconds=A_WHILE)
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.requests) < MOST_REQUESTS)
    @rule()
    def somebody_asks(self) -> None:
        try:
            request = sign_in(self.at, now=self.now)
        except sign_ins.ConversationClosed:
            assert Conversation.objects.get().closed_at is not None
            return
        self.requests.append(request)
        self.parameters[request.pk] = state_of(request)

    @precondition(has_requests)
    @rule(which=WHICH)
    def the_gateway_takes_the_message(self, which: int) -> None:
        sign_ins.mark_sent(sign_in_id=self.chosen(which).pk, now=self.now)

    @precondition(has_requests)
    @rule(which=WHICH)
    def the_form_is_opened(self, which: int) -> None:
        request = self.chosen(which)
        assert request.business.client is not None
        client_id = str(request.business.client.client_id)
        sign_ins.mark_opened(unverified_state=self.parameters[request.pk], client_id=client_id, now=self.now)

    @precondition(has_requests)
    @rule(which=WHICH)
    def somebody_comes_back(self, which: int) -> None:
        request, before = self.chosen(which), stored(self.chosen(which))
        try:
            sign_ins.consume_state(unverified_state=self.parameters[request.pk], now=self.now)
        except sign_ins.StateRefused:
            return
        assert before["state_used_at"] is None
        assert before["ended_at"] is None
        assert before["expires_at"] > self.now

    @precondition(has_requests)
    @rule(which=WHICH, token=st.sampled_from(["a", "b"]))
    def the_provider_says_who_it_is(self, which: int, token: str) -> None:
        request = self.chosen(which)
        token_checksum = token * 64 if request.flow == "legacy" else None
        found = identity(token_checksum=token_checksum)
        if sign_ins.store_identity(sign_in=request, identity=found, now=self.now):
            assert stored(request)["expires_at"] > self.now

    @precondition(has_requests)
    @rule(which=WHICH)
    def somebody_signs_in(self, which: int) -> None:
        """Both at once, as it mostly goes: chance alone seldom brings them together in time."""
        self.somebody_comes_back(which)
        self.the_provider_says_who_it_is(which, "a")

    @precondition(has_requests)
    @rule(which=WHICH, state=st.sampled_from(ENDS))
    def somebody_ends_it(self, which: int, state: State) -> None:
        request = self.chosen(which)
        sign_ins.end(sign_in_id=request.pk, state=state, reason=Reason.CANCELLED_BY_ASKER, now=self.now)
        assert stored(request)["ended_at"] is not None

    @precondition(has_requests)
    @rule(which=WHICH)
    def a_timer_rings(self, which: int) -> None:
        sign_ins.settle(sign_in_id=self.chosen(which).pk, now=self.now)

    @precondition(has_requests)
    @rule(which=WHICH, status=st.sampled_from(STATUSES), error=st.sampled_from([None, *CallbackError]))
    def the_phone_replies(self, which: int, status: str, error: int | None) -> None:
        message = reply(self.chosen(which), status, error_code=error)
        self.waiting.append(received(self.at, message, now=self.now, capabilities=""))

    @rule(kind=st.sampled_from(["text", "close"]))
    def the_customer_sends_something(self, kind: str) -> None:
        self.waiting.append(received(self.at, text(type=kind), now=self.now, capabilities=""))

    @rule(place=st.integers(0, 5))
    def a_worker_processes(self, place: int) -> None:
        """In any order, and what is processed already perhaps once more."""
        if self.waiting:
            message = self.waiting[place % len(self.waiting)]
            processing.process(inbound_id=message.pk, now=self.now)

    def process_all(self) -> None:
        for message in self.waiting:
            processing.process(inbound_id=message.pk, now=self.now)

    @invariant()
    def what_always_holds(self) -> None:
        for request in self.requests:
            row = check(request)
            if (before := self.rows.get(request.pk)) is not None:
                check_unchanged(before, row)
            self.rows[request.pk] = row


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order() -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        SignIns, settings=settings(max_examples=40, stateful_step_count=25, suppress_health_check=slow)
    )
