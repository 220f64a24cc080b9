"""Bringing those who wait and agents who have room together (docs/chat-server.md).

Any number of processes may do it: one at a time for each interface, and what it sees holds until it has made its
offers, since whatever else gives work to agents takes the same lock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from chat_app.engagement import offers
from chat_app.engagement.locks import lock_interface
from chat_app.engagement.offers import Pairing
from chat_app.engagement.ordering import PLACE, RANK
from chat_app.engagement.present import PresentAgent, present_agents

ASK_AGAIN_AFTER = timedelta(seconds=30)
"""An agent who declined, did not answer or gave an engagement back is not offered it for so long."""


class Pass(NamedTuple):
    """An agent who did not want an engagement lately."""

    engagement_id: int
    session_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An engagement that is to be offered: first to the proposed account, then to agents of one queue after the other.

    ``queue_ids``: its own queue, unless agents pick from it, then those that it overflows to by now.
    """

    engagement_id: int
    proposed_agent_id: int | None
    queue_id: int
    queue_ids: tuple[int, ...]


def assign(*, interface_id: int, now: datetime) -> int:
    """Offer as many of the waiting engagements as there is room for, in their order; returns how many were offered.

    Called after whatever may allow an offer, and every second. Safe in any number of processes and threads.
    """
    with transaction.atomic():
        lock_interface(interface_id)
        agents = [agent for agent in present_agents(interface_id=interface_id) if agent.capacity]
        room = sum(agent.room for agent in agents)
        if not room:
            return 0
        passes = _passes(interface_id, now)
        waiting = _waiting(interface_id, agents, room + len({entry.engagement_id for entry in passes}), now)
        pairings = match(waiting=waiting, agents=agents, passes=passes)
        return offers.make(pairings=pairings, now=now) if pairings else 0


def match(*, waiting: Sequence[Waiting], agents: Sequence[PresentAgent], passes: Collection[Pass]) -> list[Pairing]:
    """Give each of those who wait, in their order, the agent whose turn it is; without a query.

    Turns go by the fewest offers that are still open, then by who has been idle longest.
    """
    desk = _Desk(agents, passes)
    return [pairing for engagement in waiting if (pairing := desk.take(engagement)) is not None]


class _Desk:
    """Agents with the room that is left while engagements are given to them."""

    def __init__(self, agents: Sequence[PresentAgent], passes: Collection[Pass]) -> None:
        self._agents, self._passes = agents, frozenset(passes)
        self._room = {agent.session_id: agent.room for agent in agents}
        self._offered = {agent.session_id: agent.offered for agent in agents}
        self._attended = frozenset(queue_id for agent in agents for queue_id in agent.queue_ids)

    def take(self, engagement: Waiting) -> Pairing | None:
        proposed = (agent for agent in self._agents if agent.user_id == engagement.proposed_agent_id)
        if chosen := self._next(proposed, engagement):
            return self._give(chosen, engagement, engagement.queue_id)
        for queue_id in self._queues_of(engagement):
            if chosen := self._next((agent for agent in self._agents if queue_id in agent.queue_ids), engagement):
                return self._give(chosen, engagement, queue_id)
        return None

    def _queues_of(self, engagement: Waiting) -> tuple[int, ...]:
        """Nobody overflows out of a queue that an agent has just come to."""
        if engagement.queue_id in self._attended:
            return tuple(queue_id for queue_id in engagement.queue_ids if queue_id == engagement.queue_id)
        return engagement.queue_ids

    def _next(self, agents: Iterable[PresentAgent], engagement: Waiting) -> PresentAgent | None:
        return min(
            (
                agent
                for agent in agents
                if self._room[agent.session_id] and Pass(engagement.engagement_id, agent.session_id) not in self._passes
            ),
            key=lambda agent: (self._offered[agent.session_id], agent.idle_since, agent.session_id),
            default=None,
        )

    def _give(self, agent: PresentAgent, engagement: Waiting, queue_id: int) -> Pairing:
        self._room[agent.session_id] -= 1
        self._offered[agent.session_id] += 1
        return Pairing(engagement.engagement_id, agent.session_id, agent.mailbox_id, queue_id)


def _passes(interface_id: int, now: datetime) -> frozenset[Pass]:
    with connection.cursor() as cursor:
        cursor.execute(_PASSES, {"interface": interface_id, "since": now - ASK_AGAIN_AFTER})
        return frozenset(Pass(*row) for row in cursor.fetchall())


def _waiting(interface_id: int, agents: Sequence[PresentAgent], most: int, now: datetime) -> list[Waiting]:
    """Read the first ``most`` of each queue, and those who are proposed to one of the agents.

    More cannot be offered: of so many, the agents that there are have room for all whom nobody has passed by.
    """
    parameters: dict[str, Any] = {
        "interface": interface_id,
        "now": now,
        "overflow_before": now - settings.OVERFLOW_AFTER,
        "most": most,
        "agents": [agent.user_id for agent in agents if agent.room],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, parameters)
        rows = cursor.fetchall()
    return [_waiting_of(row) for row in rows]


def _waiting_of(row: tuple[Any, ...]) -> Waiting:
    facts = [*row[:-1], tuple(row[-1])]
    return Waiting(*facts)


_PASSES = """
SELECT offer.engagement_id, offer.agent_session_id
FROM chat_app_engagement AS engagement JOIN chat_app_offer AS offer ON offer.engagement_id = engagement.id
WHERE engagement.state = 'waiting' AND engagement.interface_id = %(interface)s
    AND offer.answered_at > %(since)s AND offer.state IN ('declined', 'expired')
UNION
SELECT participant.engagement_id, participant.agent_session_id
FROM chat_app_engagement AS engagement
JOIN chat_app_participant AS participant ON participant.engagement_id = engagement.id
WHERE engagement.state = 'waiting' AND engagement.interface_id = %(interface)s
    AND engagement.engaged_at IS NOT NULL
    AND participant.left_at > %(since)s AND participant.agent_session_id IS NOT NULL
"""

_WAITING = f"""
WITH placed AS (
    SELECT engagement.*, {RANK} AS rank, {PLACE} AS place
    FROM chat_app_engagement AS engagement
    WHERE engagement.state = 'waiting' AND engagement.interface_id = %(interface)s
        AND NOT EXISTS (SELECT FROM chat_app_offer WHERE engagement_id = engagement.id AND state = 'open')
)
SELECT
    placed.id, placed.proposed_agent_id, placed.queue_id,
    CASE queue.distribution WHEN 'automatic' THEN ARRAY[placed.queue_id] ELSE '{{}}' END || ARRAY(
        SELECT overflow.overflow_queue_id
        FROM chat_app_queueoverflow AS overflow JOIN chat_app_queue AS other ON other.id = overflow.overflow_queue_id
        WHERE overflow.queue_id = placed.queue_id AND overflow.enabled AND other.enabled
            AND other.distribution = 'automatic'
            AND greatest(figures.unattended_since, placed.waiting_since) <= %(overflow_before)s
            AND figures.unattended_since IS NOT NULL
        ORDER BY overflow.priority, overflow.id
    )
FROM placed
JOIN chat_app_queue AS queue ON queue.id = placed.queue_id
LEFT JOIN chat_app_queuefigures AS figures ON figures.queue_id = placed.queue_id
WHERE placed.place <= %(most)s OR placed.proposed_agent_id = ANY (%(agents)s)
ORDER BY placed.rank DESC, placed.requested_at, placed.id
"""  # noqa: S608 - made of constants
