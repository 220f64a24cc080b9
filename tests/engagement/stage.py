"""Customers who wait and agents who are signed on, as rows: a stage for the services of agents, routing and time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from chat_app.engagement import agent_sessions, offers
from chat_app.engagement.assignment import assign
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, MailboxEvent, Offer, Participant
from chat_app.engagement.present import AgentFacts
from chat_app.routing.models import QueueResource
from chat_app.routing.snapshot import routing
from chat_app.sessions.models import ChatSession
from tests.world import INTERFACE, QUEUE, store_routing

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture
def stage(db: None, nothing_remembered: None) -> None:
    """Interfaces and queues, as tests everywhere have them; nobody waits, and nobody is signed on."""
    store_routing()


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def store_agent(name: str, *queue_ids: int, role: bool = True) -> User:
    """An account with the role of agents that serves these queues."""
    user = User.objects.create(username=name, first_name=name.title(), last_name="Agent", password=make_password(None))
    if role:
        user.groups.add(Group.objects.get(name=CHAT_AGENT))
    QueueResource.objects.bulk_create([QueueResource(queue_id=queue_id, agent=user) for queue_id in queue_ids])
    return user


def caller_of(user: User) -> Caller:
    """Who the account is once it has proven to be: as ``access.admit`` returns it."""
    nobody = {"contact_party_id": None, "organization_party_id": None, "revision": 0, "roles_revision": 0}
    return Caller(
        user_id=user.pk,
        username=user.username,
        username_key=user.username_key,
        email="",
        verified_email_key="",
        first_name=user.first_name,
        last_name=user.last_name,
        roles=frozenset({CHAT_AGENT}),
        entitlements=frozenset(),
        **nobody,  # type: ignore[arg-type]
    )


def sign_on(user: User, *, override: bool = False, interface_id: int = INTERFACE, now: datetime = NOW) -> AgentFacts:
    interface = routing.current().value.by_id[interface_id]
    return agent_sessions.sign_on(caller=caller_of(user), interface=interface, override=override, now=now).agent


def ready_agent(name: str, *queue_ids: int, capacity: int = 3, now: datetime = NOW) -> AgentFacts:
    """An agent who is signed on, idle since ``now``, and ready for work in the queues that they serve."""
    agent = sign_on(store_agent(name, *(queue_ids or (QUEUE,))), now=now)
    agent_sessions.get_ready(agent=agent, capacity=capacity, queue_ids=None, now=now)
    return agent


@dataclass(frozen=True)
class Customer:
    """A customer in an engagement, and where they are told."""

    engagement_id: int
    participant_id: int
    mailbox_id: int

    @property
    def engagement(self) -> Engagement:
        return Engagement.objects.get(pk=self.engagement_id)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return told(self.mailbox_id)


def customer(queue_id: int = QUEUE, *, at: datetime = NOW, interface_id: int = INTERFACE, **fields: Any) -> Customer:
    """Somebody who has waited in a queue since ``at``; ``fields`` are those of the engagement."""
    return customers(1, queue_id, at=at, interface_id=interface_id, **fields)[0]


def customers(
    number: int, queue_id: int = QUEUE, *, at: datetime = NOW, interface_id: int = INTERFACE, **fields: Any
) -> list[Customer]:
    """So many who have waited since ``at``, in the order of their ids."""
    names = [f"customer {next(_numbers)}" for _ in range(number)]
    sessions = ChatSession.objects.bulk_create([_session(name, queue_id, interface_id, at) for name in names])
    given = {
        "interface_id": interface_id,
        "queue_id": queue_id,
        "properties": {"firstName": "John", "emailAddress": "john@vision.example", "question": "Where is it?"},
        "requested_at": at,
        "waiting_since": at,
        "discard_seconds": 600,
        "starvation_seconds": 180,
        "offer_seconds": 15,
        **fields,
    }
    rows = Engagement.objects.bulk_create(
        [
            Engagement(session=session, auth_user_name=name, **{"end_user_key": name, **given})
            for name, session in zip(names, sessions, strict=True)
        ]
    )
    people = Participant.objects.bulk_create(
        [Participant(engagement=row, kind=Participant.Kind.CONSUMER, name="John", joined_at=at) for row in rows]
    )
    boxes = Mailbox.objects.bulk_create([_mailbox(row, at) for row in rows])
    return [Customer(row.pk, person.pk, box.pk) for row, person, box in zip(rows, people, boxes, strict=True)]


def _session(name: str, queue_id: int, interface_id: int, at: datetime) -> ChatSession:
    return ChatSession(
        caller_id=0,
        auth_user_name=name,
        interface_id=interface_id,
        queue_id=queue_id,
        state=ChatSession.State.REQUESTED,
        request={},
        client_address="192.0.2.1",
        created_at=at,
        token_expires_at=at,
        requested_at=at,
    )


def _mailbox(engagement: Engagement, at: datetime) -> Mailbox:
    return Mailbox(
        session_checksum=f"customer of {engagement.pk}",
        engagement=engagement,
        last_seen_at=at,
        absent_seconds=120,
        absences=2,
        created_at=at,
    )


def told(mailbox_id: int) -> list[tuple[str, dict[str, Any]]]:
    """What a client is told, in order: names without the vendor's prefix, and fields."""
    events = MailboxEvent.objects.filter(mailbox_id=mailbox_id).order_by("sequence")
    return [(event.message_name.removeprefix("RNEngagement").removesuffix("Message"), event.fields) for event in events]


def names_told(mailbox_id: int) -> list[str]:
    return [name for name, _fields in told(mailbox_id)]


def offered_to(agent: AgentFacts) -> list[int]:
    """The engagements that an agent is offered and has not answered, in the order of the offers."""
    open_offers = Offer.objects.filter(agent_session_id=agent.session_id, state=Offer.State.OPEN)
    return list(open_offers.order_by("pk").values_list("engagement_id", flat=True))


def engage(agent: AgentFacts, waiting: Customer, *, now: datetime = NOW) -> None:
    """Let the agent be offered the engagement and take it."""
    assign(interface_id=agent.interface_id, now=now)
    offers.answer(agent=agent, engagement_id=waiting.engagement_id, accepted=True, now=now)


def end_of(agent: AgentFacts) -> str:
    """How an agent's session ended; empty while it runs."""
    return AgentSession.objects.get(pk=agent.session_id).end


def connection_of(mailbox_id: int) -> str:
    return Mailbox.objects.get(pk=mailbox_id).connection
