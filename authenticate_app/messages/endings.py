"""The end of a request, in one transaction: once, for good, and told to everybody concerned.

``sign_ins`` alone uses this.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.messages import deliveries, metrics
from authenticate_app.messages.models import OutboundMessage, SignInRequest, SignInResult, SignInStep
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.steps import Step

State = SignInRequest.State

SIGN_IN_ENDED = "sign_in.ended"
"""The event that the business's system is told of."""
STEPS: dict[str, Step] = {
    State.SUCCEEDED: Step.SUCCEEDED,
    State.FAILED: Step.FAILED,
    State.CANCELLED: Step.CANCELLED,
    State.TIMED_OUT: Step.TIMED_OUT,
    State.UNSUPPORTED: Step.UNSUPPORTED,
}
LONGEST_DETAIL = 300
WITHDRAWN = "withdrawn: the sign-in ended"


@transaction.atomic(savepoint=False)
def finish(*, sign_in_id: UUID, state: SignInRequest.State, reason: Reason, now: datetime, detail: str = "") -> bool:
    """End a request that is open; answers False, and changes nothing, where it has ended already."""
    still_open = SignInRequest.objects.filter(pk=sign_in_id, ended_at=None)
    if not still_open.update(state=state, reason=reason.value, ended_at=now, encrypted_private_key=b""):
        return False
    announce(SignInRequest.objects.select_related("business", "conversation").get(pk=sign_in_id), detail=detail)
    return True


def announce(ended: SignInRequest, *, detail: str = "") -> None:
    """Let everybody know of a request's end. It runs in the transaction that ends the request."""
    now = _end_of(ended)
    if ended.state != State.SUCCEEDED and ended.identified_at is not None:
        SignInResult.objects.filter(sign_in=ended).delete()
    _withdraw_message(ended)
    add_step(sign_in_id=ended.pk, step=STEPS[ended.state], detail=detail or ended.reason, now=now)
    _audit(ended, now)
    transaction.on_commit(lambda: _count(ended))
    deliveries.announce(business=ended.business, event=SIGN_IN_ENDED, payload=payload_of(ended), now=now)


def add_step(*, sign_in_id: UUID, step: Step, now: datetime, detail: str = "") -> None:
    """Write a step of a request's way. ``detail`` holds no secrets, and nothing personal."""
    SignInStep.objects.create(sign_in_id=sign_in_id, step=step.value, at=now, detail=detail[:LONGEST_DETAIL])


def payload_of(ended: SignInRequest) -> dict[str, Any]:
    """What the business's system is told: what ended and how. Who it was is for those to read who may (the API)."""
    return {
        "id": str(ended.pk),
        "business": ended.business.business_id,
        "conversation": str(ended.conversation_id),
        "customer": ended.conversation.customer_id,
        "state": ended.state,
        "reason": ended.reason,
        "reference": ended.reference,
        "created_at": ended.created_at.isoformat(),
        "ended_at": _end_of(ended).isoformat(),
    }


def _withdraw_message(ended: SignInRequest) -> None:
    """Nobody is asked to sign in any more, and the message holds secrets."""
    waiting = OutboundMessage.objects.filter(sign_in=ended, state=OutboundMessage.State.WAITING)
    waiting.update(state=OutboundMessage.State.FAILED, encrypted_body=b"", last_answer=WITHDRAWN)


def _end_of(ended: SignInRequest) -> datetime:
    if ended.ended_at is None:
        raise ValueError("This request is open.")
    return ended.ended_at


def _audit(ended: SignInRequest, now: datetime) -> None:
    has_succeeded = ended.state == State.SUCCEEDED
    event = Event.MESSAGES_SIGN_IN_SUCCEEDED if has_succeeded else Event.MESSAGES_SIGN_IN_ENDED
    record(event=event, reason=ended.reason, target=ended, now=now)


def _count(ended: SignInRequest) -> None:
    metrics.ENDED.labels(ended.flow, ended.state, ended.reason).inc()
    if ended.state == State.SUCCEEDED:
        metrics.SECONDS.labels(ended.flow).observe((_end_of(ended) - ended.created_at).total_seconds())
