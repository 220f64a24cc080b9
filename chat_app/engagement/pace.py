"""How fast a queue moves: what the waiting times that customers are told are made of."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

MEASURED: Final = timedelta(minutes=30)
KEPT: Final = timedelta(seconds=1)
"""So long a process answers from memory."""

MOST_KEPT: Final = 10_000
ASSUMED_SECONDS: Final = 60.0
"""Of a queue that does not exist (any more)."""


class Pace(NamedTuple):
    """The mean time between two assignments of a queue, and how long its customers waited on average.

    Each is the queue's assumed wait until it has been measured.
    """

    seconds_per_place: float
    average_wait_seconds: float

    def expected_seconds(self, position: int) -> int:
        """Return how long somebody at this position, from 1, is expected to wait."""
        return round(position * self.seconds_per_place)


_kept: dict[int, tuple[datetime, Pace]] = {}


def pace_of(queue_id: int, now: datetime) -> Pace:
    """Return the pace of a queue, as it was a second ago at most. One query, or none."""
    known = _kept.get(queue_id)
    if known is None or not now - KEPT < known[0] <= now:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = _kept[queue_id] = (now, measure_pace(queue_id, now))
    return known[1]


def measure_pace(queue_id: int, now: datetime) -> Pace:
    """Measure the pace of a queue over the half hour before ``now``. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, {"queue": queue_id, "since": now - MEASURED, "now": now})
        row = cursor.fetchone()
    return Pace(ASSUMED_SECONDS, ASSUMED_SECONDS) if row is None else Pace(*row)


PACES: Final = """
SELECT
    queue.id AS queue_id,
    coalesce(assigned.between_seconds, queue.assumed_wait_seconds)::float8 AS seconds_per_place,
    coalesce(figures.average_wait_seconds, queue.assumed_wait_seconds)::float8 AS average_wait_seconds
FROM chat_app_queue AS queue
LEFT JOIN chat_app_queuefigures AS figures ON figures.queue_id = queue.id
CROSS JOIN LATERAL (
    SELECT extract(epoch FROM max(engaged_at) - min(engaged_at)) / nullif(count(*) - 1, 0) AS between_seconds
    FROM chat_app_engagement
    WHERE queue_id = queue.id AND engaged_at >= %(since)s::timestamptz AND engaged_at <= %(now)s::timestamptz
) AS assigned
"""
"""The paces of queues, for a statement that chooses among them; ``since`` is so long before ``now``: ``MEASURED``."""

_MEASURE = f"""
SELECT seconds_per_place, average_wait_seconds FROM ({PACES}) AS pace WHERE queue_id = %(queue)s::bigint
"""  # noqa: S608 - made of constants
