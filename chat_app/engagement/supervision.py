"""What supervisors see: the queues and agents of this moment, and how chats went in the last day.

Each figure comes from a bounded number of rows, and all of them from a fixed number of queries, whatever the data.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from chat_app.engagement.models import Engagement, Mailbox
from chat_app.routing.models import Queue

NEEDED: Final = ("chat_app.view_engagement", "chat_app.view_agentsession")
"""The permissions that show it."""
SPAN: Final = timedelta(hours=24)
LATEST: Final = 20_000
"""Chats that the charts are made from: the newest ones, found by their keys."""
MOST_AGENTS: Final = 500
"""Agents that the page shows."""
BOUNDS: Final = (15, 30, 60, 120, 300, 600)
"""Seconds: the chart of waiting times counts those up to each, and those beyond."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent who is signed on. ``engagements``: ids of those they take part in. ``is_away``: takes no offers."""

    session_id: int
    name: str
    connection: Mailbox.Connection
    capacity: int
    engagements: list[int]
    offered: int
    queue_ids: frozenset[int]

    @property
    def is_absent(self) -> bool:
        """Whether there is no sign of life."""
        return self.connection != Mailbox.Connection.ACTIVE

    @property
    def is_away(self) -> bool:
        """Whether they are there and take no offers."""
        return self.capacity == 0 and not self.is_absent

    @property
    def room(self) -> int:
        """How many more chats they could be offered."""
        return 0 if self.is_absent else max(0, self.capacity - len(self.engagements) - self.offered)


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue: who waits, for how long (seconds), and who is there. ``mean_wait``: None before it was measured."""

    id: int
    name: str
    waiting: int
    longest_wait: int | None
    mean_wait: int | None
    room: int
    there: int
    absent: int
    away: int


@dataclass(frozen=True, slots=True)
class Day:
    """The last day: chats by how long they waited, by how they ended, and by the hour in which they were asked for."""

    waits: list[tuple[int | None, int]]
    outcomes: list[tuple[str, int]]
    hours: list[tuple[datetime, int]]


def agents_now() -> list[AgentNow]:
    """Return who is signed on, by name; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS, {"limit": MOST_AGENTS})
        return [
            AgentNow(pk, name, Mailbox.Connection(state), capacity, engaged, offered, frozenset(queues))
            for pk, name, state, capacity, engaged, offered, queues in cursor.fetchall()
        ]


def queues_now(*, agents: list[AgentNow], now: datetime) -> list[QueueNow]:
    """Return the queues that take chats, and those switched off in which somebody waits still; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        waiting = {queue_id: (number, since) for queue_id, number, since in cursor.fetchall()}
    shown = Queue.objects.filter(Q(enabled=True) | Q(pk__in=waiting))
    queues = shown.select_related("figures").order_by("interface_id", "id")
    return [_queue(queue, waiting.get(queue.pk, (0, None)), agents, now) for queue in queues]


def last_day(*, now: datetime) -> Day:
    """Look at the newest ``LATEST`` chats of the last day; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"since": now - SPAN, "limit": LATEST})
        rows = cursor.fetchall()
    waits = Counter(_bound(seconds) for _hour, seconds, _reason in rows if seconds is not None)
    outcomes = Counter(reason for _hour, _seconds, reason in rows if reason)
    hours = Counter(hour for hour, _seconds, _reason in rows)
    first = now.replace(minute=0, second=0, microsecond=0) - SPAN + timedelta(hours=1)
    each_hour = [first + timedelta(hours=number) for number in range(24)]
    return Day(
        waits=[(bound, waits[bound]) for bound in (*BOUNDS, None)],
        outcomes=[(reason.value, outcomes[reason.value]) for reason in Engagement.Reason],
        hours=[(hour, hours[hour]) for hour in each_hour],
    )


def running_and_waiting() -> tuple[int, int]:
    """Count the chats that agents are in, and those that wait; one query by the indexes of what is open."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        running, waiting = cursor.fetchone() or (0, 0)
    return running, waiting


def _queue(queue: Queue, waiting: tuple[int, datetime | None], agents: list[AgentNow], now: datetime) -> QueueNow:
    serving = [agent for agent in agents if queue.pk in agent.queue_ids]
    number, since = waiting
    figures = getattr(queue, "figures", None)
    mean = None if figures is None else figures.average_wait_seconds
    return QueueNow(
        id=queue.pk,
        name=queue.name,
        waiting=number,
        longest_wait=None if since is None else max(0, int((now - since).total_seconds())),
        mean_wait=None if mean is None else round(mean),
        room=sum(agent.room for agent in serving),
        there=sum(not agent.is_absent and not agent.is_away for agent in serving),
        absent=sum(agent.is_absent for agent in serving),
        away=sum(agent.is_away for agent in serving),
    )


def _bound(seconds: float) -> int | None:
    return next((bound for bound in BOUNDS if seconds <= bound), None)


_WAITING = """
SELECT queue_id, count(*), min(requested_at) FROM chat_app_engagement WHERE state = 'waiting' GROUP BY queue_id
"""

_OPEN = """
SELECT
    (SELECT count(*) FROM chat_app_engagement WHERE state = 'engaged'),
    (SELECT count(*) FROM chat_app_engagement WHERE state = 'waiting')
"""

_LATEST = """
SELECT date_trunc('hour', requested_at), extract(epoch FROM engaged_at - requested_at)::float8, reason FROM (
    SELECT requested_at, engaged_at, reason FROM chat_app_engagement ORDER BY id DESC LIMIT %(limit)s::integer
) AS latest WHERE requested_at >= %(since)s::timestamptz
"""

_AGENTS = """
WITH signed_on AS MATERIALIZED (
    SELECT session.*, mailbox.connection FROM chat_app_agentsession AS session
    JOIN chat_app_mailbox AS mailbox ON mailbox.id = session.mailbox_id
    WHERE session.ended_at IS NULL ORDER BY session.name, session.id LIMIT %(limit)s::integer
), assigned AS (
    SELECT signed_on.id AS session_id, signed_on.interface_id, signed_on.queue_ids AS only, resource.queue_id
    FROM signed_on JOIN chat_app_queueresource AS resource ON resource.agent_id = signed_on.user_id
    UNION
    SELECT signed_on.id, signed_on.interface_id, signed_on.queue_ids, resource.queue_id
    FROM signed_on
    JOIN chat_app_team_members AS member ON member.user_id = signed_on.user_id
    JOIN chat_app_queueresource AS resource ON resource.team_id = member.team_id
), serving AS MATERIALIZED (
    SELECT assigned.session_id, array_agg(queue.id) AS queue_ids
    FROM assigned
    JOIN chat_app_queue AS queue ON queue.id = assigned.queue_id AND queue.interface_id = assigned.interface_id
    WHERE assigned.only IS NULL OR queue.id = ANY (assigned.only)
    GROUP BY assigned.session_id
)
SELECT
    signed_on.id, signed_on.name, signed_on.connection, signed_on.capacity,
    ARRAY (
        SELECT participant.engagement_id FROM chat_app_participant AS participant
        WHERE participant.agent_session_id = signed_on.id AND participant.left_at IS NULL
        ORDER BY participant.engagement_id
    ),
    (SELECT count(*) FROM chat_app_offer AS offer WHERE offer.agent_session_id = signed_on.id AND offer.state = 'open'),
    coalesce(serving.queue_ids, '{}')
FROM signed_on LEFT JOIN serving ON serving.session_id = signed_on.id ORDER BY signed_on.name, signed_on.id
"""
