"""How a request ends: once, for good, wiped and announced."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from authenticate_app.audit.models import AuditEvent
from authenticate_app.messages import sign_ins
from authenticate_app.messages.models import Business, OutboundMessage, SignInRequest, SignInResult, WebhookDelivery
from authenticate_app.messages.reasons import Reason
from tests.messages.story import (
    ASKED,
    after,
    announcements,
    asked,
    asked_in_legacy_flow,
    confirm,
    end,
    identify,
    outcome,
    refusal,
    settle,
    stored,
    succeed,
)
from tests.messages.world import conversation, sign_in, state_of

pytestmark = pytest.mark.django_db

State = SignInRequest.State
UNSUCCESSFUL = (State.FAILED, State.CANCELLED, State.TIMED_OUT, State.UNSUPPORTED)


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
