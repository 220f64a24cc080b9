"""Room in a worker for those who have yet to prove who they are.

Comparing a password costs a good part of a second of a processor, and memory that pushes everybody else's out of its
caches. So once a password was wrong, a worker compares one at a time for a while, and only so many may wait for that:
each of them holds a thread, though no turn. Whoever comes meanwhile is asked to come back. As long as passwords turn
out right there is no such bound: after a restart, everybody's first sign-in is welcome at the same moment.
"""

import threading
import time
from collections.abc import Callable

PLACES_WHEN_WARY = 16
"""More than come at once unless they are a crowd, and fewer than the server has threads to spare."""
WARY_SECONDS = 10.0
"""Longer than a crowd pauses between two guesses, and not for long because of one who mistyped a password."""


class Room:
    """Counts those whose passwords are being compared. Thread-safe. ``clock``: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._wary_until = clock()

    def is_wary(self) -> bool:
        """Whether a password was wrong lately, so that they are to be compared one at a time."""
        return self._clock() < self._wary_until

    def enter(self) -> bool:
        """Take a place, or answer that there is none. Whoever got one calls ``leave``."""
        with self._lock:
            if self._inside >= PLACES_WHEN_WARY and self.is_wary():
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
