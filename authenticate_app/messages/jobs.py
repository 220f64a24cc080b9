"""Background jobs: each is a trigger alone, and may come twice; what is to be done stands in the tables.

``defer_…`` adds a job within the transaction that is open on Django's connection, so that neither comes without the
other; ``receiving`` adds that of a message in the statement that stores it. A job that something goes wrong with comes
again, for as long as there is something to do; one whose service says when to come again does so then (``background``).
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from procrastinate.contrib.django import app

from authenticate_app.background import Patience, run

RECEIVED_CHANNEL = "chatauth_message_received"
"""On which the database tells of messages that were received and have no job yet (``sweeps``)."""


class Queue(StrEnum):
    """What is worked on apart, so that nothing that hangs delays anything else."""

    INBOUND = "inbound"
    REPLIES = "replies"
    """Messages too, for which others may have to be asked: the gateway for a large one, a provider about a token."""
    GATEWAY = "gateway"
    TIMERS = "timers"
    WEBHOOKS = "webhooks"


class Task(StrEnum):
    """The names of the jobs, as they stand in the database."""

    PROCESS_MESSAGE = "process_message"
    SEND_MESSAGE = "send_message"
    SETTLE_SIGN_IN = "settle_sign_in"
    DELIVER_WEBHOOK = "deliver_webhook"


def lock_of(*, business_pk: int, customer_id: str) -> str:
    """Return the lock of a conversation: its messages are processed one after the other."""
    return f"conversation:{business_pk}:{customer_id}"


# Adding jobs


def defer_send_message(*, message_id: UUID, at: datetime | None = None) -> None:
    """Have a message sent to the gateway."""
    send_message.configure(schedule_at=at).defer(message_id=str(message_id))


def defer_settle_sign_in(*, sign_in_id: UUID, at: datetime | None = None) -> None:
    """Have a sign-in concluded as far as it can be at that time."""
    settle_sign_in.configure(schedule_at=at).defer(sign_in_id=str(sign_in_id))


def defer_deliver_webhook(*, delivery_id: UUID, at: datetime | None = None) -> None:
    """Have a webhook delivered."""
    deliver_webhook.configure(schedule_at=at).defer(delivery_id=str(delivery_id))


# Jobs


@app.task(name=Task.PROCESS_MESSAGE.value, queue=Queue.INBOUND.value, retry=Patience())
def process_message(inbound_id: int) -> None:
    """Process a message that was received."""
    from authenticate_app.messages import processing

    run(Task.PROCESS_MESSAGE, lambda now: processing.process(inbound_id=inbound_id, now=now))


@app.task(name=Task.SEND_MESSAGE.value, queue=Queue.GATEWAY.value, retry=Patience())
def send_message(message_id: str) -> None:
    """Try once to send a message."""
    from authenticate_app.messages import sending

    run(Task.SEND_MESSAGE, lambda now: sending.send(message_id=UUID(message_id), now=now))


@app.task(name=Task.SETTLE_SIGN_IN.value, queue=Queue.TIMERS.value, retry=Patience())
def settle_sign_in(sign_in_id: str) -> None:
    """Conclude a sign-in, if its time has come."""
    from authenticate_app.messages import sign_ins

    run(Task.SETTLE_SIGN_IN, lambda now: sign_ins.settle(sign_in_id=UUID(sign_in_id), now=now))


@app.task(name=Task.DELIVER_WEBHOOK.value, queue=Queue.WEBHOOKS.value, retry=Patience())
def deliver_webhook(delivery_id: str) -> None:
    """Try once to deliver a webhook; the sweeps bring it again when its next attempt is due (``sweeps``)."""
    run(Task.DELIVER_WEBHOOK, lambda now: _attempt(UUID(delivery_id), now))


def _attempt(delivery_id: UUID, now: datetime) -> None:
    """Keep no job for further attempts: for a receiver that is away, they would fill the queue for a day."""
    from authenticate_app.messages import deliveries

    deliveries.attempt(delivery_id=delivery_id, now=now)
