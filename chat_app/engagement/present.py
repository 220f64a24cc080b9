"""Which agents are there, which queues they serve, and how much room they have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent who has proven to be one, by the session that they signed on to. ``session_id`` is its row."""

    session_id: int
    user_id: int
    interface_id: int
    mailbox_id: int
    name: str


@dataclass(frozen=True, slots=True)
class PresentAgent:
    """An agent who is signed on and gives signs of life.

    ``queue_ids``: those of the queues that they serve in which they are ready for work. ``offered``: offers that they
    have not answered yet.
    """

    session_id: int
    user_id: int
    mailbox_id: int
    name: str
    capacity: int
    engaged: int
    offered: int
    idle_since: datetime
    queue_ids: frozenset[int]

    @property
    def room(self) -> int:
        """How many engagements could be offered to them now."""
        return max(0, self.capacity - self.engaged - self.offered)


def present_agents(*, interface_id: int) -> list[PresentAgent]:
    """Read the agents who are at the interface, the longest idle first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, {"interface": interface_id})
        rows = cursor.fetchall()
    return [_agent(row) for row in rows]


def queue_ids_of(*, user_id: int, interface_id: int) -> frozenset[int]:
    """Read the ids of the queues of the interface that somebody serves, themselves or in a team; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES, {"interface": interface_id, "user": user_id})
        return frozenset(queue_id for (queue_id,) in cursor.fetchall())


def _agent(row: tuple[Any, ...]) -> PresentAgent:
    facts = [*row[:-1], frozenset(row[-1])]
    return PresentAgent(*facts)


_SERVING = """
SELECT resource.queue_id, coalesce(resource.agent_id, member.user_id) AS user_id
FROM chat_app_queue AS queue
JOIN chat_app_queueresource AS resource ON resource.queue_id = queue.id
LEFT JOIN chat_app_team_members AS member ON member.team_id = resource.team_id
WHERE queue.interface_id = %(interface)s
"""

_QUEUES = f"SELECT DISTINCT queue_id FROM ({_SERVING}) AS serving WHERE user_id = %(user)s"  # noqa: S608 - a constant

_PRESENT = f"""
WITH present AS MATERIALIZED (
    SELECT session.* FROM chat_app_agentsession AS session
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = session.mailbox_id
    WHERE session.interface_id = %(interface)s AND session.ended_at IS NULL AND mailbox.connection = 'ACTIVE'
), engaged AS (
    SELECT participant.agent_session_id AS session_id, count(*) AS number
    FROM present JOIN chat_app_participant AS participant ON participant.agent_session_id = present.id
    WHERE participant.left_at IS NULL GROUP BY participant.agent_session_id
), offered AS (
    SELECT offer.agent_session_id AS session_id, count(*) AS number
    FROM present JOIN chat_app_offer AS offer ON offer.agent_session_id = present.id
    WHERE offer.state = 'open' GROUP BY offer.agent_session_id
), serving AS (
    SELECT present.id AS session_id, array_agg(DISTINCT served.queue_id) AS queue_ids
    FROM present JOIN ({_SERVING}) AS served ON served.user_id = present.user_id
    WHERE present.queue_ids IS NULL OR served.queue_id = ANY (present.queue_ids) GROUP BY present.id
)
SELECT
    present.id, present.user_id, present.mailbox_id, present.name, present.capacity,
    coalesce(engaged.number, 0), coalesce(offered.number, 0), present.idle_since, coalesce(serving.queue_ids, '{{}}')
FROM present
LEFT JOIN engaged ON engaged.session_id = present.id
LEFT JOIN offered ON offered.session_id = present.id
LEFT JOIN serving ON serving.session_id = present.id
ORDER BY present.idle_since, present.id
"""  # noqa: S608 - made of constants
