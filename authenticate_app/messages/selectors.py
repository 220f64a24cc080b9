"""What is read of requests to sign in and of their results."""

from datetime import datetime, timedelta
from uuid import UUID

from authenticate_app.messages.models import InboundMessage, SignInRequest, SignInResult

UNPROCESSED_COUNTS_FOR = timedelta(minutes=30)
"""A message that could not be processed for so long holds up nobody any more."""


def find_sign_in(*, sign_in_id: UUID) -> SignInRequest | None:
    """Return a request with its business and its conversation; one query."""
    rows = SignInRequest.objects.select_related("business", "conversation").defer("business__image")
    return rows.filter(pk=sign_in_id).first()


def valid_result(*, sign_in: SignInRequest, now: datetime) -> SignInResult | None:
    """Return who signed in, with their user, if the request has succeeded and the result is still valid; one query."""
    of_success = SignInResult.objects.filter(sign_in=sign_in, sign_in__state=SignInRequest.State.SUCCEEDED)
    return of_success.filter(valid_until__gt=now).select_related("user").first()


def who_is_signed_in(*, conversation_id: UUID, now: datetime) -> SignInResult | None:
    """Return the latest result of a conversation that is still valid, with its user; one query."""
    of_success = SignInResult.objects.filter(
        sign_in__conversation=conversation_id, sign_in__state=SignInRequest.State.SUCCEEDED, valid_until__gt=now
    )
    return of_success.select_related("user", "sign_in").order_by("-sign_in_id").first()


def awaits_processing(*, sign_in: SignInRequest, now: datetime) -> bool:
    """Whether the customer sent something in time that was received and not processed yet: it may be the reply."""
    unprocessed = InboundMessage.objects.filter(processed_at=None, received_at__gt=now - UNPROCESSED_COUNTS_FOR)
    return unprocessed.filter(
        received_at__lt=sign_in.expires_at,
        business=sign_in.business_id,
        customer_id=sign_in.conversation.customer_id,
    ).exists()
