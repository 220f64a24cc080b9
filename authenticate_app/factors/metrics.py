"""Counters of factors."""

from enum import StrEnum

from prometheus_client import Counter


class Outcome(StrEnum):
    """How the use of a factor ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"


class Factor(StrEnum):
    """What was used."""

    ONE_TIME_CODE = "one-time-code"
    RECOVERY_CODE = "recovery-code"
    PASSKEY = "passkey"


FACTORS = Counter("chatauth_factors", "Uses of factors beside the password, by outcome.", ("factor", "outcome"))

BY_OUTCOME = {
    (factor, outcome): FACTORS.labels(factor.value, outcome.value) for factor in Factor for outcome in Outcome
}
"""One counter for each, from the start: what never happened counts as 0, not as unknown."""


def count(factor: Factor, outcome: Outcome) -> None:
    """Count one use."""
    BY_OUTCOME[factor, outcome].inc()
