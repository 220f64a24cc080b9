"""Conversations leave after their retention: first what waited for the clients, then all of it.

``TRANSCRIPT_RETENTION`` counts from the end of an engagement or of an agent's session, ``EVENT_RETENTION`` too. Each
batch is one statement in a transaction of its own; rows that somebody works on are left for the next time.
"""

from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import connection
from psycopg import sql

from authenticate_app.purging import delete_in_order

ENGAGEMENTS: Final = 500
"""Engagements in one statement; each takes some dozens of rows with it."""
MAILBOXES: Final = 500
"""Mailboxes looked at in one statement."""
EVENTS: Final = 5_000
"""Events of agents who stay signed on, deleted in one statement."""


def purge_engagements(now: datetime) -> int:
    """Delete the engagements that ended before ``TRANSCRIPT_RETENTION``, with all of theirs; return how many."""
    earliest, cutoff = datetime.min.replace(tzinfo=UTC), now - settings.TRANSCRIPT_RETENTION
    return delete_in_order(_ENGAGEMENTS, after=earliest, cutoff=cutoff, batch=ENGAGEMENTS)


def purge_agent_sessions(now: datetime) -> int:
    """Delete the agents' sessions that ended before ``TRANSCRIPT_RETENTION``; return how many.

    Who took part in an engagement stays with it, under the name that customers saw.
    """
    cutoff = now - settings.TRANSCRIPT_RETENTION
    return delete_in_order(_AGENT_SESSIONS, after=0, cutoff=cutoff, batch=MAILBOXES)


def purge_mailboxes(now: datetime) -> int:
    """Delete what waited for clients whose engagement or session ended before ``EVENT_RETENTION``; return how much.

    Session ids of customers are good for nothing from then on.
    """
    cutoff = now - settings.EVENT_RETENTION
    return delete_in_order(_MAILBOXES, after=0, cutoff=cutoff, batch=MAILBOXES)


def purge_received_events(now: datetime) -> int:
    """Delete what agents who are signed on received before ``EVENT_RETENTION``; return how many events."""
    deleted = 0
    parameters: dict[str, datetime | int] = {"cutoff": now - settings.EVENT_RETENTION, "batch": EVENTS}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_RECEIVED, parameters)
            count = int(cursor.rowcount)
        deleted += count
        if count < EVENTS:
            return deleted


# Found by the index on the time of the end; the next batch begins at the time at which this one ended.
_ENGAGEMENTS = sql.SQL("""
WITH outlived AS MATERIALIZED (
    SELECT id, concluded_at FROM chat_app_engagement
    WHERE concluded_at >= %(after)s::timestamptz AND concluded_at < %(cutoff)s::timestamptz
    ORDER BY concluded_at LIMIT %(batch)s::integer FOR UPDATE SKIP LOCKED
), boxes AS MATERIALIZED (
    DELETE FROM chat_app_mailbox WHERE engagement_id IN (SELECT id FROM outlived) RETURNING id
), events AS (
    DELETE FROM chat_app_mailboxevent WHERE mailbox_id IN (SELECT id FROM boxes)
), messages AS (
    DELETE FROM chat_app_transcriptmessage WHERE engagement_id IN (SELECT id FROM outlived)
), offers AS (
    DELETE FROM chat_app_offer WHERE engagement_id IN (SELECT id FROM outlived)
), people AS (
    DELETE FROM chat_app_participant WHERE engagement_id IN (SELECT id FROM outlived)
), deleted AS (
    DELETE FROM chat_app_engagement WHERE id IN (SELECT id FROM outlived) RETURNING id
)
SELECT
    (SELECT count(*) FROM deleted),
    CASE WHEN (SELECT count(*) FROM outlived) = %(batch)s::integer THEN (SELECT max(concluded_at) FROM outlived) END
""")

# Ids rise with the time of the sign-on; older sessions that have not ended are few, and passed over.
_AGENT_SESSIONS = sql.SQL("""
WITH oldest AS MATERIALIZED (
    SELECT id, mailbox_id, ended_at FROM (
        SELECT id, mailbox_id, ended_at, signed_on_at FROM chat_app_agentsession
        WHERE id > %(after)s::bigint ORDER BY id LIMIT %(batch)s::integer
    ) AS looked_at WHERE signed_on_at < %(cutoff)s::timestamptz
), outlived AS MATERIALIZED (
    SELECT id, mailbox_id FROM oldest WHERE ended_at < %(cutoff)s::timestamptz
), events AS (
    DELETE FROM chat_app_mailboxevent WHERE mailbox_id IN (SELECT mailbox_id FROM outlived)
), boxes AS (
    DELETE FROM chat_app_mailbox WHERE id IN (SELECT mailbox_id FROM outlived)
), people AS (
    UPDATE chat_app_participant SET agent_session_id = NULL WHERE agent_session_id IN (SELECT id FROM outlived)
), deleted AS (
    DELETE FROM chat_app_agentsession WHERE id IN (SELECT id FROM outlived) RETURNING id
)
SELECT
    (SELECT count(*) FROM deleted),
    CASE WHEN (SELECT count(*) FROM oldest) = %(batch)s::integer THEN (SELECT max(id) FROM oldest) END
""")

# Ids rise with time here too. What is older than the cutoff and stays is of agents, or of engagements that run.
_MAILBOXES = sql.SQL("""
WITH oldest AS MATERIALIZED (
    SELECT id, engagement_id FROM (
        SELECT id, engagement_id, created_at FROM chat_app_mailbox
        WHERE id > %(after)s::bigint ORDER BY id LIMIT %(batch)s::integer
    ) AS looked_at WHERE created_at < %(cutoff)s::timestamptz
), outlived AS MATERIALIZED (
    SELECT oldest.id FROM oldest JOIN chat_app_engagement AS engagement ON engagement.id = oldest.engagement_id
    WHERE engagement.concluded_at < %(cutoff)s::timestamptz
    UNION ALL
    SELECT oldest.id FROM oldest WHERE engagement_id IS NULL AND NOT EXISTS (
        SELECT FROM chat_app_agentsession AS session WHERE session.mailbox_id = oldest.id
        AND (session.ended_at IS NULL OR session.ended_at >= %(cutoff)s::timestamptz)
    )
), events AS (
    DELETE FROM chat_app_mailboxevent WHERE mailbox_id IN (SELECT id FROM outlived) RETURNING mailbox_id
), boxes AS (
    DELETE FROM chat_app_mailbox AS mailbox WHERE id IN (SELECT id FROM outlived) AND NOT EXISTS (
        SELECT FROM chat_app_agentsession AS session WHERE session.mailbox_id = mailbox.id
    ) RETURNING id
)
SELECT
    (SELECT count(*) FROM boxes) + (SELECT count(*) FROM events),
    CASE WHEN (SELECT count(*) FROM oldest) = %(batch)s::integer THEN (SELECT max(id) FROM oldest) END
""")

_RECEIVED = """
DELETE FROM chat_app_mailboxevent WHERE (mailbox_id, sequence) IN (
    SELECT event.mailbox_id, event.sequence
    FROM chat_app_agentsession AS session
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = session.mailbox_id
    JOIN chat_app_mailboxevent AS event ON event.mailbox_id = mailbox.id
    WHERE session.ended_at IS NULL AND event.sequence <= mailbox.received_sequence
        AND event.created_at < %(cutoff)s::timestamptz
    LIMIT %(batch)s::integer FOR UPDATE OF event SKIP LOCKED
)
"""
