"""What happens to a claimed failure (see ``claims``), and keeping the counters few."""

import math
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from authenticate_app.purging import delete_in_batches
from authenticate_app.throttling.claims import KNOWN_FOR, Claim
from authenticate_app.throttling.models import FailureCount, KnownAddress


def record_success(claim: Claim, *, user_id: int, now: datetime) -> None:
    """Give the claim back, clear the count of the name from this address, and know the address; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESS, {**_claimed(claim), "user_id": user_id, "now": now})


def give_back(claim: Claim) -> None:
    """Uncount a claim whose password was never looked at; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, _claimed(claim))


def note_refusal(claim: Claim, *, now: datetime) -> bool:
    """Note that a full counter refused somebody; answers whether this was the first time in its window.

    One statement, and none at all unless the claim saw something to note.
    """
    if not claim.is_unnoted:
        return False
    keys = [claim.counters.name, claim.counters.address]
    unnoted = FailureCount.objects.filter(_is_full(), key__in=keys, window_ends_at__gt=now, throttled_at=None)
    return unnoted.update(throttled_at=now) > 0


def wait_of(claim: Claim, *, now: datetime) -> int:
    """Seconds until a refused sign-in may try again; the whole window where a rival took the last claim just now."""
    ends_at = claim.full_until or now + settings.THROTTLE_WINDOW
    return math.ceil((ends_at - now).total_seconds())


def clear(counts: QuerySet[FailureCount]) -> int:
    """Let everybody whom ``counts`` count try again at once; answers how many counters there were."""
    return counts.delete()[0]


def purge(now: datetime) -> int:
    """Delete counters whose window is over and addresses that nobody signed in from lately; answers how many rows."""
    ended = FailureCount.objects.filter(window_ends_at__lte=now)
    forgotten = KnownAddress.objects.filter(signed_in_at__lte=now - KNOWN_FOR)
    return delete_in_batches(ended) + delete_in_batches(forgotten)


def _is_full() -> Q:
    by_address = Q(scope=FailureCount.Scope.ADDRESS)
    return (by_address & Q(failures__gte=settings.THROTTLE_FAILURES_BY_ADDRESS)) | (
        ~by_address & Q(failures__gte=settings.THROTTLE_FAILURES_BY_NAME)
    )


def _claimed(claim: Claim) -> dict[str, Any]:
    return {
        "name_counter": claim.counters.name,
        "name_window": claim.name_window_ends_at,
        "address_counter": claim.counters.address,
        "address_window": claim.address_window_ends_at,
        "network": claim.counters.network,
    }


# The address before the name, as in CLAIM: two statements that take the same locks in different orders would deadlock.
# Counting the rows of the first makes the second wait for it.
_ADDRESS_BACK = """
WITH by_address AS (
    UPDATE authenticate_app_failurecount SET failures = failures - 1
    WHERE key = %(address_counter)s AND window_ends_at = %(address_window)s::timestamptz AND failures > 0
    RETURNING key
)
"""
_SUCCESS = f"""
{_ADDRESS_BACK}, by_name AS (
    DELETE FROM authenticate_app_failurecount
    WHERE key = %(name_counter)s AND (SELECT count(*) FROM by_address) >= 0
)
INSERT INTO authenticate_app_knownaddress (user_id, address, signed_in_at)
SELECT id, %(network)s::text, %(now)s::timestamptz FROM authenticate_app_user WHERE id = %(user_id)s FOR KEY SHARE
ON CONFLICT (user_id, address) DO UPDATE SET signed_in_at = EXCLUDED.signed_in_at
"""  # noqa: S608 - made of constants
_GIVE_BACK = f"""
{_ADDRESS_BACK}
UPDATE authenticate_app_failurecount SET failures = failures - 1
WHERE key = %(name_counter)s AND window_ends_at = %(name_window)s::timestamptz AND failures > 0
    AND (SELECT count(*) FROM by_address) >= 0
"""  # noqa: S608 - made of constants
