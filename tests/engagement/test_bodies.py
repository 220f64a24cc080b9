"""Bodies of requests, in whatever pieces they come."""

import asyncio
from typing import Any

from chat_app.engagement.http.bodies import read_body

LONG = 400 * 1024
SECONDS = 5.0
"""Far more than a body takes that is not copied with each of its bytes."""


def test_a_body_that_comes_byte_by_byte_costs_no_more_for_each_of_them() -> None:
    async def read() -> bytes:
        left = LONG

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            if left % 10_000 == 0:
                await asyncio.sleep(0)
            return {"type": "http.request", "body": b"x", "more_body": left > 0}

        return await read_body(receive, declared=None, limit=LONG, seconds=SECONDS)

    assert asyncio.run(read()) == b"x" * LONG
