"""Forms around passwords: a new one, with the old one or with a link, and the link itself."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from authenticate_app.accounts.credentials import MAXIMUM_NAME, MAXIMUM_PASSWORD, MalformedCredentials, checked
from authenticate_app.accounts.errors import SignInFailed, SignInWait
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin, sign_in
from authenticate_app.accounts.waits import minutes, wait_fault
from authenticate_app.login.forms import AS_TYPED


def _password_field(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=MAXIMUM_PASSWORD, widget=widget)


class NewPasswordForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]
    """A new password, twice. ``refusal``: after ``refuse``, for how long to wait; else None."""

    new_password1 = _password_field(_("New password"), "new-password")
    new_password2 = _password_field(_("New password, once more"), "new-password")
    refusal: SignInWait | None = None

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    @property
    def rules(self) -> list[str]:
        """What a new password must be like, in sentences."""
        return password_validators_help_texts()

    def clean(self) -> dict[str, Any] | None:
        """Hold the password against the rules, and make sure that a sign-in will take it."""
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password2")
        cleaned = super().clean()
        try:
            checked(self.user.username, self.cleaned_data.get("new_password1", ""))
        except MalformedCredentials:
            self.add_error("new_password1", _("The password holds a control character, such as a tab; use others."))
        return cleaned

    def refuse(self, refusal: SignInWait) -> None:
        """Say when to try again."""
        self.refusal = refusal
        self.add_error(None, wait_fault(refusal))

    def say_changed_meanwhile(self) -> None:
        """Say that the password was changed by another page while this one was open."""
        self.add_error(None, _("Your password was changed a moment ago, on another page. Sign in with that one."))


class ChangedPasswordForm(NewPasswordForm):
    """The old password, proven as every password is, and a new one."""

    old_password = _password_field(_("Current password"), "current-password")
    field_order = ("old_password", "new_password1", "new_password2")

    def __init__(self, user: User, origin: Origin, now: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.origin = origin
        self.now = now

    def clean_old_password(self) -> str:
        """Prove the old password: throttled, and never more at once than hashes may be."""
        old_password: str = self.cleaned_data["old_password"]
        try:
            credentials = checked(self.user.username, old_password)
            sign_in(credentials=credentials, origin=self.origin, now=self.now, use_memory=False)
        except (MalformedCredentials, SignInFailed):
            raise ValidationError(_("This is not your current password. Please try again.")) from None
        except SignInWait as refusal:
            self.refuse(refusal)
        return old_password


class ForgottenForm(forms.Form):
    """Who it is, by user name or e-mail address. ``refusal`` is as in ``NewPasswordForm``."""

    name = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=MAXIMUM_NAME,
        widget=forms.TextInput(attrs={**AS_TYPED, "autocomplete": "username"}),
    )
    refusal: SignInWait | None = None

    def refuse(self, refusal: SignInWait) -> None:
        """Say that enough e-mails were sent, for now."""
        self.refusal = refusal
        message = ngettext_lazy(
            "A new password was asked for too often. Please look for our e-mail, or try again in %(minutes)d minute.",
            "A new password was asked for too often. Please look for our e-mail, or try again in %(minutes)d minutes.",
            "minutes",
        )
        self.add_error(None, ValidationError(message, code="throttled", params={"minutes": minutes(refusal)}))
