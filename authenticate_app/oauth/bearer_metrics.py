"""Counters of signing in by access token."""

from enum import StrEnum

from prometheus_client import Counter


class Outcome(StrEnum):
    """How a sign-in by access token ended."""

    REMEMBERED = "remembered"
    READ = "read"
    MALFORMED = "malformed"
    UNKNOWN = "unknown-token"
    """Never given out, revoked, or purged after it expired."""
    EXPIRED = "expired-token"
    DISABLED_CLIENT = "disabled-client"
    NO_ACTING_USER = "no-acting-user"
    DISABLED_USER = "disabled-user"
    ENDED_SIGN_IN = "ended-sign-in"
    """Its user has another password since, was disabled, or had their sign-ins ended."""


BEARERS = Counter("chatauth_bearer_sign_ins", "Sign-ins by access token, by outcome.", ("outcome",))
BY_OUTCOME = {outcome: BEARERS.labels(outcome.value) for outcome in Outcome}
"""One counter for each outcome, from the start: what never happened counts as 0, not as unknown."""


def count(outcome: Outcome) -> None:
    """Count one sign-in."""
    BY_OUTCOME[outcome].inc()
