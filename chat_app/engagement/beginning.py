"""The common case of ``requestEngagement``: an engagement begins, in one statement that is one durable transaction."""

from datetime import datetime
from typing import Any

from authenticate_app.accounts.names import name_key
from authenticate_app.oauth.secrets import checksum
from authenticate_app.statements import Statement
from chat_app.engagement.asked import Asked, Plan
from chat_app.engagement.claiming import CLAIMABLE, Joined, Outdated, claim_parameters
from chat_app.engagement.ordering import RANK
from chat_app.engagement.sessions import new_session_id
from chat_app.engagement.tokens import VerifiedChatToken
from chat_app.engagement.vocabulary import MessageName
from chat_app.routing.snapshot import InterfaceFacts


def begin(*, token: VerifiedChatToken, asked: Asked, planned: Plan, interface: InterfaceFacts, now: datetime) -> Joined:
    """Claim the token and let its session's engagement wait in its queue. One statement.

    Raises:
        Outdated: nothing has happened; look again.
        django.db.IntegrityError: the same, since the session or the end user had one at the same moment.
    """
    session_id = new_session_id(interface.pool_id)
    parameters = _parameters(token, asked, planned, session_id, now)
    row = _BEGIN.row([parameters[name] for name in _TYPES])
    if row is None:
        raise Outdated
    return Joined(session_id, *map(int, row))


def _parameters(
    token: VerifiedChatToken, asked: Asked, planned: Plan, session_id: str, now: datetime
) -> dict[str, Any]:
    return {
        **claim_parameters(token, now),
        "version": asked.version,
        "routing_revision": planned.routing_revision,
        "end_user_key": name_key(asked.auth_user_name),
        "session_checksum": checksum(session_id),
        "name": planned.customer_name,
        "queue": planned.queue_id,
        "priority": planned.priority,
        "proposed_agent": planned.proposed_agent_id,
        "discard_seconds": planned.discard_seconds,
        "starvation_seconds": planned.starvation_seconds,
        "offer_seconds": planned.offer_seconds,
        "absent_seconds": planned.absent_seconds,
        "absences": planned.absences,
        "seconds_per_place": planned.pace.seconds_per_place,
        "average_wait": round(planned.pace.average_wait_seconds),
        "message_name": MessageName.WAIT_INFORMATION_CHANGED.value,
    }


_TYPES = {
    "jti": "uuid",
    "keys_revision": "bigint",
    "now": "timestamptz",
    "version": "text",
    "routing_revision": "bigint",
    "end_user_key": "text",
    "session_checksum": "text",
    "name": "text",
    "queue": "bigint",
    "priority": "bigint",
    "proposed_agent": "bigint",
    "discard_seconds": "bigint",
    "starvation_seconds": "bigint",
    "offer_seconds": "bigint",
    "absent_seconds": "bigint",
    "absences": "bigint",
    "seconds_per_place": "float8",
    "average_wait": "bigint",
    "message_name": "text",
}

# Nothing happens unless the token is claimed, and it is not unless all that was read before still holds.
_BEGIN = Statement(
    "begin_engagement",
    f"""
WITH claimed AS MATERIALIZED (
    UPDATE chat_app_chattoken AS token SET claimed_at = %(now)s
    FROM chat_app_chatsession AS session
    WHERE {CLAIMABLE} AND session.id = token.session_id AND session.xmin::text = %(version)s AND EXISTS (
        SELECT FROM authenticate_app_revision WHERE topic = 'routing' AND value = %(routing_revision)s
    )
    RETURNING token.session_id
), session AS MATERIALIZED (
    UPDATE chat_app_chatsession AS session
    SET state = 'requested', requested_at = %(now)s, queue_id = %(queue)s
    FROM claimed WHERE session.id = claimed.session_id
    RETURNING session.id, session.interface_id, session.auth_user_name, session.end_user_id, session.request
), place AS MATERIALIZED (
    SELECT 1 + count(*) AS position FROM chat_app_engagement AS engagement
    WHERE engagement.queue_id = %(queue)s AND engagement.state = 'waiting' AND {RANK} >= %(priority)s
), told AS MATERIALIZED (
    SELECT position, round(position * %(seconds_per_place)s)::integer AS seconds FROM place
), engagement AS (
    INSERT INTO chat_app_engagement (
        session_id, interface_id, queue_id, state, auth_user_name, end_user_key, end_user_id, properties, priority,
        proposed_agent_id, requested_at, waiting_since, reason, discard_seconds, starvation_seconds, offer_seconds,
        shown_position, shown_wait_seconds
    )
    SELECT
        session.id, session.interface_id, %(queue)s, 'waiting', session.auth_user_name, %(end_user_key)s,
        session.end_user_id, session.request, %(priority)s, %(proposed_agent)s, %(now)s,
        %(now)s, '', %(discard_seconds)s, %(starvation_seconds)s, %(offer_seconds)s, told.position,
        told.seconds
    FROM session, told
    RETURNING id, end_user_id
), participant AS (
    INSERT INTO chat_app_participant (engagement_id, kind, role, user_id, name, joined_at, departure)
    SELECT
        engagement.id, 'consumer', '',
        (SELECT account.id FROM authenticate_app_user AS account WHERE account.id = engagement.end_user_id),
        %(name)s, %(now)s, ''
    FROM engagement
    RETURNING id, engagement_id
), mailbox AS (
    INSERT INTO chat_app_mailbox (
        session_checksum, engagement_id, last_sequence, received_sequence, written_sequence, connection, last_seen_at,
        absent_seconds, absences, created_at
    )
    SELECT
        %(session_checksum)s, engagement.id, 1, 0, 0, 'ACTIVE', %(now)s, %(absent_seconds)s,
        %(absences)s, %(now)s
    FROM engagement
    RETURNING id, engagement_id
), event AS (
    INSERT INTO chat_app_mailboxevent (
        mailbox_id, sequence, engagement_id, message_name, fields, created_at, off_the_record
    )
    SELECT
        mailbox.id, 1, mailbox.engagement_id, %(message_name)s, jsonb_build_object(
            'position', told.position, 'expectedWaitTimeSeconds', told.seconds,
            'averageWaitTimeSeconds', %(average_wait)s::integer
        ), %(now)s, FALSE
    FROM mailbox, told
)
SELECT participant.engagement_id, participant.id, mailbox.id
FROM participant JOIN mailbox ON mailbox.engagement_id = participant.engagement_id
""",  # noqa: S608 - made of constants
    _TYPES,
)
