"""Passwords that were verified lately, so that not every request costs a hash.

Neither names nor passwords are kept: an entry is found by a keyed hash of both, under a key that this process made at
random and never tells. Only successes are remembered. The number of entries and their life are bounded.

What was verified from one address is remembered for that address alone (``network``, see ``throttling.networks``). What
is remembered passes before any throttle is asked; if it passed from everywhere, whoever guesses from elsewhere would be
told of a right guess after all allowances are used up.
"""

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b

from django.conf import settings

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.credentials import Credentials

DIGEST_BYTES = 32
SEPARATOR = b"\0"
"""Neither a name nor a password can hold it: no two pairs of them read alike."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A caller who lately proved to be one. ``expires_at``: seconds of the memory's clock."""

    caller: Caller
    proof: bytes
    """Keyed hash over name, password and the stored password hash: worthless once the password is changed."""
    expires_at: float


class PasswordMemory:
    """Remembers at most ``capacity`` verified passwords for ``lifetime`` seconds each. Thread-safe."""

    def __init__(self, *, capacity: int, lifetime: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._entries: OrderedDict[bytes, Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def recall(self, credentials: Credentials, *, network: str) -> Remembered | None:
        """Return what is remembered of this very name and password from there; None if nothing, or no longer."""
        place = self.place(credentials, network)
        with self._lock:
            entry = self._entries.get(place)
            if entry is None:
                return None
            if entry.expires_at <= self._clock():
                del self._entries[place]
                return None
            self._entries.move_to_end(place)
            return entry

    def proves(self, remembered: Remembered, credentials: Credentials, *, password_hash: str) -> bool:
        """Whether what was verified is the very password hash that is stored now."""
        return hmac.compare_digest(remembered.proof, self._proof(credentials, password_hash))

    def remember(self, credentials: Credentials, *, network: str, caller: Caller, password_hash: str) -> None:
        """Remember a password that was verified just now against ``password_hash``."""
        proof = self._proof(credentials, password_hash)
        self._keep(self.place(credentials, network), Remembered(caller, proof, self._clock() + self._lifetime))

    def refresh(self, credentials: Credentials, remembered: Remembered, *, network: str, caller: Caller) -> None:
        """Replace the caller by one that was read afresh; the life is not prolonged."""
        self._keep(self.place(credentials, network), replace(remembered, caller=caller))

    def forget(self, credentials: Credentials, *, network: str) -> None:
        """Forget one password as verified from there."""
        with self._lock:
            self._entries.pop(self.place(credentials, network), None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def place(self, credentials: Credentials, network: str) -> bytes:
        """Return the keyed hash under which a name and password from there are found."""
        return self._hash(network.encode(), credentials.key.encode(), credentials.password.encode())

    def _keep(self, place: bytes, entry: Remembered) -> None:
        with self._lock:
            self._entries[place] = entry
            self._entries.move_to_end(place)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def _proof(self, credentials: Credentials, password_hash: str) -> bytes:
        return self._hash(credentials.key.encode(), credentials.password.encode(), password_hash.encode())

    def _hash(self, *parts: bytes) -> bytes:
        return blake2b(SEPARATOR.join(parts), key=self._secret, digest_size=DIGEST_BYTES).digest()


def memory() -> PasswordMemory:
    """The memory of this process, as large and as long as the settings say."""
    return _memory(settings.REMEMBERED_PASSWORDS, settings.REMEMBERED_PASSWORD_SECONDS)


def forget_everything() -> None:
    """Forget every password that this process verified."""
    memory().clear()


@cache
def _memory(capacity: int, lifetime: float) -> PasswordMemory:
    return PasswordMemory(capacity=capacity, lifetime=lifetime)
