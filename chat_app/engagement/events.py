"""Putting events into mailboxes. Nothing else does, but for the first event of each engagement (``beginning``).

An event is durable and in its place once the transaction around it is committed, and only then are the processes told
in which a poll may wait: PostgreSQL sends its notification at the commit, Redis gets one after it (``REDIS_URL``).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from pydantic_core import to_json

from chat_app.engagement.vocabulary import AgentMessageName, MessageName

CHANNEL = "chatauth_mailbox"
"""Where the processes are told; the payload is the id of a mailbox in which something is new."""


class NewEvent(NamedTuple):
    """An event for one mailbox. ``fields``: what it says besides, under its wire names, without the twins.

    ``client_id``: the participant that caused it; None where nobody did. ``off_the_record``: forgotten once received.
    ``created_at``: when it happened, if that was before now.
    """

    mailbox_id: int
    message_name: MessageName | AgentMessageName
    engagement_id: int | None
    client_id: int | None = None
    fields: dict[str, Any] = {}  # noqa: RUF012 - never written to
    off_the_record: bool = False
    created_at: datetime | None = None


class Said(NamedTuple):
    """An event that one participant of an engagement causes for all the others; fields as those of ``NewEvent``."""

    message_name: MessageName
    engagement_id: int
    client_id: int
    fields: dict[str, Any]
    off_the_record: bool = False


def put(events: Sequence[NewEvent], *, now: datetime) -> None:
    """Append events to their mailboxes, in the order given; one statement. Those of void mailboxes are left out.

    Called in a transaction that has locked the engagement. Raises ``django.db.DatabaseError``.
    """
    if not events:
        return
    _append(_PUT, _parameters(events, now))


def put_to_others(said: Said, *, now: datetime) -> None:
    """Append an event to the mailboxes of everybody in its engagement but the participant that caused it.

    One statement, in a transaction that has locked the engagement: so nobody comes or goes meanwhile.
    Raises ``django.db.DatabaseError``.
    """
    parameters = {
        "engagement": said.engagement_id,
        "client": said.client_id,
        "name": said.message_name.value,
        "fields": to_json(said.fields).decode(),
        "off_the_record": said.off_the_record,
        "now": now,
    }
    _append(_PUT_TO_OTHERS, parameters)


def channel() -> str:
    """Return where a statement with ``TO_OTHERS`` tells of what it puts; "" where ``tell_later`` does."""
    return "" if settings.REDIS_URL else CHANNEL


def tell_later(mailbox_ids: str) -> None:
    """Tell, once the transaction is committed, of mailboxes that a statement has put something into; see ``TOLD``."""
    if mailbox_ids and settings.REDIS_URL:
        from chat_app.engagement.redis_ears import tell_at_commit

        tell_at_commit(CHANNEL, mailbox_ids)


def tell(mailbox_ids: Sequence[int]) -> None:
    """Tell, at the commit, whoever waits at these mailboxes to look again. One statement."""
    if settings.REDIS_URL:
        tell_later(" ".join(map(str, mailbox_ids)))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, id::text) FROM unnest(%s::bigint[]) AS id", [CHANNEL, list(mailbox_ids)])


def _parameters(events: Sequence[NewEvent], now: datetime) -> dict[str, Any]:
    return {
        "mailboxes": [event.mailbox_id for event in events],
        "names": [event.message_name.value for event in events],
        "engagements": [event.engagement_id for event in events],
        "clients": [event.client_id for event in events],
        "fields": [to_json(event.fields).decode() for event in events],
        "off_the_record": [event.off_the_record for event in events],
        "times": [event.created_at for event in events],
        "now": now,
    }


def _append(statement: str, parameters: dict[str, Any]) -> None:
    """Append events, and see to it that the processes are told."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "channel": channel()})
        (mailbox_ids,) = cursor.fetchone()
    tell_later(mailbox_ids)


