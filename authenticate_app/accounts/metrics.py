"""Counters of signing in. A worker's numbers are added to those of the others where they are published."""

from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram


class Outcome(StrEnum):
    """How a sign-in ended."""

    REMEMBERED = "remembered"
    """The password was verified lately; no hash was computed."""
    VERIFIED = "verified"
    WRONG = "wrong"
    """Unknown user, wrong password, disabled user, no usable password."""
    MALFORMED = "malformed"
    THROTTLED = "throttled"
    BUSY = "busy"


SIGN_INS = Counter("chatauth_sign_ins", "Sign-ins by password, by outcome.", ("outcome",))
HASHES = Counter("chatauth_password_hashes", "Password hashes computed.")
HASH_SECONDS = Histogram(
    "chatauth_password_hash_seconds",
    "How long password hashes took, without the wait for their turn.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
HASHES_RUNNING = Gauge("chatauth_password_hashes_running", "Hashes being computed.", multiprocess_mode="livesum")
HASHES_WAITING = Gauge("chatauth_password_hashes_waiting", "Hashes awaiting their turn.", multiprocess_mode="livesum")

BY_OUTCOME = {outcome: SIGN_INS.labels(outcome.value) for outcome in Outcome}
"""One counter for each outcome, from the start: what never happened counts as 0, not as unknown."""


def count(outcome: Outcome) -> None:
    """Count one sign-in."""
    BY_OUTCOME[outcome].inc()
