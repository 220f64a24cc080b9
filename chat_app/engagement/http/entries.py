"""What ``getMessages`` answers: events as entries of ``systemMessages``."""

import re
from typing import Any

from chat_app.engagement.delivery import Event
from chat_app.engagement.engine import Engine
from chat_app.engagement.errors import INVALID_FIELD, Refused
from chat_app.engagement.http.operations import Answer
from chat_app.engagement.http.requests import Call
from chat_app.engagement.http.wire import exact_instant
from chat_app.engagement.hub import Answered
from chat_app.engagement.metrics import POLLS

LARGEST = 2**63 - 1
DIGITS = re.compile(r"[0-9]{1,19}")
_EMPTY, _EVENTS, _REFUSED = (POLLS.labels(outcome) for outcome in ("nothing", "events", "refused"))


async def poll(call: Call, engine: Engine, *, interface_id: int | None) -> Answered:
    """Wait for what comes for the session of this call; ``interface_id`` as ``Polls.wait`` has it.

    Raises ``Refused``.
    """
    try:
        answered = await engine.polls.wait(
            call.session_checksum,
            interface_id=interface_id,
            position=position_of(call),
            seconds=engine.poll_seconds,
        )
    except Refused:
        _REFUSED.inc()
        raise
    (_EVENTS if answered.events else _EMPTY).inc()
    call.noted["events"] = len(answered.events)
    return answered


def position_of(call: Call) -> int | None:
    """Return the ``acknowledgedSequenceNumber``, a number or its digits; None without one. Raises ``Refused``."""
    value = call.fields.get("acknowledgedSequenceNumber")
    if value is None:
        return None
    number = int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value
    if type(number) is not int or not 0 <= number <= LARGEST:
        detail = "acknowledgedSequenceNumber should be the sequenceNumber of the last entry that was received."
        raise Refused(INVALID_FIELD, reason="acknowledged", detail=detail)
    return number


def answer(answered: Answered, entries: list[dict[str, Any]], engine: Engine) -> Answer:
    """Answer a poll with these entries; the events in it count as written once it has gone out whole."""

    def note(is_whole: bool) -> None:
        (engine.polls.written if is_whole else engine.polls.broke_off)(answered)

    return Answer({"systemMessages": entries, "errorMessages": []}, sent=note if answered.events else None)


def entry(event: Event) -> dict[str, Any]:
    """Write an event as an entry, without the twins."""
    return {
        "messageName": event.message_name,
        "createdTime": exact_instant(event.created_at),
        "sequenceNumber": event.sequence,
        "engagementId": event.engagement_id,
        "clientId": event.client_id,
        **event.fields,
    }
