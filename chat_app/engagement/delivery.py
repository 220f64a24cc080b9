"""What a poll is given, and from when on it counts as received (docs/chat-server.md, "Delivery").

Clients neither acknowledge nor remove doubles. So an answer counts as received once it was written whole and a later
poll has come; only what was in an answer that broke off is given again. Processes share what they know through the
mailbox: *reader* is the process that the latest poll came to, *handed* how far answers were begun, *written* how far
they were written whole. While an answer is being written by one process, another waits for what becomes of it.

Each function is for many mailboxes at once, since thousands of polls come and go each minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction
from pydantic_core import from_json

MOST_EVENTS = 100
"""In one answer; the rest comes with the next poll, which finds it waiting."""


class Ask(NamedTuple):
    """A poll that wants to be answered, by the checksum of its session id.

    ``interface_id``: where it came to, if it is a customer's; None for an agent's. ``position``: up to where the client
    has everything, None where the mailbox knows. ``is_open``: it has waited here already. ``is_patient``: it can wait
    for what becomes of another process's answer; else that counts as broken off.
    """

    checksum: str
    interface_id: int | None
    position: int | None
    is_open: bool
    is_patient: bool


class Event(NamedTuple):
    """An entry of ``getMessages``; ``fields`` without the twins."""

    sequence: int
    engagement_id: int | None
    client_id: int | None
    message_name: str
    fields: dict[str, Any]
    created_at: datetime


class Outcome(Enum):
    """What becomes of a poll now."""

    UNKNOWN = "unknown"
    """Its session id is not one, or void."""
    WAITS = "waits"
    ANSWERED = "answered"
    RELEASED = "released"
    """A later poll came to another process: this one is answered with nothing."""
    LATER = "later"
    """Another process is writing an answer, or something else happened meanwhile: ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a poll. ``position``: up to where its client has everything."""

    outcome: Outcome
    mailbox_id: int = 0
    engagement_id: int | None = None
    position: int = 0
    events: tuple[Event, ...] = ()


class Mark(NamedTuple):
    """What became of answers: written whole up to ``written``; ``is_broken``: the last one was not."""

    written: int
    is_broken: bool


class _Row(NamedTuple):
    """A row of ``_READ``: a mailbox with one event, or with none."""

    place: int
    mailbox_id: int
    engagement_id: int | None
    reader: int
    handed: int
    written: int
    position: int
    sequence: int | None
    event_engagement_id: int | None
    client_id: int | None
    message_name: str | None
    fields: str | None
    created_at: datetime | None


UNKNOWN = Found(Outcome.UNKNOWN)


def exchange(*, asks: Sequence[Ask], marks: Mapping[int, Mark], reader: int) -> list[Found]:
    """Note what became of earlier answers, and find out what each poll is to be given, in the order of ``asks``.

    ``reader`` is the number of this process. What is given counts as begun to be written. Two to three statements.
    Raises ``django.db.Error``.
    """
    note_marks(marks)
    found = [UNKNOWN] * len(asks)
    claims: dict[int, _Claim] = {}
    for place, rows in groupby(_read(asks), key=lambda row: row.place):
        found[place], claim = _judge(asks[place], list(rows), reader)
        if claim is not None:
            claims[place] = claim
    claimed = _claim(list(claims.values()), reader)
    for place, claim in claims.items():
        if claim.mailbox_id not in claimed:
            found[place] = Found(Outcome.RELEASED if asks[place].is_open else Outcome.LATER, claim.mailbox_id)
    return found


def note_marks(marks: Mapping[int, Mark]) -> None:
    """Note, by mailbox, what became of answers."""
    if not marks:
        return
    with connection.cursor() as cursor:
        columns = zip(*marks.values(), strict=True)
        cursor.execute(_NOTE_MARKS, [list(marks), *map(list, columns)])


class Sign(NamedTuple):
    """A sign of life of a client; ``received``: up to where it has everything, 0 where nothing is known of it."""

    mailbox_id: int
    received: int


class Seen(NamedTuple):
    """A mailbox in which a sign of life was noted, and who reads it now; 0: nobody may any more."""

    mailbox_id: int
    reader: int


def note_signs(*, signs: Sequence[Sign], now: datetime) -> list[Seen]:
    """Note signs of life, but for mailboxes that somebody is writing into: those are left out, to be noted next time.

    Then forget what was said off the record and has been received. Raises ``django.db.Error``.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")  # losing a second of it in a crash costs nobody anything
        cursor.execute(_NOTE_SIGNS, [now, *map(list, zip(*signs, strict=True))])
        seen = [Seen(*row) for row in cursor.fetchall()]
        cursor.execute(_FORGET_OFF_THE_RECORD)
    return seen


class _Claim(NamedTuple):
    """That this process is the reader now, and has begun to write events up to ``handed``.

    It holds if what was read is still so: who the reader was, and up to where answers had been begun.
    """

    mailbox_id: int
    reader_before: int
    handed_before: int
    handed: int


