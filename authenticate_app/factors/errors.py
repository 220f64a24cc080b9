"""How proving oneself by a factor can fail. None of them tells a stranger what exists."""

from enum import StrEnum

from authenticate_app.accounts.errors import SignInWait
from authenticate_app.accounts.models import User


class Reason(StrEnum):
    """Why, for the audit log and the metrics only; people are told one sentence for all."""

    WRONG_CODE = "wrong-code"
    USED_CODE = "used-code"
    """The right code, but it, or a later one, was accepted before."""
    NO_FACTOR = "no-factor"
    """The user was disabled, or their factors were reset, since the password was checked."""
    MALFORMED = "malformed"
    STALE_CHALLENGE = "stale-challenge"
    """The challenge is not ours, not this browser's, for something else, too old, or used up."""
    UNKNOWN_PASSKEY = "unknown-passkey"
    WRONG_SIGNATURE = "wrong-signature"
    """Or signed for another site, or without a look at who signs."""
    SIGN_COUNT = "sign-count"
    """The authenticator counts less than it did: somebody may have copied the key."""
    OTHER_USER = "other-user"
    """A passkey, but not of the person who is to confirm that it is them."""
    KNOWN_PASSKEY = "known-passkey"
    """It was added before."""


class FactorRefused(Exception):
    """What was shown proves nothing. ``reason``, and whose it is if that is certain, are for the audit log."""

    def __init__(self, reason: Reason, *, user: User | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.user = user


class CodeThrottled(SignInWait):
    """Too many wrong codes of this user; the code was not looked at."""


class LastFactor(Exception):
    """The user must have a second factor, and this is their last one."""


class TooManyPasskeys(Exception):
    """The user has as many passkeys as anybody may."""
