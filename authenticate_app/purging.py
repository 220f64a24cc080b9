"""Deleting many rows, a few at a time. Tables that grow all day have statements of their own, by their index."""

from typing import Any

from django.db.models import QuerySet

BATCH = 5_000
"""Rows deleted in one statement: short locks, short transactions."""


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete ``rows``, each batch in a transaction of its own; answers how many there were."""
    deleted = 0
    while batch := rows.filter(pk__in=rows.order_by().values("pk")[:BATCH]).delete()[0]:
        deleted += batch
    return deleted
