"""``python -m benchmarks.polls_load``: ten thousand customers who poll, and agents who write to them.

A program of its own, so that what it costs is not taken for the server's. It speaks HTTP over plain sockets, since no
client library could keep up. It writes a line of JSON for each phase.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import quantiles
from typing import TypeVar

from benchmarks.polls_names import SITE, agent_header, agent_of, customer_header, engagement_of

CUSTOMER = f"/engagement/api/consumer/{SITE}/v1/getMessages?pool=1:1"
AGENT = f"/engagement/api/agent/{SITE}/v1/postMessage"
HOST = "127.0.0.1"
PORTS_OF_AN_ADDRESS = 20_000
"""From each of our own addresses; the system has some 28,000 for connections to one port."""
RAMP_SECONDS = 30.0
"""In which customers begin to poll, so that their polls do not end all at once either."""
SETTLE_SECONDS = 2.0
MARK = b'"body":"at '
"""Of a message of ours: behind it stands when it was posted, in nanoseconds."""
LENGTH = b"content-length: "
END_OF_HEAD = b"\r\n\r\n"
GOOD = b"HTTP/1.1 200"
STRIDE = 7919
"""A prime: so each customer comes once before any comes twice."""


@dataclass
class Found:
    """What was seen in a phase of ``seconds``; times in milliseconds."""

    customers: int
    seconds: float = 0.0
    polls: int = 0
    refused: int = 0
    posted: int = 0
    received: int = 0
    lost: int = 0
    twice: int = 0
    p50: float = 0.0
    p99: float = 0.0
    own_cores: float = 0.0


@dataclass
class Seen:
    """What happened since it was last looked at."""

    polls: int = 0
    refused: int = 0
    milliseconds: list[float] = field(default_factory=list)
    open: set[bytes] = field(default_factory=set)
    """Messages that were posted and have not arrived."""
    posted: int = 0
    twice: int = 0

    def arrived(self, stamp: bytes) -> None:
        """Note a message, by when it was posted."""
        if stamp not in self.open:
            self.twice += 1
            return
        self.open.discard(stamp)
        self.milliseconds.append((time.perf_counter_ns() - int(stamp)) / 1e6)


class Client(asyncio.Protocol):
    """A kept connection over which one request goes after the other."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker: it is over TCP
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take parts of an answer until it is whole."""
        self._buffer += data
        head = self._buffer.find(END_OF_HEAD)
        if head < 0:
            return
        begin = self._buffer.index(LENGTH) + len(LENGTH)
        length = int(self._buffer[begin : self._buffer.index(b"\r", begin)])
        if len(self._buffer) >= head + len(END_OF_HEAD) + length:
            answer, self._buffer = self._buffer, b""
            self.answered(answer)

    def answered(self, answer: bytes) -> None:
        """Do something with a whole answer."""
        raise NotImplementedError


class Customer(Client):
    """Polls on and on."""

    def __init__(self, seen: Seen, number: int) -> None:
        super().__init__(seen)
        self._request = _request(CUSTOMER, customer_header(number), b"{}")

    def poll(self) -> None:
        """Ask for what is new."""
        self.transport.write(self._request)

    def answered(self, answer: bytes) -> None:
        """Count, note messages, and ask again."""
        self.seen.polls += 1
        self.seen.refused += not answer.startswith(GOOD)
        for part in answer.split(MARK)[1:]:
            self.seen.arrived(part[: part.index(b'"')])
        self.poll()


class Agent(Client):
    """Writes a message to one customer after the other."""

    def __init__(self, seen: Seen, number: int) -> None:
        super().__init__(seen)
        self._headers = agent_header(number)

    def write(self, customer: int) -> None:
        """Post a message that says when it was posted."""
        stamp = str(time.perf_counter_ns())
        self.seen.open.add(stamp.encode())
        self.seen.posted += 1
        fields = {"engagementId": engagement_of(customer), "body": f"at {stamp}"}
        self.transport.write(_request(AGENT, self._headers, json.dumps(fields).encode()))

    def answered(self, answer: bytes) -> None:
        """Count refusals."""
        self.seen.refused += not answer.startswith(GOOD)


ClientKind = TypeVar("ClientKind", bound=Client)


def _request(path: str, headers: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Type: application/json; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def run(options: argparse.Namespace) -> None:
    """Let customers wait, and say what was seen: while nothing happens, then while agents write."""
    seen = Seen()
    for number in range(options.customers):
        customer = await _connect(options.port, Customer(seen, number), number)
        customer.poll()
        await asyncio.sleep(RAMP_SECONDS / options.customers)
    _say("waiting", None)
    _say("quiet", await _watch(seen, options.customers, options.quiet))
    agents = [await _connect(options.port, Agent(seen, number), number) for number in range(options.agents)]
    writing = asyncio.create_task(_write(agents, options))
    found = await _watch(seen, options.customers, options.busy)
    writing.cancel()
    await asyncio.sleep(SETTLE_SECONDS)
    found.lost = len(seen.open)
    _say("busy", found)


async def _connect(port: int, client: ClientKind, number: int) -> ClientKind:
    own = f"127.0.0.{2 + number // PORTS_OF_AN_ADDRESS}"
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: client, HOST, port, local_addr=(own, 0))
    return client


async def _watch(seen: Seen, customers: int, seconds: float) -> Found:
    """Return what is seen within some seconds."""
    seen.polls = seen.refused = seen.posted = seen.twice = 0
    seen.milliseconds.clear()
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    passed = time.monotonic() - began
    marks = quantiles(seen.milliseconds, n=100) if len(seen.milliseconds) > 1 else [0.0] * 99
    return Found(
        customers=customers,
        seconds=passed,
        polls=seen.polls,
        refused=seen.refused,
        posted=seen.posted,
        received=len(seen.milliseconds),
        twice=seen.twice,
        p50=marks[49],
        p99=marks[98],
        own_cores=(time.process_time() - cpu) / passed,
    )


async def _write(agents: Sequence[Agent], options: argparse.Namespace) -> None:
    """Write at a steady pace, to customers far from each other one after the other."""
    began, number = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - began) * options.per_second)
        while number < due:
            customer = number * STRIDE % options.customers
            agents[agent_of(customer, agents=options.agents)].write(customer)
            number += 1
        await asyncio.sleep(1 / options.per_second)


def _say(phase: str, found: Found | None) -> None:
    print(json.dumps({"phase": phase, "found": None if found is None else asdict(found)}), flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog=__spec__.name, description=__doc__)
    for name in ("port", "customers", "agents", "per-second"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("quiet", "busy"):
        parser.add_argument(f"--{name}", type=float, required=True, help="seconds")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
