"""Bodies of requests, whose clients may take their time, but not that of others.

While a body does not come, the thread that reads it gives its turn away. That is dear where it is not needed, and most
bodies are there already: so a thread only lends its turn while it reads, and a watch calls in the turns of those who
read for longer than a moment. As long as there are such, everybody gives way at once: a crowd gains nothing by that
moment.

A body that is not whole in time is refused, and its connection closed: there is no other way to call back a thread that
granian lets wait for it.
"""

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from threading import Event, Thread
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter

from chatauth_project import peers
from chatauth_project.turns import Hand, Turns

log = structlog.get_logger("chatauth.bodies")

LOOK_SECONDS = 0.02
"""How often the watch looks; longer than it takes to read a body that is there."""
CLEAR_SECONDS = 0.1
"""How often all connections are looked at while somebody is late, which takes some milliseconds."""
MOST_WAITING = 16
"""Bodies that a worker waits for at once. One more, and the oldest is refused: each takes a thread."""
REFUSAL = b'{"status": 408, "detail": "The body of the request did not arrive in time. Send it again, at one go."}'
REFUSAL_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(REFUSAL))),
    ("Connection", "close"),
    ("Cache-Control", "no-store"),
]

ADDED_HEADERS = [("Server", "granian"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")]
"""What granian adds, in this length."""
REFUSAL_BYTES = len(
    "".join(f"{name}: {value}\r\n" for name, value in REFUSAL_HEADERS + ADDED_HEADERS)
    + f"HTTP/1.1 408 {HTTPStatus.REQUEST_TIMEOUT.phrase}\r\n\r\n"
) + len(REFUSAL)
"""The whole answer; no other one is as long, by which its connection is found."""

REFUSED = Counter("chatauth_bodies_refused", "Requests whose body did not arrive in time.")

Read = TypeVar("Read")


class BodyTimeout(OSError):
    """The body did not arrive in time. Its client has been answered already."""


class Body:
    """The stream ``wsgi.input`` of a request (PEP 3333), for the thread that ``hand`` stands for."""

    def __init__(self, stream: Any, hand: Hand[Any], proto: Any, watch: "Watch") -> None:
        self.hand = hand
        self.is_refused = False
        self.sent_before: peers.Sent = {}
        self.began = time.monotonic()
        self.waits_since = self.began
        self._stream = stream
        self._proto = proto
        self._watch = watch

    def read(self, *size: int) -> bytes:
        """Return so many bytes, fewer at the end of the body; all without ``size``. Raises ``BodyTimeout``."""
        found: bytes = self._wait_for(self._stream.read, *size)
        return found

    def readline(self, *size: int) -> bytes:
        """Return the next line. Raises ``BodyTimeout``."""
        line: bytes = self._wait_for(self._stream.readline, *size)
        return line

    def readlines(self, *hint: int) -> list[bytes]:
        """Return all lines. Raises ``BodyTimeout``."""
        return self._wait_for(self._stream.readlines, *hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def refuse(self, sent_before: peers.Sent) -> None:
        """Answer 408 in place of the thread that waits; what that one answers later is not sent any more."""
        self.sent_before = sent_before
        self.is_refused = True
        REFUSED.inc()
        self._proto.response_bytes(HTTPStatus.REQUEST_TIMEOUT, REFUSAL_HEADERS, REFUSAL)

    def _wait_for(self, read: Callable[..., Read], *arguments: int) -> Read:
        self.waits_since = time.monotonic()
        self._watch.begin(self)
        try:
            found = read(*arguments)
        finally:
            self._watch.end(self)
        if self.is_refused:
            raise BodyTimeout
        return found


class Watch:
    """Looks after the threads that read bodies, in a thread of its own."""

    def __init__(self, turns: Turns[Any], *, port: int, timeout_seconds: float) -> None:
        self._turns = turns
        self._port = port
        self._timeout_seconds = timeout_seconds
        self._reading: dict[int, Body] = {}
        self._late: list[Body] = []
        self._clears_at = 0.0

    def start(self) -> Event:
        """Look again and again, in a thread of its own, until the returned event is set."""
        stop = Event()
        Thread(target=self._repeat, args=(stop,), name="bodies", daemon=True).start()
        return stop

    def begin(self, body: Body) -> None:
        """Note that a thread reads."""
        self._reading[id(body)] = body
        turn = body.hand.turn
        if turn is not None and not turn.in_atomic_block:  # else somebody else would go on with the transaction
            self._turns.lend(body.hand)
        if self._late:
            self._turns.call_in(body.hand)

    def end(self, body: Body) -> None:
        """Note that it has read; return once it has a turn again."""
        del self._reading[id(body)]
        self._turns.regain(body.hand)

    def look(self) -> None:
        """Call in the turns of those who wait; now and then, get rid of those who have waited for too long."""
        now = time.monotonic()
        self._late = [body for body in list(self._reading.values()) if now - body.waits_since > LOOK_SECONDS]
        for body in self._late:
            self._turns.call_in(body.hand)
        if self._late and now > self._clears_at:
            self._clears_at = now + CLEAR_SECONDS
            self._clear([body for body in self._late if body.is_refused], self._overdue(now))

    def _overdue(self, now: float) -> list[Body]:
        """Return those whose time is up, and the oldest of too many."""
        waiting = sorted((body for body in self._late if not body.is_refused), key=lambda body: body.began)
        too_many = len(waiting) - MOST_WAITING
        return [
            body for place, body in enumerate(waiting) if place < too_many or now - body.began > self._timeout_seconds
        ]

    def _clear(self, refused: list[Body], overdue: list[Body]) -> None:
        """Hang up on those who have been refused, and refuse those who are overdue."""
        if refused or overdue:
            sent = peers.bytes_sent(self._port)
            peers.hang_up(self._port, {peer for body in refused for peer in _refused_peers(body.sent_before, sent)})
            for body in overdue:
                body.refuse(sent)

    def _repeat(self, stop: Event) -> None:
        while not stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # without the watch, slow clients would hold every turn
                log.exception("looking after bodies failed")


def _refused_peers(before: peers.Sent, now: peers.Sent) -> list[peers.Peer]:
    """Find to whom a refusal was sent in between: nobody else is told by granian, and no other answer is as long."""
    return [peer for peer, count in before.items() if now.get(peer, 0) - count == REFUSAL_BYTES]
