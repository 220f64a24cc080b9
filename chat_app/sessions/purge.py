"""Sessions and tokens leave after their retention (settings ``SESSION_RETENTION``, ``TOKEN_RETENTION``)."""

import uuid
from datetime import datetime

from django.conf import settings
from psycopg import sql

from authenticate_app.purging import delete_in_order

BATCH = 5_000
"""Rows per statement: few enough that nothing waits long for their locks."""


def purge_sessions(now: datetime) -> int:
    """Delete the sessions that began before the retention time; return how many."""
    statement = _delete_oldest(table="chat_app_chatsession", key="id", written_at="created_at")
    return delete_in_order(statement, after=0, cutoff=now - settings.SESSION_RETENTION, batch=BATCH)


def purge_tokens(now: datetime) -> int:
    """Delete the tokens that were issued before the retention time; return how many."""
    statement = _delete_oldest(table="chat_app_chattoken", key="jti", written_at="issued_at")
    return delete_in_order(statement, after=uuid.UUID(int=0), cutoff=now - settings.TOKEN_RETENTION, batch=BATCH)


def _delete_oldest(*, table: str, key: str, written_at: str) -> sql.Composable:
    """Keys rise with time: the oldest rows are found without a look at the others, however many there are.

    A batch with a row that stays is the last one.
    """
    return sql.SQL("""
        WITH oldest AS (
            SELECT {key}, {written_at} FROM {table} WHERE {key} > %(after)s ORDER BY {key} LIMIT %(batch)s
        ), deleted AS (
            DELETE FROM {table} USING oldest
            WHERE {table}.{key} = oldest.{key} AND oldest.{written_at} < %(cutoff)s RETURNING {table}.{key}
        )
        SELECT
            (SELECT count(*) FROM deleted),
            CASE WHEN (SELECT count(*) FROM deleted) = %(batch)s
                THEN (SELECT {key} FROM oldest ORDER BY {key} DESC LIMIT 1) END
    """).format(table=sql.Identifier(table), key=sql.Identifier(key), written_at=sql.Identifier(written_at))
