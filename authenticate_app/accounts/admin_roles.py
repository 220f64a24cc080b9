"""Admin page of roles: what may be done to them is asked of ``rules``, and what is refused is said in words."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import django.contrib.auth.admin  # noqa: F401 - registers Group, which Role takes the place of
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from authenticate_app.accounts import rules
from authenticate_app.accounts.admin_forms import RoleForm, entitlement_name
from authenticate_app.accounts.models import Role, User
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.audit.model_admin import AuditedModelAdmin

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

FOR_SUPERUSERS = _("This role is built in: only superusers change it, and nobody renames or deletes it.")
CARRIES_MORE = _("This role carries what you do not hold, so you can neither change nor delete it: %(names)s.")

Rule = Callable[[User | None, Group], bool]


admin.site.unregister(Group)


@admin.register(Role)
class RoleAdmin(AuditedModelAdmin):
    """Roles and the entitlements that they carry."""

    form = RoleForm
    list_display: ClassVar = ["name", "entitlements", "holders"]
    search_fields: ClassVar = ["name"]
    fieldsets: ClassVar = [(None, {"fields": ["name", "permissions"]})]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Role]":
        roles: QuerySet[Role] = super().get_queryset(request)
        return roles.annotate(
            entitlement_count=Count("permissions", distinct=True), holder_count=Count("user", distinct=True)
        )

    def get_form(self, request: HttpRequest, obj: Role | None = None, **kwargs: Any) -> Any:
        """Tell the form who acts."""
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_fieldsets(self, request: HttpRequest, obj: Role | None = None) -> Any:
        """Say on the page of a role what the reader, who may change others, cannot do to this one."""
        fieldsets, actor = super().get_fieldsets(request, obj), signed_in_user(request)
        if obj is None or not super().has_change_permission(request) or rules.may_delete_role(actor, obj):
            return fieldsets
        (title, content), *others = fieldsets
        return [(title, {**content, "description": format_html("{}", _refusal(actor, obj))}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> list[str]:
        return ["name"] if obj and rules.is_built_in(obj) else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _is_allowed(rules.may_change_role, request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _is_allowed(rules.may_delete_role, request, obj)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show or store the form. Of two who change a role at once, the second is judged by what the first stored."""
        with transaction.atomic():
            if request.method == "POST" and object_id is not None:
                self._insist(rules.may_change_role, request, object_id)
            return super().changeform_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask, then delete, unless the rules say no."""
        with transaction.atomic():
            self._insist(rules.may_delete_role, request, object_id)
            response: HttpResponse = super().delete_view(request, object_id, *args, **kwargs)
        return response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What the rules keep is listed with the reason; as long as anything is kept, nothing is deleted."""
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        actor = signed_in_user(request)
        kept = [f"{role}: {_refusal(actor, role)}" for role in objs if not rules.may_delete_role(actor, role)]
        return to_delete, counts, set() if kept else lacking, [*protected, *kept]

    @display(description=_("entitlements"))
    def entitlements(self, role: Any) -> int:
        return int(role.entitlement_count)

    @display(description=_("holders"))
    def holders(self, role: Any) -> int:
        return int(role.holder_count)

    def _insist(self, may: Rule, request: HttpRequest, object_id: str) -> None:
        """Lock a stored role and refuse, in words, what the rule does not allow."""
        stored = self.get_object(request, unquote(object_id))
        role = Role.objects.select_for_update().get(pk=stored.pk) if stored else None
        if role is not None and not may(signed_in_user(request), role):
            raise PermissionDenied(_refusal(signed_in_user(request), role))


def _is_allowed(may: Rule, request: HttpRequest, role: Any) -> bool:
    """Whether the rule allows it; asked about no role in particular, the permission alone counts."""
    return not isinstance(role, Role) or may(signed_in_user(request), role)


def _refusal(actor: User, role: Group) -> "StrOrPromise":
    if rules.is_built_in(role):
        return FOR_SUPERUSERS
    return CARRIES_MORE % {"names": ", ".join(map(entitlement_name, rules.lacking_entitlements(actor, role)))}
