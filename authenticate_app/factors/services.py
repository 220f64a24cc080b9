"""What a right password is followed by."""

from authenticate_app.accounts.models import User
from authenticate_app.factors.selectors import factors_of

CODE_STEP = "login-code"
SET_UP_STEP = "login-second-factor"


def second_step(user: User) -> str | None:
    """Name the page (of ``factors.urls``) that ``user`` goes to after a right password; None: they are in. One query.

    A factor that is there is always asked for before another can be set up: else a stolen password would be enough to
    set up one's own.
    """
    factors = factors_of(user)
    if factors.is_asked_for:
        return CODE_STEP
    return SET_UP_STEP if factors.is_required else None
