"""What those in an engagement say to each other: messages, which are kept, and what they are doing, which is not.

Both are told to everybody else in the engagement by the statement that stores them, which is a transaction of its own.
It locks the engagement and reads who is in it at once, so that somebody else may change that in between; then it does
nothing, and is run again once the engagement is locked. Customers may write while they still wait: whoever takes the
engagement gets to read it.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction
from pydantic_core import to_json

from authenticate_app.statements import TRUE, Statement
from chat_app.engagement import events
from chat_app.engagement.errors import ACCESS_DENIED, ENGAGEMENT_CONCLUDED, Refused
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.metrics import MESSAGES
from chat_app.engagement.models import Engagement
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
    """Store a message and tell the others; return the participant's id. One statement, two more after a collision.

    The same ``message_id`` of the same writer again changes nothing. Off the record: the others are told, and nothing
    is stored of it but its id.

    Raises:
        Refused: 409 once the engagement is concluded, 403 for somebody who is not in it.
        django.db.DatabaseError: nothing has happened, or the connection was lost before the answer came.
    """
    fields = {
        "body": message.body,
        "richText": message.rich_text,
        "offTheRecord": message.off_the_record,
        "messageId": message.message_id,
    }
    body = "" if message.off_the_record else message.body
    values = (body, message.rich_text, message.message_id, *_said(fields, message.off_the_record, now))
    place = _say(_POST, engagement_id, writer, values)
    _count(place, message)
    return place.participant_id


def set_activity(*, engagement_id: int, writer: Writer, activity: Activity, now: datetime) -> int:
    """Tell the others what somebody is doing; return the participant's id. Nothing of it is kept; as many statements.

    Raises what ``post_message`` raises.
    """
    fields = {
        "mode": activity.mode.value,
        "sneakPreviewState": SNEAK_PREVIEW_ENABLED,
        "sneakPreviewInterval": SNEAK_PREVIEW_MILLISECONDS,
        "sneakPreview": activity.sneak_preview,
        "sneakPreviewFocus": activity.sneak_preview_focus,
    }
    return _say(_SET_ACTIVITY, engagement_id, writer, _said(fields, True, now)).participant_id


class _Place(NamedTuple):
    """Whoever has said something, and whether it is the first time."""

    participant_id: int
    kind: str
    is_new: bool


def _said(fields: dict[str, Any], off_the_record: bool, now: datetime) -> tuple[object, ...]:
    return to_json(fields).decode(), off_the_record, now, events.channel()


def _say(statement: Statement, engagement_id: int, writer: Writer, more: tuple[object, ...]) -> _Place:
    values = (engagement_id, *writer, *more)
    row = statement.row(values)
    if row is not None and row[0] != TRUE:
        with transaction.atomic():
            lock_engagement(engagement_id)
            row = statement.row(values)
    if row is None or row[1] == _CONCLUDED:
        raise Refused(ENGAGEMENT_CONCLUDED)
    return _placed(*row[2:])


def _placed(participant_id: bytes | None, kind: bytes, is_new: bytes, told: bytes) -> _Place:
    if participant_id is None:
        raise Refused(ACCESS_DENIED, reason="not_in_engagement", detail="You are not in this engagement.")
    events.tell_later(told.decode())
    return _Place(int(participant_id), kind.decode(), is_new == TRUE)


def _count(place: _Place, message: NewMessage) -> None:
    kept = "off_the_record" if message.off_the_record else "stored"
    MESSAGES.labels(place.kind, kept if place.is_new else "repeated").inc()


_CONCLUDED: Final = Engagement.State.CONCLUDED.value.encode()

# A row that is locked is read anew after the wait for its lock, whereas the statement sees all others as they were when
# it began. Who comes into an engagement or out of it writes the engagement's row, too (locks.py): if that is not the
# version that the statement has begun with, what it sees of the others may be out of date.
_SPEAKING = """
engagement AS MATERIALIZED (
    SELECT id, state, xmin::text AS version FROM chat_app_engagement WHERE id = %(engagement)s FOR NO KEY UPDATE
), writer AS MATERIALIZED (
    SELECT id, kind FROM chat_app_participant
    WHERE engagement_id = (SELECT id FROM engagement) AND left_at IS NULL
        AND (id = %(participant)s OR agent_session_id = %(agent_session)s)
    FOR SHARE
), place AS MATERIALIZED (
    SELECT
        engagement.version = (SELECT xmin::text FROM chat_app_engagement WHERE id = %(engagement)s) AS is_current,
        engagement.id, engagement.state, writer.id AS participant_id, writer.kind
    FROM engagement LEFT JOIN writer ON TRUE
), speaking AS MATERIALIZED (
    SELECT * FROM place WHERE is_current AND state <> 'concluded' AND participant_id IS NOT NULL
)
"""

_ANSWER = f"""
SELECT
    place.is_current, place.state, place.participant_id, place.kind, EXISTS (SELECT FROM said), {events.TOLD}
FROM place
"""  # noqa: S608 - made of constants

_WHO = {"engagement": "bigint", "participant": "bigint", "agent_session": "bigint"}
_WHAT = {"fields": "text", "off_the_record": "boolean", "now": "timestamptz", "channel": "text"}

_POST: Final = Statement(
    "post_message",
    f"""
WITH {_SPEAKING}, stored AS (
    INSERT INTO chat_app_transcriptmessage (
        engagement_id, participant_id, posted_at, body, rich_text, off_the_record, message_id
    )
    SELECT id, participant_id, %(now)s, %(body)s, %(rich_text)s, %(off_the_record)s, %(message_id)s
    FROM speaking WHERE NOT %(off_the_record)s OR %(message_id)s IS NOT NULL
    ON CONFLICT (participant_id, message_id) WHERE message_id IS NOT NULL DO NOTHING
    RETURNING id
), written AS (
    UPDATE chat_app_engagement AS engagement SET last_written_at = %(now)s
    FROM speaking WHERE engagement.id = speaking.id AND speaking.state = 'engaged'
), said AS MATERIALIZED (
    SELECT
        '{MessageName.MESSAGE_POSTED.value}' AS message_name, id AS engagement_id, participant_id AS client_id,
        %(fields)s AS fields, %(off_the_record)s AS off_the_record
    FROM speaking WHERE %(message_id)s IS NULL OR EXISTS (SELECT FROM stored)
), {events.TO_OTHERS} {_ANSWER}
""",  # noqa: S608 - made of constants
    {**_WHO, "body": "text", "rich_text": "boolean", "message_id": "text", **_WHAT},
)

_SET_ACTIVITY: Final = Statement(
    "set_activity",
    f"""
WITH {_SPEAKING}, said AS MATERIALIZED (
    SELECT
        '{MessageName.ACTIVITY_CHANGED.value}' AS message_name, id AS engagement_id, participant_id AS client_id,
        %(fields)s AS fields, %(off_the_record)s AS off_the_record
    FROM speaking
), {events.TO_OTHERS} {_ANSWER}
""",  # noqa: S608 - made of constants
    {**_WHO, **_WHAT},
)
