"""What an operation of the API is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat_app.engagement.engine import Engine
from chat_app.engagement.http.requests import Call
from chat_app.engagement.limits import Kind

SMALL_BYTES = 64 * 1024
LARGE_BYTES = 400 * 1024
"""Of a body with a message: 32,000 characters fit in, even if each is written as two escapes of six bytes."""


class Api(StrEnum):
    """The two sides of a conversation, as they stand in addresses."""

    CONSUMER = "consumer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with, status 200: names and values without the twins and without the common fields.

    ``sent``: told afterwards whether the answer was written whole. ``is_proof``: that the session id is good.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    sent: Callable[[bool], None] | None = None
    is_proof: bool = True


Work = Callable[[Call, Engine], Awaitable[Answer]]
"""Parses a call, runs a service, answers. Raises ``errors.Refused`` and ``django.db.Error``."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation under its name in addresses.

    ``limit``: bytes of a body. ``limited``: by what its calls are counted, of which each client has a number.
    ``waits``: it may take long, and is given up when the client has gone. ``may_be_late``: who has waited for the
    database in vain is told so (408), which the vendor documents for ``requestEngagement`` alone.
    """

    name: str
    work: Work
    methods: frozenset[str] = frozenset({"POST"})
    limit: int = SMALL_BYTES
    limited: Kind = Kind.SESSION
    waits: bool = False
    may_be_late: bool = False


Operations = Mapping[Api, Mapping[str, Operation]]


def by_name(*operations: Operation) -> dict[str, Operation]:
    """Return operations by name."""
    return {operation.name: operation for operation in operations}
