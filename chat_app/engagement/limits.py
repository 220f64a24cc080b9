"""How often a client may call: by its session, by its address. Each process counts for itself, in memory.

Whoever goes beyond is told to come again later (503, ``Retry-After``), and costs no more than that. The figures are
far above what well-behaved clients do, and below what makes others wait.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from authenticate_app.throttling.networks import network_of

MOST_KEYS = 100_000
"""Beyond that, those who have not called for long are forgotten."""


class Kind(Enum):
    """By what calls of an operation are counted, and how many are allowed."""

    PUBLIC = "public"
    """By address: anybody may call it."""
    DOOR = "door"
    """By address, and only if refused: who comes with a token."""
    SESSION = "session"
    """By session; by address, if its session id is not known to be good."""


@dataclass(slots=True)
class Allowance:
    """``burst`` calls at once, and ``rate`` more each second, for each key."""

    rate: float
    burst: float
    _left: dict[Hashable, tuple[float, float]] = field(default_factory=dict, repr=False)

    def has(self, key: Hashable, *, now: float) -> bool:
        """Whether there is one left."""
        return self._at(key, now) >= 1

    def take(self, key: Hashable, *, now: float) -> bool:
        """Use one up, if there is one; say whether there was."""
        left = self._at(key, now)
        if left < 1:
            return False
        if len(self._left) >= MOST_KEYS:
            self._forget(now)
        self._left[key] = left - 1, now
        return True

    def _at(self, key: Hashable, now: float) -> float:
        left, since = self._left.get(key, (self.burst, now))
        return min(self.burst, left + (now - since) * self.rate)

    def _forget(self, now: float) -> None:
        self._left = {key: entry for key, entry in self._left.items() if self._at(key, now) < self.burst}
        if len(self._left) >= MOST_KEYS:
            self._left.clear()


@dataclass(slots=True)
class Limits:
    """What this process has counted. ``now``: by a clock that only goes forward, in seconds."""

    public: Allowance = field(default_factory=lambda: Allowance(rate=10, burst=60))
    session: Allowance = field(default_factory=lambda: Allowance(rate=20, burst=120))
    refused: Allowance = field(default_factory=lambda: Allowance(rate=2, burst=60))
    _good: dict[str, float] = field(default_factory=dict, repr=False)

    def allow(self, kind: Kind, *, address: str, checksum: str, now: float) -> bool:
        """Count a call; ``checksum``: of its session id. Say whether it may go on."""
        if kind is Kind.PUBLIC:
            return self.public.take(network_of(address), now=now)
        if kind is Kind.DOOR or self.session.take(checksum, now=now):
            return kind is Kind.DOOR or checksum in self._good or self.refused.has(network_of(address), now=now)
        return False

    def note_good(self, checksum: str, *, now: float) -> None:
        """A session id has proven good: its calls do not suffer from refusals of others at its address."""
        if len(self._good) >= MOST_KEYS:
            self._good.clear()
        self._good[checksum] = now

    def note_refused(self, *, address: str, checksum: str, now: float) -> bool:
        """A session id or a token was refused; say whether it is one of few, which are worth being audited."""
        self._good.pop(checksum, None)
        return self.refused.take(network_of(address), now=now)
