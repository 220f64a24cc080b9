"""Messages to customers, from the queue to the gateway.

A message is posted until the gateway takes it, always with the same id: where a process is killed between the gateway's
answer and our note of it, the message is posted once more, and Apple knows it as the same one. Locks are taken in one
order: conversation, request, message.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from authenticate_app import background
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import jobs
from authenticate_app.messages.endings import add_step
from authenticate_app.messages.gateway import GatewayAnswer, Outcome, post_message
from authenticate_app.messages.models import Conversation, OutboundMessage, SignInRequest
from authenticate_app.messages.places import NoPlace, Places
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.steps import Step

log = structlog.get_logger("chatauth.gateway")

State = OutboundMessage.State

TOO_LATE = "given up: it was too late"
CLOSED = "not sent: the conversation is closed"
TURNED_OFF = "not sent: the business is turned off"

gateways = Places(each=3)
"""Of one business no more than a few messages are posted at once: a gateway that hangs leaves room for the others."""


@transaction.atomic
def queue_message(
    *,
    conversation: Conversation,
    message_id: UUID,
    body: bytes,
    give_up_at: datetime,
    now: datetime,
    sign_in: SignInRequest | None = None,
) -> OutboundMessage:
    """Store a message, encrypted, and have it sent once the transaction is committed.

    ``message_id`` is that of ``body``; the message is tried until ``give_up_at``, always with the same id.
    """
    message = OutboundMessage.objects.create(
        id=message_id,
        conversation=conversation,
        sign_in=sign_in,
        encrypted_body=encrypt(body),
        created_at=now,
        give_up_at=give_up_at,
    )
    jobs.defer_send_message(message_id=message.pk)
    return message


def send(*, message_id: UUID, now: datetime) -> timedelta | None:
    """Try once to send a message, unless that is done or it is not to be sent any more.

    Answers when to come again; None where the message has come to its end. No transaction is open while the gateway is
    asked.
    """
    message = _waiting(message_id)
    if message is None:
        return None
    hindrance = _hindrance(message, now)
    if hindrance is not None:
        reason = Reason.CONVERSATION_CLOSED if hindrance == CLOSED else Reason.GATEWAY_UNAVAILABLE
        return _end(message, reason, hindrance, now)
    try:
        with gateways.taken_for(message.conversation.business_id):
            if not _claim(message):
                return None
            answer = post_message(message=message, now=now)
    except NoPlace:
        return background.pause(0)
    return _CONCLUSIONS[answer.outcome](message, answer, now)


def _waiting(message_id: UUID) -> OutboundMessage | None:
    related = ("conversation__business__account", "sign_in")
    rows = OutboundMessage.objects.filter(pk=message_id, state=State.WAITING).select_related(*related)
    return rows.defer("conversation__business__image").first()


def _hindrance(message: OutboundMessage, now: datetime) -> str | None:
    """Why a message is not to be posted any more."""
    business = message.conversation.business
    if message.conversation.closed_at is not None:
        return CLOSED
    if not business.is_active or (business.is_sandbox and not settings.SANDBOX):
        return TURNED_OFF
    return TOO_LATE if message.give_up_at <= now else None


def _claim(message: OutboundMessage) -> bool:
    """Count the attempt, of all processes that are about to make it in one."""
    is_ours = _row(message).filter(attempts=message.attempts).update(attempts=F("attempts") + 1) == 1
    message.attempts += 1
    return is_ours


def _row(message: OutboundMessage) -> QuerySet[OutboundMessage]:
    """The message, as long as it waits."""
    return OutboundMessage.objects.filter(pk=message.pk, state=State.WAITING)


# Conclusions


@transaction.atomic
def _accepted(message: OutboundMessage, answer: GatewayAnswer, now: datetime) -> None:
    from authenticate_app.messages import sign_ins

    if message.sign_in_id is not None:
        sign_ins.mark_sent(sign_in_id=message.sign_in_id, now=now)
    _row(message).update(state=State.SENT, sent_at=now, encrypted_body=b"", last_answer=answer.words)


def _to_be_retried(message: OutboundMessage, answer: GatewayAnswer, now: datetime) -> timedelta | None:
    """Later and later, and never all at the same time; not beyond the message's end."""
    pause = background.pause(message.attempts - 1)
    if now + pause >= message.give_up_at:
        return _end(message, Reason.GATEWAY_UNAVAILABLE, answer.words, now)
    _note_attempt(message, answer, now)
    return pause


@transaction.atomic
def _note_attempt(message: OutboundMessage, answer: GatewayAnswer, now: datetime) -> None:
    still_waits = _row(message).update(last_answer=answer.words)
    if still_waits and message.sign_in_id is not None:
        add_step(sign_in_id=message.sign_in_id, step=Step.NOT_TAKEN, detail=answer.words, now=now)


@transaction.atomic
def _customer_unknown(message: OutboundMessage, answer: GatewayAnswer, now: datetime) -> None:
    from authenticate_app.messages import conversations

    conversation = Conversation.objects.select_for_update(no_key=True).get(pk=message.conversation_id)
    _end(message, Reason.CUSTOMER_UNKNOWN, answer.words, now)
    conversations.close(conversation=conversation, reason=Reason.CUSTOMER_UNKNOWN, at=now, now=now)


def _refused(message: OutboundMessage, answer: GatewayAnswer, now: datetime) -> None:
    log.warning("message refused", message=str(message.pk), answer=answer.words)
    _end(message, Reason.GATEWAY_REFUSED, answer.words, now)


@transaction.atomic
def _end(message: OutboundMessage, reason: Reason, words: str, now: datetime) -> None:
    """The message is not sent, and what it was sent for ends with it."""
    from authenticate_app.messages import sign_ins

    if message.sign_in_id is not None:
        failed = SignInRequest.State.FAILED
        sign_ins.end(sign_in_id=message.sign_in_id, state=failed, reason=reason, detail=words, now=now)
    unsent = OutboundMessage.objects.filter(pk=message.pk).exclude(state=State.SENT)
    unsent.update(state=State.FAILED, encrypted_body=b"", last_answer=words)


_CONCLUSIONS: dict[Outcome, Callable[[OutboundMessage, GatewayAnswer, datetime], timedelta | None]] = {
    Outcome.ACCEPTED: _accepted,
    Outcome.RETRY: _to_be_retried,
    Outcome.CUSTOMER_UNKNOWN: _customer_unknown,
    Outcome.REFUSED: _refused,
}
