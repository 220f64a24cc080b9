"""Sessions and tokens leave after their retention (settings ``SESSION_RETENTION``, ``TOKEN_RETENTION``)."""

import uuid
from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import connection
from psycopg import sql

BATCH = 5_000
"""Rows per statement: few enough that nothing waits long for their locks."""


def purge_sessions(now: datetime) -> int:
    """Delete the sessions that began before the retention time; return how many."""
    statement = _delete_oldest(table="chat_app_chatsession", key="id", written_at="created_at")
    return _run_in_batches(statement, after=0, cutoff=now - settings.SESSION_RETENTION)


def purge_tokens(now: datetime) -> int:
    """Delete the tokens that were issued before the retention time; return how many."""
    statement = _delete_oldest(table="chat_app_chattoken", key="jti", written_at="issued_at")
    return _run_in_batches(statement, after=uuid.UUID(int=0), cutoff=now - settings.TOKEN_RETENTION)


def _run_in_batches(statement: sql.Composable, *, after: int | uuid.UUID, cutoff: datetime) -> int:
    """Go through the table in order of its key, until a batch holds a row that stays."""
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"after": after, "cutoff": cutoff, "batch": BATCH})
            after, count = cast(tuple[int | uuid.UUID, int], cursor.fetchone())
        deleted += count
        if count < BATCH:
            return deleted


def _delete_oldest(*, table: str, key: str, written_at: str) -> sql.Composable:
    """Keys rise with time: the oldest rows are found without a look at the others, however many there are."""
    return sql.SQL("""
        WITH oldest AS (
            SELECT {key}, {written_at} FROM {table} WHERE {key} > %(after)s ORDER BY {key} LIMIT %(batch)s
        ), deleted AS (
            DELETE FROM {table} USING oldest
            WHERE {table}.{key} = oldest.{key} AND oldest.{written_at} < %(cutoff)s RETURNING {table}.{key}
        )
        SELECT (SELECT {key} FROM oldest ORDER BY {key} DESC LIMIT 1), (SELECT count(*) FROM deleted)
    """).format(table=sql.Identifier(table), key=sql.Identifier(key), written_at=sql.Identifier(written_at))
