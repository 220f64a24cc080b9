"""What those in an engagement say to each other: messages, which are kept, and what they are doing, which is not.

Both are told to everybody else in the engagement in the same transaction that stores them. Customers may write while
they still wait: whoever takes the engagement gets to read it.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from chat_app.engagement.errors import ACCESS_DENIED, ENGAGEMENT_CONCLUDED, Refused
from chat_app.engagement.events import Said, put_to_others
from chat_app.engagement.metrics import MESSAGES
from chat_app.engagement.models import Engagement, Participant
from chat_app.engagement.vocabulary import ActivityMode, MessageName

LONGEST_BODY: Final = 32_000
"""Characters of a message; whoever parses requests makes sure of it."""

SNEAK_PREVIEW_ENABLED: Final = "ENABLED"
SNEAK_PREVIEW_MILLISECONDS: Final = 500
"""How often clients may tell what somebody is typing."""


class NewMessage(NamedTuple):
    """What somebody writes. ``message_id``: the writer's own; the same one again is the same message."""

    body: str
    message_id: str | None = None
    rich_text: bool = False
    off_the_record: bool = False


class Activity(NamedTuple):
    """What somebody is doing; ``sneak_preview`` is what they have typed so far, if they let others see it."""

    mode: ActivityMode
    sneak_preview: str = ""
    sneak_preview_focus: bool = False


class Writer(NamedTuple):
    """Who says something in an engagement: a participant, or an agent by the session that they are in it with."""

    participant_id: int | None = None
    agent_session_id: int | None = None


def post_message(*, engagement_id: int, writer: Writer, message: NewMessage, now: datetime) -> int:
    """Store a message and tell the others; return the participant's id. Two statements in one durable transaction.

    The same ``message_id`` of the same writer again changes nothing. Off the record: the others are told, and nothing
    is stored of it but its id.

    Raises:
        Refused: 409 once the engagement is concluded, 403 for somebody who is not in it.
        django.db.DatabaseError: nothing has happened, or the connection was lost before the answer came.
    """
    with transaction.atomic():
        place = _store(engagement_id, writer, message, now)
        if place.is_new:
            put_to_others(_posted(engagement_id, place.participant_id, message), now=now)
    _count(place, message)
    return place.participant_id


def set_activity(*, engagement_id: int, writer: Writer, activity: Activity, now: datetime) -> int:
    """Tell the others what somebody is doing; return the participant's id. Two statements; nothing of it is kept.

    Raises what ``post_message`` raises.
    """
    fields = {
        "mode": activity.mode.value,
        "sneakPreviewState": SNEAK_PREVIEW_ENABLED,
        "sneakPreviewInterval": SNEAK_PREVIEW_MILLISECONDS,
        "sneakPreview": activity.sneak_preview,
        "sneakPreviewFocus": activity.sneak_preview_focus,
    }
    with transaction.atomic():
        place = _found(_LOOK, {"engagement": engagement_id, **writer._asdict()})
        changed = Said(MessageName.ACTIVITY_CHANGED, engagement_id, place.participant_id, fields, off_the_record=True)
        put_to_others(changed, now=now)
    return place.participant_id


class _Place(NamedTuple):
    """Whoever says something, once it is certain that they may; the engagement is locked."""

    participant_id: int
    kind: Participant.Kind
    is_new: bool


def _store(engagement_id: int, writer: Writer, message: NewMessage, now: datetime) -> _Place:
    parameters = {
        "engagement": engagement_id,
        **writer._asdict(),
        "body": "" if message.off_the_record else message.body,
        "rich_text": message.rich_text,
        "off_the_record": message.off_the_record,
        "message_id": message.message_id,
        "now": now,
    }
    return _found(_STORE, parameters)


def _found(statement: str, parameters: dict[str, Any]) -> _Place:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    if row is None or row[0] == Engagement.State.CONCLUDED:
        raise Refused(ENGAGEMENT_CONCLUDED)
    _state, participant_id, kind, is_new = row
    if participant_id is None:
        raise Refused(ACCESS_DENIED, reason="not_in_engagement", detail="You are not in this engagement.")
    return _Place(participant_id, Participant.Kind(kind), is_new)


def _posted(engagement_id: int, participant_id: int, message: NewMessage) -> Said:
    fields = {
        "body": message.body,
        "richText": message.rich_text,
        "offTheRecord": message.off_the_record,
        "messageId": message.message_id,
    }
    return Said(MessageName.MESSAGE_POSTED, engagement_id, participant_id, fields, message.off_the_record)


def _count(place: _Place, message: NewMessage) -> None:
    kept = "off_the_record" if message.off_the_record else "stored"
    MESSAGES.labels(place.kind.value, kept if place.is_new else "repeated").inc()


# What happened to the engagement while we waited for its lock is seen: each row that counts is locked, and a row that
# is locked is read anew. The writer's comes after the engagement's, since its condition needs that one.
_PLACE = """
engagement AS MATERIALIZED (
    SELECT id, state FROM chat_app_engagement WHERE id = %(engagement)s::bigint FOR NO KEY UPDATE
), writer AS MATERIALIZED (
    SELECT id, kind FROM chat_app_participant
    WHERE engagement_id = (SELECT id FROM engagement) AND left_at IS NULL
        AND (id = %(participant_id)s::bigint OR agent_session_id = %(agent_session_id)s::bigint)
    FOR SHARE
)
"""

_LOOK = f"""
WITH {_PLACE}
SELECT engagement.state, writer.id, writer.kind, TRUE FROM engagement LEFT JOIN writer ON TRUE
"""  # noqa: S608 - made of constants

_STORE = f"""
WITH {_PLACE}, stored AS (
    INSERT INTO chat_app_transcriptmessage (
        engagement_id, participant_id, posted_at, body, rich_text, off_the_record, message_id
    )
    SELECT
        engagement.id, writer.id, %(now)s::timestamptz, %(body)s::text, %(rich_text)s::boolean,
        %(off_the_record)s::boolean, %(message_id)s::text
    FROM engagement, writer
    WHERE engagement.state <> 'concluded' AND (NOT %(off_the_record)s::boolean OR %(message_id)s::text IS NOT NULL)
    ON CONFLICT (participant_id, message_id) WHERE message_id IS NOT NULL DO NOTHING
    RETURNING id
), written AS (
    UPDATE chat_app_engagement AS engagement SET last_written_at = %(now)s::timestamptz
    FROM writer WHERE engagement.id = %(engagement)s::bigint AND engagement.state = 'engaged'
)
SELECT
    engagement.state, writer.id, writer.kind, %(message_id)s::text IS NULL OR EXISTS (SELECT FROM stored)
FROM engagement LEFT JOIN writer ON TRUE
"""  # noqa: S608 - made of constants
