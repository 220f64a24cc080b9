"""Admin pages of MSP accounts and businesses."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.services import record_of_request
from authenticate_app.messages import texts
from authenticate_app.messages.admin.forms import BusinessForm, MspAccountForm
from authenticate_app.messages.check import findings_of
from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.messages.webhook_secrets import renew_webhook_secret
from authenticate_app.oauth.addresses import public_url
from authenticate_app.oauth.findings import faults
from authenticate_app.oauth.purposes import messages_callback

FOLDER = "admin/authenticate_app/business"


@admin.register(MspAccount)
class MspAccountAdmin(AuditedModelAdmin):
    """Accounts at Apple."""

    form = MspAccountForm
    list_display: ClassVar = ["name", "msp_id"]
    search_fields: ClassVar = ["name", "msp_id"]
    search_help_text = _("Name or MSP id")
    fields: ClassVar = ["name", "msp_id", "api_secret", "endpoint"]
    readonly_fields: ClassVar = ["endpoint"]
    actions: ClassVar[Any] = None

    @display(description=_("webhook address for Apple's register"))
    def endpoint(self, account: MspAccount) -> str:
        """Apple adds ``/message`` to it."""
        return public_url("amb-message").removesuffix("/message")


@admin.register(Business)
class BusinessAdmin(AuditedModelAdmin):
    """Businesses: how customers sign in at each, and who hears of it."""

    form = BusinessForm
    list_display: ClassVar = ["names", "account", "flows", "provider", "state"]
    list_filter: ClassVar = ["is_active", "account"]
    list_filter_submit = True
    list_select_related: ClassVar = ["account"]
    search_fields: ClassVar = ["name", "business_id"]
    search_help_text = _("Name or business id")
    ordering: ClassVar = ["name", "id"]
    readonly_fields: ClassVar = ["registered", "login_page", "secret_state", "image_state", "webhook_secret_state"]
    actions_detail: ClassVar = ["check_business", "new_webhook_secret"]
    actions: ClassVar[Any] = None
    fieldsets: ClassVar = [
        (None, {"fields": ["account", "name", "business_id", "is_active", "gateway_url"]}),
        (
            _("Flows"),
            {
                "description": texts.FLOWS,
                "fields": ["allows_new_flow", "allows_legacy_flow", "new_flow_version"],
            },
        ),
        (
            _("Identity provider"),
            {
                "description": texts.PROVIDER,
                "fields": ["provider", "client", "login_page", "client_secret", "secret_state", "scopes", "registered"],
            },
        ),
        (
            _("Another provider"),
            {
                "classes": ["collapse"],
                "fields": [
                    "provider_issuer",
                    "provider_client_id",
                    "authorization_url",
                    "token_url",
                    "userinfo_url",
                    "introspection_url",
                    "additional_parameters",
                ],
            },
        ),
        (
            _("What the customer sees"),
            {
                "description": texts.BUBBLES,
                "fields": [
                    "request_title",
                    "request_subtitle",
                    "reply_title",
                    "image_state",
                    "image_file",
                    "without_image",
                    "image_style",
                ],
            },
        ),
        (
            _("Time"),
            {
                "description": texts.TIMES,
                "fields": ["sign_in_lifetime", "reply_grace", "validity", "trusts_callback_alone"],
            },
        ),
        (_("Who it is"), {"description": texts.IDENTITY, "fields": ["creates_users", "trusted_email_domains"]}),
        (
            _("Who is told"),
            {"description": texts.WEBHOOK, "fields": ["webhook_url", "webhook_secret_state", "api_clients"]},
        ),
    ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the business; warn of what is allowed and unsafe."""
        super().save_model(request, obj, form, change)
        if obj.trusts_callback_alone:
            messages.warning(request, texts.CALLBACK_ALONE)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change businesses may check this one and make its webhook a new secret."""
        return bool(super().has_change_permission(request))

    @action(description=_("Check this business"), url_path="check", icon="troubleshoot", permissions=["manage"])
    def check_business(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then try what can be tried, and say in words what is right and what is wrong."""
        business = self.stored_or_404(request, object_id)
        findings = findings_of(business) if request.method == "POST" else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Check “%s”") % business,
            "business": business,
            "business_url": _address(business),
            "findings": findings,
            "faults": faults(findings),
        }
        return TemplateResponse(request, f"{FOLDER}/check.html", context)

    @action(description=_("New webhook secret"), url_path="new-webhook-secret", icon="key", permissions=["manage"])
    def new_webhook_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then replace the secret and show the new one once."""
        business = self.stored_or_404(request, object_id)
        if request.method != "POST":
            return ask(self, request, _question(business))
        with transaction.atomic():
            secret = renew_webhook_secret(business=business)
            record_of_request(request, event=Event.MESSAGES_WEBHOOK_SECRET_MADE, actor=request.user, target=business)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Webhook secret"),
            "business": business,
            "business_url": _address(business),
            "secret": secret,
        }
        response = TemplateResponse(request, f"{FOLDER}/secret.html", context)
        add_never_cache_headers(response)
        return response

    @display(description=_("business"), ordering="name", header=True)
    def names(self, business: Business) -> list[str]:
        return [business.name, business.business_id]

    @display(description=_("flows"))
    def flows(self, business: Business) -> str:
        allowed = {gettext("new"): business.allows_new_flow, gettext("legacy"): business.allows_legacy_flow}
        return ", ".join(name for name, is_allowed in allowed.items() if is_allowed)

    @display(description=_("state"), label={"active": "success", "off": "danger", "sandbox": "warning"})
    def state(self, business: Business) -> tuple[str, Any]:
        if business.is_sandbox:
            return "sandbox", _("sandbox")
        return ("active", _("active")) if business.is_active else ("off", _("turned off"))

    @display(description=_("name and logo on the sign-in page"))
    def login_page(self, business: Business) -> str:
        return gettext("Those of the client above: its name, logo and colour are changed on its own page.")

    @display(description=_("stored secret"))
    def secret_state(self, business: Business) -> str:
        return gettext("Stored, encrypted.") if business.encrypted_client_secret else gettext("None yet.")

    @display(description=_("webhook secret"))
    def webhook_secret_state(self, business: Business) -> str:
        if business.encrypted_webhook_secret:
            return gettext("Stored, encrypted. If it got lost, make a new one.")
        return gettext("None yet: make one once the business is stored. Without it nothing is sent.")

    @display(description=_("stored picture"))
    def image_state(self, business: Business) -> str:
        return gettext("%d bytes") % len(bytes(business.image)) if business.image else pgettext("picture", "None.")

    @display(description=_("callback of the new flow"))
    def registered(self, business: Business) -> str:
        return messages_callback()


def _question(business: Business) -> Question:
    return Question(
        title=gettext("A new webhook secret for “%s”?") % business,
        text=gettext("What is sent from now on is signed with it. The one before is void at once."),
        button=gettext("Make a new secret"),
        back=_address(business),
    )


def _address(business: Business) -> str:
    return reverse("admin:authenticate_app_business_change", args=[business.pk])
