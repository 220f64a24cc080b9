"""The forms of accounts and businesses. Secrets go in and never come out."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldBooleanWidget,
)

from authenticate_app.audit.forms import WholeRowForm
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import texts
from authenticate_app.messages.addresses import address_fault
from authenticate_app.messages.gateway_tokens import BadApiSecret, signing_key
from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.messages.rules import broken_rules
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.pictures import checked_picture
from authenticate_app.oauth.scopes import MESSAGES

LARGEST_PICTURE: Final = 5 * 1024
"""Bytes. The phone's reply holds the picture again, and above 10 KB a reply takes a longer way."""
ADDRESSES: Final = (
    "gateway_url",
    "authorization_url",
    "token_url",
    "userinfo_url",
    "introspection_url",
    "webhook_url",
)


class SecretField(forms.CharField):
    """A secret: asked for, never shown; empty keeps the stored one."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"})
        super().__init__(widget=widget, required=False, max_length=500, **options)


class MspAccountForm(WholeRowForm):
    """An account at Apple."""

    api_secret = SecretField(label=_("API secret"), help_text=texts.API_SECRET)

    class Meta:
        model = MspAccount
        fields = ("name", "msp_id")

    def clean_api_secret(self) -> str:
        """Refuse what is no base64, or too short to be Apple's."""
        secret: str = self.cleaned_data["api_secret"]
        if not secret and not self.instance.encrypted_api_secret:
            raise ValidationError(_("Copy the secret from the account's page in Apple's register."))
        if secret:
            _refuse_bad(secret)
        return secret

    def _post_clean(self) -> None:
        if secret := self.cleaned_data.get("api_secret"):
            self.instance.encrypted_api_secret = encrypt(secret.encode())
        super()._post_clean()


class BusinessForm(WholeRowForm):
    """A business."""

    api_clients = forms.ModelMultipleChoiceField(
        label=_("Clients of the REST API"),
        queryset=Client.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("The integrations that reach this business; for all others it does not exist."),
    )
    client_secret = SecretField(label=_("Client secret"), help_text=texts.CLIENT_SECRET)
    image_file = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg"}),
        help_text=_("PNG or JPEG of at most 5 KB: the phone's reply holds it again."),
    )
    without_image = forms.BooleanField(label=_("Remove the picture"), required=False, widget=UnfoldBooleanWidget)

    class Meta:
        model = Business
        fields = (
            "account",
            "name",
            "business_id",
            "gateway_url",
            "is_active",
            "allows_new_flow",
            "allows_legacy_flow",
            "new_flow_version",
            "provider",
            "client",
            "provider_issuer",
            "authorization_url",
            "token_url",
            "userinfo_url",
            "introspection_url",
            "provider_client_id",
            "additional_parameters",
            "scopes",
            "request_title",
            "request_subtitle",
            "reply_title",
            "image_style",
            "sign_in_lifetime",
            "reply_grace",
            "validity",
            "trusts_callback_alone",
            "creates_users",
            "trusted_email_domains",
            "webhook_url",
            "api_clients",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "api_clients" in self.fields:
            offered = Client.objects.filter(allowed_scopes__regex=rf"(^|\s){MESSAGES}(\s|$)")
            self.fields["api_clients"].queryset = offered.defer("logo")  # type: ignore[attr-defined]
        if "client" in self.fields:
            offered = Client.objects.filter(purpose__in=("apple_new", "apple_legacy")).defer("logo")
            self.fields["client"].queryset = offered  # type: ignore[attr-defined]

    def clean_image_file(self) -> bytes | None:
        """Read the picture, and refuse what is none or too large."""
        uploaded = self.cleaned_data["image_file"]
        if uploaded is None:
            return None
        raw_file: bytes = uploaded.read(LARGEST_PICTURE + 1)
        if len(raw_file) > LARGEST_PICTURE:
            raise ValidationError(_("The picture has more than 5 KB. Make it smaller."))
        checked_picture(raw_file)
        return raw_file

    def clean_scopes(self) -> str:
        """Store scopes as the protocol writes them."""
        return " ".join(dict.fromkeys(self.cleaned_data["scopes"].split()))

    def clean_trusted_email_domains(self) -> str:
        """Store domains in lower case, with blanks between them."""
        return " ".join(dict.fromkeys(self.cleaned_data["trusted_email_domains"].lower().replace(",", " ").split()))

    def clean(self) -> dict[str, Any] | None:
        """Look at addresses, and at what belongs together."""
        cleaned = super().clean()
        for name in ADDRESSES:
            address = self.cleaned_data.get(name)
            if address and (fault := address_fault(address)):
                self.add_error(name, fault)
        return cleaned

    def _post_clean(self) -> None:
        self._take_secret()
        self._take_picture()
        super()._post_clean()
        if not self.errors:
            for field, sentence in broken_rules(self.instance, new_secret=self.cleaned_data["client_secret"]):
                self.add_error(field if field in self.fields else None, sentence)

    def _take_secret(self) -> None:
        if secret := self.cleaned_data.get("client_secret"):
            self.instance.encrypted_client_secret = encrypt(secret.encode())

    def _take_picture(self) -> None:
        if self.cleaned_data.get("without_image"):
            self.instance.image = b""
        if self.cleaned_data.get("image_file"):
            self.instance.image = self.cleaned_data["image_file"]


def _refuse_bad(api_secret: str) -> None:
    try:
        signing_key(api_secret)
    except BadApiSecret:
        raise ValidationError(_("This is not the whole secret. It is base64, of at least 44 characters.")) from None
