"""``requestEngagement``."""

from datetime import datetime
from time import monotonic
from typing import Any

from chat_app.engagement.claiming import Joined
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import CHAT_DISABLED, NOT_FOUND, TOKEN_REFUSED, Refused
from chat_app.engagement.http.operations import Answer, Operation
from chat_app.engagement.http.requests import Call
from chat_app.engagement.limits import Kind
from chat_app.engagement.metrics import REQUESTS
from chat_app.engagement.requesting import note_refusal, request_engagement
from chat_app.engagement.tokens import verify_chat_token
from chat_app.routing.snapshot import routing

NO_SURVEYS: dict[str, Any] = {
    "resultType": "NONE",
    "completedSurveyId": None,
    "completedSurveyIdString": None,
    "completedSurveyAuth": None,
    "cancelledSurveyId": None,
    "cancelledSurveyIdString": None,
    "cancelledSurveyAuth": None,
}
"""Fields of the vendor's, for surveys, which are not built."""


async def request(call: Call, engine: Engine) -> Answer:
    """Let a customer in."""
    own_too = call.fields.get("includeOwnMessages") is True
    try:
        joined = await engine.run(_enter, call, own_too, call.began)
    except Refused as refusal:
        await _note(refusal, call, engine)
        raise
    engine.assign_soon(call.interface.id)
    call.noted["engagement"] = joined.engagement_id
    ids = {"sessionId": joined.session_id, "engagementId": joined.engagement_id, "clientId": joined.client_id}
    return Answer({**ids, **NO_SURVEYS})


def _enter(call: Call, own_too: bool, now: datetime) -> Joined:
    """Verify and claim the token in one go, since both may ask the database."""
    interface = routing.current().value.by_site.get(call.interface.chat_site_name)
    if interface is None:
        raise Refused(NOT_FOUND, reason="site")
    token = verify_chat_token(call.unverified_token, interface=interface, now=now)
    if not interface.enabled:
        raise Refused(CHAT_DISABLED, reason="interface_disabled")
    return request_engagement(token=token, interface=interface, include_own_messages=own_too, now=now)


async def _note(refusal: Refused, call: Call, engine: Engine) -> None:
    """Count a refusal; those of tokens are audited, unless a flood of them comes from one address."""
    is_refused_token = refusal.error is TOKEN_REFUSED
    address, now = call.client_address, monotonic()
    if is_refused_token and not engine.limits.note_refused(address=address, checksum="", now=now):
        REQUESTS.labels(refusal.reason).inc()
        return
    await engine.run(note_refusal, refusal, client_address=address, request_id=call.request_id, now=call.began)


REQUEST_ENGAGEMENT = Operation("requestEngagement", request, limited=Kind.DOOR, may_be_late=True)
