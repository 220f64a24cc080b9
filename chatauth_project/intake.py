"""Between the server and the application: requests get turns, and whoever waits meanwhile gives theirs to others.

granian calls us on a thread of its own as soon as a request's headers are there, and waits for a body as long as its
connection stands. It has no public way to do anything once an answer is out, or to answer in place of a thread that
waits: so we stand where it wraps the application.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from granian.server import mp

from authenticate_app.accounts import waiting
from chat_app.adf.body import LIMIT_BYTES
from chatauth_project.bodies import Body, BodyTimeout, Watch
from chatauth_project.turns import Hand, Turns

LONGEST_LENGTH = 20
"""Digits of a ``Content-Length`` that are looked at: enough to know that it is too much."""
Connection = BaseDatabaseWrapper
Run = Callable[[Any, dict[str, Any]], object]
"""Answers one request: granian's protocol, which takes the answer, and the request as WSGI has it (PEP 3333)."""


class Intake:
    """Runs requests by turns. A turn is a connection to the database: so a worker has no more of these than turns."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._turns = Turns([_connection() for _ in range(settings.WORKER_THREADS)], _use_connection)
        self._watch = Watch(self._turns, port=settings.PORT, timeout_seconds=settings.BODY_TIMEOUT.total_seconds())
        self._watch.start()
        self._threads = threading.local()

    def __call__(self, proto: Any, environ: dict[str, Any]) -> None:
        """Answer one request, and return when this thread should take another one."""
        hand = self._hand()
        self._turns.take(hand)
        try:
            self._read_ahead(environ, Body(environ["wsgi.input"], hand, proto, self._watch))
            self._run(proto, environ)
        except BodyTimeout:
            pass
        finally:
            self._finish(hand)

    def _finish(self, hand: Hand[Connection]) -> None:
        """Close the connection if it broke, so that whoever has the turn next opens another; give the turn back."""
        try:
            if hand.turn is not None:
                hand.turn.close_if_unusable_or_obsolete()
        finally:
            self._turns.finish(hand)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Give this thread's turn to another one meanwhile, unless a transaction still needs the connection."""
        hand: Hand[Connection] | None = getattr(self._threads, "hand", None)
        if hand is None or hand.turn is None or hand.turn.in_atomic_block:
            yield
            return
        del connections[DEFAULT_DB_ALIAS]
        self._turns.give_way(hand)
        try:
            yield
        finally:
            self._turns.take(hand)

    def _read_ahead(self, environ: dict[str, Any], body: Body) -> None:
        """Take in a small body whole: an answer that overtakes parts of it would make granian hang up."""
        length = environ.get("CONTENT_LENGTH", "")[:LONGEST_LENGTH]
        if length.isdecimal() and int(length) <= LIMIT_BYTES and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = BytesIO(body.read(int(length)))
        else:
            environ["wsgi.input"] = body

    def _hand(self) -> Hand[Connection]:
        try:
            hand: Hand[Connection] = self._threads.hand
        except AttributeError:
            hand = self._threads.hand = self._turns.hire()
        return hand


def install() -> None:
    """Let granian's workers of this process run requests by turns; for a worker, before it serves."""
    request_finished.disconnect(close_old_connections)  # each belongs to a turn
    wrap = mp._wsgi_call_wrap  # type: ignore[attr-defined]  # there is no public way

    def wrap_by_turns(*arguments: Any) -> Intake:
        intake = Intake(wrap(*arguments))
        waiting.give_way_by(intake.away)
        return intake

    mp._wsgi_call_wrap = wrap_by_turns  # type: ignore[assignment, attr-defined]


def _use_connection(hand: Hand[Connection]) -> None:
    connections[DEFAULT_DB_ALIAS] = hand.turn  # type: ignore[assignment]  # it has one


def _connection() -> Connection:
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    connection.inc_thread_sharing()  # one thread at a time: the one whose turn it is
    return connection
