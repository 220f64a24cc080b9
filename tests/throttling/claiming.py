"""Claims as a sign-in makes them, without an account around them."""

from datetime import UTC, datetime

from django.db import connection

from authenticate_app.throttling.claims import CLAIM, COLUMNS, Claim, Counters, parameters

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STATEMENT = f"""
WITH person AS MATERIALIZED (SELECT id FROM authenticate_app_user WHERE id = %(user_id)s::bigint), {CLAIM}
SELECT {COLUMNS} FROM claim
"""  # noqa: S608 - made of constants


def claim(name: str = "somebody", address: str = "192.0.2.1", *, user_id: int = 0, now: datetime = NOW) -> Claim:
    counters = Counters.of(name=name, address=address)
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"user_id": user_id, **parameters(counters, now=now)})
        row = cursor.fetchone()
    assert row is not None
    return Claim(counters, *row)
