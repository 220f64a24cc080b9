"""What is read of requests to sign in."""

from datetime import datetime, timedelta
from uuid import UUID

from authenticate_app.messages.models import InboundMessage, SignInRequest

UNPROCESSED_COUNTS_FOR = timedelta(minutes=30)
"""A message that could not be processed for so long holds up nobody any more."""


def find_sign_in(*, sign_in_id: UUID) -> SignInRequest | None:
    """Return a request with its business and its conversation; one query."""
    rows = SignInRequest.objects.select_related("business", "conversation").defer("business__image")
    return rows.filter(pk=sign_in_id).first()


def awaits_processing(*, sign_in: SignInRequest, now: datetime) -> bool:
    """Whether the customer sent something in time that was received and not processed yet: it may be the reply."""
    unprocessed = InboundMessage.objects.filter(processed_at=None, received_at__gt=now - UNPROCESSED_COUNTS_FOR)
    return unprocessed.filter(
        received_at__lt=sign_in.expires_at,
        business=sign_in.business_id,
        customer_id=sign_in.conversation.customer_id,
    ).exists()
