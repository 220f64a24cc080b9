"""The form of a client: it asks for what the purpose leaves open, and for nothing else."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from authenticate_app.accounts.models import User
from authenticate_app.accounts.rules import may_lend
from authenticate_app.audit.forms import WholeRowForm
from authenticate_app.oauth import scopes
from authenticate_app.oauth.client_services import DEMONSTRATION, apply_purpose, serve_new_flow
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.pictures import checked_picture
from authenticate_app.oauth.purposes import CODE, RULES, Purpose, messages_callback

CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,100}")
"""Unreserved characters (RFC 3986, section 2.3): a client id stands in addresses, forms and headers."""


class AddressesField(forms.CharField):
    """Addresses, one to a line; stored with blanks between them, as the toolkit has it."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "class": "code-input"})
        super().__init__(widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show what is stored, one to a line; and what somebody typed, as they did."""
        return value if value is None or "\n" in value else "\n".join(value.split(" "))

    def clean(self, value: Any) -> str:
        """Take what stands in the lines; an address cannot hold a blank."""
        return " ".join(dict.fromkeys(super().clean(value).split()))


class ClientForm(WholeRowForm):
    """A client. ``actor`` and ``purpose`` are set by the page."""

    actor: User
    purpose: Purpose

    redirect_uris = AddressesField(
        label=_("Redirect URIs"),
        required=False,
        help_text=_(
            "One to a line, each letter by letter as the client sends it: https://, no “#…”, no “*”. An address that "
            "differs by a slash is another one."
        ),
    )
    post_logout_redirect_uris = AddressesField(
        label=_("Addresses after signing out"),
        required=False,
        help_text=_("Where people may be sent once they have signed out; the same rules."),
    )
    allowed_scopes = forms.MultipleChoiceField(label=_("May ask for"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    client_type = forms.ChoiceField(
        label=_("Keeps a secret"),
        widget=UnfoldAdminSelectWidget,
        choices=[
            (Client.CLIENT_CONFIDENTIAL, _("Yes: it has a server of its own")),
            (Client.CLIENT_PUBLIC, _("No: it runs in browsers or on phones alone, and has none")),
        ],
    )
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 128 KB, 16 to 1024 pixels a side; best square. No SVG."),
    )
    serves_new_flow = forms.BooleanField(
        label=_("Serves the new flow too"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_(
            "Apple knows one client of a business. Choose this where the business allows both flows: this server's own "
            "callback becomes a second redirect URI."
        ),
    )
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False, widget=UnfoldBooleanWidget)

    class Meta:
        model = Client
        fields = (
            "name",
            "display_name",
            "client_id",
            "client_type",
            "is_active",
            "redirect_uris",
            "post_logout_redirect_uris",
            "allowed_scopes",
            "is_trusted",
            "acting_user",
            "accent_color",
            "signed_access_tokens",
            "signed_because",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.purpose = self.purpose
        self._say_what_names_are_for()
        if "allowed_scopes" in self.fields:
            self._offer_scopes()
        if "serves_new_flow" in self.fields:
            self.initial["serves_new_flow"] = messages_callback() in self.instance.redirect_uris.split()

    def _say_what_names_are_for(self) -> None:
        if "name" in self.fields:
            self.fields["name"].label = _("Name")
            self.fields["name"].required = True
            self.fields["name"].help_text = _("What administrators call it, such as “Shop, test system”.")
        if "signed_because" in self.fields:
            self.fields["signed_because"].widget.attrs["rows"] = 2
        if "client_id" in self.fields:
            self.fields["client_id"].label = _("Client id")
            self.fields["client_id"].help_text = _(
                "As it is, or as it is registered elsewhere. It cannot be changed later."
            )
        if "acting_user" in self.fields:
            self.fields["acting_user"].required = True
            self.fields["acting_user"].help_text = _(
                "What it does through the REST API counts as done by this user, with the roles that the user has then. "
                "Choose a service account; you can only choose users who hold nothing that you lack."
            )

    def _offer_scopes(self) -> None:
        field: Any = self.fields["allowed_scopes"]
        offered = [scope for scope in scopes.SCOPES if scope in RULES[self.purpose].scopes]
        field.choices = [(scope, f"{scope} – {scopes.SCOPES[scope]}") for scope in offered]
        stored = self.instance.allowed_scopes.split()
        usual = scopes.OF_PEOPLE if RULES[self.purpose].grant_type == CODE else scopes.OF_SYSTEMS - scopes.BY_CHOICE
        self.initial["allowed_scopes"] = stored or [scope for scope in offered if scope in usual]

    def clean_name(self) -> str:
        """A name is of the same length in both of its places."""
        name: str = self.cleaned_data["name"].strip()
        longest = Client._meta.get_field("display_name").max_length or 0
        if "display_name" not in self.fields and len(name) > longest:
            raise ValidationError(_("Write at most %d characters.") % longest)
        return name

    def clean_client_id(self) -> str:
        """Refuse what would have to be escaped, and what only demonstrations use."""
        client_id: str = self.cleaned_data["client_id"]
        if not CLIENT_ID.fullmatch(client_id):
            raise ValidationError(_("Use letters, digits and - . _ ~ only, at most 100 of them."))
        if client_id.startswith(DEMONSTRATION):
            raise ValidationError(_("Ids that begin with “%s” are for demonstrations.") % DEMONSTRATION)
        return client_id

    def clean_allowed_scopes(self) -> str:
        """Store scopes as the protocol writes them."""
        return " ".join(scope for scope in scopes.SCOPES if scope in self.cleaned_data["allowed_scopes"])

    def clean_accent_color(self) -> str:
        """Colours are stored in lower case."""
        color: str = self.cleaned_data["accent_color"].strip().lower()
        return color

    def clean_acting_user(self) -> User | None:
        """Refuse users who hold what the actor lacks: whoever has the secret acts as that user."""
        chosen: User | None = self.cleaned_data["acting_user"]
        if chosen is None or chosen.pk == self.instance.acting_user_id:
            return chosen
        if not chosen.is_active:
            raise ValidationError(_("This user is disabled. Choose one who may sign in."))
        if not may_lend(self.actor, chosen):
            raise ValidationError(_("This user holds what you lack, so you cannot let a client act as them."))
        return chosen

    def clean_logo_file(self) -> bytes | None:
        """Read the picture, and refuse what is none."""
        uploaded = self.cleaned_data["logo_file"]
        if uploaded is None:
            return None
        raw_file: bytes = uploaded.read()
        checked_picture(raw_file)
        return raw_file

    def _post_clean(self) -> None:
        """Fill in what follows from the purpose before the whole row is looked at."""
        if "display_name" not in self.fields:
            self.instance.display_name = self.cleaned_data.get("name", "")
        self._take_logo()
        if "serves_new_flow" in self.cleaned_data:
            serve_new_flow(self.instance, serves=self.cleaned_data["serves_new_flow"])
        apply_purpose(self.instance)
        super()._post_clean()

    def _update_errors(self, errors: ValidationError) -> None:
        """Show faults of fields that this form does not ask for above it, as none of them may get lost."""
        elsewhere = [name for name in errors.error_dict if name not in self.fields and name != NON_FIELD_ERRORS]
        for name in elsewhere:
            errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(errors.error_dict.pop(name))
        super()._update_errors(errors)  # type: ignore[misc]

    def _take_logo(self) -> None:
        if self.cleaned_data.get("without_logo"):
            self.instance.logo = b""
        if self.cleaned_data.get("logo_file"):
            self.instance.logo = self.cleaned_data["logo_file"]


class ClientTrialForm(forms.Form):
    """What an application sends, to be looked at. The secret is compared and forgotten."""

    request = forms.CharField(
        label=_("Authorization request"),
        required=False,
        max_length=8_000,
        help_text=_("The whole address that the application sends the browser to. Copy it from the browser."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false", "class": "code-input"}),
    )
    scope = forms.CharField(
        label=_("Scopes of the token request"),
        required=False,
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    redirect_uri = forms.CharField(
        label=_("Redirect URI of the token request"),
        required=False,
        max_length=2_000,
        strip=False,
        help_text=_("The same again: when the code is exchanged, it must be sent once more."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=1_000,
        strip=False,
        help_text=_("It is compared and forgotten: neither stored nor logged, and not shown again."),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )
