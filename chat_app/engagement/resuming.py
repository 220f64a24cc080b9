"""Coming back to a conversation: a new session id for an engagement that there is already, and what happened so far."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from authenticate_app.oauth.secrets import checksum
from chat_app.engagement.asked import Asked, Plan
from chat_app.engagement.claiming import Joined, Outdated, claim
from chat_app.engagement.events import NewEvent, put, tell
from chat_app.engagement.locks import lock_engagement, lock_mailboxes, mailboxes_of
from chat_app.engagement.models import Engagement, Mailbox, Participant, TranscriptMessage
from chat_app.engagement.pace import pace_of
from chat_app.engagement.sessions import new_session_id
from chat_app.engagement.tokens import VerifiedChatToken
from chat_app.engagement.vocabulary import MessageName
from chat_app.routing.snapshot import InterfaceFacts
from chat_app.sessions.models import ChatSession

State = Engagement.State


@transaction.atomic
def resume(
    *, token: VerifiedChatToken, asked: Asked, interface: InterfaceFacts, own_too: bool, now: datetime
) -> Joined:
    """Claim the token and let the customer back into the engagement of their session, wherever it stands.

    The stream of the new session id begins with the agents' side of the transcript, with the customer's own too if
    ``own_too``, and ends with the present state; one that was concluded meanwhile says so. The old session id is void.
    Raises ``Outdated``: nothing has happened; look again.
    """
    claim(token, now=now)
    engagement = lock_engagement(asked.engagement_id or 0)
    if engagement is None or engagement.session_id != asked.session_id:
        raise Outdated
    return _let_in(engagement, interface, own_too, now)


@transaction.atomic
def take_over(
    *,
    token: VerifiedChatToken,
    asked: Asked,
    planned: Plan,
    interface: InterfaceFacts,
    own_too: bool,
    now: datetime,
) -> Joined:
    """Claim the token and give its session the place of an engagement in which the same end user waits already.

    What is known of it is what the newer request says. The session that had it before is over. ``own_too``: the stream
    begins with what the customer has written while they waited.
    Raises ``Outdated``: nothing has happened; look again.
    """
    claim(token, now=now)
    engagement = lock_engagement(asked.waiting_id or 0)
    if engagement is None or engagement.state != State.WAITING or engagement.engaged_at is not None:
        raise Outdated
    _hand_to(asked, engagement, planned, now)
    Participant.objects.filter(engagement=engagement).update(name=planned.customer_name)
    Mailbox.objects.filter(engagement=engagement, voided_at=None).update(
        absent_seconds=planned.absent_seconds, absences=planned.absences
    )
    return _let_in(engagement, interface, own_too, now)


def _hand_to(asked: Asked, engagement: Engagement, planned: Plan, now: datetime) -> None:
    """Let the engagement belong to the newer session. Raises ``Outdated`` if that has changed meanwhile."""
    newer = ChatSession.objects.filter(pk=asked.session_id, state=ChatSession.State.AUTHENTICATED, engagement=None)
    if not newer.update(state=ChatSession.State.REQUESTED, requested_at=now, queue_id=planned.queue_id):
        raise Outdated
    ChatSession.objects.filter(pk=engagement.session_id).update(
        state=ChatSession.State.CONCLUDED, concluded_at=now, resumable=None
    )
    engagement.session_id = asked.session_id
    engagement.queue_id = planned.queue_id
    engagement.properties = dict(asked.request)
    engagement.priority = planned.priority
    engagement.proposed_agent_id = planned.proposed_agent_id
    engagement.save()


class _Before(NamedTuple):
    """The mailboxes of an engagement, locked: the customer's, which is to be void, and those of its agents."""

    customers: Mailbox | None
    agents: list[Mailbox]


def _let_in(engagement: Engagement, interface: InterfaceFacts, own_too: bool, now: datetime) -> Joined:
    before = _lock_mailboxes(engagement)
    consumer = Participant.objects.get(engagement=engagement, kind=Participant.Kind.CONSUMER)
    session_id = new_session_id(interface.pool_id)
    mailbox = _replace(before.customers, engagement, session_id, now)
    Engagement.objects.filter(pk=engagement.pk).update(state=engagement.state)  # as it was; see locks.py
    put([*_so_far(engagement, mailbox.pk, own_too, now), *_told_agents(before, consumer)], now=now)
    return Joined(session_id, engagement.pk, consumer.pk, mailbox.pk)


def _lock_mailboxes(engagement: Engagement) -> _Before:
    found = lock_mailboxes(mailboxes_of(engagement.pk))
    customers = next((row for row in found if row.engagement_id == engagement.pk), None)
    return _Before(customers, [row for row in found if row.engagement_id is None])


