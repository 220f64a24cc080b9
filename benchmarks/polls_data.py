"""``python -m benchmarks.polls_data``: customers in conversations with agents, as rows."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import django

from benchmarks.polls_names import SITE, account_of, agent_of, agent_session, customer_session, engagement_of

BATCH = 5_000


def store(*, customers: int, agents: int, now: datetime) -> None:
    """Store everything that a conversation needs to go on."""
    queue_id = _store_place()
    sessions = _store_agents(agents, now)
    _store_customers(customers, sessions, queue_id, now)


def _store_place() -> int:
    from chat_app.routing.models import Interface, Queue
    from chat_app.routing.services import create_interface

    Interface.objects.filter(is_default=True).update(is_default=False)
    interface = Interface(id=77, name="Benchmark", chat_site_name=SITE, pool_id="1:1", is_default=True)
    create_interface(interface=interface, default_queue=Queue(id=7700, name="Benchmark"))
    return 7700


def _store_agents(agents: int, now: datetime) -> list[int]:
    from django.contrib.auth.models import Group

    from authenticate_app.accounts.entitlements import CHAT_AGENT
    from authenticate_app.accounts.models import User
    from authenticate_app.oauth.secrets import checksum
    from chat_app.engagement.models import AgentSession, Mailbox

    role = Group.objects.get(name=CHAT_AGENT)
    found = []
    for number in range(agents):
        user = User.objects.create(id=account_of(number), username=f"benchmark-agent-{number}")
        user.groups.add(role)
        mailbox = Mailbox.objects.create(
            session_checksum=checksum(agent_session(number)),
            last_seen_at=now,
            absent_seconds=3600,
            absences=100,
            created_at=now,
        )
        session = AgentSession.objects.create(
            user=user, interface_id=77, mailbox=mailbox, name=user.username, idle_since=now, signed_on_at=now
        )
        AgentSession.objects.filter(pk=session.pk).update(sign_in_stamp=user.sign_in_stamp)
        found.append(session.pk)
    return found


def _store_customers(customers: int, agent_sessions: list[int], queue_id: int, now: datetime) -> None:
    from authenticate_app.oauth.secrets import checksum
    from chat_app.engagement.models import Engagement, Mailbox, Participant

    def engagement(number: int) -> Engagement:
        return Engagement(
            id=engagement_of(number),
            session_id=engagement_of(number),
            interface_id=77,
            queue_id=queue_id,
            state=Engagement.State.ENGAGED,
            auth_user_name=f"customer-{number}",
            end_user_key=f"customer-{number}",
            requested_at=now,
            waiting_since=now,
            engaged_at=now,
            last_written_at=now,
            discard_seconds=0,
            starvation_seconds=180,
            offer_seconds=15,
        )

    def participants(number: int) -> Iterator[Participant]:
        both = {"engagement_id": engagement_of(number), "joined_at": now}
        yield Participant(**both, kind="consumer", name="Customer")
        agent_session = agent_sessions[agent_of(number, agents=len(agent_sessions))]
        yield Participant(**both, kind="agent", role="LEAD", name="Agent", agent_session_id=agent_session)

    def mailbox(number: int) -> Mailbox:
        return Mailbox(
            session_checksum=checksum(customer_session(number)),
            engagement_id=engagement_of(number),
            last_seen_at=now,
            absent_seconds=120,
            absences=2,
            created_at=now,
        )

    numbers = range(customers)
    Engagement.objects.bulk_create(map(engagement, numbers), BATCH)
    Participant.objects.bulk_create(chain.from_iterable(map(participants, numbers)), BATCH)
    Mailbox.objects.bulk_create(map(mailbox, numbers), BATCH)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog=__spec__.name, description=__doc__)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--agents", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    store(customers=options.customers, agents=options.agents, now=datetime.now(UTC))


if __name__ == "__main__":
    main()
