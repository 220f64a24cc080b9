"""Conversations, as the messages in them tell: in whatever order these are processed, their times decide."""

from datetime import datetime

from django.db import transaction

from authenticate_app.messages import sign_ins
from authenticate_app.messages.flows import capabilities_in
from authenticate_app.messages.models import Business, Conversation
from authenticate_app.messages.reasons import Reason
from authenticate_app.time_ordered import new_time_ordered_id


@transaction.atomic(savepoint=False)
def note_message(*, business: Business, customer_id: str, capabilities: str, at: datetime) -> Conversation:
    """Note that the customer sent something at ``at``; answers the conversation, whose row stays locked.

    The first message begins the conversation, a later one opens it again. ``capabilities``: the header as it came; the
    newest counts, and none says nothing.
    """
    conversation = _locked(business, customer_id) or _begin(business, customer_id, at)
    conversation.business = business
    if conversation.last_message_at is None or conversation.last_message_at < at:
        conversation.last_message_at = at
    if capabilities and (conversation.capabilities_at is None or conversation.capabilities_at <= at):
        conversation.capabilities, conversation.capabilities_at = capabilities_in(capabilities), at
    if conversation.closed_at is not None and conversation.closed_at < at:
        conversation.closed_at = None
    conversation.save(update_fields=["last_message_at", "capabilities", "capabilities_at", "closed_at"])
    return conversation


@transaction.atomic(savepoint=False)
def close(*, conversation: Conversation, reason: Reason, at: datetime, now: datetime) -> None:
    """Nothing sent after ``at`` reaches the customer any more: close the conversation, cancel what is open.

    If they wrote again since, the conversation goes on, and only what was asked for before ends.
    """
    current = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    goes_on = current.last_message_at is not None and current.last_message_at > at
    if not goes_on:
        Conversation.objects.filter(pk=current.pk, closed_at=None).update(closed_at=at)
    sign_ins.cancel_open(conversation=current, reason=reason, now=at if goes_on else now)


def _locked(business: Business, customer_id: str) -> Conversation | None:
    rows = Conversation.objects.select_for_update(no_key=True)
    return rows.filter(business=business, customer_id=customer_id).first()


def _begin(business: Business, customer_id: str, at: datetime) -> Conversation:
    """Store a conversation, unless somebody else just did."""
    new = Conversation(id=new_time_ordered_id(at=at), business=business, customer_id=customer_id, created_at=at)
    Conversation.objects.bulk_create([new], ignore_conflicts=True)
    stored = _locked(business, customer_id)
    return new if stored is None else stored
