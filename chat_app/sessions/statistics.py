"""Figures for the admin's start page, each from a bounded number of rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from chat_app.routing.models import Queue

HOURS: Final = 24

PER_HOUR_LIMIT: Final = 20_000
"""Tokens counted in an hour at most: a day's chart reads no more than 480,000 rows."""

LATEST_SESSIONS: Final = 100_000
"""Sessions that the chart by queue is made from: the newest ones, found by their keys."""


@dataclass(frozen=True, slots=True)
class Hour:
    """Tokens issued in the hour that begins at ``begins_at``, counted up to ``PER_HOUR_LIMIT``."""

    begins_at: datetime
    tokens: int


def tokens_per_hour(*, now: datetime) -> list[Hour]:
    """Count the tokens of the present hour and of those before it, the oldest first; one query."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    first = this_hour - timedelta(hours=HOURS - 1)
    with connection.cursor() as cursor:
        cursor.execute(_TOKENS_PER_HOUR, {"first": first, "last": this_hour, "limit": PER_HOUR_LIMIT})
        return [Hour(begins_at, tokens) for begins_at, tokens in cursor.fetchall()]


def sessions_by_queue(*, now: datetime) -> list[tuple[str, int]]:
    """Count the sessions of the last day by the name of their queue, the most first; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_SESSIONS_BY_QUEUE, {"since": now - timedelta(hours=HOURS), "limit": LATEST_SESSIONS})
        counts = dict(cursor.fetchall())
    names = {queue.pk: queue.name for queue in Queue.objects.filter(pk__in=[pk for pk in counts if pk])}
    named = [(names.get(pk, str(pk) if pk else ""), count) for pk, count in counts.items()]
    return sorted(named, key=lambda pair: -pair[1])


_TOKENS_PER_HOUR = """
SELECT hour, (
    SELECT count(*) FROM (
        SELECT FROM chat_app_chattoken
        WHERE issued_at >= hour AND issued_at < hour + interval '1 hour' LIMIT %(limit)s::integer
    ) AS issued
) FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 hour') AS hour ORDER BY hour
"""

_SESSIONS_BY_QUEUE = """
SELECT queue_id, count(*) FROM (
    SELECT queue_id, created_at FROM chat_app_chatsession ORDER BY id DESC LIMIT %(limit)s::integer
) AS latest WHERE created_at >= %(since)s::timestamptz GROUP BY queue_id
"""
