"""What happens to a request to sign in, each at so many seconds after it was asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.messages import returning, sign_ins
from authenticate_app.messages.models import InboundMessage, SignInRequest, WebhookDelivery
from authenticate_app.messages.reasons import CallbackError, Reason
from tests.messages.world import business, conversation, identity, sign_in, state_of

State = SignInRequest.State
ASKED = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
WEBHOOK = "https://crm.example.com/hooks"
Row = dict[str, Any]


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


def browser_returns(brought: dict[str, str], seconds: float) -> CallbackError | None:
    """The same from its beginning to its end, as the view has it done."""
    origin = Origin(address="127.0.0.1", request_id="")
    return returning.take_back(returned=returning.Returned(**brought), origin=origin, clock=lambda: after(seconds))


def identify(request: SignInRequest, seconds: float, **fields: Any) -> bool:
    return sign_ins.store_identity(sign_in=request, identity=identity(**fields), now=after(seconds))


def signed_in(request: SignInRequest, seconds: float) -> None:
    """The customer signs in at the form, and our callback learns who it is."""
    come_back(request, seconds)
    assert identify(request, seconds)


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


def refusal(act: Callable[[], object]) -> Reason:
    with pytest.raises(sign_ins.StateRefused) as refused:
        act()
    return refused.value.reason


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
