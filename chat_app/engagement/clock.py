"""The one clock that all timers go by: that of the database (docs/chat-server.md)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.db import connection


def database_now() -> datetime:
    """Ask the database what time it is; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


class Clock:
    """The database's time, known in memory between two looks at it: hosts' own clocks differ, and jump.

    ``elapsed``: seconds by a clock that only goes forward. Before the first look it is the machine's time.
    """

    def __init__(self, *, elapsed: Callable[[], float] = monotonic) -> None:
        self._elapsed = elapsed
        self._known = datetime.now(UTC), elapsed()

    def now(self) -> datetime:
        """Return the time; without a query."""
        at, elapsed = self._known
        return at + timedelta(seconds=self._elapsed() - elapsed)

    def look(self) -> None:
        """Ask the database what time it is; one query, whose way back counts for half of it."""
        before = self._elapsed()
        at = database_now()
        self._known = at, (before + self._elapsed()) / 2
