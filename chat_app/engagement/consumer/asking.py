"""``getQueueStats`` and ``getEngagementQueue``: what anybody may ask, and what says nothing about people."""

from datetime import datetime
from typing import Any

from chat_app.engagement.consumer.schemas import QueueQuestion, StatsQuestion
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import INVALID_FIELD, NO_QUEUE, Refused
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call
from chat_app.engagement.limits import Kind
from chat_app.engagement.statistics import QueueStats, queue_stats
from chat_app.routing.evaluation import RoutingRequest

METHODS = frozenset({"GET", "POST"})
"""GET is documented; clients also POST the same JSON as a body."""


async def get_stats(call: Call, engine: Engine) -> Answer:
    """Say who is there and who waits in a queue of the interface."""
    queue_id = parse(StatsQuestion, call.asked).queue_id
    routes = (await engine.routing()).routes.get(call.interface.id)
    if routes is None or queue_id not in routes.enabled_queues:
        raise Refused(INVALID_FIELD, reason="queue", detail="queueId: it should be a queue of this site.")
    stats = await _stats(engine, queue_id, call.began)
    return Answer({"queueId": queue_id, **_figures(stats)})


async def get_queue(call: Call, engine: Engine) -> Answer:
    """Say which queue a request for an engagement with these attributes would join."""
    question = parse(QueueQuestion, call.asked)
    custom_fields = {field.name: field.comparable for field in question.custom_fields or ()}
    request = RoutingRequest(attributes=question.attributes, custom_fields=custom_fields)
    assignment = (await engine.routing()).assign_queue(call.interface, request)
    if assignment is None:
        raise Refused(NO_QUEUE)
    stats = await _stats(engine, assignment.queue_id, call.began)
    return Answer({"chatRouteId": assignment.queue_id, "availableAgentSessions": stats.free_sessions})


async def _stats(engine: Engine, queue_id: int, now: datetime) -> QueueStats:
    stats = await engine.run(queue_stats, queue_id, now)
    if stats is None:
        raise Refused(NO_QUEUE)
    return stats


def _figures(stats: QueueStats) -> dict[str, Any]:
    return {
        "availableAgentSessions": stats.free_sessions,
        "totalAvailableAgents": stats.free_agents,
        "engagementsInQueue": stats.engagements_waiting,
        "expectedWaitTimeSeconds": stats.expected_wait_seconds,
        "averageWaitTimeSeconds": stats.average_wait_seconds,
        "outOfHours": stats.is_out_of_hours,
    }


GET_QUEUE_STATS = Operation("getQueueStats", get_stats, methods=METHODS, limited=Kind.PUBLIC)
GET_ENGAGEMENT_QUEUE = Operation("getEngagementQueue", get_queue, methods=METHODS, limited=Kind.PUBLIC)
