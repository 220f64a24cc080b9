"""JSON as strangers send it, read without tolerance (RFC 8259), into what can be stored."""

import json
import math
import re
from typing import Any, Final

from pydantic_core import from_json

_ESCAPED_NUL: Final = rb"\u0000"
_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL; a backslash that is escaped itself escapes nothing."""
_SYMBOL_FOR_NUL: Final = rb"\1\\u2400"


class MalformedMessage(ValueError):
    """What came is not what its sender should send. The sentence says what is wrong, and holds nothing of it."""


def read_object(raw_body: bytes) -> dict[str, Any]:
    """Return the JSON object that ``raw_body`` holds in UTF-8; NUL, which PostgreSQL does not store, as its symbol.

    Raises ``MalformedMessage`` for what is no JSON (``NaN``, lone surrogates and too deep a nesting included), for
    names that are repeated in an object and numbers without end, which other programs may read differently, and for
    any value that is no object.
    """
    if _ESCAPED_NUL in raw_body:
        raw_body = _NUL.sub(_SYMBOL_FOR_NUL, raw_body)
    try:
        value = from_json(raw_body, allow_inf_nan=False)
    except ValueError:
        raise MalformedMessage("This is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise MalformedMessage("This is JSON, but no object.")
    _refuse_ambiguous(raw_body)
    return value


def _refuse_ambiguous(json_text: bytes) -> None:
    try:
        _DECODER.decode(json_text.decode("utf-8"))
    except RecursionError:  # the stack is shorter in a thread that is deep in its work already
        raise MalformedMessage("The JSON is nested too deeply.") from None


def _object(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise MalformedMessage("A name stands twice in the same object.")


def _finite(number: str) -> None:
    if math.isinf(float(number)):  # such as 1e400
        raise MalformedMessage("A number is larger than any that is stored.")


def _nothing(_digits: str) -> None:
    """Integers are read already, and bounded."""


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_int=_nothing)
