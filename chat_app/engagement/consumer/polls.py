"""``getMessages`` of the consumer API."""

import re
from time import monotonic
from typing import Any

from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import SESSION_UNKNOWN, Refused
from chat_app.engagement.http import entries
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.requests import Call
from chat_app.engagement.http.wire import exact_instant
from chat_app.engagement.sessions import pool_of
from chat_app.engagement.vocabulary import MessageName

POOL = re.compile(r"[0-9]{1,10}:[0-9]{1,10}")


async def get_messages(call: Call, engine: Engine) -> Answer:
    """Wait for what is new in the conversation."""
    try:
        answered = await entries.poll(call, engine, interface_id=call.interface.id)
    except Refused as refused:
        if refused.error is SESSION_UNKNOWN and (pool := await _other_pool(call, engine)):
            return _elsewhere(pool, call, engine)
        raise
    return entries.answer(answered, [entries.entry(event) for event in answered.events], engine)


def _elsewhere(pool: str, call: Call, engine: Engine) -> Answer:
    """Say where the engagement lives; a session id can say that of itself, so it counts as one that is not good."""
    engine.limits.note_refused(address=call.client_address, checksum=call.session_checksum, now=monotonic())
    return Answer({"systemMessages": [_lives_in(pool, call)], "errorMessages": []}, is_proof=False)


async def _other_pool(call: Call, engine: Engine) -> str:
    """Return the pool that the session id says it is of, unless that is one of ours."""
    pool = pool_of(call.unverified_session_id)
    ours = {interface.pool_id for interface in (await engine.routing()).by_site.values()}
    return pool if POOL.fullmatch(pool) and pool not in ours else ""


def _lives_in(pool: str, call: Call) -> dict[str, Any]:
    return {
        "messageName": MessageName.CONFIGURATION_CHANGED.value,
        "createdTime": exact_instant(call.began),
        "sequenceNumber": 0,
        "engagementId": None,
        "clientId": None,
        "poolId": pool,
    }


GET_MESSAGES = Operation("getMessages", get_messages, waits=True)
