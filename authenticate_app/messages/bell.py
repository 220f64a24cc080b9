"""When processes that work on jobs have to be told of messages that were received.

PostgreSQL wakes every listener of the database for every notification, of whatever channel, which costs more than half
of what storing the message does. So one notification stands for all that follows it for a moment: whoever hears it
looks again and again for longer than that.
"""

import math
import time
from collections.abc import Callable

RINGS_SECONDS = 0.2
"""For so long one notification of a process stands for all of its messages."""
LOOKS_SECONDS = 2 * RINGS_SECONDS
"""For so long whoever heard one looks for more: also for what was on its way to the disk when the ringing ended."""


class Bell:
    """What a process remembers of its last notification. Threads may ring twice at once, which does no harm."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent_at = -math.inf

    def still_rings(self) -> bool:
        """Whether somebody is looking already."""
        return self._clock() < self._silent_at

    def was_rung(self) -> None:
        """Note that a notification was sent: it is committed, and so heard."""
        self._silent_at = self._clock() + RINGS_SECONDS


bell = Bell()
"""This process's."""