# Mailboxes are locked in the order of their ids, so that no two transactions wait for each other.
_APPEND = """
locked AS MATERIALIZED (
    SELECT id FROM chat_app_mailbox
    WHERE id IN (SELECT mailbox_id FROM given) AND voided_at IS NULL ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE chat_app_mailbox AS mailbox SET last_sequence = mailbox.last_sequence + new.number
    FROM (SELECT mailbox_id, count(*) AS number FROM given JOIN locked ON locked.id = mailbox_id GROUP BY mailbox_id)
        AS new
    WHERE mailbox.id = new.mailbox_id
    RETURNING mailbox.id, mailbox.last_sequence - new.number AS sequence_before
), told AS MATERIALIZED (
    SELECT pg_notify(%(channel)s::text, id::text) FROM counted WHERE %(channel)s::text <> ''
), appended AS (
    INSERT INTO chat_app_mailboxevent (
        mailbox_id, sequence, engagement_id, client_id, message_name, fields, created_at, off_the_record
    )
    SELECT
        given.mailbox_id, counted.sequence_before + given.number, given.engagement_id, given.client_id,
        given.message_name, given.fields::jsonb, coalesce(given.created_at, %(now)s::timestamptz), given.off_the_record
    FROM given JOIN counted ON counted.id = given.mailbox_id WHERE (SELECT count(*) FROM told) >= 0
    RETURNING mailbox_id
)
"""

TOLD = "coalesce((SELECT string_agg(DISTINCT mailbox_id::text, ' ') FROM appended), '')"
"""What ``tell_later`` needs of a statement that appends."""

_PUT = f"""
WITH given AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY mailbox_id ORDER BY place) AS number
    FROM unnest(
        %(mailboxes)s::bigint[], %(names)s::text[], %(engagements)s::bigint[], %(clients)s::bigint[],
        %(fields)s::text[], %(off_the_record)s::boolean[], %(times)s::timestamptz[]
    ) WITH ORDINALITY
        AS entry (mailbox_id, message_name, engagement_id, client_id, fields, off_the_record, created_at, place)
), {_APPEND} SELECT {TOLD}
"""  # noqa: S608 - made of constants

# Agents' sessions are looked for one by one: as a join, some plans begin with all sessions and what each takes part in.
TO_OTHERS = f"""
given AS MATERIALIZED (
    SELECT other.mailbox_id, said.*, NULL::timestamptz AS created_at, 1 AS number
    FROM said CROSS JOIN LATERAL (
        SELECT mailbox.id AS mailbox_id
        FROM chat_app_participant AS participant
        JOIN chat_app_mailbox AS mailbox ON mailbox.engagement_id = participant.engagement_id
        WHERE participant.engagement_id = said.engagement_id AND participant.kind = 'consumer'
            AND participant.id <> said.client_id AND mailbox.voided_at IS NULL
        UNION
        SELECT (
            SELECT session.mailbox_id FROM chat_app_agentsession AS session
            WHERE session.id = participant.agent_session_id AND session.ended_at IS NULL
        )
        FROM chat_app_participant AS participant
        WHERE participant.engagement_id = said.engagement_id AND participant.left_at IS NULL
            AND participant.id <> said.client_id
    ) AS other
    WHERE other.mailbox_id IS NOT NULL
), {_APPEND}
"""  # noqa: S608 - made of constants
"""For a statement with a table ``said``, of one row or none, with the columns of ``Said``: puts it to the others.

It needs ``channel`` and ``now``, and to have locked the engagement before, by data that ``said`` depends on.
"""

_PUT_TO_OTHERS = f"""
WITH said AS MATERIALIZED (
    SELECT
        %(name)s::text AS message_name, %(engagement)s::bigint AS engagement_id, %(client)s::bigint AS client_id,
        %(fields)s::text AS fields, %(off_the_record)s::boolean AS off_the_record
), {TO_OTHERS} SELECT {TOLD}
"""
