"""``rerouteEngagement``, ``releaseChat`` and ``concludeChat``."""

from collections.abc import Callable
from typing import TypeVar

from chat_app.engagement import handover
from chat_app.engagement.agent.schemas import OfEngagement, Rerouting
from chat_app.engagement.agent.sessions import caller_of
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import INVALID_FIELD, Refused
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.parsing import parse
from chat_app.engagement.http.requests import Call

Asked = TypeVar("Asked", bound=OfEngagement)


async def reroute(call: Call, engine: Engine) -> Answer:
    """Hand over to another queue or agent."""
    asked = parse(Rerouting, call.fields)
    if (asked.queue_id is None) == (asked.agent_id is None):
        raise Refused(INVALID_FIELD, detail="queueId, agentId: one of the two is needed.")
    return await _finish(call, engine, asked, _reroute)


def _reroute(call: Call, asked: Rerouting) -> None:
    agent, engagement_id, now = caller_of(call), asked.engagement_id, call.began
    if asked.queue_id is not None:
        handover.reroute_to_queue(agent=agent, engagement_id=engagement_id, queue_id=asked.queue_id, now=now)
    elif asked.agent_id is not None:
        handover.reroute_to_agent(agent=agent, engagement_id=engagement_id, user_id=asked.agent_id, now=now)


async def release(call: Call, engine: Engine) -> Answer:
    """Put the engagement back into its queue."""
    return await _finish(call, engine, parse(OfEngagement, call.fields), _release)


def _release(call: Call, asked: OfEngagement) -> None:
    handover.release(agent=caller_of(call), engagement_id=asked.engagement_id, now=call.began)


async def conclude(call: Call, engine: Engine) -> Answer:
    """End the engagement."""
    return await _finish(call, engine, parse(OfEngagement, call.fields), _conclude)


def _conclude(call: Call, asked: OfEngagement) -> None:
    handover.conclude(agent=caller_of(call), engagement_id=asked.engagement_id, now=call.began)


async def _finish(call: Call, engine: Engine, asked: Asked, act: Callable[[Call, Asked], None]) -> Answer:
    """Do it, then give out the work that it leaves and the room that it makes."""
    call.noted["engagement"] = asked.engagement_id
    await engine.run(act, call, asked)
    engine.assign_soon(call.interface.id)
    return Answer({"engagementId": asked.engagement_id})


OPERATIONS = (
    Operation("rerouteEngagement", reroute),
    Operation("releaseChat", release),
    Operation("concludeChat", conclude),
)
