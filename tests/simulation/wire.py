"""A client of HTTP that is as small as can be: one request, one connection, which may break at any moment."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple

HOST = "127.0.0.1"
PAUSE_SECONDS = 0.1
"""Before the same is tried again."""


class Broken(Exception):
    """There was no whole answer: whether the request was worked on, nobody knows."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: dict[str, Any]


class Network:
    """Processes that serve the same, each on a port of its own; a client gets to any of them."""

    def __init__(self, ports: list[int], chance: Random) -> None:
        self.ports = ports
        self.requests = 0
        self.broken = 0
        self._chance = chance

    async def post(
        self, path: str, fields: Mapping[str, Any], headers: Mapping[str, str], *, seconds: float = 20.0
    ) -> Answer:
        """Ask once. Raises ``Broken``."""
        self.requests += 1
        port = self._chance.choice(self.ports)
        try:
            return await asyncio.wait_for(_exchange(port, path, fields, headers), seconds)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.broken += 1
            raise Broken from error

    async def post_until_answered(
        self, path: str, fields: Mapping[str, Any], headers: Mapping[str, str], *, seconds: float = 20.0
    ) -> Answer:
        """Ask until there is an answer that says more than that the server cannot answer now."""
        while True:
            with suppress(Broken):
                answer = await self.post(path, fields, headers, seconds=seconds)
                if answer.status < 500:
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)


async def _exchange(port: int, path: str, fields: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        body = json.dumps(fields).encode()
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {HOST}",
            "Connection: close",
            "Content-Type: application/json; charset=utf-8",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = _read_head(head)
        content = await reader.readexactly(length)
        return Answer(status, json.loads(content))
    finally:
        writer.close()


def _read_head(head: bytes) -> tuple[int, int]:
    first, *lines = head.decode("latin-1").split("\r\n")
    named = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return int(first.split(" ")[1]), int(named["content-length"])
