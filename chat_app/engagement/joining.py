"""How an agent comes into an engagement, and how one goes out of it again.

Both are called with the engagements locked, and return what is to be told: the caller puts it, together with whatever
else its transaction tells.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from chat_app.engagement.events import NewEvent
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant, TranscriptMessage
from chat_app.engagement.present import AgentFacts
from chat_app.engagement.vocabulary import AgentMessageName, MessageName
from chat_app.sessions.models import ChatSession

Departure = Participant.Departure


def join(*, engagement: Engagement, agent: AgentFacts, now: datetime) -> list[NewEvent]:
    """Let the agent lead a waiting engagement: the customer is told who it is, the agent what was written so far."""
    Engagement.objects.filter(pk=engagement.pk).update(
        state=Engagement.State.ENGAGED,
        engaged_at=engagement.engaged_at or now,
        last_written_at=now,
        proposed_agent_id=None,
        shown_position=None,
        shown_wait_seconds=None,
    )
    ChatSession.objects.filter(pk=engagement.session_id, state=ChatSession.State.REQUESTED).update(
        state=ChatSession.State.ENGAGED, engaged_at=now
    )
    AgentSession.objects.filter(pk=agent.session_id).update(idle_since=now)
    _note_wait(engagement, now)
    participant = Participant.objects.create(
        engagement=engagement,
        kind=Participant.Kind.AGENT,
        role=Participant.Role.LEAD,
        user_id=agent.user_id,
        agent_session_id=agent.session_id,
        name=agent.name,
        joined_at=now,
    )
    return [*_told_customer_of_joining(participant), _told_agent_of_joining(engagement, participant, agent)]


def leave(
    *,
    engagements: Sequence[Engagement],
    departure: Departure,
    now: datetime,
    queue_id: int | None = None,
    proposed_agent_id: int | None = None,
) -> list[NewEvent]:
    """Put running engagements back into a queue (None: their own), ahead of those who came later.

    Their agents go out of them. ``proposed_agent_id``: the account to which they are offered first.
    """
    running = [engagement for engagement in engagements if engagement.state == Engagement.State.ENGAGED]
    if not running:
        return []
    ids = [engagement.pk for engagement in running]
    gone = list(
        Participant.objects.filter(engagement_id__in=ids, kind=Participant.Kind.AGENT, left_at=None).select_related(
            "agent_session"
        )
    )
    Participant.objects.filter(pk__in=[participant.pk for participant in gone]).update(left_at=now, departure=departure)
    changes: dict[str, Any] = {} if queue_id is None else {"queue_id": queue_id}
    Engagement.objects.filter(pk__in=ids).update(
        state=Engagement.State.WAITING,
        waiting_since=now,
        last_written_at=None,
        proposed_agent_id=proposed_agent_id,
        shown_position=None,
        shown_wait_seconds=None,
        **changes,
    )
    _note_idle(gone, now)
    customers = mailboxes_of_customers(ids)
    return [event for participant in gone for event in _told_of_leaving(participant, customers, departure)]


def mailboxes_of_customers(engagement_ids: Sequence[int]) -> dict[int, int]:
    """Read where the customers of these engagements are told; by engagement, one query."""
    rows = Mailbox.objects.filter(engagement_id__in=engagement_ids, voided_at=None)
    return dict(rows.values_list("engagement_id", "pk"))


def transcript(*, engagement_id: int) -> list[dict[str, Any]]:
    """Read what was written so far, the first message first, under wire names; what is off the record is left out."""
    rows = TranscriptMessage.objects.filter(engagement_id=engagement_id, off_the_record=False).order_by("pk")
    return [
        {
            "clientId": message.participant_id,
            "name": message.participant.name,
            "kind": message.participant.kind,
            "body": message.body,
            "richText": message.rich_text,
            "createdTime": message.posted_at,
        }
        for message in rows.select_related("participant")
    ]


def _told_customer_of_joining(participant: Participant) -> list[NewEvent]:
    mailbox_id = mailboxes_of_customers([participant.engagement_id]).get(participant.engagement_id)
    if mailbox_id is None:
        return []
    fields = {"name": participant.name, "greeting": "", "role": participant.role}
    added = MessageName.PARTICIPANT_ADDED
    return [NewEvent(mailbox_id, added, participant.engagement_id, participant.pk, fields)]


def _told_agent_of_joining(engagement: Engagement, participant: Participant, agent: AgentFacts) -> NewEvent:
    customer = Participant.objects.filter(engagement=engagement, kind=Participant.Kind.CONSUMER).first()
    fields = {
        "queueId": engagement.queue_id,
        "role": participant.role,
        "customerClientId": customer.pk if customer else None,
        "authUserName": engagement.auth_user_name,
        "properties": engagement.properties,
        "transcript": transcript(engagement_id=engagement.pk),
    }
    return NewEvent(agent.mailbox_id, AgentMessageName.ASSIGNED, engagement.pk, participant.pk, fields)


def _told_of_leaving(participant: Participant, customers: dict[int, int], departure: Departure) -> list[NewEvent]:
    engagement_id = participant.engagement_id
    fields = {"role": participant.role, "disconnectReason": departure.value}
    told = []
    if mailbox_id := customers.get(engagement_id):
        told.append(NewEvent(mailbox_id, MessageName.PARTICIPANT_LEFT, engagement_id, participant.pk, fields))
    session = participant.agent_session
    if session is not None:
        told.append(NewEvent(session.mailbox_id, AgentMessageName.UNASSIGNED, engagement_id, participant.pk, fields))
    return told


def _note_idle(gone: Sequence[Participant], now: datetime) -> None:
    ids = [participant.agent_session_id for participant in gone if participant.agent_session_id is not None]
    locked = AgentSession.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    AgentSession.objects.filter(pk__in=[session.pk for session in locked]).update(idle_since=now)


def _note_wait(engagement: Engagement, now: datetime) -> None:
    """Let this wait count in the queue's average, with a tenth of the weight."""
    waited = max(0.0, (now - engagement.waiting_since).total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_WAIT, {"queue": engagement.queue_id, "waited": waited})


_NOTE_WAIT = """
INSERT INTO chat_app_queuefigures AS figures (queue_id, average_wait_seconds) VALUES (%(queue)s, %(waited)s)
ON CONFLICT (queue_id) DO UPDATE SET average_wait_seconds =
    coalesce(0.9 * figures.average_wait_seconds + 0.1 * excluded.average_wait_seconds, excluded.average_wait_seconds)
"""
