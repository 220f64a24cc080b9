"""What is made of a message that a customer sent, once it is stored.

What takes time and may fail, such as fetching a large reply and asking an identity provider, comes first and changes
nothing of ours. All changes are one transaction then, which also notes that the message is processed. So a process may
be killed anywhere: the message is processed from its beginning again, or not at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction

from authenticate_app.messages import conversations, deliveries, metrics, replies
from authenticate_app.messages.models import Conversation, InboundMessage
from authenticate_app.messages.places import NoPlace, Places
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.replies import NotYet, Weighed
from authenticate_app.messages.wire import (
    Kind,
    LargeReply,
    MalformedMessage,
    Message,
    Reply,
    parse_message,
    parse_reply,
)

log = structlog.get_logger("chatauth.messages")

MESSAGE_RECEIVED: Final = "message.received"
"""The event that the business's system is told of."""
LARGE_REPLY_PATIENCE: Final = timedelta(minutes=1)
"""How long a large reply is tried for, from when it was received. What else the customer sends waits for it."""
large_replies_at_once = Places(each=3)
"""This process's, of one business: a gateway that hangs leaves threads to the replies of others."""
PAUSE: Final = timedelta(seconds=3)
"""Before others are asked again who did not answer."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A message, and what it turned out to be. ``weighed``: None where it is no reply to a request of ours."""

    message: Message
    weighed: Weighed | None
    values: dict[str, Any]
    """What is handed on, with a large reply in its place."""


def process(*, inbound_id: int, now: datetime) -> timedelta | None:
    """Process a message, once, however often this is called; answers when to come again, if it can not be done yet."""
    waiting = InboundMessage.objects.select_related("business").defer("business__image")
    inbound = waiting.filter(pk=inbound_id, processed_at=None).first()
    if inbound is None:
        return None
    try:
        understood = _understand(inbound, now)
    except NotYet:
        return PAUSE
    except MalformedMessage:
        log.exception("message unreadable", inbound_id=inbound_id)  # the webhook takes none that is
        understood = None
    _apply(inbound, understood, now)
    return None


def _understand(inbound: InboundMessage, now: datetime) -> Understood:
    """Raises ``MalformedMessage`` and ``NotYet``."""
    message = parse_message(bytes(inbound.body))
    reply, values = message.reply, message.values
    if message.large_reply is not None and (fetched := _fetched(message.large_reply, inbound, now)) is not None:
        reply, values = _reply_in(fetched), _with_large_reply(values, fetched)
    weighed = replies.weigh(reply, inbound=inbound, now=now) if reply is not None else None
    return Understood(message, weighed, values)


@transaction.atomic
def _apply(inbound: InboundMessage, understood: Understood | None, now: datetime) -> None:
    still_waiting = InboundMessage.objects.filter(pk=inbound.pk, processed_at=None)
    if not still_waiting.update(processed_at=now) or understood is None:
        return
    conversation = conversations.note_message(
        business=inbound.business,
        customer_id=inbound.customer_id,
        capabilities=inbound.capabilities,
        at=inbound.received_at,
    )
    transaction.on_commit(metrics.PROCESSED.labels(understood.message.kind.value).inc)
    if understood.message.kind is Kind.CLOSE:
        conversations.close(
            conversation=conversation, reason=Reason.CONVERSATION_CLOSED, at=inbound.received_at, now=now
        )
    if understood.weighed is not None:
        replies.act(understood.weighed, at=inbound.received_at, now=now)
    else:
        _hand_on(conversation, inbound, understood.values, now)


def _hand_on(conversation: Conversation, inbound: InboundMessage, values: dict[str, Any], now: datetime) -> None:
    """What is not ours is the business's: Apple sends everything to one address."""
    deliveries.announce(
        business=conversation.business,
        event=MESSAGE_RECEIVED,
        payload={
            "business": conversation.business.business_id,
            "conversation": str(conversation.pk),
            "customer": conversation.customer_id,
            "received_at": inbound.received_at.isoformat(),
            "message": values,
        },
        now=now,
    )


def _fetched(large_reply: LargeReply, inbound: InboundMessage, now: datetime) -> dict[str, Any] | None:
    """What a large reply stands for; None where it is refused, or was not to be had for too long. Raises ``NotYet``."""
    from authenticate_app.messages.large_replies import GatewayUnavailable, LargeReplyRefused, fetch_large_reply

    try:
        with large_replies_at_once.taken_for(inbound.business_id):
            return fetch_large_reply(business=inbound.business, large_reply=large_reply, now=now)
    except NoPlace:
        raise NotYet from None
    except LargeReplyRefused:
        return None  # counted and audited there; the business gets the message as it came
    except GatewayUnavailable:
        if now < inbound.received_at + LARGE_REPLY_PATIENCE:
            raise NotYet from None
        return None


def _reply_in(dictionary: dict[str, Any]) -> Reply | None:
    try:
        return parse_reply(dictionary)
    except MalformedMessage:
        return None


def _with_large_reply(values: dict[str, Any], dictionary: dict[str, Any]) -> dict[str, Any]:
    """The message as it would have come, had the reply been small."""
    rest = {name: value for name, value in values.items() if name != "interactiveDataRef"}
    return {**rest, "interactiveData": dictionary.get("interactiveData", dictionary)}
