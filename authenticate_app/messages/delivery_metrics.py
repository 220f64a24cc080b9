"""What is counted of webhooks to the businesses' systems."""

from enum import StrEnum

from prometheus_client import Counter


class Outcome(StrEnum):
    """How an attempt to deliver a webhook ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """By an answer or by none: it is tried again."""
    POSTPONED = "postponed"
    """Not tried, since the receiver lets us wait."""
    GIVEN_UP = "given-up"


WEBHOOKS = Counter("chatauth_webhooks", "Attempts to deliver webhooks, by outcome.", ("outcome",))
BY_OUTCOME = {outcome: WEBHOOKS.labels(outcome.value) for outcome in Outcome}


def count(outcome: Outcome) -> None:
    """Count one attempt."""
    BY_OUTCOME[outcome].inc()
