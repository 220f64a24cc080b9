"""Why a request to sign in is not begun, or not gone on with. Messages are for logs: callers choose their own words."""

from authenticate_app.messages.reasons import Reason


class BusinessInactive(Exception):
    """The business is turned off, belongs to a sandbox that is, or lacks what the message needs."""


class ConversationClosed(Exception):
    """The customer deleted the conversation; until they write again, nothing reaches them."""


class IdempotencyConflict(Exception):
    """The same idempotency key came with something else before."""


class StateRefused(Exception):
    """Nobody signs in with this ``state``; ``reason`` is one of ``Reason.STATE_…``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
