"""Forms of the admin's pages of users and roles: what may be granted is asked of ``rules``."""

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF
from authenticate_app.accounts.models import Role, User
from authenticate_app.accounts.rules import grantable_roles, may_grant_entitlement
from authenticate_app.audit.forms import WholeRowForm

EVERYTHING = ("view", "add", "change", "delete")

DEEDS_BY_TABLE = {
    ("authenticate_app", "auditevent"): ("view",),
    ("authenticate_app", "client"): EVERYTHING,
    ("authenticate_app", "failurecount"): ("view", "delete"),
    ("authenticate_app", "role"): EVERYTHING,
    ("authenticate_app", "signingkey"): ("view", "change"),
    ("authenticate_app", "user"): EVERYTHING,
    ("chat_app", "assignmentrule"): EVERYTHING,
    ("chat_app", "chatsession"): ("view",),
    ("chat_app", "interface"): EVERYTHING,
    ("chat_app", "profileoption"): ("view", "change"),
    ("chat_app", "queue"): EVERYTHING,
    ("chat_app", "servicecalendar"): EVERYTHING,
    ("chat_app", "team"): EVERYTHING,
}
"""What can be done on which page; other permissions of Django's mean nothing to anybody."""


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Roles to choose from, as boxes to tick."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget


class GrantedRoles(forms.ModelForm):  # type: ignore[type-arg]
    """Offers the roles that the actor may grant, and those that the user holds. ``actor`` is set by the page."""

    actor: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"] = self._roles_field()
        if "is_superuser" in self.fields:
            self.fields["is_superuser"].label = _("Superuser")
            self.fields["is_superuser"].help_text = _("May do everything in this admin, whatever roles they hold.")

    def _roles_field(self) -> RolesField:
        offered = {role.pk for role in grantable_roles(self.actor, Role.objects.all())} | self._held()
        return RolesField(
            label=_("Roles"),
            queryset=Role.objects.filter(pk__in=offered).order_by("name"),
            required=False,
            help_text=_("Only roles that you hold yourself can be given. What counts is what the roles carry."),
        )

    def clean_groups(self) -> Any:
        """Refuse roles that the actor does not hold, but for those that the user has."""
        chosen = list(self.cleaned_data["groups"])
        added = [role for role in chosen if role.pk not in self._held()]
        refused = set(added) - set(grantable_roles(self.actor, added))
        if refused:
            names = ", ".join(sorted(role.name for role in refused))
            raise ValidationError(_("You do not hold and so cannot give: %(roles)s."), params={"roles": names})
        return self.cleaned_data["groups"]

    def _held(self) -> set[int]:
        if self.instance.pk is None:
            return set()
        return set(self.instance.groups.values_list("pk", flat=True))


class NewUserForm(GrantedRoles, UserCreationForm):
    """A new user, with a password or without one."""

    class Meta:
        model = User
        fields = ("username", "email", "first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["usable_password"]
        choice.label = _("Sign-in by password")
        choice.help_text = _("Without a password nobody can sign in as this user. You can set one later.")
        choice.widget.choices = [("true", _("Possible")), ("false", _("Not possible"))]

    def clean_username(self) -> str:
        """The model compares names as signing in does; Django's own comparison would read every row."""
        name: str = self.cleaned_data["username"]
        return name


class ChangedUserForm(GrantedRoles, UserChangeForm):
    """A user that there is; the password has a page of its own."""

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the page's fieldsets choose


class EntitlementsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Entitlements to choose from, in words."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def label_from_instance(self, obj: Permission) -> str:
        """Say what the permission allows."""
        return entitlement_name(obj)


class RoleForm(WholeRowForm):
    """A role and what it carries. ``actor`` is set by the page."""

    actor: User

    class Meta:
        model = Role
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permissions" in self.fields:
            self.fields["permissions"] = EntitlementsField(
                label=_("Entitlements"),
                queryset=shown_entitlements(),
                required=False,
                help_text=_("Only entitlements that you hold yourself can be added."),
            )

    def clean_permissions(self) -> Any:
        """Refuse what the actor does not hold, be it new or not: such a role is not theirs to change."""
        chosen = self.cleaned_data["permissions"].select_related("content_type")
        refused = [entitlement_name(each) for each in chosen if not may_grant_entitlement(self.actor, each)]
        if refused:
            raise ValidationError(
                _("You do not hold and so cannot add: %(names)s."), params={"names": ", ".join(refused)}
            )
        return self.cleaned_data["permissions"]


def shown_entitlements() -> "QuerySet[Permission]":
    """Every permission that means something: on some page of the admin, or to somebody who asks for a token."""
    wanted = Q(codename__in=(REQUEST_FOR_CHAT, REQUEST_FOR_CHAT_ON_BEHALF))
    for (app, table), deeds in DEEDS_BY_TABLE.items():
        codenames = [f"{deed}_{table}" for deed in deeds]
        wanted |= Q(content_type__app_label=app, content_type__model=table, codename__in=codenames)
    permissions = Permission.objects.filter(wanted).select_related("content_type")
    return permissions.order_by("content_type__app_label", "content_type__model", "codename")


def entitlement_name(permission: Permission) -> str:
    """What a permission allows: ``Queues: change``; one of ours under its own name and code."""
    deed, _underscore, _table = permission.codename.partition("_")
    table = permission.content_type.model_class()
    if table is None or deed not in DEEDS:
        return f"{gettext(permission.name)} ({permission.codename})"
    return f"{capfirst(table._meta.verbose_name_plural)}: {DEEDS[deed]}"


DEEDS = {"view": _("see"), "add": _("add"), "change": _("change"), "delete": _("delete")}
