"""A thousand customers at once for fifty agents: ``python -m benchmarks.crowd --customers=1000 --agents=50``.

It runs in the environment of an installation (``benchmarks.stack.Installation``), and prints what it saw as JSON.
Several assigners work at the same time, each on a connection of its own, as in several processes.
"""

import argparse
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import django

from benchmarks.report import Row

CAPACITY = 3
ASSIGNERS = 4


@dataclass(frozen=True, slots=True)
class Served:
    """What became of the crowd.

    ``first_seconds``: until all agents had as many offers as they have room for. ``offers``: of everybody until all
    were served, each declined by nobody; ``offered_twice``: customers with more than one; ``overtaken``: customers who
    were offered before somebody who had come earlier.
    """

    customers: int
    first_offers: int
    first_seconds: float
    all_seconds: float
    offers: int
    offered_twice: int
    overtaken: int


def read(written: str) -> Served:
    """Read what the program has printed."""
    return Served(**json.loads(written.splitlines()[-1]))


def rows(served: Served, agents: int) -> list[Row]:
    """Return what is worth being told."""
    room = agents * CAPACITY
    return [
        Row(
            f"{served.customers:,} customers at once, offers until no room is left", f"{served.first_offers}", f"{room}"
        ),
        Row("until then", f"{served.first_seconds:.2f} s", "under 5 s"),
        Row("until all were offered, taken and ended, one by one", f"{served.all_seconds:.1f} s"),
        Row("offered in all", f"{served.offers:,}", f"{served.customers:,}"),
        Row("offered to two agents", f"{served.offered_twice}", "0"),
        Row("offered before somebody who came earlier", f"{served.overtaken}", "0"),
    ]


def _serve(interface_id: int, sessions: dict[int, Any]) -> tuple[int, float, float]:
    began = time.monotonic()
    first = _assign_at_once(interface_id)
    first_seconds = time.monotonic() - began
    while _answer_all(sessions):
        _assign_at_once(interface_id)
    return first, first_seconds, time.monotonic() - began


def _assign_at_once(interface_id: int) -> int:
    from django.db import connection

    from chat_app.engagement.assignment import assign

    def one(_: int) -> int:
        try:
            return assign(interface_id=interface_id, now=datetime.now(UTC))
        finally:
            connection.close()

    with ThreadPoolExecutor(ASSIGNERS) as pool:
        return sum(pool.map(one, range(ASSIGNERS)))


def _answer_all(sessions: dict[int, Any]) -> int:
    """Let every agent take what they are offered and end it at once; return how many there were."""
    from chat_app.engagement import handover, offers
    from chat_app.engagement.models import Offer

    offered = list(Offer.objects.filter(state=Offer.State.OPEN).values_list("agent_session_id", "engagement_id"))
    for session_id, engagement_id in offered:
        agent, now = sessions[session_id], datetime.now(UTC)
        offers.answer(agent=agent, engagement_id=engagement_id, accepted=True, now=now)
        handover.conclude(agent=agent, engagement_id=engagement_id, now=now)
    return len(offered)


def _store_agents(number: int, queue_id: int) -> dict[int, Any]:
    from authenticate_app.accounts.models import User
    from chat_app.engagement.agent_sessions import facts_of
    from chat_app.engagement.models import AgentSession, Mailbox
    from chat_app.routing.models import Queue, QueueResource

    now, interface_id = datetime.now(UTC), Queue.objects.get(pk=queue_id).interface_id
    found = {}
    for place in range(number):
        user = User.objects.create(username=f"agent-{place}", first_name="Agent", last_name=str(place))
        QueueResource.objects.create(queue_id=queue_id, agent=user)
        session = AgentSession.objects.create(
            user=user,
            interface_id=interface_id,
            mailbox=Mailbox.objects.create(**_mailbox(f"agent {place}", now)),
            sign_in_stamp=user.sign_in_stamp,
            name=f"Agent {place}",
            capacity=CAPACITY,
            idle_since=now,
            signed_on_at=now,
        )
        found[session.pk] = facts_of(session)
    return found


def _store_customers(number: int, queue_id: int) -> None:
    """All within a second, in an order that is not the one of their ids."""
    from chat_app.engagement.models import Engagement, Mailbox, Participant
    from chat_app.routing.models import Queue

    now, interface_id = datetime.now(UTC), Queue.objects.get(pk=queue_id).interface_id
    rows = Engagement.objects.bulk_create(
        Engagement(
            session_id=-place - 1,
            interface_id=interface_id,
            queue_id=queue_id,
            auth_user_name=f"customer {place}",
            end_user_key=f"customer {place}",
            requested_at=now - timedelta(milliseconds=(place * 7919) % 1000),
            waiting_since=now,
            discard_seconds=600,
            starvation_seconds=180,
            offer_seconds=600,
        )
        for place in range(number)
    )
    kind = Participant.Kind.CONSUMER
    Participant.objects.bulk_create(Participant(engagement=row, kind=kind, joined_at=now) for row in rows)
    Mailbox.objects.bulk_create(Mailbox(engagement=row, **_mailbox(f"customer {row.pk}", now)) for row in rows)


def _mailbox(name: str, now: datetime) -> dict[str, Any]:
    return {"session_checksum": name, "last_seen_at": now, "absent_seconds": 120, "absences": 2, "created_at": now}


def _judge(first: int, first_seconds: float, all_seconds: float) -> Served:
    from chat_app.engagement.models import Engagement, Offer

    in_order = list(Offer.objects.order_by("offered_at", "pk").values_list("engagement_id", flat=True))
    requested = dict(Engagement.objects.values_list("pk", "requested_at"))
    return Served(
        customers=len(requested),
        first_offers=first,
        first_seconds=first_seconds,
        all_seconds=all_seconds,
        offers=len(in_order),
        offered_twice=len(in_order) - len(set(in_order)),
        overtaken=_overtaken([requested[engagement_id] for engagement_id in in_order]),
    )


def _overtaken(times: Sequence[datetime]) -> int:
    return sum(later < earlier for earlier, later in pairwise(times))


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--agents", type=int, required=True)
    options = parser.parse_args()
    django.setup()

    from chat_app.routing.models import Queue

    queue = Queue.objects.filter(is_default=True, interface__is_default=True).get()
    sessions = _store_agents(options.agents, queue.pk)
    _store_customers(options.customers, queue.pk)
    print(json.dumps(asdict(_judge(*_serve(queue.interface_id, sessions)))))


if __name__ == "__main__":
    main()
