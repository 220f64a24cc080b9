"""Room in a worker for those who have yet to prove who they are.

Comparing a password takes a thread for a good part of a second, and a worker has few threads: a crowd of wrong
passwords could take them all, and nobody else would be answered. So once a password was wrong, a worker compares one
at a time for a while, and whoever comes meanwhile is asked to come back. As long as passwords turn out right there is
no bound: after a restart, everybody's first sign-in is welcome at the same moment.
"""

import threading
import time
from collections.abc import Callable

PLACES_WHEN_WARY = 1
WARY_SECONDS = 10.0
"""Longer than a crowd pauses between two guesses, and not for long because of one who mistyped a password."""


class Room:
    """Counts those whose passwords are being compared. Thread-safe. ``clock``: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._wary_until = clock()

    def enter(self) -> bool:
        """Take a place, or answer that there is none. Whoever got one calls ``leave``."""
        with self._lock:
            if self._inside >= PLACES_WHEN_WARY and self._clock() < self._wary_until:
                return False
            self._inside += 1
            return True

    def leave(self, *, was_wrong: bool) -> None:
        """Give the place back, and say whether the password was wrong."""
        with self._lock:
            self._inside -= 1
            if was_wrong:
                self._wary_until = self._clock() + WARY_SECONDS


room = Room()
"""This worker's."""
