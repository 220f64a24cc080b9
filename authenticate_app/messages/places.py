"""How many calls a process has at other servers at once, so that a slow one of them stops nobody else."""

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class NoPlace(Exception):
    """As many calls are under way as may be."""


class Places:
    """Bounds the calls of a process: ``each`` at once for the same key, and ``total`` altogether. Thread-safe.

    Without ``total`` the caller's threads are the bound.
    """

    def __init__(self, *, each: int, total: int | None = None) -> None:
        self.each = each
        self._total = math.inf if total is None else total
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()

    @contextmanager
    def taken_for(self, key: int) -> Iterator[None]:
        """Hold a place.

        Raises:
            NoPlace: there is none; nobody waits for one, since whoever waits holds a thread as well.
        """
        with self._lock:
            if self._taken[key] >= self.each or self._taken.total() >= self._total:
                raise NoPlace
            self._taken[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[key] -= 1
                self._taken += Counter()  # drops keys that hold nothing
