"""Comparing passwords with their hashes, a bounded number at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password, verify_password

from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.metrics import HASH_SECONDS, HASHES, HASHES_RUNNING, HASHES_WAITING

LONGEST_WAIT_SECONDS = 2.0
"""Longer than the wait for a turn in an ordinary crowd, shorter than the patience of a client."""
RETRY_AFTER_SECONDS = 1

NO_HASH = UNUSABLE_PASSWORD_PREFIX
"""Stands for the hash of a user who does not exist."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether the password is the right one, and whether its hash was made with settings of the past."""

    is_right: bool
    is_outdated: bool


def compare(password: str, password_hash: str) -> Comparison:
    """Compare a password with a stored hash; it costs one hash whatever the stored one is.

    Against ``NO_HASH``, an unusable or a broken hash, one hash is computed all the same, so that nobody can measure
    the difference. (A hash of an earlier setting costs what that setting costs, until its owner next signs in.)

    Raises:
        SignInBusy: no turn came within ``LONGEST_WAIT_SECONDS``; nothing was computed.
    """
    with _turn(), HASH_SECONDS.time():
        HASHES.inc()
        is_right, is_outdated = verify_password(password, password_hash)
        return Comparison(is_right, is_outdated)


def make_hash(password: str) -> str:
    """Hash a password as new ones are hashed today.

    Raises:
        SignInBusy: no turn came within ``LONGEST_WAIT_SECONDS``; nothing was computed.
    """
    with _turn(), HASH_SECONDS.time():
        HASHES.inc()
        return make_password(password)


@contextmanager
def _turn() -> Iterator[None]:
    turns = _turns(settings.PASSWORD_HASHES_AT_ONCE)
    with HASHES_WAITING.track_inprogress():
        if not turns.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise SignInBusy(RETRY_AFTER_SECONDS)
    try:
        with HASHES_RUNNING.track_inprogress():
            yield
    finally:
        turns.release()


@cache
def _turns(at_once: int) -> BoundedSemaphore:
    return BoundedSemaphore(at_once)
