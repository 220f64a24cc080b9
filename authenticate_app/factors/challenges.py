"""Challenges that passkeys sign (Web Authentication, section 13.4.3): ours, short-lived, for one browser, good once.

A challenge carries its own end and a keyed hash over it, its purpose and its holder, so nothing is stored when one is
made; only one that was answered is noted, until it would have expired. Whoever looks at the form writes no row.
"""

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.db import connection
from django.utils.crypto import constant_time_compare, salted_hmac

from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.models import SpentChallenge
from authenticate_app.purging import delete_in_batches

LIFETIME = timedelta(minutes=10)
"""A form stands open for a while before somebody chooses a passkey; the page fetches a new challenge in time."""
TIME_BYTES, RANDOM_BYTES, DIGEST_BYTES = 8, 16, 32
LENGTH = TIME_BYTES + RANDOM_BYTES + DIGEST_BYTES


class Purpose(StrEnum):
    """What a challenge is for; it is good for nothing else."""

    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    ADD = "add"


def make(*, purpose: Purpose, holder: str, now: datetime) -> bytes:
    """Make a challenge for ``holder``, a secret of the browser that asks."""
    expires_at = int((now + LIFETIME).timestamp())
    content = expires_at.to_bytes(TIME_BYTES, "big") + secrets.token_bytes(RANDOM_BYTES)
    return content + _digest(content, purpose, holder)


def check(challenge: bytes, *, purpose: Purpose, holder: str, now: datetime) -> None:
    """Raise ``FactorRefused`` unless ``make`` made it for this purpose and holder, lately."""
    content, digest = challenge[:-DIGEST_BYTES], challenge[-DIGEST_BYTES:]
    is_ours = len(challenge) == LENGTH and constant_time_compare(digest, _digest(content, purpose, holder))
    if not is_ours or _expires_at(challenge) <= now:
        raise FactorRefused(Reason.STALE_CHALLENGE)


def spend(challenge: bytes) -> None:
    """Use up a challenge that ``check`` let pass; one statement. Raises ``FactorRefused`` the second time."""
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [sha256(challenge).hexdigest(), _expires_at(challenge)])
        if not cursor.rowcount:
            raise FactorRefused(Reason.STALE_CHALLENGE)


def purge(now: datetime) -> int:
    """Delete challenges that have expired, in batches; answers how many."""
    return delete_in_batches(SpentChallenge.objects.filter(expires_at__lte=now))


def _expires_at(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(challenge[:TIME_BYTES], "big"), UTC)


def _digest(content: bytes, purpose: Purpose, holder: str) -> bytes:
    bound = "\0".join((purpose, holder, content.hex()))
    return salted_hmac("authenticate_app.factors.challenges", bound, algorithm="sha256").digest()


_SPEND = """
INSERT INTO authenticate_app_spentchallenge (digest, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
