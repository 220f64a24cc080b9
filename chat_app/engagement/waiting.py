"""Telling customers who wait where they stand: whenever their position or the expected wait has changed."""

from datetime import datetime

from django.db import connection, transaction

from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.ordering import PLACE
from chat_app.engagement.pace import MEASURED, PACES
from chat_app.engagement.vocabulary import MessageName

ONE_AT_A_TIME = 0x706C6163657321
"""Key of the PostgreSQL advisory lock: "places!" in ASCII."""


def tell_positions(*, now: datetime) -> int:
    """Tell everybody who waits what has changed for them; returns how many were told.

    Three statements, however many wait. Where another process is at it, nothing is done.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_CHANGED, {"now": now, "since": now - MEASURED})
        events = [_told(*row) for row in cursor.fetchall()]
        put(events, now=now)
    return len(events)


def _told(engagement_id: int, mailbox_id: int, position: int, seconds: int, average: int) -> NewEvent:
    fields = {
        "position": position,
        "expectedWaitTimeSeconds": seconds,
        "averageWaitTimeSeconds": average,
    }
    return NewEvent(mailbox_id, MessageName.WAIT_INFORMATION_CHANGED, engagement_id, fields=fields)


# An engagement that is being changed is left out, and looked at again at the next tick: it need not wait for us, nor
# we for it.
_CHANGED = f"""
WITH pace AS MATERIALIZED (
    SELECT * FROM ({PACES}) AS measured
    WHERE queue_id IN (SELECT queue_id FROM chat_app_engagement WHERE state = 'waiting')
), placed AS MATERIALIZED (
    SELECT engagement.id, {PLACE} AS position, engagement.queue_id
    FROM chat_app_engagement AS engagement WHERE engagement.state = 'waiting'
), told AS MATERIALIZED (
    SELECT
        placed.id, placed.position, round(placed.position * pace.seconds_per_place)::integer AS seconds,
        round(pace.average_wait_seconds)::integer AS average
    FROM placed JOIN pace ON pace.queue_id = placed.queue_id
), due AS MATERIALIZED (
    SELECT told.* FROM chat_app_engagement AS engagement JOIN told ON told.id = engagement.id
    WHERE engagement.state = 'waiting'
        AND (engagement.shown_position, engagement.shown_wait_seconds) IS DISTINCT FROM (told.position, told.seconds)
    ORDER BY engagement.id FOR NO KEY UPDATE OF engagement SKIP LOCKED
)
UPDATE chat_app_engagement AS engagement SET shown_position = due.position, shown_wait_seconds = due.seconds
FROM due JOIN chat_app_mailbox AS mailbox ON mailbox.engagement_id = due.id AND mailbox.voided_at IS NULL
WHERE engagement.id = due.id
RETURNING engagement.id, mailbox.id, due.position, due.seconds, due.average
"""  # noqa: S608 - made of constants
