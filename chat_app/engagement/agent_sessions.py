"""Agents sign on, say how much work they are ready for, and sign off.

An agent is signed on at an interface once. Whatever an agent leaves behind goes back to its queue, ahead of those who
came later.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.models import User
from authenticate_app.oauth.secrets import checksum
from chat_app.engagement import offers
from chat_app.engagement.errors import CONFLICT, INVALID_FIELD, Refused
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.joining import Departure, leave
from chat_app.engagement.locks import lock_engagements, lock_interface
from chat_app.engagement.metrics import AGENT_SESSIONS
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Offer
from chat_app.engagement.present import AgentFacts, queue_ids_of
from chat_app.engagement.sessions import new_session_id
from chat_app.engagement.vocabulary import AgentMessageName
from chat_app.routing.profile import OptionCode
from chat_app.routing.snapshot import InterfaceFacts, routing

ABSENCES = 2
"""How many further intervals make an absent agent a disconnected one (of customers a profile option says it)."""
MOST_AT_ONCE = 100
"""The highest capacity: nobody answers more people at a time."""
NAMELESS = "Agent"
"""What customers see of an agent without first and last name: never a user name, which is half of a sign-in."""

End = AgentSession.End


@dataclass(frozen=True, slots=True)
class SignedOn:
    """An agent's new session. ``secret``: the ``sessionId``, which is nowhere else."""

    secret: str
    agent: AgentFacts


def sign_on(*, caller: Caller, interface: InterfaceFacts, override: bool, now: datetime) -> SignedOn:
    """Begin a session of an agent at an interface. It takes no offers before ``get_ready``.

    Raises ``Refused`` (``CONFLICT``) if the agent is signed on there already, unless ``override`` ends that session;
    then its engagements wait for this agent first.
    """
    secret = new_session_id(interface.pool_id)
    with transaction.atomic():
        lock_interface(interface.id)
        older = AgentSession.objects.filter(user_id=caller.user_id, interface_id=interface.id, ended_at=None).first()
        if older is not None:
            if not override:
                raise Refused(CONFLICT, reason="signed_on_already", detail="You are signed on already.")
            _end([older], End.OVERRIDDEN, now, proposed_agent_id=caller.user_id)
        session = _new_session(caller, interface, secret, now)
    AGENT_SESSIONS.labels("signed_on").inc()
    return SignedOn(secret, facts_of(session))


def get_ready(*, agent: AgentFacts, capacity: int, queue_ids: Collection[int] | None, now: datetime) -> None:
    """Say for how many engagements at once the agent is ready, and in which of their queues (None: in all).

    With less room than before, offers are taken back. Raises ``Refused`` (``INVALID_FIELD``).
    """
    if not 0 <= capacity <= MOST_AT_ONCE:
        raise Refused(INVALID_FIELD, detail=f"capacity: a whole number from 0 to {MOST_AT_ONCE}.")
    own = queue_ids_of(user_id=agent.user_id, interface_id=agent.interface_id)
    if queue_ids is not None and (foreign := sorted(set(queue_ids) - own)):
        raise Refused(INVALID_FIELD, detail=f"queueIds: you do not serve the queue {foreign[0]}.")
    with transaction.atomic():
        lock_interface(agent.interface_id)
        offers.withdraw_beyond(agent=agent, room=capacity - engaged_in(agent).count(), now=now)
        AgentSession.objects.filter(pk=agent.session_id, ended_at=None).update(
            capacity=capacity, queue_ids=None if queue_ids is None else sorted(set(queue_ids))
        )


def log_off(*, agent: AgentFacts, force: bool, now: datetime) -> None:
    """Sign off. Raises ``Refused`` (``CONFLICT``) while engagements run, unless ``force`` puts them back."""
    with transaction.atomic():
        lock_interface(agent.interface_id)
        if not force and engaged_in(agent).exists():
            detail = "Engagements are running. Conclude or release them, or send forceLogoff."
            raise Refused(CONFLICT, reason="engagements_running", detail=detail)
        end(session_ids=[agent.session_id], why=End.LOGGED_OFF, now=now)


def end(*, session_ids: Iterable[int], why: AgentSession.End, now: datetime) -> int:
    """End sessions of one interface that have not ended yet; returns how many."""
    with transaction.atomic():
        running = AgentSession.objects.filter(pk__in=list(session_ids), ended_at=None)
        for interface_id in sorted(set(running.values_list("interface_id", flat=True))):
            lock_interface(interface_id)
        return _end(list(running.order_by("pk")), why, now)


def engaged_in(agent: AgentFacts) -> "QuerySet[Engagement]":
    """The running engagements that the agent takes part in."""
    return Engagement.objects.filter(
        state=Engagement.State.ENGAGED,
        participants__agent_session_id=agent.session_id,
        participants__left_at=None,
    )


def facts_of(session: AgentSession) -> AgentFacts:
    """What services need of a session."""
    return AgentFacts(session.pk, session.user_id, session.interface_id, session.mailbox_id, session.name)


def _new_session(caller: Caller, interface: InterfaceFacts, secret: str, now: datetime) -> AgentSession:
    profile = routing.current().value.profile
    mailbox = Mailbox.objects.create(
        session_checksum=checksum(secret),
        last_seen_at=now,
        absent_seconds=int(profile.site_value(OptionCode.ABSENT_INTERVAL, today=now.date())),
        absences=ABSENCES,
        created_at=now,
    )
    return AgentSession.objects.create(
        user_id=caller.user_id,
        interface_id=interface.id,
        mailbox=mailbox,
        sign_in_stamp=User.objects.values_list("sign_in_stamp", flat=True).get(pk=caller.user_id),
        name=f"{caller.first_name} {caller.last_name}".strip() or NAMELESS,
        idle_since=now,
        signed_on_at=now,
    )


def _end(
    sessions: Sequence[AgentSession], why: AgentSession.End, now: datetime, *, proposed_agent_id: int | None = None
) -> int:
    """Called with the interface's lock: what the sessions have to do with cannot become more meanwhile."""
    ids = [session.pk for session in sessions]
    taking_part = Engagement.objects.filter(participants__agent_session_id__in=ids, participants__left_at=None)
    offered = Engagement.objects.filter(offers__agent_session_id__in=ids, offers__state=Offer.State.OPEN)
    lock_engagements(list(taking_part.union(offered).values_list("pk", flat=True)))
    withdrawn = offers.withdraw(engagement_ids=list(offered.values_list("pk", flat=True)), now=now)
    left = leave(
        engagements=list(taking_part),
        departure=Departure.PARTICIPANT_LEFT,
        now=now,
        proposed_agent_id=proposed_agent_id,
    )
    AgentSession.objects.filter(pk__in=ids).update(ended_at=now, end=why)
    put([*withdrawn, *left, *(_told_of_end(session, why) for session in sessions)], now=now)
    gone = Mailbox.objects.filter(pk__in=[session.mailbox_id for session in sessions])
    gone.update(connection=Mailbox.Connection.DISCONNECTED)
    AGENT_SESSIONS.labels(why.value).inc(len(ids))
    return len(ids)


def _told_of_end(session: AgentSession, why: AgentSession.End) -> NewEvent:
    return NewEvent(session.mailbox_id, AgentMessageName.SESSION_ENDED, None, fields={"reason": why.value.upper()})
