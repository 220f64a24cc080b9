"""The sign-in form: a name, a password, and sentences for everything that can keep somebody out."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.credentials import MAXIMUM_NAME, MAXIMUM_PASSWORD
from authenticate_app.accounts.errors import SignInWait
from authenticate_app.accounts.waits import wait_fault

AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
"""Attributes for what is no prose: a phone changes nothing of it."""
WRONG = _("The user name or the password is not right. Please try again.")


class SignInForm(AuthenticationForm):
    """Name and password, as browsers fill them in by themselves; checked and throttled as everywhere else.

    ``refusal``: after ``is_valid``, why nothing was checked, and for how long; else None.
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
    refusal: SignInWait | None = None

    def clean(self) -> dict[str, Any]:
        """Sign in; a refusal becomes an error of the form, with the code ``throttled`` or ``busy``."""
        try:
            return super().clean()
        except SignInWait as refusal:
            self.refusal = refusal
            raise wait_fault(refusal) from None
