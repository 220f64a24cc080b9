"""Admin pages of profile options, and which value is in force for whom."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from authenticate_app.accounts.models import LoginName, User
from authenticate_app.accounts.names import name_key
from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.owned_rows import OwnedRows
from chat_app.routing.models import ProfileOption, ProfileOptionValue
from chat_app.routing.profile import COMMON_PRODUCT, is_within
from chat_app.routing.selectors import describe_effective

YES_OR_NO = [("Yes", _("Yes")), ("No", _("No"))]


class ValueInline(OwnedRows):
    """Values of an option at its levels."""

    model = ProfileOptionValue
    fields: ClassVar = ["level", "product", "user", "value"]
    per_page = 50
    autocomplete_fields: ClassVar = ["user"]
    verbose_name_plural = _("Values by level: the closest wins – user, then product, then site, then the default")

    def get_formset(self, request: HttpRequest, obj: ProfileOption | None = None, **kwargs: Any) -> Any:
        """Offer the two values where there are only two."""
        formset = super().get_formset(request, obj, **kwargs)
        if obj is not None and "value" in formset.form.base_fields:
            _offer_values(obj, formset.form.base_fields["value"])
        return formset


class LookupForm(forms.Form):
    """For whom the values in force are looked up."""

    user_name = forms.CharField(
        label=_("User name or e-mail address"),
        required=False,
        max_length=320,
        help_text=_("The end user; leave it empty for somebody without an account."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    product = forms.CharField(
        label=_("Product"),
        required=False,
        max_length=30,
        help_text=_("The stripe code of the request; empty means CRM."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": COMMON_PRODUCT}),
    )

    def clean_user_name(self) -> User | None:
        """Find the user; refuse a name that is nobody's, so that a typing mistake is not taken for an answer."""
        name: str = self.cleaned_data["user_name"]
        if not name:
            return None
        found = LoginName.objects.select_related("user").filter(key=name_key(name)).first()
        if found is None:
            raise ValidationError(_("No user has this name or e-mail address."))
        return found.user


@admin.register(ProfileOption)
class ProfileOptionAdmin(AuditedModelAdmin):
    """Profile options, and which value counts for whom."""

    list_display: ClassVar = ["name_and_code", "default_value", "site_value", "closer_values", "in_force_today"]
    search_fields: ClassVar = ["code", "display_name"]
    ordering: ClassVar = ["display_name"]
    inlines: ClassVar = [ValueInline]
    readonly_fields: ClassVar = [
        "code",
        "name_shown",
        "meaning",
        "application",
        "value_type",
        "allowed_values",
        "site_only",
    ]
    fieldsets: ClassVar = [
        (None, {"fields": ["name_shown", "code", "meaning"]}),
        (_("What it is"), {"fields": ["default_value", ("start_date", "end_date")]}),
        (_("What it may be"), {"fields": [("value_type", "allowed_values"), ("application", "site_only")]}),
    ]
    actions_list: ClassVar = ["effective_values"]

    def get_form(self, request: HttpRequest, obj: ProfileOption | None = None, **kwargs: Any) -> Any:
        """Offer the two values where there are only two."""
        form = super().get_form(request, obj, **kwargs)
        if obj is not None and "default_value" in form.base_fields:
            _offer_values(obj, form.base_fields["default_value"])
        return form

    show_add_link = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Options are those that the server knows; releases bring them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ProfileOption | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ProfileOption]":
        options: QuerySet[ProfileOption] = super().get_queryset(request)
        site = ProfileOptionValue.objects.filter(option=OuterRef("pk"), level=ProfileOptionValue.Level.SITE)
        closer = Count("values", filter=~Q(values__level=ProfileOptionValue.Level.SITE))
        return options.annotate(site=Subquery(site.values("value")[:1]), closer=closer)

    @action(description=_("Effective values"), url_path="effective", icon="person_search", permissions=["view"])
    def effective_values(self, request: HttpRequest) -> HttpResponse:
        """Show for a user and a product which value of each option is in force, and which level gave it."""
        form = LookupForm(request.POST) if request.method == "POST" else LookupForm()
        asked = form.cleaned_data if form.is_valid() else {}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Effective values"),
            "opts": self.opts,
            "form": form,
            "asked": asked,
            "values": describe_effective(
                user=asked.get("user_name"), product=asked.get("product", ""), today=timezone.localdate()
            ),
        }
        return TemplateResponse(request, "admin/chat_app/effective.html", context)

    @display(description=_("option"), ordering="display_name", header=True)
    def name_and_code(self, option: ProfileOption) -> list[str]:
        return [gettext(option.display_name), option.code]

    @display(description=_("display name"))
    def name_shown(self, option: ProfileOption) -> str:
        return gettext(option.display_name)

    @display(description=_("description"))
    def meaning(self, option: ProfileOption) -> str:
        return gettext(option.description) if option.description else "–"

    @display(description=_("whole site"), empty_value="–")
    def site_value(self, option: Any) -> str | None:
        return option.site or None

    @display(description=_("products and users"))
    def closer_values(self, option: Any) -> int:
        return int(option.closer)

    @display(description=_("in force"), label={"yes": "success", "no": "warning"})
    def in_force_today(self, option: ProfileOption) -> tuple[str, Any]:
        counts = is_within(option.start_date, option.end_date, timezone.localdate())
        return ("yes", _("yes")) if counts else ("no", _("no: the default counts"))


def _offer_values(option: ProfileOption, field: Any) -> None:
    if option.value_type == ProfileOption.ValueType.YES_NO:
        field.widget = UnfoldAdminSelectWidget(choices=YES_OR_NO)
