"""Messages, webhooks and sign-ins leave after their retention, in small batches, oldest first, by their indexes.

What still waits goes too: after days nobody asks for it any more, and its job finds nothing to do.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef
from psycopg import sql

from authenticate_app.messages.models import Conversation, InboundMessage, OutboundMessage, SignInRequest, SignInResult
from authenticate_app.messages.models import WebhookDelivery as Delivery
from authenticate_app.purging import delete_in_batches

BATCH = 2_000
"""Rows per statement: few enough that nobody notices, each in a transaction of its own."""


def purge_inbound_messages(now: datetime) -> int:
    """Delete messages that were received before ``MESSAGE_RETENTION``; return how many.

    They are received in the order of their ids, so the oldest are found by the primary key, and a batch reads no more
    than it deletes.
    """
    statement = _PURGE_INBOUND.format(table=sql.Identifier(InboundMessage._meta.db_table))
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"before": now - settings.MESSAGE_RETENTION, "batch": BATCH})
            count = int(cursor.rowcount)
        deleted += count
        if count < BATCH:
            return deleted


def purge_outbound_messages(now: datetime) -> int:
    """Delete messages that were queued before ``MESSAGE_RETENTION``; return how many."""
    return delete_in_batches(OutboundMessage.objects.filter(created_at__lt=now - settings.MESSAGE_RETENTION))


def purge_webhooks(now: datetime) -> int:
    """Delete webhooks that were announced before ``MESSAGE_RETENTION``; return how many."""
    return delete_in_batches(Delivery.objects.filter(created_at__lt=now - settings.MESSAGE_RETENTION))


def forget_claims(now: datetime) -> int:
    """Empty the claims of results that are no longer valid; return how many. Who it was stays with the sign-in."""
    outlived = SignInResult.objects.filter(valid_until__lt=now).exclude(claims={}).order_by("valid_until")
    forgotten = 0
    while count := SignInResult.objects.filter(pk__in=outlived.values("pk")[:BATCH]).update(claims={}):
        forgotten += count
    return forgotten


def purge_sign_ins(now: datetime) -> int:
    """Delete sign-ins that ended and began before ``SIGN_IN_RETENTION``, with all that belongs to them."""
    outlived = SignInRequest.objects.filter(created_at__lt=now - settings.SIGN_IN_RETENTION, ended_at__isnull=False)
    return delete_in_batches(outlived)


def purge_conversations(now: datetime) -> int:
    """Delete conversations in which nothing has happened for ``SIGN_IN_RETENTION``, and nothing is kept."""
    before = now - settings.SIGN_IN_RETENTION
    quiet = Conversation.objects.filter(
        ~Exists(SignInRequest.objects.filter(conversation=OuterRef("pk"))),
        ~Exists(OutboundMessage.objects.filter(conversation=OuterRef("pk"))),
        created_at__lt=before,
    )
    return delete_in_batches(quiet.exclude(last_message_at__gte=before))


_PURGE_INBOUND = sql.SQL("""
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM (
            SELECT id, received_at FROM {table} ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
        ) AS oldest WHERE received_at < %(before)s
    )
""")
