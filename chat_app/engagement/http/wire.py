"""Bodies of the engagement API: how they are read, and how answers are written (docs/chat-server.md, "Bodies")."""

import json
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from chat_app.engagement.errors import BAD_REQUEST, Refused

Fields = dict[str, Any]
"""A JSON object as a client sent it: nothing in it is verified."""

COMMON = ("clientId", "clientRequestTime", "clientTransactionId")
"""What every answer echoes."""
LONGEST_ECHO = 200
_TOLERANT = json.JSONDecoder(strict=False)
"""For JSON in an address, in whose strings tabs and line ends occur."""


def read_fields(raw_body: bytes) -> Fields:
    """Return the JSON object of a body; an absent or empty one, ``{}`` and ``null`` are the same.

    Raises ``Refused`` (``BAD_REQUEST``) for anything else, and for NUL characters, which cannot be stored.
    """
    if not raw_body.strip():
        return {}
    try:
        value = from_json(raw_body, allow_inf_nan=False)
    except ValueError:
        raise Refused(BAD_REQUEST, reason="no_json") from None
    return _object(value)


def read_query(raw_json: str) -> Fields:
    """Return the JSON object that a parameter of the address holds. Raises ``Refused`` (``BAD_REQUEST``)."""
    if not raw_json.strip():
        return {}
    try:
        value = _TOLERANT.decode(raw_json.strip())
    except (ValueError, RecursionError):
        raise Refused(BAD_REQUEST, reason="no_json") from None
    return _object(value)


def _object(value: Any) -> Fields:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(BAD_REQUEST, reason="no_object")
    if _has_unstorable(value):
        detail = "The body holds a NUL character or half of a surrogate pair, which is no text."
        raise Refused(BAD_REQUEST, reason="unstorable", detail=detail)
    return value


def _has_unstorable(value: Any) -> bool:
    """Look at every text, without recursion, so that no depth is too deep."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item or (not item.isascii() and any("\ud800" <= letter <= "\udfff" for letter in item)):
                return True
        elif isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False


def with_twins(value: Any) -> Any:
    """Return ``value`` in which every whole number of an object has a twin ``…String`` beside it, at any depth."""
    if isinstance(value, dict):
        found: Fields = {}
        for name, inner in value.items():
            found[name] = with_twins(inner)
            if type(inner) is int:
                found[name + "String"] = str(inner)
        return found
    return [with_twins(item) for item in value] if isinstance(value, list) else value


def common_fields(asked: Fields, began: datetime, finished: datetime) -> Fields:
    """Return what every answer says of its request: ids and time as the client sent them, and when it was served."""
    echoed = {name: _echo(asked.get(name)) for name in COMMON}
    return {**echoed, "serviceStartTime": instant(began), "serviceFinishTime": instant(finished)}


def _echo(value: Any) -> Any:
    """Only what cannot be abused to have much of anything sent back."""
    if isinstance(value, str):
        return value[:LONGEST_ECHO]
    return value if isinstance(value, int | float) and abs(value) < 2**63 else None


def instant(at: datetime) -> str:
    """Write a time as ``yyyy-MM-dd'T'HH:mm:ssXXX`` of Java has it: whole seconds, ``Z`` for UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def exact_instant(at: datetime) -> str:
    """Write a time to the millisecond, as JavaScript's ``Date`` reads it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(fields: Fields) -> bytes:
    """Return the body of an answer."""
    return to_json(fields)
