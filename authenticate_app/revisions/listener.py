"""How an idle process learns that something has changed: PostgreSQL tells it (``LISTEN``).

One daemon thread per process holds one connection of its own. It keeps *marks*: as long as the mark of a topic is
the same as before, nothing of the topic has changed since. While the thread is not connected there are no marks, and
whoever asks has to look into the database himself.

What this does not promise: a notification takes a moment to arrive (about a millisecond), and a network that swallows
packets without a word is noticed only after ``SILENCE_SECONDS``. Whatever must not be wrong even then (storing a chat
session) compares revisions in its own statement.
"""

import atexit
import itertools
import os
import selectors
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql

from authenticate_app.revisions.triggers import CHANNEL

log = structlog.get_logger("chatauth.revisions")

Mark = tuple[int, int]
"""Number of the connection, number of notifications about the topic."""

LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL))
APPLICATION_NAME = "chatauth-listener"
DJANGO_PARAMETERS = frozenset({"context", "cursor_factory"})
"""Connection parameters that serve Django's own cursors only."""

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
STOP_SECONDS = 5.0

KEEPALIVE_IDLE_SECONDS = 5
KEEPALIVE_INTERVAL_SECONDS = 2
KEEPALIVE_COUNT = 3
SILENCE_SECONDS = KEEPALIVE_IDLE_SECONDS + KEEPALIVE_INTERVAL_SECONDS * KEEPALIVE_COUNT
"""After so many seconds of silence a peer over TCP counts as gone (tcp(7), ``TCP_KEEPIDLE`` and the rest)."""

KEEPALIVES: Mapping[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": KEEPALIVE_IDLE_SECONDS,
    "keepalives_interval": KEEPALIVE_INTERVAL_SECONDS,
    "keepalives_count": KEEPALIVE_COUNT,
    "tcp_user_timeout": SILENCE_SECONDS * 1000,
}

_numbers = itertools.count(1)


class Listener:
    """Hears of changed topics. Thread-safe; the first question in a process starts its thread."""

    def __init__(self) -> None:
        self._ear: _Ear | None = None
        self._lock = threading.Lock()

    def mark(self, topic: str) -> Mark | None:
        """Return the mark of ``topic`` now; None while nobody would tell this process of a change."""
        return (self._ear or self._start()).mark(topic)

    def unchanged_until(self, topic: str, mark: Mark) -> float | None:
        """Until when ``topic`` had not changed since ``mark``, by ``time.monotonic``; None if that is not known."""
        return (self._ear or self._start()).unchanged_until(topic, mark)

    def wait_until_connected(self, *, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds; says whether this process is being told of changes."""
        return (self._ear or self._start()).is_connected.wait(timeout)

    def after_fork(self) -> None:
        """Begin anew in a child process, which inherits everything but the thread."""
        self._ear = None
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Close the connection and end the thread; the next question starts both again."""
        with self._lock:
            ear, self._ear = self._ear, None
        if ear is not None:
            ear.stop()

    def _start(self) -> "_Ear":
        with self._lock:
            if self._ear is None:
                self._ear = _Ear()
                self._ear.start()
            return self._ear


class _Ear(threading.Thread):
    """The thread with its connection, and what it has heard."""

    def __init__(self) -> None:
        super().__init__(name="revision-listener", daemon=True)
        self.is_connected = threading.Event()
        self._stopping = threading.Event()
        self._connection_number = 0
        self._lost_at = 0.0
        self._notifications: dict[str, int] = {}
        self._wake_up, self._woken_up = socket.socketpair()

    def mark(self, topic: str) -> Mark | None:
        return self._last_mark(topic) if self.is_connected.is_set() else None

    def unchanged_until(self, topic: str, mark: Mark) -> float | None:
        lost_at = time.monotonic() if self.is_connected.is_set() else self._lost_at
        return lost_at if self._last_mark(topic) == mark else None

    def stop(self) -> None:
        self._stopping.set()
        self._wake_up.close()  # the other end becomes readable
        self.join(STOP_SECONDS)

    def run(self) -> None:
        delay = FIRST_DELAY_SECONDS
        with self._woken_up:
            while not self._stopping.is_set():
                was_connected = self._listen_until_lost()
                delay = FIRST_DELAY_SECONDS if was_connected else min(delay * 2, LONGEST_DELAY_SECONDS)
                self._stopping.wait(delay)

    def _last_mark(self, topic: str) -> Mark:
        return self._connection_number, self._notifications.get(topic, 0)

    def _listen_until_lost(self) -> bool:
        """Return when the connection has ended or cannot be made; say whether it had been made."""
        number_before = self._connection_number
        try:
            with psycopg.connect(**connection_parameters()) as connection:
                connection.execute(LISTEN)
                self._enter_connection()
                self._hear(connection)
        except (psycopg.Error, OSError) as error:
            _log_loss(error, was_connected=self.is_connected.is_set())
        finally:
            self._leave_connection()
        return self._connection_number != number_before

    def _enter_connection(self) -> None:
        # Only after LISTEN has been committed: whatever is committed from here on will be told.
        self._connection_number = next(_numbers)
        self.is_connected.set()
        log.info("listener connected")

    def _leave_connection(self) -> None:
        if self.is_connected.is_set():
            # A peer that vanished without a word may have been gone for so long already.
            self._lost_at = time.monotonic() - SILENCE_SECONDS
            self.is_connected.clear()

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.register(self._woken_up, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for notification in connection.notifies(timeout=0):
                    topic = notification.payload
                    self._notifications[topic] = self._notifications.get(topic, 0) + 1
                selector.select()


def _log_loss(error: Exception, *, was_connected: bool) -> None:
    if was_connected:
        log.warning("listener lost its connection", error=type(error).__name__)
    else:
        log.info("listener cannot connect", error=type(error).__name__)


def connection_parameters() -> dict[str, Any]:
    """Those of ``DATABASE_LISTEN_URL`` if it is another address, else those of the default database."""
    own = {"autocommit": True, "application_name": APPLICATION_NAME, **KEEPALIVES}
    if settings.DATABASE_LISTEN_URL != settings.DATABASE_URL:
        timeout = max(1, round(settings.DATABASE_CONNECT_TIMEOUT.total_seconds()))
        return {"conninfo": settings.DATABASE_LISTEN_URL, "connect_timeout": timeout, **own}
    parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
    return {**{name: parameters[name] for name in parameters.keys() - DJANGO_PARAMETERS}, **own}


listener = Listener()
"""This process's listener."""

atexit.register(listener.stop)
os.register_at_fork(after_in_child=listener.after_fork)
