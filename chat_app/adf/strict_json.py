"""JSON read without tolerance (RFC 8259): what Python's decoder lets pass and interoperable JSON does not.

Repeated names, ``NaN`` and ``Infinity`` are refused or noted; text that cannot be stored (NUL characters, lone
surrogates) can be asked for.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from typing import Any, NoReturn

LONGEST_INTEGER = 1000
"""In digits. Python refuses to convert more than 4300; whatever is longer than this counts as infinite."""


class InvalidJson(ValueError):
    """The text is not JSON; ``line`` and ``column`` (from 1) say where."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__(f"Not JSON at line {line}, column {column}.")
        self.line = line
        self.column = column


class TooDeep(ValueError):
    """The text is nested deeper than the decoder goes."""


class NotAValue(ValueError):
    """``constant`` is ``NaN``, ``Infinity`` or ``-Infinity``, which JSON does not know."""

    def __init__(self, constant: str) -> None:
        super().__init__(f"{constant} is not JSON.")
        self.constant = constant


class Unstorable(Enum):
    """What makes a text unfit to be stored or passed on."""

    NUL = "nul"
    SURROGATE = "surrogate"


class Repeating(dict[str, Any]):
    """A JSON object in which names occur more than once; the last value of each counts."""

    repeated: tuple[str, ...] = ()


def decode(text: str) -> Any:
    """Return the value that the JSON text holds; objects with repeated names become ``Repeating``.

    Raises ``InvalidJson``, ``NotAValue`` and ``TooDeep``.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(error.lineno, error.colno) from None
    except RecursionError:
        raise TooDeep from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _repeating(pairs)


def _repeating(pairs: list[tuple[str, Any]]) -> Repeating:
    times = Counter(name for name, _ in pairs)
    value = Repeating(pairs)
    value.repeated = tuple(name for name in value if times[name] > 1)
    return value


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else math.inf


def _refuse_constant(constant: str) -> NoReturn:
    raise NotAValue(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse_constant)
# Made once: ``json.loads`` with a hook would make one for every call.


def repeated_names(value: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find repeated names at any depth: the way to the object, and the name."""
    for way, item in _walk(value):
        if isinstance(item, Repeating):
            yield from ((way, name) for name in item.repeated)


def unstorable_texts(value: object) -> Iterator[tuple[tuple[str | int, ...], Unstorable]]:
    """Find names and strings at any depth that are unfit to be stored: the way there, and the reason."""
    for way, item in _walk(value):
        texts = [(way, item)] if isinstance(item, str) else []
        if isinstance(item, dict):
            texts = [((*way, name), name) for name in item]
        for place, text in texts:
            yield from ((place, reason) for reason in _reasons(text))


def _reasons(text: str) -> Iterator[Unstorable]:
    if "\x00" in text:
        yield Unstorable.NUL
    if any("\ud800" <= char <= "\udfff" for char in text):
        yield Unstorable.SURROGATE


def _walk(value: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Visit every value, without recursion, so that no depth is too deep."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while waiting:
        way, item = waiting.pop()
        yield way, item
        if isinstance(item, dict):
            waiting.extend(((*way, name), inner) for name, inner in reversed(item.items()))
        elif isinstance(item, list):
            waiting.extend(((*way, place), item[place]) for place in reversed(range(len(item))))
