"""Messages to customers, from the queue to the gateway."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import jobs
from authenticate_app.messages.models import Conversation, OutboundMessage, SignInRequest


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
