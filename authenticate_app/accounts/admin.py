"""Admin pages of users."""

from typing import Any, ClassVar

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm

from authenticate_app.accounts.admin_forms import ChangedUserForm, NewUserForm
from authenticate_app.accounts.admin_import import import_page
from authenticate_app.accounts.models import Role, User
from authenticate_app.accounts.names import name_key
from authenticate_app.accounts.rules import may_edit, may_set_password
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.audit.events import Event
from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.paging import is_key
from authenticate_app.audit.services import record_of_request
from authenticate_app.throttling.clearing import clear_counts_of_user

OWN_STANDING = ["is_active", "is_staff", "is_superuser"]
"""What nobody takes from themselves, so that nobody locks themselves out."""
WAYS_TO_A_PASSWORD = ["email", "email_verified"]
"""Whoever reads a user's e-mail can set that user's password: so these are changed by whoever may set it anyway."""


class RoleFilter(DropdownFilter):
    """Users who hold one role."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(role.pk), role.name) for role in Role.objects.order_by("name")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> "QuerySet[User]":
        chosen = self.value() or ""
        return queryset.filter(groups=int(chosen)) if is_key(chosen) else queryset


class UserAdmin(DjangoUserAdmin, AuditedModelAdmin):  # type: ignore[misc, type-arg]
    """Users: who they are, what they hold; import from a file. ``factors.admin`` completes and registers it."""

    form = ChangedUserForm
    add_form = NewUserForm
    add_form_template = "admin/change_form.html"
    change_password_form = AdminPasswordChangeForm
    list_display = ("name", "email", "roles_held", "state", "last_login")
    list_filter: ClassVar = ["is_active", "is_staff", RoleFilter]
    list_filter_submit = True
    search_fields: ClassVar = ["username_key"]
    search_help_text = _("Beginning of user name or e-mail")
    ordering: ClassVar = ["username_key"]
    filter_horizontal: ClassVar = []
    actions_list: ClassVar = ["import_users"]
    fieldsets: ClassVar = [
        (None, {"fields": ["username", "password_state", ("first_name", "last_name")]}),
        (_("E-mail"), {"fields": ["email", "email_verified"]}),
        (_("In Fusion"), {"fields": [("contact_party_id", "organization_party_id"), "organization_name"]}),
        (_("What they may do"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
    ]
    add_fieldsets = (
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        (_("Who it is"), {"fields": [("first_name", "last_name"), "email", "email_verified"]}),
        (_("In Fusion"), {"fields": [("contact_party_id", "organization_party_id"), "organization_name"]}),
        (_("What they may do"), {"fields": ["is_staff", "groups"]}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Tell the form who acts."""
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fixed = ["password_state"] if signed_in_user(request).is_superuser else ["password_state", "is_superuser"]
        if obj is not None and not may_set_password(signed_in_user(request), obj):
            fixed += WAYS_TO_A_PASSWORD
        return fixed + [name for name in OWN_STANDING if obj == request.user and name not in fixed]

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[User]", search_term: str
    ) -> tuple["QuerySet[User]", bool]:
        """Search by the beginning of a name in the form in which names are compared; other columns have no index."""
        if not search_term:
            return queryset, False
        key = name_key(search_term.strip())
        return queryset.filter(pk__in=_found(key)), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_allowed = not isinstance(obj, User) or may_edit(signed_in_user(request), obj)
        return bool(super().has_change_permission(request, obj)) and is_allowed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_allowed = not isinstance(obj, User) or (may_edit(signed_in_user(request), obj) and obj != request.user)
        return bool(super().has_delete_permission(request, obj)) and is_allowed

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Set a password: only of users who hold nothing that the actor lacks."""
        user = self.stored_or_404(request, id)
        if not may_set_password(signed_in_user(request), user):
            raise PermissionDenied(_("You may set the password only of users who hold nothing that you lack."))
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    @action(description=_("Import"), url_path="import", icon="upload_file", permissions=["add"])
    def import_users(self, request: HttpRequest) -> HttpResponse:
        """Store the users of a CSV file."""
        return import_page(self, request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the user; one who is enabled again may sign in at once, however often they tried meanwhile."""
        super().save_model(request, obj, form, change)
        if change and obj.is_active and "is_active" in form.changed_data:
            clear_counts_of_user(request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """A change of the password alone, on its own page, is audited as a fact."""
        if self.has_snapshot(request, obj):
            super().log_change(request, obj, message)
        else:
            record_of_request(request, event=Event.PASSWORD_SET, actor=request.user, target=obj)
            clear_counts_of_user(request, obj)

    @display(description=_("user"), ordering="username_key", header=True)
    def name(self, user: User) -> list[str]:
        return [user.username, f"{user.first_name} {user.last_name}".strip()]

    @display(description=_("password"))
    def password_state(self, user: User) -> SafeString:
        words = _("Set.") if user.has_usable_password() else _("None: nobody can sign in by password as this user.")
        return format_html('{} <a class="ca-link" href="../password/">{}</a>', words, _("Set a new password"))

    @display(description=_("roles"))
    def roles_held(self, user: User) -> str:
        return ", ".join(sorted(role.name for role in user.groups.all())) or "–"

    @display(
        description=_("state"), label={"superuser": "primary", "staff": "info", "active": "success", "off": "danger"}
    )
    def state(self, user: User) -> tuple[str, Any]:
        if not user.is_active:
            return "off", pgettext_lazy("user", "disabled")
        if user.is_superuser:
            return "superuser", _("superuser")
        return ("staff", _("staff")) if user.is_staff else ("active", _("active"))


def _found(key: str) -> "QuerySet[Any]":
    by_name = User.objects.filter(username_key__startswith=key)
    by_address = User.objects.filter(email_key__startswith=key)
    return by_name.values("pk").order_by().union(by_address.values("pk").order_by())
