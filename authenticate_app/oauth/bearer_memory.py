"""Access tokens that were read lately, so that not every request costs a query.

An entry is found by the token's checksum, the same SHA-256 that is stored: a token is too random to be guessed from it,
so no key is needed. What is remembered may be out of date; ``bearer_tokens.STILL_GOOD`` is how whoever relies on it
makes sure of it.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from authenticate_app.accounts.callers import Caller

CAPACITY = 2_000
"""Tokens that a worker remembers, each about 1 KiB: integrations are few, and a customer's is used once or twice."""


@dataclass(frozen=True, slots=True)
class KnownToken:
    """An access token that was good when it was read: whom it stands for, and what it may be used for until when."""

    caller: Caller
    scopes: frozenset[str]
    client_id: int
    expires: datetime


class TokenMemory:
    """Remembers at most ``capacity`` tokens, each until it expires; the least used go first. Thread-safe."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[str, KnownToken] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def recall(self, checksum: str, *, now: datetime) -> KnownToken | None:
        """Return what is remembered of this token; None if nothing, or if it has expired by ``now``."""
        with self._lock:
            entry = self._entries.get(checksum)
            if entry is None:
                return None
            if entry.expires <= now:
                del self._entries[checksum]
                return None
            self._entries.move_to_end(checksum)
            return entry

    def remember(self, checksum: str, token: KnownToken) -> None:
        """Remember a token as it was read just now."""
        with self._lock:
            self._entries[checksum] = token
            self._entries.move_to_end(checksum)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def forget(self, checksum: str) -> None:
        """Forget one token."""
        with self._lock:
            self._entries.pop(checksum, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()


memory = TokenMemory()
"""This process's."""
