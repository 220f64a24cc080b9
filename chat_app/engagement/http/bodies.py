"""Reading the body of a request: never further than a limit, and never longer than a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


class BodyTooLong(Exception):
    """The body is longer than the limit; the rest of it is not read."""


class BodyTooSlow(Exception):
    """The body did not arrive in time."""


class BodyBrokeOff(Exception):
    """The client has gone in the middle of it."""


async def read_body(receive: Receive, *, declared: int | None, limit: int, seconds: float) -> bytes:
    """Return the whole body; ``declared``: what ``Content-Length`` says, None without one.

    Raises ``BodyTooLong``, ``BodyTooSlow`` and ``BodyBrokeOff``.
    """
    if declared == 0:
        return b""
    if declared is not None and declared > limit:
        raise BodyTooLong
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, declared, limit)
    except TimeoutError:
        raise BodyTooSlow from None


async def _read(receive: Receive, declared: int | None, limit: int) -> bytes:
    body = bytearray()  # grows in place: a body may come byte by byte
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyBrokeOff
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLong
        if not message.get("more_body") or len(body) == declared:
            return bytes(body)