def _replace(old: Mailbox | None, engagement: Engagement, session_id: str, now: datetime) -> Mailbox:
    """Void the old mailbox, and tell whoever waits at it; the new one lives by the same rules."""
    if old is None:
        raise Outdated
    Mailbox.objects.filter(pk=old.pk).update(voided_at=now)
    tell([old.pk])
    return Mailbox.objects.create(
        session_checksum=checksum(session_id),
        engagement=engagement,
        last_seen_at=now,
        absent_seconds=old.absent_seconds,
        absences=old.absences,
        created_at=now,
    )


def _told_agents(before: _Before, consumer: Participant) -> list[NewEvent]:
    """Agents who were told that the customer is absent are told that this is over."""
    if before.customers is None or before.customers.connection == Mailbox.Connection.ACTIVE:
        return []
    fields = {"connectionState": Mailbox.Connection.ACTIVE.value}
    changed, engagement_id = MessageName.CONNECTION_STATE_CHANGED, consumer.engagement_id
    return [NewEvent(mailbox.pk, changed, engagement_id, consumer.pk, fields) for mailbox in before.agents]


def _so_far(engagement: Engagement, mailbox_id: int, own_too: bool, now: datetime) -> list[NewEvent]:
    """What the customer has to know again: who came, who wrote what, who left, in that order, and where it stands."""
    told = [*_comings_and_goings(engagement), *_messages(engagement, own_too)]
    told.sort(key=lambda entry: entry[0])
    told += _standing(engagement, now)
    return [
        NewEvent(mailbox_id, name, engagement.pk, client_id, fields, created_at=at)
        for (at, _), name, client_id, fields in told
    ]


_Entry = tuple[tuple[datetime, int], MessageName, int | None, dict[str, Any]]
"""When, and what comes first at the same time; what, caused by whom, with which fields."""

_COMING, _WRITING, _GOING, _LAST = range(4)


def _comings_and_goings(engagement: Engagement) -> Iterator[_Entry]:
    agents = Participant.objects.filter(engagement=engagement, kind=Participant.Kind.AGENT)
    for agent in agents.select_related("agent_session__mailbox"):
        came = {"name": agent.name, "greeting": "", "role": agent.role}
        yield (agent.joined_at, _COMING), MessageName.PARTICIPANT_ADDED, agent.pk, came
        if agent.left_at is not None and agent.left_at != engagement.concluded_at:
            went = {"role": agent.role, "disconnectReason": agent.departure}
            yield (agent.left_at, _GOING), MessageName.PARTICIPANT_LEFT, agent.pk, went
        elif agent.left_at is None and _is_absent(agent):
            absent = {"connectionState": Mailbox.Connection.ABSENT.value}
            yield (agent.joined_at, _LAST), MessageName.CONNECTION_STATE_CHANGED, agent.pk, absent


def _is_absent(agent: Participant) -> bool:
    return agent.agent_session is not None and agent.agent_session.mailbox.connection == Mailbox.Connection.ABSENT


def _messages(engagement: Engagement, own_too: bool) -> Iterator[_Entry]:
    rows = TranscriptMessage.objects.filter(engagement=engagement, off_the_record=False)
    if not own_too:
        rows = rows.filter(participant__kind=Participant.Kind.AGENT)
    for message in rows.order_by("pk"):
        yield (message.posted_at, _WRITING), MessageName.MESSAGE_POSTED, message.participant_id, posted_fields(message)


def posted_fields(message: TranscriptMessage) -> dict[str, Any]:
    """Return what ``RNEngagementMessagePostedMessage`` says of a message that is stored."""
    return {
        "body": message.body,
        "richText": message.rich_text,
        "offTheRecord": message.off_the_record,
        "messageId": message.message_id,
    }


def _standing(engagement: Engagement, now: datetime) -> list[_Entry]:
    """Where a customer stands who has no agent: in the queue, or at the end."""
    if engagement.state == State.WAITING:
        waiting = {
            "position": engagement.shown_position or 1,
            "expectedWaitTimeSeconds": engagement.shown_wait_seconds or 0,
            "averageWaitTimeSeconds": round(pace_of(engagement.queue_id, now).average_wait_seconds),
        }
        return [((now, _LAST), MessageName.WAIT_INFORMATION_CHANGED, None, waiting)]
    if engagement.state == State.CONCLUDED:
        concluded = {"reason": engagement.reason, "role": None}
        return [((engagement.concluded_at or now, _LAST), MessageName.CONCLUDED, None, concluded)]
    return []
