"""What an agent sees around: other agents, queues, and in those that agents pick from who waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min

from chat_app.engagement.models import Engagement
from chat_app.engagement.offers import SHOWN
from chat_app.engagement.ordering import PLACE, RANK
from chat_app.engagement.present import AgentFacts, PresentAgent, present_agents, queue_ids_of
from chat_app.routing.models import Queue

MOST_TO_PICK: Final = 50
"""Of each queue; the others' turn comes later."""


@dataclass(frozen=True, slots=True)
class AgentNearby:
    """Another agent who is there; ``room``: how many engagements they could take at once."""

    user_id: int
    name: str
    room: int
    capacity: int
    queue_ids: list[int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits in a manual queue; ``known``: of the attributes ``offers.SHOWN``, under their wire names."""

    engagement_id: int
    requested_at: datetime
    waited_seconds: int
    auth_user_name: str
    known: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QueueNearby:
    """An enabled queue of the interface. ``is_own``: the agent serves it; ``to_pick``: if by hand, who waits in it."""

    id: int
    name: str
    is_manual: bool
    is_own: bool
    room: int
    waiting: int
    longest_wait_seconds: int
    to_pick: list[Waiting]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it; agents by name, queues by number."""

    agents: list[AgentNearby]
    queues: list[QueueNearby]


def look_around(*, agent: AgentFacts, now: datetime) -> Surroundings:
    """Read to whom and where the agent can hand over, and what they can pick. Five queries."""
    present = present_agents(interface_id=agent.interface_id)
    others = [found for found in present if found.session_id != agent.session_id and found.capacity]
    return Surroundings(
        agents=sorted((_nearby(found) for found in others), key=lambda found: (found.name, found.user_id)),
        queues=_queues(agent, others, now),
    )


def _nearby(found: PresentAgent) -> AgentNearby:
    return AgentNearby(found.user_id, found.name, found.room, found.capacity, sorted(found.queue_ids))


def _queues(agent: AgentFacts, others: Sequence[PresentAgent], now: datetime) -> list[QueueNearby]:
    own = queue_ids_of(user_id=agent.user_id, interface_id=agent.interface_id)
    queues = list(Queue.objects.filter(interface_id=agent.interface_id, enabled=True).order_by("pk"))
    numbers = _waiting_in([queue.pk for queue in queues])
    manual = [queue.pk for queue in queues if queue.distribution == Queue.Distribution.MANUAL and queue.pk in own]
    to_pick = _to_pick(manual, now)
    return [
        QueueNearby(
            id=queue.pk,
            name=queue.name,
            is_manual=queue.distribution == Queue.Distribution.MANUAL,
            is_own=queue.pk in own,
            room=sum(other.room for other in others if queue.pk in other.queue_ids),
            waiting=numbers.get(queue.pk, (0, now))[0],
            longest_wait_seconds=_seconds(now, numbers.get(queue.pk, (0, now))[1]),
            to_pick=[entry for queue_id, entry in to_pick if queue_id == queue.pk],
        )
        for queue in queues
    ]


def _waiting_in(queue_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """By queue, how many wait, and since when the first of them."""
    waiting = Engagement.objects.filter(state=Engagement.State.WAITING, queue_id__in=queue_ids).order_by()
    rows = waiting.values_list("queue_id").annotate(number=Count("pk"), first=Min("waiting_since"))
    return {queue_id: (number, first) for queue_id, number, first in rows}


def _to_pick(queue_ids: Sequence[int], now: datetime) -> list[tuple[int, Waiting]]:
    if not queue_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TO_PICK, {"queues": list(queue_ids), "now": now, "most": MOST_TO_PICK})
        rows = cursor.fetchall()
    return [(queue_id, _waiting(row, now)) for queue_id, *row in rows]


def _waiting(row: Sequence[Any], now: datetime) -> Waiting:
    engagement_id, requested_at, auth_user_name, *known = row
    shown = dict(zip(SHOWN, known, strict=True))
    return Waiting(engagement_id, requested_at, _seconds(now, requested_at), auth_user_name, shown)


def _seconds(now: datetime, since: datetime) -> int:
    return max(0, int((now - since).total_seconds()))


_TO_PICK = f"""
SELECT placed.queue_id, placed.id, placed.requested_at, placed.auth_user_name,
    {", ".join(f"placed.properties ->> '{name}'" for name in SHOWN)}
FROM (
    SELECT engagement.*, {RANK} AS rank, {PLACE} AS place
    FROM chat_app_engagement AS engagement
    WHERE engagement.state = 'waiting' AND engagement.queue_id = ANY (%(queues)s)
        AND NOT EXISTS (SELECT FROM chat_app_offer WHERE engagement_id = engagement.id AND state = 'open')
) AS placed
WHERE placed.place <= %(most)s ORDER BY placed.queue_id, placed.place
"""  # noqa: S608 - made of constants
