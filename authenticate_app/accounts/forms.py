"""Forms that ask for a name and a password."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from authenticate_app.accounts.errors import SignInBusy, SignInThrottled

SECONDS_PER_MINUTE = 60


class ThrottledSignInForm(AuthenticationForm):
    """Tells people when to try again. Stands first among the bases of a form that has a look of its own."""

    def clean(self) -> dict[str, Any]:
        """Sign in; a refusal becomes an error of the form, with the code ``throttled`` or ``busy``."""
        try:
            return super().clean()
        except SignInThrottled as throttled:
            raise _throttled(throttled.wait) from None
        except SignInBusy:
            raise _busy() from None


def _throttled(seconds: int) -> ValidationError:
    minutes = -(-seconds // SECONDS_PER_MINUTE)
    message = ngettext_lazy(
        "Too many sign-ins have failed. Please try again in %(minutes)d minute.",
        "Too many sign-ins have failed. Please try again in %(minutes)d minutes.",
        "minutes",
    )
    return ValidationError(message, code="throttled", params={"minutes": minutes})


def _busy() -> ValidationError:
    return ValidationError(_("Too many people are signing in at this moment. Please try again."), code="busy")
