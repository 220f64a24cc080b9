"""Counting what a client was given, at a bounded cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken

COUNT_LIMIT: Final = 10_000
"""Rows counted at most: some milliseconds, however many tokens a busy client has."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are; ``is_more`` if counting ended before the rows did."""

    number: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class GivenOut:
    """What of a client's codes and tokens is valid."""

    codes: Count
    refresh_tokens: Count
    access_tokens: Count


def given_out(client: Client, *, now: datetime) -> GivenOut:
    """Count what is valid at ``now``; three statements."""
    return GivenOut(
        codes=_count(Grant.objects.filter(application=client, used_at=None, expires__gt=now)),
        refresh_tokens=_count(RefreshToken.objects.filter(application=client, revoked=None, expires__gt=now)),
        access_tokens=_count(AccessToken.objects.filter(application=client, expires__gt=now)),
    )


def _count(rows: "QuerySet[Any]") -> Count:
    number = rows.order_by()[: COUNT_LIMIT + 1].count()
    return Count(min(number, COUNT_LIMIT), number > COUNT_LIMIT)
