"""Comparing passwords with their hashes, a bounded number at once and by threads that let all others go first."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore
from time import monotonic
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password, verify_password

from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.metrics import HASH_SECONDS, HASHES, HASHES_RUNNING, HASHES_WAITING
from authenticate_app.accounts.waiting import give_way

LONGEST_WAIT_SECONDS = 5.0
"""Longer than the wait for a turn in an ordinary crowd, shorter than the patience of a client. Who waits gives way."""
RETRY_AFTER_SECONDS = 1
NICENESS = 10
"""A tenth of the time that a thread of the usual niceness gets beside it, and all that nobody else wants."""

P = ParamSpec("P")
T = TypeVar("T")

NO_HASH = UNUSABLE_PASSWORD_PREFIX
"""Stands for the hash of a user who does not exist."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether the password is the right one, and whether its hash was made with settings of the past."""

    is_right: bool
    is_outdated: bool


def compare(password: str, password_hash: str, *, alone: bool = False) -> Comparison:
    """Compare a password with a stored hash; it costs one hash whatever the stored one is.

    Against ``NO_HASH``, an unusable or a broken hash, one hash is computed all the same, so that nobody can measure
    the difference. (A hash of an earlier setting costs what that setting costs, until its owner next signs in.)
    With ``alone``, no other comparison that was asked for alone runs at the same time.

    Raises:
        SignInBusy: no turn came within ``LONGEST_WAIT_SECONDS``; nothing was computed.
    """
    with give_way(), _turn(alone=alone), HASH_SECONDS.time():
        HASHES.inc()
        is_right, is_outdated = _in_background(verify_password, password, password_hash)
        return Comparison(is_right, is_outdated)


def make_hash(password: str) -> str:
    """Hash a password as new ones are hashed today.

    Raises:
        SignInBusy: no turn came within ``LONGEST_WAIT_SECONDS``; nothing was computed.
    """
    with give_way(), _turn(), HASH_SECONDS.time():
        HASHES.inc()
        return _in_background(make_password, password)


def _in_background(hashing: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return _threads(settings.PASSWORD_HASHES_AT_ONCE).submit(hashing, *args, **kwargs).result()


@cache
def _threads(at_once: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(at_once, "password-hash", initializer=_let_others_go_first)


def _let_others_go_first() -> None:
    """Lower the priority of this thread, for good: only root could raise it again, hence threads of their own."""
    if sys.platform == "linux":  # where a niceness belongs to a thread, not to the process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


@contextmanager
def _turn(*, alone: bool = False) -> Iterator[None]:
    turns = _turns(settings.PASSWORD_HASHES_AT_ONCE)
    with ExitStack() as held:
        with HASHES_WAITING.track_inprogress():
            deadline = monotonic() + LONGEST_WAIT_SECONDS
            for turn in (_turn_alone, turns) if alone else (turns,):
                if not turn.acquire(timeout=max(0.0, deadline - monotonic())):
                    raise SignInBusy(RETRY_AFTER_SECONDS)
                held.callback(turn.release)
        with HASHES_RUNNING.track_inprogress():
            yield


_turn_alone = BoundedSemaphore(1)


@cache
def _turns(at_once: int) -> BoundedSemaphore:
    return BoundedSemaphore(at_once)
