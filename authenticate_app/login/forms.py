"""The sign-in form: a name, a password, and sentences for everything that can keep somebody out."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from authenticate_app.accounts.credentials import MAXIMUM_NAME, MAXIMUM_PASSWORD
from authenticate_app.accounts.errors import SignInThrottled, SignInWait

SECONDS_PER_MINUTE = 60
AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
"""Attributes for what is no prose: a phone changes nothing of it."""
WRONG = _("The user name or the password is not right. Please try again.")


class SignInForm(AuthenticationForm):
    """Name and password, as browsers fill them in by themselves; checked and throttled as everywhere else.

    ``wait``: after ``is_valid``, seconds until to try again where nothing was checked; else None.
    """

    username = forms.CharField(
        label=_("User name"),
        max_length=MAXIMUM_NAME,
        widget=forms.TextInput(attrs={**AS_TYPED, "autocomplete": "username webauthn"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=MAXIMUM_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {"invalid_login": WRONG}  # noqa: RUF012 - as in the base class
    wait: int | None = None

    def clean(self) -> dict[str, Any]:
        """Sign in; a refusal becomes an error of the form, with the code ``throttled`` or ``busy``."""
        try:
            return super().clean()
        except SignInWait as refusal:
            self.wait = refusal.wait
            raise refusal_of(refusal) from None


def refusal_of(refusal: SignInWait) -> ValidationError:
    """Say when to try again, with the code ``throttled`` or ``busy``."""
    return throttled(refusal.wait) if isinstance(refusal, SignInThrottled) else busy()


def throttled(seconds: int) -> ValidationError:
    """Say that too many sign-ins have failed."""
    message = ngettext_lazy(
        "Too many sign-ins have failed. Please try again in %(minutes)d minute.",
        "Too many sign-ins have failed. Please try again in %(minutes)d minutes.",
        "minutes",
    )
    return ValidationError(message, code="throttled", params={"minutes": minutes(seconds)})


def busy() -> ValidationError:
    """Say that others come first."""
    return ValidationError(_("Too many people are signing in at this moment. Please try again."), code="busy")


def minutes(seconds: int) -> int:
    """Whole minutes, rounded up: nobody comes back too early."""
    return -(-seconds // SECONDS_PER_MINUTE)
