"""Forms of the pages about factors."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts.credentials import MAXIMUM_PASSWORD
from authenticate_app.factors.models import Passkey
from authenticate_app.factors.responses import LONGEST

LONGEST_CODE = 64
"""Characters: a recovery code with blanks around its groups, and then some."""

WRONG_CODE = _("That code is not right, or was used before. Please enter the code that the app shows now.")
WRONG_PASSWORD = _("That is not your password. Please try again.")
LAST_FACTOR = _("You have to keep a second factor. Set up another one first.")


class CodeForm(forms.Form):
    """A one-time code or a recovery code, in the one field that phones fill in by themselves."""

    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autocapitalize": "none",
                "autocorrect": "off",
                "spellcheck": "false",
            }
        ),
    )

    def refuse(self, sentence: Any) -> None:
        """Say what is wrong, and empty the field: no code is worth a second try."""
        self.add_error(None, sentence)
        self.data = {**self.data, "code": ""}


class AskedCodeForm(CodeForm):
    """The code alone is asked for, so the page begins in its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True


class PasswordForm(forms.Form):
    """The password of whoever is signed in already."""

    password = forms.CharField(
        label=_("Password"),
        max_length=MAXIMUM_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class PasskeyForm(forms.Form):
    """What the browser says of a passkey, as JSON; ``passkeys.js`` fills it in."""

    credential = forms.CharField(max_length=LONGEST, widget=forms.HiddenInput)


class PasskeyNameForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person calls their passkey."""

    class Meta:
        model = Passkey
        fields = ("name",)

    def clean_name(self) -> str:
        """Refuse control characters, which no list can show."""
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise ValidationError(
                _("The name holds a control character, such as a tab; it should hold printable characters only.")
            )
        return name
