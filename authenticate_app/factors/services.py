"""What a right password is followed by."""

from collections.abc import Collection

from authenticate_app.accounts.models import User
from authenticate_app.factors.selectors import factors_of, is_required

CODE_STEP = "login-code"
SET_UP_STEP = "login-second-factor"
SEVERAL_FACTORS = "mfa"
"""RFC 8176's word for them, which every way to sign in that is more than a password notes in the session."""


def second_step(user: User) -> str | None:
    """Name the page (of ``factors.urls``) that ``user`` goes to after a right password; None: they are in. One query.

    A factor that is there is always asked for before another can be set up: else a stolen password would be enough to
    set up one's own.
    """
    factors = factors_of(user)
    if factors.is_asked_for:
        return CODE_STEP
    return SET_UP_STEP if factors.is_required else None


def lacks_second_factor(user: User, methods: Collection[str]) -> bool:
    """Whether ``user`` must have a second factor and signed in without: it was asked of them only since.

    ``methods``: how they signed in, in the words of RFC 8176.
    """
    return is_required(user) and SEVERAL_FACTORS not in methods
