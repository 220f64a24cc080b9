"""Failures of what is shown beside a password, or instead of one: claimed as those of passwords are (``claims``)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from authenticate_app.throttling import claims
from authenticate_app.throttling import services as throttling
from authenticate_app.throttling.claims import Scope


@dataclass(frozen=True, slots=True)
class ClaimedFailure:
    """One failure that may happen, or may not."""

    claim: claims.Claim

    @property
    def is_granted(self) -> bool:
        """Whether the failure was allowed, and is counted already."""
        return self.claim.is_granted

    def note_refusal(self, *, now: datetime) -> bool:
        """Give back what a rival left of a claim; answers whether this is the first refusal of its window."""
        if self.claim.address_window_ends_at is not None:
            throttling.give_back(self.claim)
        return throttling.note_refusal(self.claim, now=now)

    def wait(self, *, now: datetime) -> int:
        """Seconds until another failure is allowed."""
        return throttling.wait_of(self.claim, now=now)

    def give_back(self, *, user_id: int, now: datetime) -> None:
        """Nothing failed: clear the count, and know the address as one of this user's."""
        throttling.record_success(self.claim, user_id=user_id, now=now)


def claim_failure(
    factor: str, *, scope: Scope, user_id: int | None = None, subject: str = "", address: str, now: datetime
) -> ClaimedFailure:
    """Claim a failure of ``factor`` (see ``Counters.of_factor``) from a client's IP address; one statement.

    ``scope``, ``user_id`` and ``subject`` say what the admin shows beside the count.
    """
    counters = claims.Counters.of_factor(factor, scope=scope, subject=subject, address=address)
    parameters = {"user_id": user_id, **claims.parameters(counters, now=now)}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        row = cursor.fetchone() or ()
    return ClaimedFailure(claims.Claim(counters, *row))


_CLAIM = f"""
WITH person AS MATERIALIZED (SELECT id FROM authenticate_app_user WHERE id = %(user_id)s::bigint), {claims.CLAIM}
SELECT {claims.COLUMNS} FROM claim
"""  # noqa: S608 - made of constants
