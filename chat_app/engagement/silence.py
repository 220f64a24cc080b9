"""Who has given no sign of life for how long, and what becomes of it (docs/chat-server.md).

Silent for the interval of its mailbox, a client is absent, and the other side is told. After so many further
intervals it is gone: a customer's engagement ends, an agent's session ends and leaves its engagements to others.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from chat_app.engagement import agent_sessions, endings
from chat_app.engagement.events import NewEvent, Said, put, put_to_others
from chat_app.engagement.joining import mailboxes_of_customers
from chat_app.engagement.locks import (
    lock_engagement,
    lock_engagements,
    lock_interface,
    lock_mailboxes,
    mailboxes_of,
)
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant
from chat_app.engagement.vocabulary import MessageName

Connection = Mailbox.Connection
CHANGED = MessageName.CONNECTION_STATE_CHANGED


class Silent(NamedTuple):
    """A client whose connection is not what it was: a customer's with an engagement, or an agent's with a session."""

    mailbox_id: int
    engagement_id: int | None
    session_id: int | None
    connection: str


def changes(*, now: datetime, most: int) -> list[Silent]:
    """Read for whom the connection has changed by now, those who are silent longest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {"now": now, "most": most})
        return [Silent(*row) for row in cursor.fetchall()]


def open_mailboxes() -> list[int]:
    """Read the ids of the mailboxes of engagements that run or wait, and of agents who are signed on; one query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({_OPEN}) AS mailbox")  # noqa: S608 - a constant
        return [mailbox_id for (mailbox_id,) in cursor.fetchall()]


def heed(silent: Silent, *, now: datetime) -> None:
    """Note the change and tell of it, unless it is noted already or not true any more."""
    if silent.engagement_id is not None:
        _heed_customer(silent, silent.engagement_id, now)
    elif silent.session_id is not None and silent.connection == Connection.DISCONNECTED:
        _end_session(silent, silent.session_id, now)
    elif silent.session_id is not None:
        _heed_agent(silent, silent.session_id, now)


def _heed_customer(silent: Silent, engagement_id: int, now: datetime) -> None:
    with transaction.atomic():
        engagement = lock_engagement(engagement_id)
        if engagement is None or engagement.state == Engagement.State.CONCLUDED:
            return
        customer = Participant.objects.get(engagement_id=engagement_id, kind=Participant.Kind.CONSUMER)
        if silent.connection == Connection.DISCONNECTED:
            _conclude_without(silent, customer, now)
            return
        lock_mailboxes(mailboxes_of(engagement_id))
        if _note(silent, now):
            put_to_others(Said(CHANGED, engagement_id, customer.pk, _fields(silent)), now=now)


def _conclude_without(silent: Silent, customer: Participant, now: datetime) -> None:
    """The engagement is locked: nobody but us changes the connection meanwhile."""
    if not _is_true(silent, now):
        return
    engagement_id = customer.engagement_id
    others = mailboxes_of(engagement_id).exclude(pk=silent.mailbox_id).order_by("pk")
    told = [NewEvent(other.pk, CHANGED, engagement_id, customer.pk, _fields(silent)) for other in others]
    reason = Engagement.Reason.END_USER_DISCONNECTED
    endings.conclude(engagement_id=engagement_id, reason=reason, by=None, now=now, told_before=told)
    _note(silent, now)


def _heed_agent(silent: Silent, session_id: int, now: datetime) -> None:
    own = Participant.objects.filter(agent_session_id=session_id, left_at=None)
    with transaction.atomic():
        lock_engagements(list(own.values_list("engagement_id", flat=True)))
        taking_part = dict(own.values_list("engagement_id", "pk"))
        lock_mailboxes(Mailbox.objects.filter(Q(pk=silent.mailbox_id) | Q(engagement_id__in=taking_part)))
        if not _note(silent, now):
            return
        events = [
            NewEvent(mailbox_id, CHANGED, engagement_id, taking_part[engagement_id], _fields(silent))
            for engagement_id, mailbox_id in mailboxes_of_customers(list(taking_part)).items()
        ]
        put(events, now=now)


def _end_session(silent: Silent, session_id: int, now: datetime) -> None:
    """The interface is locked first, as whoever ends sessions does; nobody but us changes the connection meanwhile."""
    session = AgentSession.objects.get(pk=session_id)
    with transaction.atomic():
        lock_interface(session.interface_id)
        if _is_true(silent, now):
            agent_sessions.end(session_ids=[session_id], why=AgentSession.End.DISCONNECTED, now=now)


def _fields(silent: Silent) -> dict[str, Any]:
    return {"connectionState": silent.connection}


def _note(silent: Silent, now: datetime) -> bool:
    """Claim the change."""
    parameters: dict[str, Any] = {"mailbox": silent.mailbox_id, "connection": silent.connection, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, parameters)
        return bool(cursor.rowcount)


def _is_true(silent: Silent, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_TRUE, {"mailbox": silent.mailbox_id, "connection": silent.connection, "now": now})
        return cursor.fetchone() is not None


_BY_NOW = """
CASE
    WHEN mailbox.last_seen_at + mailbox.absent_seconds * (1 + mailbox.absences) * interval '1 second' <= %(now)s
        THEN 'DISCONNECTED'
    WHEN mailbox.last_seen_at + mailbox.absent_seconds * interval '1 second' <= %(now)s THEN 'ABSENT'
    ELSE 'ACTIVE'
END
"""
"""The connection of ``mailbox`` by the signs of life that it has seen."""

_OPEN = """
SELECT mailbox.*, NULL::bigint AS session_id
FROM (
    SELECT id FROM chat_app_engagement WHERE state = 'waiting'
    UNION ALL SELECT id FROM chat_app_engagement WHERE state = 'engaged'
) AS engagement
JOIN chat_app_mailbox AS mailbox ON mailbox.engagement_id = engagement.id AND mailbox.voided_at IS NULL
UNION ALL
SELECT mailbox.*, session.id
FROM chat_app_agentsession AS session JOIN chat_app_mailbox AS mailbox ON mailbox.id = session.mailbox_id
WHERE session.ended_at IS NULL
"""

_CHANGES = f"""
SELECT mailbox.id, mailbox.engagement_id, mailbox.session_id, {_BY_NOW}
FROM ({_OPEN}) AS mailbox WHERE mailbox.connection <> {_BY_NOW}
ORDER BY mailbox.last_seen_at, mailbox.id LIMIT %(most)s
"""  # noqa: S608 - made of constants

_IS_TRUE = f"""
SELECT mailbox.id FROM chat_app_mailbox AS mailbox
WHERE mailbox.id = %(mailbox)s AND mailbox.voided_at IS NULL AND {_BY_NOW} = %(connection)s
"""  # noqa: S608 - made of constants

_NOTE = f"""
UPDATE chat_app_mailbox AS mailbox SET connection = %(connection)s
WHERE mailbox.id = %(mailbox)s AND mailbox.voided_at IS NULL
    AND mailbox.connection <> %(connection)s AND {_BY_NOW} = %(connection)s
"""  # noqa: S608 - made of constants
