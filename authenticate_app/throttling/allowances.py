"""Counting what people may ask for a few times only, such as e-mails; failed sign-ins are counted by ``claims``."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from authenticate_app.throttling.models import FailureCount


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is counted (``kind`` and ``subject``: a name, an address), and how often within ``THROTTLE_WINDOW``.

    ``address`` is shown in the admin beside the count; the subject is kept as a keyed hash alone.
    """

    kind: str
    subject: str
    limit: int
    address: str = ""

    @property
    def key(self) -> str:
        """The counter's key: the same in every process."""
        parts = "\0".join((self.kind, self.subject))
        return salted_hmac("authenticate_app.throttling.allowances", parts, algorithm="sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was left. ``wait``: seconds until there is again. ``is_first``: nobody was refused in this window yet."""

    wait: int
    is_first: bool


def take(allowance: Allowance, *, now: datetime) -> Refusal | None:
    """Take one from ``allowance``; None if there was one left.

    One statement decides, so any number of processes together give out no more than the limit; a second one, where
    nothing was left, notes the refusal.
    """
    parameters: dict[str, Any] = {
        "key": allowance.key,
        "scope": FailureCount.Scope.ASKED.value,
        "address": allowance.address,
        "limit": allowance.limit,
        "now": now,
        "ends_at": now + settings.THROTTLE_WINDOW,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        if cursor.fetchone() is not None:
            return None
        cursor.execute(_NOTE_REFUSAL, parameters)
        ends_at, is_first = cursor.fetchone() or (now, False)  # gone, if somebody cleared it just now
    return Refusal(max(1, math.ceil((ends_at - now).total_seconds())), is_first)


_TAKE = """
INSERT INTO authenticate_app_failurecount AS counter (key, scope, user_id, address, failures, window_ends_at)
VALUES (%(key)s, %(scope)s, NULL, %(address)s, 1, %(ends_at)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN counter.window_ends_at > %(now)s THEN counter.failures + 1 ELSE 1 END,
    window_ends_at = CASE WHEN counter.window_ends_at > %(now)s
        THEN counter.window_ends_at ELSE EXCLUDED.window_ends_at END,
    throttled_at = NULL
WHERE counter.window_ends_at <= %(now)s OR counter.failures < %(limit)s
RETURNING key
"""
_NOTE_REFUSAL = """
WITH noted AS (
    UPDATE authenticate_app_failurecount SET throttled_at = %(now)s
    WHERE key = %(key)s AND window_ends_at > %(now)s AND throttled_at IS NULL
    RETURNING key
)
SELECT window_ends_at, EXISTS (SELECT FROM noted) FROM authenticate_app_failurecount WHERE key = %(key)s
"""
