"""Waiting in a request, without keeping others from work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock

GiveWay = Callable[[], AbstractContextManager[None]]

_give_way: GiveWay = nullcontext


def give_way_by(give_way: GiveWay) -> None:
    """Say how a thread of this process lets others work while it waits; without it, they are not let."""
    global _give_way  # noqa: PLW0603 - the server knows, and we do not know the server
    _give_way = give_way


def give_way() -> AbstractContextManager[None]:
    """Let others work meanwhile; inside, nothing may be asked of the database."""
    return _give_way()


class OneAtATime:
    """Lets one thread at a time do what bears the same key. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: dict[bytes, tuple[Lock, int]] = {}

    @contextmanager
    def doing(self, key: bytes, *, patience_seconds: float) -> Iterator[None]:
        """Wait until nobody else does it; who has waited for so long does it all the same."""
        lock = self._come(key)
        is_alone = lock.acquire(blocking=False)
        try:
            if not is_alone:
                with give_way():
                    is_alone = lock.acquire(timeout=patience_seconds)
            yield
        finally:
            if is_alone:
                lock.release()
            self._go(key)

    def _come(self, key: bytes) -> Lock:
        with self._lock:
            lock, users = self._keys.get(key, (Lock(), 0))
            self._keys[key] = lock, users + 1
            return lock

    def _go(self, key: bytes) -> None:
        with self._lock:
            lock, users = self._keys.pop(key)
            if users > 1:
                self._keys[key] = lock, users - 1
