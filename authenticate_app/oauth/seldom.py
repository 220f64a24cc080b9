"""Auditing what anybody can make happen again and again.

Each event is a row. So the audit log gets, from each worker, the first of each kind within a window; the metrics count
all.
"""

import threading
from collections import OrderedDict
from datetime import datetime

from django.conf import settings

AUDITED_KINDS = 10_000
"""So many kinds a process keeps apart; beyond that it may audit one twice."""


class Seldom:
    """Tells the first of a kind within ``THROTTLE_WINDOW`` from those that follow it. Thread-safe."""

    def __init__(self, capacity: int = AUDITED_KINDS) -> None:
        self._capacity = capacity
        self._begun: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_first(self, kind: tuple[str, ...], now: datetime) -> bool:
        """Whether none of this kind came within the window; this one then begins it."""
        with self._lock:
            begun = self._begun.get(kind)
            if begun is not None and begun <= now < begun + settings.THROTTLE_WINDOW:
                return False
            self._begun[kind] = now
            self._begun.move_to_end(kind)
            if len(self._begun) > self._capacity:
                self._begun.popitem(last=False)
            return True

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._begun.clear()


seldom = Seldom()
"""This process's. A kind begins with who asks, so that no two of them meet."""
