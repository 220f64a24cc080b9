"""What a right password is followed by."""

from django.http import HttpRequest

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR
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


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether who is signed in must have a second factor, and did not show one: it was asked of them only since."""
    user = request.user
    return isinstance(user, User) and is_required(user) and SEVERAL_FACTORS not in request.session.get(AMR, ())
