"""How many failures are allowed: claimed before a code is looked at, as for passwords (``throttling.claims``)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.throttling import claims
from authenticate_app.throttling import services as throttling
from authenticate_app.throttling.claims import Scope


@dataclass(frozen=True, slots=True)
class Allowance:
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

    def give_back(self, user: User, *, now: datetime) -> None:
        """Nothing failed: clear the count."""
        throttling.record_success(self.claim, user_id=user.pk, now=now)


def claim_failure(
    factor: str, *, scope: Scope, user: User | None = None, subject: str = "", origin: Origin, now: datetime
) -> Allowance:
    """Claim a failure of ``factor`` (see ``Counters.of_factor``); one statement.

    ``scope``, ``user`` and ``subject`` say what the admin shows beside the count.
    """
    counters = claims.Counters.of_factor(factor, scope=scope, subject=subject, address=origin.address)
    parameters = {"user_id": user.pk if user else None, **claims.parameters(counters, now=now)}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        row = cursor.fetchone() or ()
    return Allowance(claims.Claim(counters, *row))


_CLAIM = f"""
WITH person AS MATERIALIZED (SELECT id FROM authenticate_app_user WHERE id = %(user_id)s::bigint), {claims.CLAIM}
SELECT {claims.COLUMNS} FROM claim
"""  # noqa: S608 - made of constants
