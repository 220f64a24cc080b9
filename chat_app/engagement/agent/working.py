"""``requestAssignment``, ``assignmentAcknowledgement`` and ``retrieveAgentsAndQueues``."""

from typing import Any

from chat_app.engagement import agent_sessions, offers
from chat_app.engagement.agent.schemas import Acknowledgement, Readiness
from chat_app.engagement.agent.sessions import caller_of
from chat_app.engagement.engine import Engine
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call
from chat_app.engagement.http.wire import exact_instant
from chat_app.engagement.surroundings import AgentNearby, QueueNearby, Waiting, look_around


async def get_ready(call: Call, engine: Engine) -> Answer:
    """Take offers from now on, or fewer of them."""
    await engine.run(_get_ready, call, parse(Readiness, call.fields))
    engine.assign_soon(call.interface.id)
    return Answer()


def _get_ready(call: Call, asked: Readiness) -> None:
    agent = caller_of(call)
    agent_sessions.get_ready(agent=agent, capacity=asked.capacity, queue_ids=asked.queue_ids, now=call.began)


async def acknowledge(call: Call, engine: Engine) -> Answer:
    """Take or decline an offer."""
    asked = parse(Acknowledgement, call.fields)
    call.noted["engagement"] = asked.engagement_id
    await engine.run(_acknowledge, call, asked)
    engine.assign_soon(call.interface.id)
    return Answer({"engagementId": asked.engagement_id})


def _acknowledge(call: Call, asked: Acknowledgement) -> None:
    agent = caller_of(call)
    offers.answer(agent=agent, engagement_id=asked.engagement_id, accepted=asked.accepted, now=call.began)


async def retrieve(call: Call, engine: Engine) -> Answer:
    """Tell to whom and where one can hand over, and what there is to pick."""
    return Answer(await engine.run(_retrieve, call))


def _retrieve(call: Call) -> dict[str, Any]:
    found = look_around(agent=caller_of(call), now=call.began)
    return {
        "agents": [_agent(agent) for agent in found.agents],
        "queues": [_queue(queue) for queue in found.queues],
    }


def _agent(agent: AgentNearby) -> dict[str, Any]:
    return {
        "agentId": str(agent.user_id),
        "name": agent.name,
        "freeCapacity": agent.room,
        "capacity": agent.capacity,
        "queueIds": agent.queue_ids,
    }


def _queue(queue: QueueNearby) -> dict[str, Any]:
    return {
        "queueId": queue.id,
        "queueName": queue.name,
        "isManual": queue.is_manual,
        "isOwn": queue.is_own,
        "availableAgentSessions": queue.room,
        "engagementsInQueue": queue.waiting,
        "longestWaitSeconds": queue.longest_wait_seconds,
        "engagements": [_waiting(entry) for entry in queue.to_pick],
    }


def _waiting(entry: Waiting) -> dict[str, Any]:
    return {
        "engagementId": entry.engagement_id,
        "requestedTime": exact_instant(entry.requested_at),
        "waitedSeconds": entry.waited_seconds,
        "authUserName": entry.auth_user_name,
        **entry.known,
    }


OPERATIONS = (
    Operation("requestAssignment", get_ready),
    Operation("assignmentAcknowledgement", acknowledge),
    Operation("retrieveAgentsAndQueues", retrieve),
)
