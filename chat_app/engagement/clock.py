"""The one clock that all timers go by: that of the database (docs/chat-server.md)."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Ask the database what time it is; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
