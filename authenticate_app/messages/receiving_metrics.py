"""What is counted of messages that are received."""

from enum import StrEnum

from prometheus_client import Counter


class Outcome(StrEnum):
    """What became of a message that was posted."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    NO_TOKEN = "no-token"  # noqa: S105 - the name of an outcome
    UNKNOWN_BUSINESS = "unknown-business"
    BAD_TOKEN = "bad-token"  # noqa: S105 - the name of an outcome
    BROKE_OFF = "broke-off"
    TOO_LARGE = "too-large"
    BAD_COMPRESSION = "bad-compression"
    MALFORMED = "malformed"
    DIFFERENT = "different"
    """Headers and body name different ids."""
    UNUSABLE_ACCOUNT = "unusable-account"
    """The secret of the account at Apple is none, or cannot be decrypted."""


MESSAGES = Counter("chatauth_messages_received", "Messages posted by Apple, by outcome.", ("outcome",))
BY_OUTCOME = {outcome: MESSAGES.labels(outcome.value) for outcome in Outcome}


def count(outcome: Outcome) -> None:
    """Count one message."""
    BY_OUTCOME[outcome].inc()
