"""Figures of a queue that anybody may know: who is there, who waits, for how long. They say nothing about people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chat_app.engagement.models import Engagement
from chat_app.engagement.pace import pace_of
from chat_app.engagement.present import PresentAgent, present_agents
from chat_app.routing.models import Queue
from chat_app.routing.snapshot import routing

KEPT: Final = timedelta(seconds=1)
"""So long a process answers from memory."""
MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class QueueStats:
    """Figures of one queue.

    ``free_sessions``: engagements that its agents could take at once; ``free_agents``: agents who could take one;
    ``present_agents``: all who are there and ready for work. ``expected_wait_seconds``: of whoever came now.
    """

    free_sessions: int
    free_agents: int
    present_agents: int
    engagements_waiting: int
    expected_wait_seconds: int
    average_wait_seconds: int
    is_out_of_hours: bool


def queue_stats(queue_id: int, now: datetime) -> QueueStats | None:
    """Return the figures of a queue as they were a second ago at most; None if there is no such queue.

    Four queries, three while the pace of the queue is known, or none; what routing asks for is not among them.
    """
    known = _kept.get(queue_id)
    if known is None or not now - KEPT < known[0] <= now:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = _kept[queue_id] = (now, _measure(queue_id, now))
    return known[1]


def forget() -> None:
    """Measure anew from now on."""
    _kept.clear()


_kept: dict[int, tuple[datetime, QueueStats | None]] = {}


def _measure(queue_id: int, now: datetime) -> QueueStats | None:
    queue = Queue.objects.filter(pk=queue_id).first()
    if queue is None:
        return None
    agents = [agent for agent in present_agents(interface_id=queue.interface_id) if _serves(agent, queue_id)]
    waiting = Engagement.objects.filter(queue_id=queue_id, state=Engagement.State.WAITING).count()
    pace = pace_of(queue_id, now)
    return QueueStats(
        free_sessions=sum(agent.room for agent in agents),
        free_agents=sum(agent.room > 0 for agent in agents),
        present_agents=len(agents),
        engagements_waiting=waiting,
        expected_wait_seconds=pace.expected_seconds(waiting + 1),
        average_wait_seconds=round(pace.average_wait_seconds),
        is_out_of_hours=not routing.current().value.has_service(queue_id, now),
    )


def _serves(agent: PresentAgent, queue_id: int) -> bool:
    return agent.capacity > 0 and queue_id in agent.queue_ids
