"""Deleting many rows, a few at a time."""

from datetime import datetime
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import sql

BATCH = 5_000
"""Rows deleted in one statement: short locks, short transactions."""


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete ``rows``, each batch in a transaction of its own; answers how many there were.

    Rows that somebody works on are left for the next time: waiting for one while holding others could deadlock.
    """
    deleted = 0
    while batch := _delete_batch(rows):
        deleted += batch
    return deleted


def delete_in_order(statement: sql.Composable, *, after: Any, cutoff: datetime, batch: int) -> int:
    """Delete the rows of a table that grows all day, by its index, each batch in a transaction of its own.

    ``statement`` deletes at most ``batch`` rows that come after ``after`` and are older than ``cutoff``,
    its parameters, and answers how many, and where it ended; NULL if no more are to be deleted. The next batch begins
    there: rows that are gone already, and still in the index until the next vacuum, are not met again. Answers how many
    there were.
    """
    deleted = 0
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"after": after, "cutoff": cutoff, "batch": batch})
            count, after = cast("tuple[int, Any]", cursor.fetchone())
        deleted += count
    return deleted


@transaction.atomic
def _delete_batch(rows: QuerySet[Any]) -> int:
    free = rows.order_by().select_for_update(skip_locked=True).values("pk")[:BATCH]
    return rows.filter(pk__in=free).delete()[0]
