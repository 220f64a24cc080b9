"""Codes and tokens leave once they have expired: in small batches, oldest first, by the indexes on their expiry."""

from datetime import UTC, datetime

from django.conf import settings
from psycopg import sql

from authenticate_app.oauth.models import AccessToken, Grant, RefreshToken
from authenticate_app.purging import delete_in_order

BATCH = 2_000
"""Rows per statement: few enough that nobody notices, each in a transaction of its own."""


def purge_access_tokens(now: datetime) -> int:
    """Delete the access tokens that have expired; return how many."""
    return _purge(AccessToken._meta.db_table, expired_before=now)


def purge_refresh_tokens(now: datetime) -> int:
    """Delete the sign-ins that have come to their end, revoked ones included; return how many."""
    return _purge(RefreshToken._meta.db_table, expired_before=now)


def purge_codes(now: datetime) -> int:
    """Delete codes whose access token has expired as well; return how many.

    Until then a used one is kept, so that it is known as a stolen one when it comes again. After that it is known by
    its family, as long as there is a refresh token of it (``services.open_grant``).
    """
    return _purge(Grant._meta.db_table, expired_before=now - settings.ACCESS_TOKEN_LIFETIME)


def _purge(table: str, *, expired_before: datetime) -> int:
    """Go through the expired rows in order of their expiry; rows that somebody works on are left for the next time."""
    statement = _PURGE.format(table=sql.Identifier(table))
    return delete_in_order(statement, after=_LONG_AGO, cutoff=expired_before, batch=BATCH)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PURGE = sql.SQL("""
    WITH expired AS MATERIALIZED (
        SELECT id, expires FROM {table} WHERE expires >= %(after)s AND expires < %(cutoff)s
        ORDER BY expires LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM {table} USING expired WHERE {table}.id = expired.id RETURNING {table}.id
    )
    SELECT (SELECT count(*) FROM deleted), (SELECT max(expires) FROM expired HAVING count(*) = %(batch)s)
""")
