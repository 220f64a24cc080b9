"""Deleting many rows, a few at a time. Tables that grow all day have statements of their own, by their index."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

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


@transaction.atomic
def _delete_batch(rows: QuerySet[Any]) -> int:
    free = rows.order_by().select_for_update(skip_locked=True).values("pk")[:BATCH]
    return rows.filter(pk__in=free).delete()[0]