def _judge(ask: Ask, rows: list[_Row], reader: int) -> tuple[Found, _Claim | None]:
    """Decide about one poll, and what this process has to claim for it first."""
    box, events = rows[0], tuple(_event(row) for row in rows if row.sequence is not None)
    if box.reader != reader and ask.is_open:
        return Found(Outcome.RELEASED, box.mailbox_id), None
    if box.reader != reader and box.handed > box.written and ask.is_patient:
        return Found(Outcome.LATER, box.mailbox_id), None
    outcome = Outcome.ANSWERED if events else Outcome.WAITS
    found = Found(outcome, box.mailbox_id, box.engagement_id, box.position, events)
    if not events and box.reader == reader:
        return found, None
    handed = events[-1].sequence if events else box.written
    return found, _Claim(box.mailbox_id, box.reader, box.handed, handed)


def _event(row: _Row) -> Event:
    assert row.sequence is not None and row.message_name and row.fields and row.created_at  # noqa: S101, PT018 - for the type checker: columns that are never null
    return Event(
        row.sequence,
        row.event_engagement_id,
        row.client_id,
        row.message_name,
        from_json(row.fields),
        row.created_at,
    )


def _read(asks: Sequence[Ask]) -> list[_Row]:
    if not asks:
        return []
    with connection.cursor() as cursor:
        parameters: list[Any] = [
            [ask.checksum for ask in asks],
            [ask.interface_id for ask in asks],
            [ask.position for ask in asks],
            MOST_EVENTS,
        ]
        cursor.execute(_READ, parameters)
        return [_Row(*row) for row in cursor.fetchall()]


def _claim(claims: Sequence[_Claim], reader: int) -> set[int]:
    """Return the mailboxes for which it went well."""
    if not claims:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [reader, *map(list, zip(*claims, strict=True))])
        return {mailbox_id for (mailbox_id,) in cursor.fetchall()}


# A session id is good on its own side of the conversation alone, a customer's at the site of its engagement. Whoever
# says to have more than there is would never be told anything again.
_READ = """
SELECT
    ask.place - 1, mailbox.id, mailbox.engagement_id, mailbox.reader, mailbox.handed_sequence,
    mailbox.written_sequence, known.position,
    event.sequence, event.engagement_id, event.client_id, event.message_name, event.fields, event.created_at
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS ask (checksum, interface_id, position, place)
JOIN chat_app_mailbox AS mailbox ON mailbox.session_checksum = ask.checksum AND mailbox.voided_at IS NULL
LEFT JOIN chat_app_engagement AS engagement ON engagement.id = mailbox.engagement_id
CROSS JOIN LATERAL (
    SELECT LEAST(
        COALESCE(ask.position, GREATEST(mailbox.received_sequence, mailbox.written_sequence)), mailbox.last_sequence
    )
) AS known (position)
LEFT JOIN LATERAL (
    SELECT * FROM chat_app_mailboxevent AS waiting
    WHERE mailbox.last_sequence > known.position
        AND waiting.mailbox_id = mailbox.id AND waiting.sequence > known.position
    ORDER BY waiting.sequence LIMIT %s
) AS event ON true
WHERE ask.interface_id IS NOT DISTINCT FROM engagement.interface_id
ORDER BY ask.place, event.sequence
"""

# In all of these, mailboxes are locked in the order of their ids, as events.put does it.

_CLAIM = """
UPDATE chat_app_mailbox AS mailbox SET reader = %s, handed_sequence = locked.handed
FROM (
    SELECT mailbox.id, claim.handed
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS claim (id, reader, handed_before, handed)
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = claim.id
    WHERE mailbox.reader = claim.reader AND mailbox.handed_sequence = claim.handed_before
        AND mailbox.voided_at IS NULL
    ORDER BY mailbox.id FOR NO KEY UPDATE OF mailbox
) AS locked
WHERE mailbox.id = locked.id
RETURNING mailbox.id
"""

_NOTE_MARKS = """
UPDATE chat_app_mailbox AS mailbox SET
    written_sequence = GREATEST(mailbox.written_sequence, locked.written),
    handed_sequence = CASE
        WHEN locked.is_broken THEN GREATEST(mailbox.written_sequence, locked.written) ELSE mailbox.handed_sequence
    END
FROM (
    SELECT mailbox.id, mark.written, mark.is_broken
    FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS mark (id, written, is_broken)
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = mark.id
    ORDER BY mailbox.id FOR NO KEY UPDATE OF mailbox
) AS locked
WHERE mailbox.id = locked.id
"""

_NOTE_SIGNS = """
UPDATE chat_app_mailbox AS mailbox SET
    received_sequence = GREATEST(mailbox.received_sequence, free.received),
    last_seen_at = GREATEST(mailbox.last_seen_at, %s::timestamptz)
FROM (
    SELECT mailbox.id, sign.received
    FROM unnest(%s::bigint[], %s::bigint[]) AS sign (id, received)
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = sign.id
    ORDER BY mailbox.id FOR NO KEY UPDATE OF mailbox SKIP LOCKED
) AS free
WHERE mailbox.id = free.id
RETURNING mailbox.id, CASE WHEN mailbox.voided_at IS NULL THEN mailbox.reader ELSE 0 END
"""

_FORGET_OFF_THE_RECORD = """
DELETE FROM chat_app_mailboxevent AS event USING chat_app_mailbox AS mailbox
WHERE event.off_the_record AND mailbox.id = event.mailbox_id AND event.sequence <= mailbox.received_sequence
"""
