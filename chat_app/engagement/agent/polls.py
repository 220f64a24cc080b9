"""``getMessages`` of the agent API."""

from datetime import datetime
from typing import Any

from chat_app.engagement.agent.sessions import caller_of
from chat_app.engagement.delivery import Event
from chat_app.engagement.engine import Engine
from chat_app.engagement.http import entries
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.requests import Call
from chat_app.engagement.http.wire import exact_instant
from chat_app.engagement.vocabulary import AgentMessageName


async def get_messages(call: Call, engine: Engine) -> Answer:
    """Wait for what is new in all of the agent's engagements; one entry says that nothing is."""
    await engine.run(caller_of, call)
    answered = await entries.poll(call, engine, interface_id=None)
    found = [_entry(event) for event in answered.events]
    return entries.answer(answered, found or [_nothing(engine.clock.now())], engine)


def _entry(event: Event) -> dict[str, Any]:
    return {**entries.entry(event), "timeCreated": _milliseconds(event.created_at)}


def _nothing(now: datetime) -> dict[str, Any]:
    return {
        "messageName": AgentMessageName.GET_TIMEOUT.value,
        "createdTime": exact_instant(now),
        "timeCreated": _milliseconds(now),
        "sequenceNumber": None,
        "engagementId": None,
        "clientId": None,
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


GET_MESSAGES = Operation("getMessages", get_messages, waits=True)
