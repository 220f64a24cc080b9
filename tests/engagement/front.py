"""Customers at the door of the chat server: tokens as ``chatAuthenticate`` gives them out, and what they open."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.keys.keyring import keyring
from chat_app.engagement.claiming import Joined
from chat_app.engagement.conversation import NewMessage, Writer, post_message
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, MailboxEvent, Participant
from chat_app.engagement.requesting import request_engagement
from chat_app.engagement.tokens import verify_chat_token
from chat_app.routing.snapshot import InterfaceFacts, routing
from tests import world


def token_for(name: str = "Jane Roe", **attributes: object) -> str:
    """Have a token issued for an end user."""
    return str(world.granted(authUserName=name, **attributes)["jwt"])


def facts(interface_id: int = world.INTERFACE) -> InterfaceFacts:
    return routing.current().value.by_id[interface_id]


def enter(
    token: str, *, interface_id: int = world.INTERFACE, own_too: bool = False, now: datetime | None = None
) -> Joined:
    """Verify a token and request an engagement with it."""
    at, interface = now or timezone.now(), facts(interface_id)
    verified = verify_chat_token(token, interface=interface, now=at)
    return request_engagement(token=verified, interface=interface, include_own_messages=own_too, now=at)


def entered(name: str = "Jane Roe", **attributes: object) -> Joined:
    """Let an end user ask and enter."""
    return enter(token_for(name, **attributes))


def engagement_of(joined: Joined) -> Engagement:
    return Engagement.objects.get(pk=joined.engagement_id)


def stream(mailbox_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Return what waits in a mailbox, in its order: names and fields."""
    events = MailboxEvent.objects.filter(mailbox_id=mailbox_id).order_by("sequence")
    numbers = [event.sequence for event in events]
    assert numbers == list(range(1, len(numbers) + 1))
    return [(event.message_name, event.fields) for event in events]


def names(mailbox_id: int) -> list[str]:
    """Return the names of the events in a mailbox without what they have in common."""
    return [name.removeprefix("RNEngagement").removesuffix("Message") for name, _ in stream(mailbox_id)]


def remember() -> None:
    """Let this process know keys and routing, so that what is counted next is what it costs ever after."""
    keyring.check()
    routing.check()


def in_a_thread_of_its_own(act: Any) -> Any:
    """Wrap an act for a thread pool: the connection that it opened is closed with it."""

    def run(*arguments: Any) -> Any:
        try:
            return act(*arguments)
        finally:
            connection.close()

    return run


class Colleague(NamedTuple):
    """An agent in an engagement."""

    participant_id: int
    session_id: int
    mailbox_id: int

    def writes(self, engagement_id: int, body: str, *, now: datetime | None = None, **fields: Any) -> int:
        """Write as this agent."""
        return post_message(
            engagement_id=engagement_id,
            writer=Writer(agent_session_id=self.session_id),
            message=NewMessage(body, **fields),
            now=now or timezone.now(),
        )


def writes(joined: Joined, body: str, *, now: datetime | None = None, **fields: Any) -> int:
    """Write as the customer."""
    return post_message(
        engagement_id=joined.engagement_id,
        writer=Writer(participant_id=joined.client_id),
        message=NewMessage(body, **fields),
        now=now or timezone.now(),
    )


def let_agent_join(joined: Joined, name: str = "Ann", *, now: datetime | None = None) -> Colleague:
    """Let an agent who was offered nothing lead an engagement: only rows, nobody is told."""
    at = now or timezone.now()
    user = User.objects.create(username=f"{name} of {joined.engagement_id}")
    mailbox = Mailbox.objects.create(
        session_checksum=uuid4().hex, last_seen_at=at, absent_seconds=120, absences=2, created_at=at
    )
    session = AgentSession.objects.create(
        user=user, interface_id=world.INTERFACE, mailbox=mailbox, name=name, capacity=3, idle_since=at, signed_on_at=at
    )
    participant = Participant.objects.create(
        engagement_id=joined.engagement_id,
        kind=Participant.Kind.AGENT,
        role=Participant.Role.LEAD,
        user=user,
        agent_session=session,
        name=name,
        joined_at=at,
    )
    Engagement.objects.filter(pk=joined.engagement_id).update(state="engaged", engaged_at=at, last_written_at=at)
    return Colleague(participant.pk, session.pk, mailbox.pk)
